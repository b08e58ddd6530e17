//! The shell's state, apart from how it runs commands (`execute`) and where they come from (`input`).
//!
//! A subshell (a builtin in a pipeline, a list in the background) is a copy of the [`State`] in a process of its own.

use crate::jobs::Jobs;
use crate::split::Separators;
use crate::streams::Streams;
use crate::syntax::Command;
use crate::variables::{Saved, Variables};
use editor::History;
use editor::Interrupt;
use process::{Context, Process, ProcessTable, Programs};
use std::collections::BTreeMap;
use std::sync::Arc;
use vfs::{Location, OpenFile, Vfs};

/// What the environment may leave open: where commands are looked for, and where `~` leads.
const DEFAULTS: [(&str, &str); 2] = [("PATH", DEFAULT_PATH), ("HOME", "/")];
/// Where commands are looked for without a `PATH`.
pub(crate) const DEFAULT_PATH: &str = "/bin";
/// The status of what is not there (XCU 2.8.2).
pub(crate) const NOT_FOUND: i32 = 127;

/// What happens when a command fails (`set -e`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnFailure {
    #[default]
    GoOn,
    Exit,
}

/// What a variable that is not set stands for (`set -u`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnUnset {
    #[default]
    Empty,
    /// Nothing: the script ends.
    Exit,
}

/// Whether commands are shown before they run (`set -x`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trace {
    #[default]
    Off,
    Commands,
}

/// What a subshell inherits.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) programs: Arc<Programs>,
    /// The status of the last command.
    pub(crate) status: i32,
    pub(crate) on_failure: OnFailure,
    pub(crate) on_unset: OnUnset,
    pub(crate) trace: Trace,
    /// Whoever reacts to a failure of what runs now: such a failure is no reason to exit.
    pub(crate) reactions: usize,
    pub(crate) variables: Variables,
    pub(crate) functions: BTreeMap<String, Arc<Command>>,
    /// `$0`, `$1` and so on.
    pub(crate) parameters: Vec<String>,
    pub(crate) history: History,
}

/// A shell.
pub(crate) struct Shell {
    pub(crate) process: Arc<Process>,
    pub(crate) table: Arc<ProcessTable>,
    /// The terminal whose ^C this shell directs. `None`: it is not interactive.
    pub(crate) terminal: Option<Arc<OpenFile>>,
    /// ^C while no job is in the foreground.
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) jobs: Jobs,
    /// Where the streams of commands lead to while a redirection holds for several of them; else where the process's do.
    pub(crate) streams: Option<Streams>,
    /// Where they are to lead from now on: `exec` said so.
    pub(crate) redirected: Option<Streams>,
    /// Loops around what runs now.
    pub(crate) loops: usize,
    /// Functions and scripts that `.` runs around what runs now.
    pub(crate) calls: usize,
    /// For each function around what runs now, what its `local` variables were before.
    pub(crate) locals: Vec<BTreeMap<String, Saved>>,
    /// Compound commands and scripts around what runs now.
    pub(crate) nesting: usize,
    /// How the last commands in the words of what runs now ended: it counts where there is no name.
    pub(crate) substituted: Option<i32>,
    pub(crate) state: State,
}

impl Shell {
    /// A shell in the process of `context`, with its environment; `parameters` are `$0` and its followers.
    pub(crate) fn new(context: &Context, programs: Arc<Programs>, parameters: Vec<String>) -> Shell {
        let mut variables = Variables::from_environment(context.process.env());
        for (name, value) in DEFAULTS {
            if variables.get(name).is_none() {
                // Not exported: a shell that was started without an environment starts its programs without one. Should
                // there be no room left, it does without.
                let _full = variables.set(name, value);
            }
        }
        let state = State {
            programs,
            status: 0,
            on_failure: OnFailure::default(),
            on_unset: OnUnset::default(),
            trace: Trace::default(),
            reactions: 0,
            variables,
            functions: BTreeMap::new(),
            parameters,
            history: History::default(),
        };
        let mut shell = Shell::with_state(context, state);
        shell.note_directory();
        shell
    }

    /// A shell in the process of `context` that goes on with the state of another.
    pub(crate) fn with_state(context: &Context, state: State) -> Shell {
        Shell {
            process: Arc::clone(&context.process),
            table: Arc::clone(&context.table),
            terminal: None,
            interrupt: Arc::default(),
            jobs: Jobs::default(),
            streams: None,
            redirected: None,
            loops: 0,
            calls: 0,
            locals: Vec::new(),
            nesting: 0,
            substituted: None,
            state,
        }
    }

    /// The streams of a command without redirections.
    pub(crate) fn streams(&self) -> Streams {
        self.streams.clone().unwrap_or_else(|| Streams::of(&self.process))
    }

    pub(crate) fn vfs(&self) -> &Arc<Vfs> {
        self.process.vfs()
    }

    pub(crate) fn cwd(&self) -> Location {
        self.process.cwd()
    }

    /// The working directory's path; `?` once it was removed.
    pub(crate) fn directory(&self) -> String {
        self.vfs().path_of(&self.cwd()).unwrap_or_else(|_| "?".into())
    }

    /// Brings `PWD` up to date; it is exported where the shell's own environment has it.
    pub(crate) fn note_directory(&mut self) {
        let directory = self.directory();
        // Without room it stays what it was.
        let _full = self.state.variables.set("PWD", &directory);
    }

    /// What `$name` stands for; empty for what is not set.
    pub(crate) fn parameter(&self, name: &str) -> String {
        self.find_parameter(name).unwrap_or_default()
    }

    /// What `$name` stands for, if it is set.
    pub(crate) fn find_parameter(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.state.status.to_string()),
            "$" => Some(self.process.pid().to_string()),
            "!" => self.jobs.newest_pid().map(|pid| pid.to_string()),
            "#" => Some(self.arguments().len().to_string()),
            "@" => Some(self.arguments().join(" ")),
            "*" => Some(self.arguments().join(&self.separators().first())),
            _ => match name.parse::<usize>() {
                Ok(index) => self.state.parameters.get(index).cloned(),
                Err(_) => self.state.variables.get(name).map(str::to_owned),
            },
        }
    }

    /// What values are split at.
    pub(crate) fn separators(&self) -> Separators {
        Separators::new(self.state.variables.get("IFS"))
    }

    /// `$1` and its followers.
    pub(crate) fn arguments(&self) -> &[String] {
        self.state.parameters.get(1..).unwrap_or_default()
    }

    /// Replaces `$1` and its followers.
    pub(crate) fn set_arguments(&mut self, arguments: &[String]) {
        self.state.parameters.truncate(1);
        self.state.parameters.extend_from_slice(arguments);
    }
}
