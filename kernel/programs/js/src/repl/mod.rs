//! A session: each line, or lines that belong together, is run in the same engine, and its value is shown.
//!
//! `input` says when a text is whole and what it is to be run as; `complete` what names can become.

mod complete;
mod input;

use crate::engine::{End, Engine};
use crate::events::Until;
use crate::inspect;
use crate::limits::Stopped;
use boa_engine::property::Attribute;
use boa_engine::{JsValue, js_string};
use complete::Names;
use editor::{Editor, Entry, History, Redirected};
use input::{Kind, Text};
use interfaces::Errno;
use process::{Context, ExitStatus};
use std::sync::Arc;

const PROMPT: &str = "> ";
/// The prompt of a line that goes on with what the one before began.
const CONTINUATION: &str = "... ";
const WELCOME: &str = "JavaScript on Yolk (boa 0.22). _ is the last value, .help tells more, ^D leaves.\n";
const HELP: &str = "\
.help   this text
.names  the global objects
.exit   leaves, as ^D does

Timers and requests go on at the prompt; ^C stops them, and what runs. await works. Tab completes names and members; ^R searches what was entered.
";
/// The file in the home directory that keeps what was entered.
const HISTORY: &str = ".js_history";
/// The longest text that is joined from lines.
const MAX_TEXT: usize = 1 << 20;

struct Session<'a> {
    context: &'a Context,
    engine: Engine,
    editor: Editor,
    history: History,
    history_path: String,
    /// What declarations have named: they are no properties of the global object.
    declared: Vec<String>,
    count: usize,
}

/// What was entered.
enum Entered {
    Text(String),
    Nothing,
    End,
    /// What went on besides has ended the session.
    Left(ExitStatus),
}

/// Talks to the user at the terminal until they leave.
pub(crate) fn run(context: &Context, engine: Engine) -> ExitStatus {
    let _redirected = Redirected::new(Arc::clone(&context.stdin), engine.limits.interrupt().handler());
    let home = context.env("HOME").unwrap_or_else(|| "/".to_owned());
    let mut session = Session {
        context,
        engine,
        editor: Editor::new(Arc::clone(&context.stdin), Arc::clone(&context.stdout)),
        history: History::default(),
        history_path: format!("{}/{HISTORY}", home.trim_end_matches('/')),
        declared: Vec::new(),
        count: 0,
    };
    session.history.load(context.vfs(), &context.cwd(), &session.history_path);
    session.say(WELCOME);
    loop {
        match session.enter() {
            Ok(Entered::Text(text)) => {
                if let Some(status) = session.run(&text) {
                    return status;
                }
            }
            Ok(Entered::Nothing) => {}
            Ok(Entered::Left(status)) => return status,
            Ok(Entered::End) | Err(Errno::ECANCELED | Errno::EIO) => return ExitStatus::SUCCESS,
            Err(error) => return context.fail(format_args!("standard input: {error}")),
        }
    }
}

