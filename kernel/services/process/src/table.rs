//! The table of processes, and starting one.

use crate::context::Context;
use crate::job::Job;
use crate::membership::{self, ExitRequest, Role};
use crate::process::Process;
use crate::status::ExitStatus;
use crate::sync::lock;
use interfaces::{Errno, Result};
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;
use vfs::{Location, OpenFile, Vfs};

/// What the scheduler tells of one thread; asked from any thread, also when that one has ended.
pub trait ThreadProbe: Send + Sync {
    /// CPU time that it has used, in nanoseconds.
    fn cpu_time_ns(&self) -> u64;
    /// Whether it runs or is ready to.
    fn is_running(&self) -> bool;
}

/// Gives the probe of the thread that calls it.
pub type ProbeSource = Arc<dyn Fn() -> Arc<dyn ThreadProbe> + Send + Sync>;

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

/// All processes.
pub struct ProcessTable {
    vfs: Arc<Vfs>,
    probe: Option<ProbeSource>,
    started: Instant,
    processes: Mutex<Processes>,
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
        Arc::new(ProcessTable { vfs, probe: None, started, processes: Mutex::default() })
    }

    /// The same with CPU times and states: `probe` is called once in each thread of a process.
    #[must_use]
    pub fn with_thread_probe(vfs: Arc<Vfs>, probe: ProbeSource) -> Arc<ProcessTable> {
        let started = Instant::now();
        Arc::new(ProcessTable { vfs, probe: Some(probe), started, processes: Mutex::default() })
    }

    /// Starts a process that runs `main` on a thread of its own.
    ///
    /// When `main` returns or panics, the descriptors are closed, the status is recorded (a kill wins over what `main`
    /// returned) and whoever waits is woken.
    ///
    /// # Errors
    /// EAGAIN when no thread or number is to be had.
    pub fn spawn<F>(self: &Arc<Self>, spawn: Spawn, main: F) -> Result<Arc<Process>>
    where
        F: FnOnce(&Context) -> ExitStatus + Send + 'static,
    {
        let stdio = spawn.stdio.clone();
        // std takes no names with a NUL byte in them.
        let thread = thread::Builder::new().name(spawn.name.replace('\0', ""));
        let thread = if spawn.stack_size == 0 { thread } else { thread.stack_size(spawn.stack_size) };
        let process = self.add(spawn)?;
        process.job().join(&process);
        let context = Context::new(&process, stdio);
        let started = thread.spawn(move || run(context, main));
        match started {
            Ok(_detached) => Ok(process),
            Err(_) => {
                process.terminate(ExitStatus::Killed);
                Err(Errno::EAGAIN)
            }
        }
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

    /// The probe of the calling thread.
    pub(crate) fn probe(&self) -> Option<Arc<dyn ThreadProbe>> {
        self.probe.as_ref().map(|probe| probe())
    }

    /// Forgets a process; its children have no parent from now on.
    pub(crate) fn remove(&self, pid: u32) {
        let mut processes = lock(&self.processes);
        let removed = processes.running.remove(&pid);
        for process in processes.running.values().filter(|process| process.parent() == pid) {
            process.orphan();
        }
        drop(processes);
        drop(removed);
    }

    fn add(self: &Arc<Self>, spawn: Spawn) -> Result<Arc<Process>> {
        let mut processes = lock(&self.processes);
        let pid = processes.next_pid().ok_or(Errno::EAGAIN)?;
        let process = Process::new(pid, Arc::clone(self), spawn)?;
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

impl Processes {
    /// The next free number, so that one that was just freed is not given again soon.
    fn next_pid(&self) -> Option<u32> {
        let after = self.last_pid + 1..=PID_MAX;
        after.chain(1..=self.last_pid).find(|pid| !self.running.contains_key(pid))
    }
}

/// The main thread of a process.
fn run<F>(context: Context, main: F)
where
    F: FnOnce(&Context) -> ExitStatus,
{
    let end = EndOfProcess(Arc::clone(&context.process));
    membership::enter_as(Some(Arc::clone(&context.process)), Role::Main);
    // What it is given is dropped in there: nobody may see it over while it holds a pipe open.
    let body = AssertUnwindSafe(move || if context.is_killed() { ExitStatus::Killed } else { main(&context) });
    let status = panic::catch_unwind(body).unwrap_or_else(|payload| match payload.downcast::<ExitRequest>() {
        Ok(request) => request.0,
        // The panic hook has printed the message.
        Err(_) => ExitStatus::Panicked,
    });
    membership::enter_as(None, Role::Main);
    end.0.terminate(status);
}

/// Ends the process even if the panic's own payload panics.
struct EndOfProcess(Arc<Process>);

impl Drop for EndOfProcess {
    fn drop(&mut self) {
        self.0.terminate(ExitStatus::Panicked);
    }
}
