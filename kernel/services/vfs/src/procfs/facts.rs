//! What `/proc` tells, and who knows it.

use super::load::LoadAverage;
use crate::mount::Vfs;
use interfaces::{Clock, Errno, MachineInfo, Result};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

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

/// A folder of files whose texts another crate writes: `/proc/net`.
pub trait TextFolder: Send + Sync {
    /// The names of its files, always the same.
    fn names(&self) -> &'static [&'static str];
    /// The text of one, as of now.
    fn text(&self, name: &str) -> Option<String>;
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

/// What the nodes share.
pub(super) struct Facts {
    pub(super) machine: Machine,
    pub(super) source: Arc<dyn ProcSource>,
    pub(super) load: Mutex<LoadAverage>,
    /// Folders of others, by name.
    pub(super) folders: RwLock<Vec<(&'static str, Arc<dyn TextFolder>)>>,
}

impl Facts {
    pub(super) fn add_folder(&self, name: &'static str, folder: Arc<dyn TextFolder>) {
        // One push.
        self.folders.write().unwrap_or_else(PoisonError::into_inner).push((name, folder));
    }

    /// The folders of others, in the order in which they came.
    pub(super) fn folders(&self) -> Vec<(&'static str, Arc<dyn TextFolder>)> {
        self.folders.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn folder(&self, at: usize) -> Result<Arc<dyn TextFolder>> {
        let folders = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        folders.get(at).map(|(_, folder)| Arc::clone(folder)).ok_or(Errno::ENOENT)
    }
}
