//! Running scripts: lists, pipelines, commands (POSIX XCU 2.9).
//!
//! Processes are started by `launch`, compound commands run by `control`. A builtin that stands alone runs in the shell itself, others in a subshell.

use crate::builtins::{self, Builtin, Call, Kind};
use crate::expand;
use crate::flow::{Flow, Stop};
use crate::launch::{Prepared, StartError, Started};
use crate::shell::{OnFailure, Shell, Trace};
use crate::streams::{STDIN, Streams};
use crate::syntax::{Body, Command, Connector, List, Mode, Parser, Pipeline, Script, Simple};
use crate::variables::Saved;
use process::ExitStatus;
use std::fmt::Display;
use std::iter;
use vfs::OpenFile;

const GO_ON: Flow = Flow::Continue(());

impl Shell {
    /// Parses and runs `text` line by line, as far as it is free of errors.
    pub(crate) fn run(&mut self, text: &str) -> Flow {
        let mut parser = Parser::new(text);
        loop {
            match parser.next_line() {
                Ok(Some(line)) => self.run_script(&line)?,
                Ok(None) => return GO_ON,
                Err(error) => {
                    self.complain(error);
                    self.state.status = ExitStatus::USAGE.code();
                    return GO_ON;
                }
            }
        }
    }

    pub(crate) fn run_script(&mut self, script: &Script) -> Flow {
        script.lists.iter().try_for_each(|list| {
            self.heed_interrupt()?;
            match list.mode {
                Mode::Foreground => self.run_list(list),
                Mode::Background => {
                    self.run_in_background(list);
                    GO_ON
                }
            }
        })
    }

    /// Writes a message of the shell.
    pub(crate) fn complain(&self, message: impl Display) {
        self.streams().complain(message);
    }

    /// Runs a list and waits for it.
    pub(crate) fn run_list(&mut self, list: &List) -> Flow {
        let rest = list.rest.iter().map(|(connector, pipeline)| (Some(*connector), pipeline));
        let mut last = None;
        for (index, (connector, pipeline)) in iter::once((None, &list.first)).chain(rest).enumerate() {
            let success = self.state.status == 0;
            let runs = connector.is_none_or(|connector| success == (connector == Connector::And));
            last = runs.then_some(pipeline);
            if runs && (index < list.rest.len() || pipeline.negated) {
                self.reacting(|shell| shell.run_pipeline(pipeline))?;
            } else if runs {
                self.run_pipeline(pipeline)?;
            }
        }
        // XCU 2.14, set -e: a failure does not count where something was to react to it.
        let counts = self.state.status != 0 && self.state.reactions == 0 && last.is_some_and(|last| !last.negated);
        if counts && self.state.on_failure == OnFailure::Exit { Flow::Break(Stop::Shell) } else { GO_ON }
    }

    /// Runs something to whose failure there will be a reaction.
    pub(crate) fn reacting(&mut self, run: impl FnOnce(&mut Shell) -> Flow) -> Flow {
        self.state.reactions += 1;
        let flow = run(self);
        self.state.reactions -= 1;
        flow
    }

    fn run_pipeline(&mut self, pipeline: &Pipeline) -> Flow {
        let streams = self.streams();
        match pipeline.commands.as_slice() {
            [command] => self.run_command(command, streams)?,
            commands => self.run_job(|shell, job| shell.start_pipeline(commands, &streams, job))?,
        }
        if pipeline.negated {
            self.state.status = i32::from(self.state.status == 0);
        }
        GO_ON
    }

    /// A command that is all of its pipeline.
    pub(crate) fn run_command(&mut self, command: &Command, streams: Streams) -> Flow {
        let prepared = match &command.body {
            Body::Simple(simple) => self.prepare(simple).map(Some),
            Body::Compound(_) | Body::Function(..) => Ok(None),
        };
        let redirected = |shell: &mut Shell| streams.clone().redirect(shell, &command.redirections);
        match (prepared.and_then(|prepared| Ok((prepared, redirected(self)?))), &command.body) {
            (Ok((Some(prepared), redirected)), _) => self.run_simple(&prepared, redirected, &streams),
            (Ok((None, redirected)), Body::Compound(compound)) => self.run_compound(compound, redirected),
            (Ok((None, _)), Body::Function(name, body)) => self.define(name, body),
            (Ok((None, _)), Body::Simple(_)) => GO_ON,
            (Err(error), _) => self.heed(&error),
        }
    }

    /// Reports an error; what ends with it.
    pub(crate) fn heed(&mut self, error: &StartError) -> Flow {
        error.report(&self.streams());
        self.state.status = error.status;
        error.stop.map_or(GO_ON, Flow::Break)
    }