impl Session<'_> {
    fn say(&self, text: &str) {
        // A terminal that is gone is noticed when the next line is read.
        let _gone = self.context.stdout.write_all(text.as_bytes());
    }

    /// Reads lines until they are whole.
    fn enter(&mut self) -> interfaces::Result<Entered> {
        let mut text = String::new();
        // Between lines that belong together, too: the terminal would echo what was typed ahead.
        let mut held = None;
        loop {
            let prompt = if text.is_empty() { PROMPT } else { CONTINUATION };
            let terminal = held.get_or_insert_with(|| self.editor.take_terminal()).clone();
            self.engine.limits.interrupt().forget();
            if self.context.stdin.as_terminal().is_some_and(|terminal| terminal.cursor_column() > 0) {
                self.say("\n");
            }
            let names = Names::new(&mut self.engine, &self.declared);
            let Some(entry) = self.editor.read_line_besides(terminal, prompt, &self.history, &names)? else {
                // So that ^C stops what runs now.
                held = None;
                match self.go_on() {
                    Some(status) => return Ok(Entered::Left(status)),
                    None => continue,
                }
            };
            match entry {
                Entry::Interrupted => {
                    if text.is_empty() && self.engine.events.is_pending() {
                        self.engine.events.clear();
                        self.say("timers and what else was under way are stopped\n");
                    }
                    return Ok(Entered::Nothing);
                }
                Entry::End => {
                    self.say("\n");
                    return Ok(if text.is_empty() { Entered::End } else { Entered::Nothing });
                }
                Entry::Line(line) => {
                    // A line that begins with a blank is not remembered: of those that go on most do.
                    self.remember(if text.is_empty() { &line } else { line.trim_start() });
                    text += &line;
                }
            }
            if text.trim().is_empty() {
                return Ok(Entered::Nothing);
            }
            if text.len() > MAX_TEXT || text.starts_with('.') || !input::is_incomplete(&text) {
                return Ok(Entered::Text(text));
            }
            text.push('\n');
        }
    }

    /// Runs what is due; a status when the session is to end.
    fn go_on(&mut self) -> Option<ExitStatus> {
        match self.engine.go_on(Ok(JsValue::undefined()), &Until::Idle) {
            End::Value(_) => None,
            end => self.ended(&end),
        }
    }

    /// Tells how a text has ended that gave no value; a status when the session is to end.
    fn ended(&mut self, end: &End) -> Option<ExitStatus> {
        match end {
            End::Stopped(Stopped::Exit(code)) => return Some(ExitStatus::Exited(*code)),
            End::Stopped(Stopped::Killed) => return Some(ExitStatus::Killed),
            End::Stopped(Stopped::Interrupted) => self.say("stopped\n"),
            end => drop(self.engine.report(end)),
        }
        None
    }

    fn remember(&mut self, line: &str) {
        if self.history.add(line) {
            self.history.save_newest(self.context.vfs(), &self.context.cwd(), &self.history_path);
        }
    }

    /// Runs what was entered; a status when the session is to end.
    fn run(&mut self, text: &str) -> Option<ExitStatus> {
        if let Some(command) = text.trim().strip_prefix('.').filter(|word| word.chars().all(char::is_alphabetic)) {
            return self.command(command);
        }
        self.count += 1;
        let name = format!("REPL{}", self.count);
        let Text { text, kind, declares } = input::prepared(text);
        self.declared.extend(declares);
        let end = match self.engine.parse_script(&name, &text) {
            Ok(script) => {
                let result = script.evaluate(&mut self.engine.context);
                let promise = match (&result, kind) {
                    (Ok(value), Kind::Awaited) => value.as_promise(),
                    _ => None,
                };
                let until = promise.as_ref().map_or(Until::Idle, Until::Settled);
                self.engine.go_on(result, &until)
            }
            Err(error) => End::Thrown(error),
        };
        match (end, kind) {
            (End::Value(value), Kind::Awaited) => self.show_settled(&value),
            (End::Value(value), Kind::Plain) => self.show(&value),
            (end, _) => return self.ended(&end),
        }
        None
    }

    fn command(&mut self, command: &str) -> Option<ExitStatus> {
        match command {
            "exit" => return Some(ExitStatus::SUCCESS),
            "help" => self.say(HELP),
            "names" => {
                let names = Names::new(&mut self.engine, &self.declared).all();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let columns = self.context.stdin.as_terminal().map_or(80, |terminal| terminal.window_size().columns);
                self.say(&editor::columns::arrange(&names, columns.into(), 2));
            }
            _ => self.say(&format!("there is no .{command}; try .help\n")),
        }
        None
    }

    /// Shows the value of a promise that was waited for.
    fn show_settled(&mut self, value: &JsValue) {
        use boa_engine::builtins::promise::PromiseState;
        match value.as_promise().map(|promise| promise.state()) {
            Some(PromiseState::Fulfilled(value)) => self.show(&value),
            Some(PromiseState::Pending) => drop(self.engine.report(&End::Unsettled)),
            // A rejection was told of.
            Some(PromiseState::Rejected(_)) => {}
            None => self.show(value),
        }
    }

    fn show(&mut self, value: &JsValue) {
        let shown = inspect::shown(value, self.engine.state.style, &mut self.engine.context);
        self.say(&format!("{shown}\n"));
        if !value.is_undefined() {
            let attributes = Attribute::WRITABLE | Attribute::CONFIGURABLE;
            // A script that has made `_` its own keeps it.
            let _kept = self.engine.context.register_global_property(js_string!("_"), value.clone(), attributes);
        }
    }
}
