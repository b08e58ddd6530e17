//! Starting processes: the members of a pipeline run side by side through pipes. `foreground` waits for them.

use crate::builtins;
use crate::flow::{Flow, Stop};
use crate::shell::{NOT_FOUND, Shell};
use crate::streams::{STDIN, STDOUT, Streams};
use crate::syntax::{Body, Command};
use interfaces::Errno;
use process::{Context, ExitStatus, Job, Process, Programs, Spawn};
use std::collections::BTreeMap;
use std::sync::Arc;
use vfs::OpenFile;

/// Bytes that a pipe holds.
pub(crate) const PIPE_CAPACITY: usize = 64 * 1024;

/// The status of what is there and cannot be run (XCU 2.8.2).
const NOT_EXECUTABLE: i32 = 126;

/// A command after expansion.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) assignments: Vec<(String, String)>,
    /// The name and the arguments; empty for assignments alone.
    pub(crate) args: Vec<String>,
    /// What the status is if there is no name: that of the last command in the words, if there was one (XCU 2.9.1).
    pub(crate) status: i32,
}

impl Prepared {
    pub(crate) fn name(&self) -> &str {
        self.args.first().map_or("", String::as_str)
    }
}

/// Why a command did not start.
pub(crate) struct StartError {
    /// Empty if there is nothing to say.
    pub(crate) message: String,
    pub(crate) status: i32,
    /// What ends with it besides the command.
    pub(crate) stop: Option<Stop>,
}

impl StartError {
    pub(crate) fn new(name: &str, error: Errno) -> StartError {
        StartError { message: format!("{name}: {error}"), status: ExitStatus::FAILURE.code(), stop: None }
    }

    /// Says it.
    pub(crate) fn report(&self, streams: &Streams) {
        if !self.message.is_empty() {
            streams.complain(&self.message);
        }
    }

    /// Whatever it is about was stopped, which has been said.
    pub(crate) fn stopped(stop: Stop, status: i32) -> StartError {
        StartError { message: String::new(), status, stop: Some(stop) }
    }
}

/// The processes of a job.
#[derive(Default)]
pub(crate) struct Started {
    pub(crate) processes: Vec<Arc<Process>>,
    /// The job's status, if its last member did not start.
    pub(crate) failure: Option<i32>,
}

impl Started {
    /// Adds the next member; an error is said on `streams`.
    pub(crate) fn add(&mut self, member: Result<Arc<Process>, StartError>, streams: &Streams) {
        self.failure = None;
        match member {
            Ok(process) => self.processes.push(process),
            Err(error) => {
                error.report(streams);
                self.failure = Some(error.status);
            }
        }
    }
}

impl Shell {
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
            started.add(self.start_member(command, own, job), streams);
        }
        started
    }

    /// Starts a member with these streams.
    fn start_member(
        &mut self,
        command: &Command,
        streams: Streams,
        job: &Arc<Job>,
    ) -> Result<Arc<Process>, StartError> {
        if command.needs_shell() {
            // What its words run reads its input, and what they set is its own.
            let command = command.clone();
            return self.start_subshell("sh", streams, job, move |shell| {
                let streams = shell.streams();
                shell.run_command(&command, streams)
            });
        }
        match &command.body {
            Body::Simple(simple) => {
                let prepared = self.prepare(simple)?;
                let streams = streams.redirect(self, &command.redirections)?;
                self.start(&prepared, streams, job)
            }
            Body::Function(..) => self.start_subshell("sh", streams, job, |_| Flow::Continue(())),
            Body::Compound(compound) => {
                let streams = streams.redirect(self, &command.redirections)?;
                self.start_compound(compound, streams, job)
            }
        }
    }

    /// Starts one command as a process.
    pub(crate) fn start(
        &self,
        prepared: &Prepared,
        streams: Streams,
        job: &Arc<Job>,
    ) -> Result<Arc<Process>, StartError> {
        let name = prepared.name();
        if let Some(function) = self.state.functions.get(name).cloned() {
            let prepared = prepared.clone();
            return self.start_subshell(name, streams, job, move |shell| {
                let streams = Streams::of(&shell.process);
                shell.call(&function, &prepared, streams)
            });
        }
        if let Some(builtin) = builtins::lookup(name) {
            let prepared = prepared.clone();
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
        let (state, calls, nesting) = (self.state.clone(), self.calls, self.nesting);
        let locals = self.locals.last().map(|_| BTreeMap::new());
        let spawn = self.spawn_with(vec![name.into()], &streams, job)?;
        self.spawn(spawn, streams, move |context| {
            let mut shell = Shell::with_state(context, state);
            (shell.calls, shell.nesting) = (calls, nesting);
            shell.locals.extend(locals);
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
    StartError { message, status, stop: None }
}