    fn run_simple(&mut self, prepared: &Prepared, redirected: Streams, streams: &Streams) -> Flow {
        self.trace(prepared);
        if let Some(function) = self.state.functions.get(prepared.name()).cloned() {
            return self.call(&function, prepared, redirected);
        }
        match builtins::lookup(prepared.name()) {
            Some(builtin) => self.run_builtin(builtin, prepared, &redirected),
            None if prepared.args.is_empty() => {
                self.state.status = self.assign(prepared);
                GO_ON
            }
            None => self.run_job(|shell, job| {
                let mut started = Started::default();
                started.add(shell.start(prepared, redirected, job), streams);
                started
            }),
        }
    }

    /// Runs a builtin in this shell.
    pub(crate) fn run_builtin(&mut self, builtin: &Builtin, prepared: &Prepared, streams: &Streams) -> Flow {
        // XCU 2.14: what is assigned before a special builtin stays.
        let before = match builtin.kind {
            Kind::Special => {
                self.assign(prepared);
                Vec::new()
            }
            Kind::Regular => self.assign_for_now(prepared),
        };
        // Those that run others hand the streams on.
        let call = Call { builtin, args: &prepared.args, streams };
        let outcome = self.with_streams(streams.clone(), |shell| (builtin.run)(shell, &call));
        before.into_iter().for_each(|(name, before)| self.state.variables.restore(name, before));
        if let Some(streams) = self.redirected.take() {
            self.streams = Some(streams);
        }
        self.state.status = outcome?;
        GO_ON
    }

    /// Whether a name is a function or a builtin.
    pub(crate) fn runs_itself(&self, name: &str) -> bool {
        self.state.functions.contains_key(name) || builtins::lookup(name).is_some()
    }

    /// Runs words as a command, and not the function of that name.
    pub(crate) fn run_words(&mut self, words: &[String], streams: &Streams) -> Flow {
        let prepared = Prepared { assignments: Vec::new(), args: words.to_vec(), status: 0 };
        let function = self.state.functions.remove_entry(prepared.name());
        let flow = self.run_simple(&prepared, streams.clone(), streams);
        if let Some((name, function)) = function {
            self.state.functions.entry(name).or_insert(function);
        }
        flow
    }

    /// Sets variables for what runs now, programs included; what they were.
    pub(crate) fn assign_for_now(&mut self, prepared: &Prepared) -> Vec<(String, Saved)> {
        let save = |(name, _): &(String, String)| (name.clone(), self.state.variables.save(name));
        // The last one first: of two for the same variable the first one knows what it was.
        let before = prepared.assignments.iter().map(save).rev().collect();
        self.assign(prepared);
        prepared.assignments.iter().for_each(|(name, _)| self.state.variables.export(name));
        before
    }

    /// Sets variables; the status of that.
    pub(crate) fn assign(&mut self, prepared: &Prepared) -> i32 {
        let set = |(name, value): &(String, String)| self.state.variables.set(name, value);
        match prepared.assignments.iter().try_for_each(set) {
            Ok(()) => prepared.status,
            Err(error) => {
                self.complain(format_args!("variables: {error}"));
                ExitStatus::FAILURE.code()
            }
        }
    }

    /// Expands the words of a command.
    pub(crate) fn prepare(&mut self, command: &Simple) -> Result<Prepared, StartError> {
        self.substituted = None;
        let args = expand::fields(self, &command.words)?;
        let assignment = |(name, value): &(String, _)| Ok((name.clone(), expand::single(self, value)?));
        let assignments = command.assignments.iter().map(assignment).collect::<Result<_, _>>()?;
        let status = self.substituted.unwrap_or(0);
        Ok(Prepared { assignments, args, status })
    }

    /// Shows a command before it runs (`set -x`).
    fn trace(&self, prepared: &Prepared) {
        if self.state.trace == Trace::Commands {
            let assignments =
                prepared.assignments.iter().map(|(name, value)| format!(" {name}={}", builtins::quoted(value)));
            let args = prepared.args.iter().map(|arg| format!(" {}", builtins::quoted(arg)));
            self.complain(format_args!("+{}", assignments.chain(args).collect::<String>()));
        }
    }

    fn run_in_background(&mut self, list: &List) {
        // It must not take what is typed: its input is at its end.
        let streams = self.streams().with(STDIN, OpenFile::pipe(1).0);
        let job = self.new_job();
        let started = if list.rest.is_empty() && !list.first.negated {
            self.start_pipeline(&list.first.commands, &streams, &job)
        } else {
            let list = list.clone();
            let mut started = Started::default();
            started.add(self.start_subshell("sh", streams.clone(), &job, move |shell| shell.run_list(&list)), &streams);
            started
        };
        self.state.status = 0;
        if let Some(last) = started.processes.last() {
            let pid = last.pid();
            let number = self.jobs.add(job, started.processes, &list.text);
            if self.terminal.is_some() {
                self.complain(format_args!("[{number}] {pid}"));
            }
        }
    }
}
