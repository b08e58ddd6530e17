//! Where an entered script comes from: the line editor, or a file that is read line by line.
//!
//! `sh` runs [`Shell::run_input`] on one of them. Lines are joined until they are a whole script.

use crate::flow::{Flow, Stop};
use crate::shell::Shell;
use crate::syntax::{self, MAX_LINE, Script, SyntaxError};
use editor::{Editor, Entry};
use interfaces::{Errno, Result};
use process::{ExitStatus, KillReason};
use std::sync::Arc;
use vfs::OpenFile;

/// The prompt of a line that goes on with what the one before began.
const CONTINUATION: &str = "> ";

/// A source of lines.
pub(crate) enum Input {
    /// A user at a terminal.
    Terminal(Box<Editor>),
    /// Anything else. Read byte by byte, because what follows a line belongs to the commands in it.
    Stream(Arc<OpenFile>),
}

impl Input {
    /// The next line, without its end.
    fn line(&mut self, prompt: &str, shell: &Shell) -> Result<Entry> {
        match self {
            Input::Terminal(editor) => {
                let terminal = editor.take_terminal();
                // What was pressed until now was meant for the last line.
                shell.interrupt.forget();
                editor.read_line(terminal, prompt, &shell.state.history, shell)
            }
            Input::Stream(file) => read_line(file).map(|line| line.map_or(Entry::End, Entry::Line)),
        }
    }
}

fn read_line(file: &OpenFile) -> Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match file.read(&mut byte)? {
            0 if line.is_empty() => return Ok(None),
            0 => break,
            _ if byte == *b"\n" => break,
            _ if line.len() >= MAX_LINE => return Err(Errno::E2BIG),
            _ => line.push(byte[0]),
        }
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

/// What was entered.
enum Entered {
    Script(Script),
    Nothing,
    End,
}

impl Shell {
    /// Runs what comes from `input` until it ends or the shell is left. A shell on a terminal that is killed takes what it has
    /// in the background along, as one whose terminal is gone does: a session that ends from outside does both at once.
    pub(crate) fn run_input(&mut self, input: Input) {
        self.run_lines(input);
        if self.terminal.is_some() && self.process.is_killed() {
            self.hang_up();
        }
    }

    fn run_lines(&mut self, mut input: Input) {
        loop {
            self.start_line();
            self.report_jobs();
            match self.next_script(&mut input) {
                Ok(Entered::Script(script)) => {
                    // What an error ends is all that was entered, which for a file is the file (XCU 2.8.1).
                    match (self.run_script(&script), &input) {
                        (Flow::Break(Stop::Shell), _) | (Flow::Break(_), Input::Stream(_)) => return,
                        _ => {}
                    }
                }
                Ok(Entered::Nothing) => {}
                Ok(Entered::End) | Err(Errno::ECANCELED) => return,
                Err(Errno::EIO) if self.terminal.is_some() => return self.hang_up(),
                Err(error) => {
                    self.complain(format_args!("standard input: {error}"));
                    self.state.status = ExitStatus::USAGE.code();
                    return;
                }
            }
        }
    }

    /// Goes to a new line, unless the terminal's cursor is at the start of one: behind ^C, or output without an end.
    fn start_line(&self) {
        let terminal = self.terminal.as_ref().and_then(|terminal| terminal.as_terminal());
        if terminal.is_some_and(|terminal| terminal.cursor_column() > 0) {
            self.complain("");
        }
    }

    /// The terminal is gone, and with it whom the jobs in the background ran for.
    fn hang_up(&self) {
        self.jobs.iter().for_each(|job| job.job.kill(KillReason::Kill));
    }

    fn next_script(&mut self, input: &mut Input) -> Result<Entered> {
        let mut text = String::new();
        loop {
            let prompt = if text.is_empty() { self.prompt() } else { CONTINUATION.into() };
            match input.line(&prompt, self)? {
                Entry::Line(line) => text += &line,
                Entry::Interrupted => {
                    self.state.status = ExitStatus::Interrupted.code();
                    return Ok(Entered::Nothing);
                }
                Entry::End if text.is_empty() => {
                    self.say_goodbye();
                    return Ok(Entered::End);
                }
                Entry::End => return Ok(self.refuse(&text, &SyntaxError::Incomplete("something"))),
            }
            match syntax::parse(&text) {
                Err(_) if text.len() > MAX_LINE => return Err(Errno::E2BIG),
                Ok(script) => {
                    self.remember(&text);
                    return Ok(Entered::Script(script));
                }
                Err(SyntaxError::Incomplete(_)) => text.push('\n'),
                Err(error) => return Ok(self.refuse(&text, &error)),
            }
        }
    }

    fn refuse(&mut self, text: &str, error: &SyntaxError) -> Entered {
        self.remember(text);
        self.complain(error);
        self.state.status = ExitStatus::USAGE.code();
        Entered::Nothing
    }

    /// The status is part of the prompt when it is not 0.
    fn prompt(&self) -> String {
        let status = match self.state.status {
            0 => String::new(),
            status => format!(" [{status}]"),
        };
        format!("yolk:{}{status}$ ", self.directory())
    }

    fn say_goodbye(&self) {
        if self.terminal.is_some() {
            self.complain("exit");
        }
    }

    fn remember(&mut self, text: &str) {
        if self.terminal.is_some() && self.state.history.add(text.trim_end()) {
            let path = self.history_path();
            let (vfs, cwd) = (Arc::clone(self.vfs()), self.cwd());
            self.state.history.save_newest(&vfs, &cwd, &path);
        }
    }

    /// The file that the history outlives the shell in.
    pub(crate) fn history_path(&self) -> String {
        crate::files::join(&self.parameter("HOME"), ".history")
    }

    /// Forgets the jobs that have ended; tells an interactive user.
    fn report_jobs(&mut self) {
        for (job, status) in self.jobs.take_finished() {
            if self.terminal.is_some() {
                self.complain(format_args!("[{}] {status}  {}", job.number, job.text));
            }
        }
    }
}
