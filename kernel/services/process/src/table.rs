//! The table of processes.

use crate::probe::ProbeSource;
use crate::process::{Origin, Process, Registry, Spawn};
use crate::sync::lock;
use interfaces::{Errno, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use vfs::{Kind, OpenFile, Vfs};

/// All processes.
pub struct ProcessTable {
    vfs: Arc<Vfs>,
    probe: Option<ProbeSource>,
    started: Instant,
    processes: Mutex<Processes>,
    /// Pipes of processes that never give them back: see [`Process::abandon`].
    left_open: Mutex<Vec<Arc<OpenFile>>>,
}

#[derive(Default)]
struct Processes {
    running: BTreeMap<u32, Arc<Process>>,
    last_pid: u32,
    /// How many were ever started.
    count: u64,
}

/// The largest number of a process: it must fit a C `int`.
const PID_MAX: u32 = i32::MAX as u32;

impl ProcessTable {
    /// An empty table; processes live in `vfs`.
    #[must_use]
    pub fn new(vfs: Arc<Vfs>) -> Arc<ProcessTable> {
        let started = Instant::now();
        Arc::new(ProcessTable { vfs, probe: None, started, processes: Mutex::default(), left_open: Mutex::default() })
    }

    /// The same with CPU times and states: `probe` is called once in each thread of a process.
    #[must_use]
    pub fn with_thread_probe(vfs: Arc<Vfs>, probe: ProbeSource) -> Arc<ProcessTable> {
        let started = Instant::now();
        Arc::new(ProcessTable {
            vfs,
            probe: Some(probe),
            started,
            processes: Mutex::default(),
            left_open: Mutex::default(),
        })
    }

    /// Every process that runs, by ascending number.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Process>> {
        lock(&self.processes).running.values().cloned().collect()
    }

    /// The process with this number, while it runs.
    #[must_use]
    pub fn get(&self, pid: u32) -> Option<Arc<Process>> {
        lock(&self.processes).running.get(&pid).cloned()
    }

    /// The running children of `parent`.
    #[must_use]
    pub fn children(&self, parent: u32) -> Vec<Arc<Process>> {
        let mut processes = self.list();
        processes.retain(|process| process.parent() == parent);
        processes
    }

    /// The file system tree.
    #[must_use]
    pub fn vfs(&self) -> &Arc<Vfs> {
        &self.vfs
    }

    /// When the table was made, which is about when the machine was booted.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// How many processes were ever started.
    #[must_use]
    pub fn count(&self) -> u64 {
        lock(&self.processes).count
    }

    /// A new process, which has no thread yet; EAGAIN.
    pub(crate) fn add(self: &Arc<Self>, spawn: Spawn) -> Result<Arc<Process>> {
        let mut processes = lock(&self.processes);
        let pid = processes.next_pid().ok_or(Errno::EAGAIN)?;
        let registry = Arc::clone(self) as Arc<dyn Registry>;
        let origin = Origin { vfs: Arc::clone(&self.vfs), registry, probe: self.probe.clone() };
        let process = Process::new(pid, origin, spawn)?;
        // A parent that ended meanwhile has orphaned its children already.
        if !processes.running.contains_key(&process.parent()) {
            process.orphan();
        }
        processes.running.insert(pid, Arc::clone(&process));
        processes.last_pid = pid;
        processes.count += 1;
        Ok(process)
    }
}

impl Registry for ProcessTable {
    fn forget(&self, pid: u32) {
        let mut processes = lock(&self.processes);
        let forgotten = processes.running.remove(&pid);
        for process in processes.running.values().filter(|process| process.parent() == pid) {
            process.orphan();
        }
        drop(processes);
        drop(forgotten);
        self.close_what_was_left();
    }

    fn inherit(&self, files: Vec<Arc<OpenFile>>) {
        lock(&self.left_open).extend(files.into_iter().filter(|file| file.kind() == Kind::Fifo));
    }
}

impl ProcessTable {
    fn close_what_was_left(&self) {
        // Empty as a rule.
        let left = std::mem::take(&mut *lock(&self.left_open));
        if left.is_empty() {
            return;
        }
        let open: Vec<_> = self.list().iter().flat_map(|process| process.files().snapshot()).collect();
        let is_open = |file: &Arc<OpenFile>| open.iter().any(|(_, other)| Arc::ptr_eq(other.file(), file.file()));
        let (kept, closed): (Vec<_>, Vec<_>) = left.into_iter().partition(is_open);
        lock(&self.left_open).extend(kept);
        closed.iter().for_each(|file| file.file().abandon());
    }
}

impl Processes {
    /// The next free number, so that one that was just freed is not given again soon.
    fn next_pid(&self) -> Option<u32> {
        let after = self.last_pid + 1..=PID_MAX;
        after.chain(1..=self.last_pid).find(|pid| !self.running.contains_key(pid))
    }
}
