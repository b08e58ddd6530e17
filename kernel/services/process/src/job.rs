//! Jobs: processes that belong together (POSIX process groups).

use crate::ending::Ending;
use crate::status::KillReason;
use crate::sync::lock;
use interfaces::Result;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
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
    running: BTreeMap<u32, Arc<Ending>>,
    killed: Option<KillReason>,
}

impl Job {
    /// A job without processes; `ProcessTable::spawn` adds to it.
    #[must_use]
    pub fn new() -> Arc<Job> {
        Arc::new(Job::default())
    }

    /// Kills every process of the job, also those that join later. An interrupt that all catch that are there is no kill.
    pub fn kill(&self, reason: KillReason) {
        let mut members = lock(&self.members);
        let running: Vec<_> = members.running.values().cloned().collect();
        let is_caught = reason == KillReason::Interrupt && !running.is_empty();
        if !is_caught || !running.iter().all(|member| member.catches_interrupt()) {
            members.killed.get_or_insert(reason);
        }
        drop(members);
        for member in running {
            member.kill(reason);
        }
    }

    /// Why it was killed, if it was; also when all of its processes had ended well before.
    #[must_use]
    pub fn kill_reason(&self) -> Option<KillReason> {
        lock(&self.members).killed
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

    /// The numbers of its processes that still run, ascending.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        lock(&self.members).running.keys().copied().collect()
    }

    /// Its number: that of its first process; 0 before it has one.
    #[must_use]
    pub fn id(&self) -> u32 {
        lock(&self.members).id
    }

    pub(crate) fn join(&self, pid: u32, ending: &Arc<Ending>) {
        let mut members = lock(&self.members);
        if members.id == 0 {
            members.id = pid;
        }
        members.running.insert(pid, Arc::clone(ending));
        let killed = members.killed;
        drop(members);
        if let Some(reason) = killed {
            ending.request(reason.into());
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
