//! Jobs: processes that belong together (POSIX process groups).

use crate::process::Process;
use crate::status::KillReason;
use crate::sync::lock;
use interfaces::Result;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::task::Poll;
use wait::WaitList;

/// Processes that belong together: a shell pipeline and what its members start.
#[derive(Default)]
pub struct Job {
    members: Mutex<Members>,
    emptied: WaitList,
}

#[derive(Default)]
struct Members {
    id: u32,
    running: BTreeMap<u32, Weak<Process>>,
    killed: Option<KillReason>,
}

impl Job {
    /// A job without processes; `ProcessTable::spawn` adds to it.
    #[must_use]
    pub fn new() -> Arc<Job> {
        Arc::new(Job::default())
    }

    /// Kills every process of the job, also those that join later.
    pub fn kill(&self, reason: KillReason) {
        lock(&self.members).killed.get_or_insert(reason);
        for process in self.processes() {
            process.kill(reason);
        }
    }

    /// Blocks until no process of the job runs any more.
    ///
    /// # Errors
    /// ECANCELED when the caller's own process is killed.
    pub fn wait(&self) -> Result<()> {
        Ok(wait::wait_for(None, |waiter| {
            self.emptied.register(waiter);
            if lock(&self.members).running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })?)
    }

    /// Its processes that still run.
    #[must_use]
    pub fn processes(&self) -> Vec<Arc<Process>> {
        lock(&self.members).running.values().filter_map(Weak::upgrade).collect()
    }

    /// Its number: that of its first process; 0 before it has one.
    #[must_use]
    pub fn id(&self) -> u32 {
        lock(&self.members).id
    }

    pub(crate) fn join(&self, process: &Arc<Process>) {
        let mut members = lock(&self.members);
        if members.id == 0 {
            members.id = process.pid();
        }
        members.running.insert(process.pid(), Arc::downgrade(process));
        let killed = members.killed;
        drop(members);
        if let Some(reason) = killed {
            process.kill(reason);
        }
    }

    pub(crate) fn leave(&self, pid: u32) {
        let mut members = lock(&self.members);
        members.running.remove(&pid);
        let is_empty = members.running.is_empty();
        drop(members);
        if is_empty {
            self.emptied.wake_all();
        }
    }
}
