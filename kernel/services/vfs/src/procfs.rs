//! `/proc`: the machine and its processes as text, in Linux's formats (proc(5)).
//!
//! `node` is the tree, `machine` and `process` write the texts, which are made when a file is opened. What there is to tell
//! comes from [`Machine`] and, since this crate knows no processes, from a [`ProcSource`].

mod load;
mod machine;
mod node;
mod process;

use crate::mount::Vfs;
use crate::node::Node;
use crate::procfs::load::LoadAverage;
use crate::procfs::node::{Entry, Place};
use interfaces::{Clock, MachineInfo};
use std::sync::{Arc, Mutex, Weak};

/// What a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// Running, or ready to.
    Running,
    /// Waiting for an event.
    Sleeping,
}

/// A process, as its folder shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its name.
    pub name: String,
    /// Its arguments, the name first.
    pub args: Vec<String>,
    /// Its parent's number; 0: none.
    pub parent: u32,
    /// Its job's number (process group).
    pub group: u32,
    /// What it does.
    pub state: ProcessState,
    /// How many threads.
    pub threads: usize,
    /// CPU time, in nanoseconds.
    pub cpu_time_ns: u64,
    /// When it was started, in nanoseconds since boot.
    pub started_ns: u64,
}

/// Who knows the processes. The crate `process` implements it.
pub trait ProcSource: Send + Sync {
    /// The numbers of all processes, ascending.
    fn processes(&self) -> Vec<u32>;
    /// A process; `None` once it is gone.
    fn process(&self, id: u32) -> Option<ProcessInfo>;
    /// Its working directory, as a path.
    fn cwd(&self, id: u32) -> Option<String>;
    /// Its descriptors: numbers, and what each leads to (a path, or for instance `pipe:`).
    fn descriptors(&self, id: u32) -> Option<Vec<(i32, String)>>;
    /// The process that the calling thread belongs to.
    fn current(&self) -> Option<u32>;
    /// How many processes were ever started.
    fn started(&self) -> u64;
}

/// What `/proc` says of the machine.
pub struct Machine {
    /// Processor and memory.
    pub info: Arc<dyn MachineInfo>,
    /// Uptime.
    pub clock: Arc<dyn Clock>,
    /// One line on the kernel, for `version`.
    pub version: String,
    /// The kernel's command line, for `cmdline`.
    pub command_line: String,
    /// Whose mounts `mounts` lists.
    pub vfs: Weak<Vfs>,
}

/// The file system of facts.
pub struct ProcFs {
    facts: Arc<Facts>,
}

/// What the nodes share.
struct Facts {
    machine: Machine,
    source: Arc<dyn ProcSource>,
    load: Mutex<LoadAverage>,
}

impl ProcFs {
    /// A file system on `machine` and the processes of `source`.
    #[must_use]
    pub fn new(machine: Machine, source: Arc<dyn ProcSource>) -> Arc<ProcFs> {
        Arc::new(ProcFs { facts: Arc::new(Facts { machine, source, load: Mutex::default() }) })
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> Arc<dyn Node> {
        Arc::new(Entry::new(&self.facts, Place::Root))
    }
}

#[cfg(test)]
mod tests;
