//! Compound commands and functions: groups, conditions, loops and `case` (POSIX XCU 2.9.4 and 2.9.5).

use crate::builtins;
use crate::expand;
use crate::flow::{Flow, Stop};
use crate::launch::{Prepared, StartError, Started};
use crate::shell::Shell;
use crate::streams::Streams;
use crate::syntax::{Command, Compound, Script, Until, Word};
use process::{ExitStatus, Job, Process};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::ControlFlow;
use std::sync::Arc;

const GO_ON: Flow = Flow::Continue(());

/// Compound commands, calls of functions, and scripts that `.` runs, inside of each other: each takes stack.
const MAX_NESTING: usize = 100;

impl Shell {
    /// Runs a compound command that is all of its pipeline, with these streams.
    pub(crate) fn run_compound(&mut self, compound: &Arc<Compound>, streams: Streams) -> Flow {
        match &**compound {
            Compound::Subshell(_) => self.run_job(|shell, job| {
                let mut started = Started::default();
                let outer = shell.streams();
                started.add(shell.start_compound(compound, streams, job), &outer);
                started
            }),
            _ => self.with_streams(streams, |shell| shell.run_here(compound)),
        }
    }

    /// Starts a compound command as a process.
    pub(crate) fn start_compound(
        &self,
        compound: &Arc<Compound>,
        streams: Streams,
        job: &Arc<Job>,
    ) -> Result<Arc<Process>, StartError> {
        let compound = Arc::clone(compound);
        self.start_subshell("sh", streams, job, move |shell| shell.run_here(&compound))
    }

    /// Runs something whose commands have these streams.
    pub(crate) fn with_streams<T>(&mut self, streams: Streams, run: impl FnOnce(&mut Shell) -> T) -> T {
        let outer = self.streams.replace(streams);
        let result = run(self);
        self.streams = outer;
        result
    }

    /// Runs something that is inside of what runs already; whether there was room for it on the stack.
    pub(crate) fn nested(&mut self, run: impl FnOnce(&mut Shell) -> Flow) -> Flow {
        if self.nesting >= MAX_NESTING {
            return self.fail(format_args!("commands and scripts are nested more than {MAX_NESTING} deep"));
        }
        self.nesting += 1;
        let flow = run(self);
        self.nesting -= 1;
        flow
    }

    /// Makes a function. A builtin stays what it is: some may not be replaced (XCU 2.9.1), and none has to be.
    pub(crate) fn define(&mut self, name: &str, body: &Arc<Command>) -> Flow {
        if builtins::lookup(name).is_some() {
            return self.fail(format_args!("{name}() cannot be defined: {name} is a builtin"));
        }
        self.state.functions.insert(name.to_owned(), Arc::clone(body));
        self.state.status = 0;
        GO_ON
    }

    /// Calls a function (XCU 2.9.5): its arguments are `$1` and so on until it returns.
    pub(crate) fn call(&mut self, function: &Command, prepared: &Prepared, streams: Streams) -> Flow {
        let before = self.assign_for_now(prepared);
        let arguments = self.arguments().to_vec();
        self.set_arguments(prepared.args.get(1..).unwrap_or_default());
        // A loop around the call is not the function's.
        let loops = std::mem::take(&mut self.loops);
        self.locals.push(BTreeMap::new());
        let flow = self.returning(|shell| shell.nested(|shell| shell.run_command(function, streams)));
        self.loops = loops;
        self.restore_locals();
        self.set_arguments(&arguments);
        before.into_iter().for_each(|(name, before)| self.state.variables.restore(name, before));
        flow
    }

    /// Gives the variables that were `local` to a function back what they were.
    fn restore_locals(&mut self) {
        for (name, before) in self.locals.pop().unwrap_or_default() {
            self.state.variables.restore(name, before);
        }
    }

    /// Runs what `return` ends.
    pub(crate) fn returning(&mut self, run: impl FnOnce(&mut Shell) -> Flow) -> Flow {
        self.calls += 1;
        let flow = run(self);
        self.calls -= 1;
        if flow == Flow::Break(Stop::Function) { GO_ON } else { flow }
    }

