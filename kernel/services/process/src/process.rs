//! A process: what it is made with, what it has, and its end.

use crate::ending::Ending;
use crate::job::Job;
use crate::probe::{ProbeSource, Threads};
use crate::status::{ExitStatus, KillReason};
use crate::sync::lock;
use interfaces::{Errno, Result};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use vfs::{FdTable, Location, OpenFile, Vfs};
use wait::{Cancel, Waiter};

/// What a process has as descriptors 0, 1 and 2.
#[derive(Clone)]
pub struct Stdio {
    /// Standard input.
    pub stdin: Arc<OpenFile>,
    /// Standard output.
    pub stdout: Arc<OpenFile>,
    /// Standard error.
    pub stderr: Arc<OpenFile>,
}

/// What a new process starts with.
pub struct Spawn {
    /// Its program's name.
    pub name: String,
    /// Its arguments; the first is the name that it was called by.
    pub args: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// Its working directory.
    pub cwd: Location,
    /// Its first three descriptors.
    pub stdio: Stdio,
    /// Its parent.
    pub parent: Option<Arc<Process>>,
    /// The job that it joins. `None`: one of its own.
    pub job: Option<Arc<Job>>,
    /// Its controlling terminal.
    pub terminal: Option<Arc<OpenFile>>,
    /// Bytes of stack for its main thread; 0 for std's usual size.
    pub stack_size: usize,
}

impl Spawn {
    /// A process without parent, in a job of its own, with an empty environment.
    #[must_use]
    pub fn new(args: Vec<String>, cwd: Location, stdio: Stdio) -> Spawn {
        Spawn {
            name: args.first().cloned().unwrap_or_default(),
            args,
            env: BTreeMap::new(),
            cwd,
            stdio,
            parent: None,
            job: None,
            terminal: None,
            stack_size: 0,
        }
    }

    /// A child of `parent`, which hands on its environment, working directory, standard descriptors, job and terminal.
    ///
    /// # Errors
    /// EBADF when the parent has closed a standard descriptor.
    pub fn child_of(parent: &Arc<Process>, args: Vec<String>) -> Result<Spawn> {
        let file = |fd| parent.files().get(fd);
        let stdio = Stdio { stdin: file(0)?, stdout: file(1)?, stderr: file(2)? };
        Ok(Spawn {
            env: parent.env(),
            parent: Some(Arc::clone(parent)),
            job: Some(Arc::clone(parent.job())),
            terminal: parent.terminal(),
            ..Spawn::new(args, parent.cwd(), stdio)
        })
    }
}

/// Where a process is known by its number.
pub(crate) trait Registry: Send + Sync {
    /// Forgets a process that is over; its children have no parent from now on.
    fn forget(&self, pid: u32);
    /// Takes files that a process had which never gives them back, to close them once no other has them.
    fn inherit(&self, files: Vec<Arc<OpenFile>>);
}

/// A running program, or what is left of one that ended: its status.
pub struct Process {
    pid: u32,
    parent: AtomicU32,
    name: String,
    args: Vec<String>,
    files: FdTable,
    vfs: Arc<Vfs>,
    registry: Arc<dyn Registry>,
    job: Arc<Job>,
    terminal: Mutex<Option<Arc<OpenFile>>>,
    cwd: Mutex<Location>,
    env: Mutex<BTreeMap<String, String>>,
    ending: Arc<Ending>,
    started: Instant,
    threads: Threads,
}

/// What a process has of its table.
pub(crate) struct Origin {
    pub(crate) vfs: Arc<Vfs>,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) probe: Option<ProbeSource>,
}

