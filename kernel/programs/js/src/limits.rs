//! What a script may use: memory, stack, loops; and when it is to stop.
//!
//! Memory is limited in two steps. Beyond the script's limit its next loop, call or assignment throws a RangeError, after
//! garbage was collected in vain. An allocation far beyond, in the middle of a built-in function, fails and ends the process:
//! the machine sees to that ([`Machine::limit_memory`]).

use crate::machine::Machine;
use boa_engine::Context;
use editor::Interrupt;
use guard::{Installed, Refusal};
use process::Process;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use wait::Waiter;

/// Stack of the program's thread: the engine's parser takes about 27 KiB for each level of nesting.
pub(crate) const STACK_SIZE: usize = 16 << 20;
/// What of it may be used once the engine runs.
const ENGINE_STACK: usize = STACK_SIZE - (256 << 10);
/// Calls within calls.
const MAX_CALLS: usize = 10_000;
/// Values on the engine's own stack, for arguments and registers.
const MAX_VALUES: usize = 1 << 20;
/// What a script may take when nobody said, and of what is free.
const DEFAULT_MEMORY: u64 = 256 << 20;
/// The least that is limited to: the engine takes some itself.
const LEAST_MEMORY: usize = 4 << 20;
/// Collecting garbage below that is not worth the time.
const COLLECT_FROM: usize = 16 << 20;

/// Why a script was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Its process was killed.
    Killed,
    /// It called `process.exit`.
    Exit(i32),
    /// ^C in a session.
    Interrupted,
}

/// See the module.
pub(crate) struct Limits {
    process: Arc<Process>,
    machine: Arc<dyn Machine>,
    /// Bytes beyond which a script gets a RangeError.
    memory_bytes: usize,
    /// Bytes beyond which garbage is collected next.
    collect_at: Cell<usize>,
    exit: Cell<Option<i32>>,
    interrupt: Arc<Interrupt>,
}

/// Takes the limits of the thread away when it is dropped.
pub(crate) struct InForce {
    machine: Arc<dyn Machine>,
    _installed: Installed,
}

impl Drop for InForce {
    fn drop(&mut self) {
        self.machine.limit_memory(None);
    }
}

impl Limits {
    pub(crate) fn new(process: &Arc<Process>, machine: &Arc<dyn Machine>, memory_bytes: Option<usize>) -> Rc<Limits> {
        let default = || usize::try_from(DEFAULT_MEMORY.min(machine.memory().free / 4 * 3)).unwrap_or(usize::MAX);
        let memory_bytes = memory_bytes.unwrap_or_else(default).max(LEAST_MEMORY);
        Rc::new(Limits {
            process: Arc::clone(process),
            machine: Arc::clone(machine),
            memory_bytes,
            collect_at: Cell::new(COLLECT_FROM.min(memory_bytes)),
            exit: Cell::new(None),
            interrupt: Arc::default(),
        })
    }

    /// Puts the limits in force for this thread.
    pub(crate) fn enforce(self: &Rc<Limits>) -> InForce {
        self.machine.limit_memory(Some(self.memory_bytes.saturating_add(self.memory_bytes / 4)));
        let limits = Rc::clone(self);
        let installed = guard::install(ENGINE_STACK, Rc::new(move |bytes| limits.check(bytes)));
        InForce { machine: Arc::clone(&self.machine), _installed: installed }
    }

    /// Sets the engine's own limits.
    pub(crate) fn configure(context: &mut Context, max_loops: Option<u64>) {
        let limits = context.runtime_limits_mut();
        limits.set_recursion_limit(MAX_CALLS);
        limits.set_stack_size_limit(MAX_VALUES);
        if let Some(loops) = max_loops {
            limits.set_loop_iteration_limit(loops);
        }
    }

    /// Bytes that a script may take.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Makes the script end with `code`.
    pub(crate) fn request_exit(&self, code: i32) {
        self.exit.set(Some(code));
    }

    /// What stops a script and leaves its session.
    pub(crate) fn interrupt(&self) -> &Arc<Interrupt> {
        &self.interrupt
    }

    /// Wakes `waiter` when the script is to stop; a kill ends every wait by itself.
    pub(crate) fn register(&self, waiter: &Waiter) {
        self.interrupt.register(waiter);
    }

    /// Whether the script is to stop, and why.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        if self.process.is_killed() {
            return Some(Stopped::Killed);
        }
        if let Some(code) = self.exit.get() {
            return Some(Stopped::Exit(code));
        }
        self.interrupt.is_pressed().then_some(Stopped::Interrupted)
    }

    /// What the engine asks now and then, and before it takes `bytes` at once.
    fn check(&self, bytes: usize) -> Result<(), Refusal> {
        if self.stopped().is_some() {
            return Err(Refusal::Stop);
        }
        self.collect_when_due(bytes);
        let used = self.machine.memory_used().saturating_add(bytes);
        if used > self.memory_bytes { Err(Refusal::Memory) } else { Ok(()) }
    }

    /// Collects garbage when much was allocated since it was done last, or `bytes` more are.
    pub(crate) fn collect_when_due(&self, bytes: usize) {
        if self.machine.memory_used().saturating_add(bytes) <= self.collect_at.get() {
            return;
        }
        boa_gc::force_collect();
        let used = self.machine.memory_used();
        // So that collecting takes a bounded share of the time.
        let next = used.saturating_mul(2).max(COLLECT_FROM).min(self.memory_bytes);
        self.collect_at.set(next.max(used.saturating_add(self.memory_bytes / 64)));
    }
}
