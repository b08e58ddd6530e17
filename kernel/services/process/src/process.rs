//! A process.

use crate::job::Job;
use crate::status::{ExitStatus, KillReason};
use crate::sync::lock;
use crate::table::{ProcessTable, Spawn, ThreadProbe};
use interfaces::{Errno, Result};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};
use vfs::{FdTable, Location, OpenFile, Vfs};
use wait::{Cancel, WaitList, Waiter};

/// A running program, or what is left of one that ended: its status.
pub struct Process {
    pid: u32,
    parent: AtomicU32,
    name: String,
    args: Vec<String>,
    files: FdTable,
    table: Arc<ProcessTable>,
    job: Arc<Job>,
    terminal: Mutex<Option<Arc<OpenFile>>>,
    cwd: Mutex<Location>,
    env: Mutex<BTreeMap<String, String>>,
    cancel: Arc<Cancel>,
    end: Mutex<End>,
    ended: WaitList,
    started: Instant,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct End {
    /// What it is to end with, whatever it returns.
    requested: Option<ExitStatus>,
    is_ending: bool,
    status: Option<ExitStatus>,
}

#[derive(Default)]
struct Threads {
    last: u64,
    running: BTreeMap<u64, Option<Arc<dyn ThreadProbe>>>,
    /// CPU time of those that ended.
    ended_ns: u64,
}

impl Process {
    /// A process that has no thread yet. EMFILE.
    pub(crate) fn new(pid: u32, table: Arc<ProcessTable>, spawn: Spawn) -> Result<Arc<Process>> {
        let files = FdTable::new();
        for file in [spawn.stdio.stdin, spawn.stdio.stdout, spawn.stdio.stderr] {
            files.insert(file)?;
        }
        let process = Process {
            pid,
            parent: AtomicU32::new(spawn.parent.map_or(0, |parent| parent.pid)),
            name: spawn.name,
            args: spawn.args,
            files,
            table,
            job: spawn.job.unwrap_or_default(),
            terminal: Mutex::new(spawn.terminal),
            cwd: Mutex::new(spawn.cwd),
            env: Mutex::new(spawn.env),
            cancel: Arc::default(),
            end: Mutex::default(),
            ended: WaitList::new(),
            started: Instant::now(),
            threads: Mutex::default(),
        };
        Ok(Arc::new(process))
    }

    /// Its number, above 0. Not used again soon.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The number of its parent; 0 when there is none, or no longer.
    #[must_use]
    pub fn parent(&self) -> u32 {
        self.parent.load(Ordering::Relaxed)
    }

    /// Its program's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its arguments; the first is the name that it was called by.
    #[must_use]
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// Its descriptors.
    #[must_use]
    pub fn files(&self) -> &FdTable {
        &self.files
    }

    /// The file system tree that it lives in.
    #[must_use]
    pub fn vfs(&self) -> &Arc<Vfs> {
        self.table.vfs()
    }

    /// The table that it is in.
    #[must_use]
    pub fn table(&self) -> &Arc<ProcessTable> {
        &self.table
    }

    /// Its job.
    #[must_use]
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// Its controlling terminal (`/dev/tty`), while it runs.
    #[must_use]
    pub fn terminal(&self) -> Option<Arc<OpenFile>> {
        lock(&self.terminal).clone()
    }

    /// Its working directory.
    #[must_use]
    pub fn cwd(&self) -> Location {
        lock(&self.cwd).clone()
    }

    /// Changes its working directory.
    ///
    /// # Errors
    /// ENOTDIR.
    pub fn set_cwd(&self, cwd: Location) -> Result<()> {
        if !cwd.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        *lock(&self.cwd) = cwd;
        Ok(())
    }

    /// A copy of its environment.
    #[must_use]
    pub fn env(&self) -> BTreeMap<String, String> {
        lock(&self.env).clone()
    }

    /// An environment variable.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<String> {
        lock(&self.env).get(name).cloned()
    }

    /// Sets an environment variable, or removes it.
    pub fn set_var(&self, name: &str, value: Option<&str>) {
        let mut env = lock(&self.env);
        match value {
            Some(value) => env.insert(name.to_owned(), value.to_owned()),
            None => env.remove(name),
        };
    }

    /// What ends its waits when it is killed.
    #[must_use]
    pub fn cancel(&self) -> &Arc<Cancel> {
        &self.cancel
    }