impl Process {
    /// A process that has no thread yet. EMFILE.
    pub(crate) fn new(pid: u32, origin: Origin, spawn: Spawn) -> Result<Arc<Process>> {
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
            vfs: origin.vfs,
            registry: origin.registry,
            job: spawn.job.unwrap_or_default(),
            terminal: Mutex::new(spawn.terminal),
            cwd: Mutex::new(spawn.cwd),
            env: Mutex::new(spawn.env),
            ending: Arc::default(),
            started: Instant::now(),
            threads: Threads::new(origin.probe),
        };
        process.job.join(pid, &process.ending);
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
        &self.vfs
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
        self.ending.cancel()
    }

    /// Makes it end: every wait in it fails from now on, a guest stops at its next slice. Of several reasons the first
    /// counts. Returns at once; [`wait`](Self::wait) for the end.
    pub fn kill(&self, reason: KillReason) {
        self.ending.kill(reason);
    }

    /// Makes the next interrupt (^C) call `handler`, from whichever thread it comes, instead of ending the process: for a
    /// program that has something to say in the end. It catches one; the next ends it.
    pub fn catch_interrupt(&self, handler: impl FnOnce() + Send + 'static) {
        self.ending.catch_interrupt(Box::new(handler));
    }

    /// Whether it was killed (it may still be running).
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.ending.is_requested()
    }

    /// Blocks until it is over.
    ///
    /// # Errors
    /// ECANCELED when the caller's own process is killed.
    pub fn wait(&self) -> Result<ExitStatus> {
        self.ending.wait(None)
    }

    /// Blocks until it is over, at most until `deadline`.
    ///
    /// # Errors
    /// ETIMEDOUT; ECANCELED when the caller's own process is killed.
    pub fn wait_until(&self, deadline: Instant) -> Result<ExitStatus> {
        self.ending.wait(Some(deadline))
    }

    /// How it ended; `None` while it runs.
    #[must_use]
    pub fn try_wait(&self) -> Option<ExitStatus> {
        self.ending.status()
    }

    /// As [`try_wait`](Self::try_wait), but wakes `waiter` when it is over: for waiting on several things at once.
    #[must_use]
    pub fn poll_exit(&self, waiter: &Waiter) -> Option<ExitStatus> {
        self.ending.poll(waiter)
    }

    /// When it was started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// CPU time of its threads, also of those that ended; zero when the table cannot tell (see
    /// [`ProcessTable::with_thread_probe`](crate::ProcessTable::with_thread_probe)).
    #[must_use]
    pub fn cpu_time(&self) -> Duration {
        Duration::from_nanos(self.threads.cpu_time_ns())
    }

    /// How many threads belong to it.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.count()
    }

    /// Whether one of its threads runs or is ready to; true when the table cannot tell.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.threads.is_any_running()
    }

    /// Ends it: descriptors are closed, `status` is recorded (unless it was killed: then the reason), children lose
    /// their parent, the table forgets it, waits of threads that it left behind end, and who waits for it is woken.
    ///
    /// Done when the main function returns or panics. Without effect on one that is over.
    pub fn terminate(&self, status: ExitStatus) {
        if self.ending.begin() {
            self.take_down(status);
        }
    }

    /// The same, from below, for one of which a thread has ended without unwinding (a stack overflow): what that thread held,
    /// nobody gives back any more, so that a pipe would stay open at this end.
    pub fn abandon(&self, status: ExitStatus) {
        if self.ending.begin() {
            self.registry.inherit(self.files.snapshot().into_iter().map(|(_, file)| file).collect());
            self.take_down(status);
        }
    }

    fn take_down(&self, status: ExitStatus) {
        self.files.clear();
        let terminal = lock(&self.terminal).take();
        drop(terminal);
        self.registry.forget(self.pid);
        self.ending.finish(status);
        self.job.leave(self.pid);
    }

    /// Makes it end with `status`, unless it was to end already.
    pub(crate) fn request_end(&self, status: ExitStatus) {
        self.ending.request(status);
    }

    pub(crate) fn orphan(&self) {
        self.parent.store(0, Ordering::Relaxed);
    }

    /// Counts the calling thread in; returns its number here.
    pub(crate) fn add_thread(&self) -> u64 {
        self.threads.add()
    }

    pub(crate) fn remove_thread(&self, number: u64) {
        self.threads.remove(number);
    }
}
