//! What an interrupt leaves on the stack.

/// What an interrupt saves, as `interrupts.s` pushes it.
#[repr(C)]
#[derive(Debug)]
pub struct InterruptFrame {
    /// General registers: r15 first, rax last.
    pub registers: [u64; 15],
    /// The vector.
    pub vector: u64,
    /// The CPU's error code, or 0.
    pub error_code: u64,
    /// Where the interrupted code goes on.
    pub rip: u64,
    /// Its code segment.
    pub cs: u64,
    /// Its flags.
    pub rflags: u64,
    /// Its stack pointer.
    pub rsp: u64,
    /// Its stack segment.
    pub ss: u64,
}
