//! What a script can ask of the machine.

/// Memory of the machine, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// All of it.
    pub total: u64,
    /// What nobody uses.
    pub free: u64,
}

/// The machine as scripts see it: made by the assembler.
pub trait Machine: Send + Sync {
    /// Limits what the calling thread may have allocated at one time, from now on; `None`: as much as there is. Beyond it
    /// allocations fail, which ends the process.
    fn limit_memory(&self, bytes: Option<usize>);

    /// What the calling thread has allocated since it was limited.
    fn memory_used(&self) -> usize;

    /// What the calling thread allocates and frees from now on is the machine's, not its own, until
    /// [`resume_memory`](Self::resume_memory). Pauses nest.
    fn pause_memory(&self);

    /// Ends a pause.
    fn resume_memory(&self);

    /// The machine's memory.
    fn memory(&self) -> MemoryUse;

    /// Model, clock in Hz and features of its CPUs, and how many there are.
    fn cpus(&self) -> (String, u64, Vec<&'static str>, usize);

    /// Reads a byte from an I/O port; `None` where scripts may not.
    fn read_port(&self, port: u16) -> Option<u8>;

    /// Writes a byte to an I/O port; `None` where scripts may not.
    fn write_port(&self, port: u16, value: u8) -> Option<()>;
}