    fn run_here(&mut self, compound: &Compound) -> Flow {
        self.nested(|shell| match compound {
            Compound::Group(script) | Compound::Subshell(script) => shell.run_script(script),
            Compound::If(branches, otherwise) => shell.run_if(branches, otherwise.as_ref()),
            Compound::While(until, condition, body) => shell.run_while(*until, condition, body),
            Compound::For(name, words, body) => shell.run_for(name, words.as_deref(), body),
            Compound::Case(word, arms) => shell.run_case(word, arms),
        })
    }

    fn run_if(&mut self, branches: &[(Script, Script)], otherwise: Option<&Script>) -> Flow {
        for (condition, body) in branches {
            self.reacting(|shell| shell.run_script(condition))?;
            if self.state.status == 0 {
                return self.run_script(body);
            }
        }
        match otherwise {
            // The last condition's status is what it sees.
            Some(otherwise) => self.run_script(otherwise),
            None => {
                self.state.status = 0;
                GO_ON
            }
        }
    }

    fn run_while(&mut self, until: Until, condition: &Script, body: &Script) -> Flow {
        let mut status = 0;
        self.run_loop(|shell| {
            shell.reacting(|shell| shell.run_script(condition))?;
            let goes_on = (shell.state.status == 0) == (until == Until::Failure);
            // What `continue` has left counts, too.
            if goes_on {
                shell.state.status = 0;
                let flow = shell.run_script(body);
                status = shell.state.status;
                flow?;
            } else {
                shell.state.status = status;
            }
            ControlFlow::Continue(goes_on)
        })
    }

    fn run_for(&mut self, name: &str, words: Option<&[Word]>, body: &Script) -> Flow {
        let values = match words {
            Some(words) => expand::fields(self, words),
            None => Ok(self.arguments().to_vec()),
        };
        let mut values = match values {
            Ok(values) => values.into_iter(),
            Err(error) => return self.heed(&error),
        };
        if values.len() == 0 {
            self.state.status = 0;
        }
        self.run_loop(|shell| {
            let Some(value) = values.next() else { return ControlFlow::Continue(false) };
            if let Err(error) = shell.state.variables.set(name, &value) {
                shell.fail(format_args!("for: {name}: {error}"))?;
                return ControlFlow::Continue(false);
            }
            shell.run_script(body)?;
            ControlFlow::Continue(true)
        })
    }

    /// Runs rounds until one says that it was the last, or `break` does.
    fn run_loop(&mut self, mut round: impl FnMut(&mut Shell) -> ControlFlow<Stop, bool>) -> Flow {
        self.loops += 1;
        let flow = loop {
            match round(self) {
                ControlFlow::Continue(true) | ControlFlow::Break(Stop::Rounds(..=1)) => {}
                ControlFlow::Continue(false) | ControlFlow::Break(Stop::Loops(..=1)) => break GO_ON,
                ControlFlow::Break(Stop::Loops(count)) => break Flow::Break(Stop::Loops(count - 1)),
                ControlFlow::Break(Stop::Rounds(count)) => break Flow::Break(Stop::Rounds(count - 1)),
                ControlFlow::Break(stop) => break Flow::Break(stop),
            }
        };
        self.loops -= 1;
        flow
    }

    fn run_case(&mut self, word: &Word, arms: &[(Vec<Word>, Script)]) -> Flow {
        let text = match expand::single(self, word) {
            Ok(text) => text,
            Err(error) => return self.heed(&error),
        };
        for (patterns, body) in arms {
            for pattern in patterns {
                match expand::pattern(self, pattern) {
                    Ok(pattern) if pattern.matches(&text) && body.lists.is_empty() => {
                        self.state.status = 0;
                        return GO_ON;
                    }
                    Ok(pattern) if pattern.matches(&text) => return self.run_script(body),
                    Ok(_) => {}
                    Err(error) => return self.heed(&error),
                }
            }
        }
        self.state.status = 0;
        GO_ON
    }

    fn fail(&mut self, message: impl Display) -> Flow {
        self.complain(message);
        self.state.status = ExitStatus::FAILURE.code();
        GO_ON
    }
}