    /// Makes it end: every wait in it fails from now on, a guest stops at its next slice. Of several reasons the first counts.
    /// Returns at once; [`wait`](Self::wait) for the end.
    pub fn kill(&self, reason: KillReason) {
        self.request_end(reason.into());
    }

    /// Whether it was killed (it may still be running).
    #[must_use]
    pub fn is_killed(&self) -> bool {
        lock(&self.end).requested.is_some()
    }

    /// Blocks until it is over.
    ///
    /// # Errors
    /// ECANCELED when the caller's own process is killed.
    pub fn wait(&self) -> Result<ExitStatus> {
        self.wait_at_most(None)
    }

    /// Blocks until it is over, at most until `deadline`.
    ///
    /// # Errors
    /// ETIMEDOUT; ECANCELED when the caller's own process is killed.
    pub fn wait_until(&self, deadline: Instant) -> Result<ExitStatus> {
        self.wait_at_most(Some(deadline))
    }

    /// How it ended; `None` while it runs.
    #[must_use]
    pub fn try_wait(&self) -> Option<ExitStatus> {
        lock(&self.end).status
    }

    /// As [`try_wait`](Self::try_wait), but wakes `waiter` when it is over: for waiting on several things at once.
    #[must_use]
    pub fn poll_exit(&self, waiter: &Waiter) -> Option<ExitStatus> {
        self.ended.register(waiter);
        self.try_wait()
    }

    /// When it was started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// CPU time of its threads, also of those that ended; zero when the table cannot tell
    /// ([`ProcessTable::with_thread_probe`]).
    #[must_use]
    pub fn cpu_time(&self) -> Duration {
        let threads = lock(&self.threads);
        let running = threads.running.values().flatten().map(|probe| probe.cpu_time_ns());
        Duration::from_nanos(running.fold(threads.ended_ns, u64::saturating_add))
    }

    /// How many threads belong to it.
    #[must_use]
    pub fn threads(&self) -> usize {
        lock(&self.threads).running.len()
    }

    /// Whether one of its threads runs or is ready to; true when the table cannot tell.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let is_asleep = |probe: &Option<Arc<dyn ThreadProbe>>| probe.as_ref().is_some_and(|probe| !probe.is_running());
        !lock(&self.threads).running.values().all(is_asleep)
    }

    /// Ends it: descriptors are closed, `status` is recorded (unless it was killed: then the reason), children lose their
    /// parent, the table forgets it, waits of threads that it left behind end, and who waits for it is woken.
    ///
    /// Done when the main function returns or panics; from below for a main thread that cannot unwind (a stack overflow).
    /// Without effect on one that is over.
    pub fn terminate(&self, status: ExitStatus) {
        if std::mem::replace(&mut lock(&self.end).is_ending, true) {
            return;
        }
        self.files.clear();
        let terminal = lock(&self.terminal).take();
        drop(terminal);
        self.table.remove(self.pid);
        let mut end = lock(&self.end);
        end.status = Some(end.requested.unwrap_or(status));
        drop(end);
        self.cancel.cancel();
        self.job.leave(self.pid);
        self.ended.wake_all();
    }

    /// Makes it end with `status`, unless it was to end already.
    pub(crate) fn request_end(&self, status: ExitStatus) {
        lock(&self.end).requested.get_or_insert(status);
        self.cancel.cancel();
    }

    pub(crate) fn orphan(&self) {
        self.parent.store(0, Ordering::Relaxed);
    }

    /// Counts the calling thread in; returns its number here.
    pub(crate) fn add_thread(&self) -> u64 {
        let probe = self.table.probe();
        let mut threads = lock(&self.threads);
        threads.last += 1;
        let number = threads.last;
        threads.running.insert(number, probe);
        number
    }

    pub(crate) fn remove_thread(&self, number: u64) {
        let mut threads = lock(&self.threads);
        if let Some(Some(probe)) = threads.running.remove(&number) {
            threads.ended_ns = threads.ended_ns.saturating_add(probe.cpu_time_ns());
        }
    }

    fn wait_at_most(&self, deadline: Option<Instant>) -> Result<ExitStatus> {
        let poll = |waiter: &Waiter| self.poll_exit(waiter).map_or(Poll::Pending, Poll::Ready);
        Ok(wait::wait_for(deadline, poll)?)
    }
}
