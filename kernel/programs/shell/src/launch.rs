//! Starting processes, and waiting for those in the foreground.
//!
//! The members of a pipeline run side by side through pipes. In an interactive shell each pipeline is a job of its own,
//! which ^C interrupts while it is in the foreground; in a script all belong to the script's job, so that ^C ends the script
//! with them.

use crate::builtins;
use crate::execute::{Flow, Stop};
use crate::shell::Shell;
use crate::streams::{STDIN, STDOUT, Streams};
use crate::syntax::Command;
use interfaces::Errno;
use process::{Context, ExitStatus, Job, KillReason, Process, Programs, Spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use vfs::OpenFile;
use wait::WaitList;

/// Bytes that a pipe holds.
const PIPE_CAPACITY: usize = 64 * 1024;

/// Statuses that POSIX gives a meaning (XCU 2.8.2).
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// A command after expansion.
pub(crate) struct Prepared {
    pub(crate) assignments: Vec<(String, String)>,
    /// The name and the arguments; empty for assignments alone.
    pub(crate) args: Vec<String>,
}

impl Prepared {
    pub(crate) fn name(&self) -> &str {
        self.args.first().map_or("", String::as_str)
    }
}

/// Why a command did not start.
pub(crate) struct StartError {
    message: String,
    status: i32,
}

impl StartError {
    fn new(name: &str, error: Errno) -> StartError {
        StartError { message: format!("{name}: {error}"), status: ExitStatus::FAILURE.code() }
    }
}

/// The processes of a job.
#[derive(Default)]
pub(crate) struct Started {
    pub(crate) processes: Vec<Arc<Process>>,
    /// The job's status, if its last member did not start.
    failure: Option<i32>,
}

impl Started {
    /// Adds the next member; an error is said on `streams`.
    pub(crate) fn add(&mut self, member: Result<Arc<Process>, StartError>, streams: &Streams) {
        self.failure = None;
        match member {
            Ok(process) => self.processes.push(process),
            Err(StartError { message, status }) => {
                streams.complain(message);
                self.failure = Some(status);
            }
        }
    }
}

impl Shell {
    /// The job of what is started next.
    pub(crate) fn new_job(&self) -> Arc<Job> {
        if self.terminal.is_some() { Job::new() } else { Arc::clone(self.process.job()) }
    }

    /// Starts a job, waits for it, and makes its status the shell's. ^C interrupts it.
    pub(crate) fn run_job(&mut self, start: impl FnOnce(&mut Shell, &Arc<Job>) -> Started) -> Flow {
        let job = self.new_job();
        // Set before the start: a ^C in between must not get lost.
        let outer = self.direct_interrupts_to(&job);
        let started = start(self, &job);
        let status = wait_for_all(&started.processes);
        self.restore_interrupts(outer);
        match status {
            Err(_) => self.die_with(&job),
            Ok(status) => self.note_end(started.failure.map_or(status, ExitStatus::Exited), &started.processes),
        }
    }

    /// Brings a job to the foreground.
    pub(crate) fn continue_job(&mut self, job: &Arc<Job>, processes: Vec<Arc<Process>>) -> Flow {
        let job = Arc::clone(job);
        let outer = self.direct_interrupts_to(&job);
        let status = wait_for_all(&processes);
        self.restore_interrupts(outer);
        match status {
            Err(_) => self.die_with(&job),
            Ok(status) => self.note_end(status, &processes),
        }
    }

    /// Waits for a job in the background, which ^C leaves alone.
    ///
    /// # Errors
    /// EINTR after ^C; ECANCELED when this shell is killed; ECHILD when there is no such job.
    pub(crate) fn wait_for_job(&mut self, number: usize) -> interfaces::Result<ExitStatus> {
        let job = self.jobs.iter().find(|job| job.number == number).ok_or(Errno::ECHILD)?;
        let interrupted = Arc::new((AtomicBool::new(false), WaitList::new()));
        let outer = self.direct_interrupts(Arc::new({
            let interrupted = Arc::clone(&interrupted);
            move || {
                interrupted.0.store(true, Ordering::SeqCst);
                interrupted.1.wake_all();
            }
        }));
        let ended = wait::wait_for(None, |waiter| {
            interrupted.1.register(waiter);
            match job.poll(Some(waiter)) {
                Some(status) => Poll::Ready(Ok(status)),
                None if interrupted.0.load(Ordering::SeqCst) => Poll::Ready(Err(Errno::EINTR)),
                None => Poll::Pending,
            }
        });
        self.restore_interrupts(outer);
        let status = ended??;
        self.jobs.take(number);
        Ok(status)
    }

    fn direct_interrupts_to(&self, job: &Arc<Job>) -> Option<InterruptHandler> {
        let job = Arc::clone(job);
        self.direct_interrupts(Arc::new(move || job.kill(KillReason::Interrupt)))
    }

    fn direct_interrupts(&self, handler: InterruptHandler) -> Option<InterruptHandler> {
        self.terminal.as_ref()?.as_terminal()?.set_interrupt(Some(handler))
    }

    fn restore_interrupts(&self, outer: Option<InterruptHandler>) {
        if let Some(terminal) = self.terminal.as_ref().and_then(|terminal| terminal.as_terminal()) {
            terminal.set_interrupt(outer);
        }
    }

    /// This shell was killed while it waited: what it has in the foreground goes with it.
    fn die_with(&self, job: &Job) -> Flow {
        if self.terminal.is_some() {
            job.kill(KillReason::Kill);
        }
        Flow::Break(Stop::Shell)
    }

    fn note_end(&mut self, status: ExitStatus, processes: &[Arc<Process>]) -> Flow {
        self.state.status = status.code();
        if self.terminal.is_none() {
            return Flow::Continue(());
        }
        match status {
            ExitStatus::Interrupted => return Flow::Break(Stop::Script),
            ExitStatus::Killed | ExitStatus::Panicked | ExitStatus::OutOfMemory => {
                let name = processes.last().map_or("", |last| last.name());
                self.complain(format_args!("{name}: {status}"));
            }
            ExitStatus::Exited(_) | ExitStatus::Trapped => {}
        }
        Flow::Continue(())
    }

    /// Starts the members of a pipeline.
    pub(crate) fn start_pipeline(&mut self, commands: &[Command], streams: &Streams, job: &Arc<Job>) -> Started {
        let mut started = Started::default();
        let mut input = None;
        for (index, command) in commands.iter().enumerate() {
            let mut own = streams.clone();
            if let Some(reader) = input.take() {
                own = own.with(STDIN, reader);
            }
            if index + 1 < commands.len() {
                let (reader, writer) = OpenFile::pipe(PIPE_CAPACITY);
                own = own.with(STDOUT, writer);
                input = Some(reader);
            }
            let prepared = self.prepare(command);
            let redirected = own.redirect(self, &command.redirections);
            let redirected = redirected.map_err(|(path, error)| StartError::new(&path, error));
            started.add(redirected.and_then(|own| self.start(&prepared, own, job)), streams);
        }
        started
    }

    /// Starts one command as a process.
    pub(crate) fn start(
        &self,
        prepared: &Prepared,
        streams: Streams,
        job: &Arc<Job>,
    ) -> Result<Arc<Process>, StartError> {
        let name = prepared.name();
        if let Some(builtin) = builtins::lookup(name) {
            let prepared = Prepared { assignments: prepared.assignments.clone(), args: prepared.args.clone() };
            return self.start_subshell(name, streams, job, move |shell| {
                let streams = Streams::of(&shell.process);
                shell.run_builtin(builtin, &prepared, &streams)
            });
        }
        if name.is_empty() {
            return self.start_subshell("sh", streams, job, |_| Flow::Continue(()));
        }
        let programs = &self.state.programs;
        let found = programs.find(self.vfs(), &self.cwd(), &self.parameter("PATH"), name);
        let command = found.map_err(|error| not_found(programs, name, error))?;
        let mut args = command.args;
        args.extend_from_slice(prepared.args.get(1..).unwrap_or_default());
        let mut spawn = self.spawn_with(args, &streams, job)?;
        spawn.stack_size = command.program.stack_size;
        spawn.env.extend(prepared.assignments.iter().cloned());
        let main = command.program.main;
        self.spawn(spawn, streams, move |context| main(context))
    }

    /// Starts a copy of this shell that runs `body`.
    pub(crate) fn start_subshell(
        &self,
        name: &str,
        streams: Streams,
        job: &Arc<Job>,
        body: impl FnOnce(&mut Shell) -> Flow + Send + 'static,
    ) -> Result<Arc<Process>, StartError> {
        let state = self.state.clone();
        let spawn = self.spawn_with(vec![name.into()], &streams, job)?;
        self.spawn(spawn, streams, move |context| {
            let mut shell = Shell::with_state(context, state);
            // Its end is the subshell's end, however it came.
            let _stop = body(&mut shell);
            ExitStatus::Exited(shell.state.status)
        })
    }

    fn spawn_with(&self, args: Vec<String>, streams: &Streams, job: &Arc<Job>) -> Result<Spawn, StartError> {
        let name = args.first().cloned().unwrap_or_default();
        let stdio = streams.stdio().map_err(|error| StartError::new(&name, error))?;
        let mut spawn = Spawn::new(args, self.cwd(), stdio);
        spawn.env = self.state.variables.environment();
        spawn.parent = Some(Arc::clone(&self.process));
        spawn.job = Some(Arc::clone(job));
        spawn.terminal = self.process.terminal();
        Ok(spawn)
    }

    fn spawn(
        &self,
        spawn: Spawn,
        streams: Streams,
        main: impl FnOnce(&Context) -> ExitStatus + Send + 'static,
    ) -> Result<Arc<Process>, StartError> {
        let name = spawn.name.clone();
        let spawned = self.table.spawn(spawn, move |context| {
            // Consumed: the process alone holds its files open.
            streams.install_others(&context.process);
            main(context)
        });
        spawned.map_err(|error| StartError::new(&name, error))
    }
}

/// A terminal's handler of ^C.
type InterruptHandler = Arc<dyn Fn() + Send + Sync>;

/// Waits until all have ended; the status of the last one. ^C goes to all, but a member that sees the end of another first
/// may end well: all count as interrupted then.
fn wait_for_all(processes: &[Arc<Process>]) -> interfaces::Result<ExitStatus> {
    processes.iter().try_fold(ExitStatus::SUCCESS, |before, process| match (before, process.wait()?) {
        (ExitStatus::Interrupted, _) => Ok(ExitStatus::Interrupted),
        (_, status) => Ok(status),
    })
}

/// Why `name` cannot be run, with what to do next.
fn not_found(programs: &Programs, name: &str, error: Errno) -> StartError {
    let (message, status) = match error {
        Errno::ENOENT if !name.contains('/') => (format!("{name}: command not found; try help"), NOT_FOUND),
        Errno::ENOENT => (format!("{name}: {error}"), NOT_FOUND),
        Errno::EISDIR => (format!("{name}: {error}; cd goes there"), NOT_EXECUTABLE),
        Errno::ENOEXEC => {
            let suffixes: Vec<_> = programs.loaders().iter().map(|loader| loader.suffix).collect();
            (format!("{name}: {error}; executables end in {}", suffixes.join(", ")), NOT_EXECUTABLE)
        }
        _ => (format!("{name}: {error}"), NOT_EXECUTABLE),
    };
    StartError { message, status }
}
