//! The check of a password, in a process of its own: it takes seconds, for which nobody else is kept waiting.
//!
//! The process is this program with `--check-password`. It reads the hash and the password, and says `right` or `wrong`.

use crate::password::Hash;
use crate::shell::{self, Output, Shell, Start};
use sockets::{Interest, Watch};
use std::io::{self, ErrorKind, Read, Write};
use zeroize::Zeroizing;

const RIGHT: &str = "right\n";
const WRONG: &str = "wrong\n";
/// More than both words, and than what matters of a complaint.
const MOST_ANSWER: usize = 1024;

/// A check that runs. Dropping it ends it.
pub(crate) struct Check {
    shell: Shell,
    /// What the process has not taken yet.
    question: Zeroizing<Vec<u8>>,
    input_ended: bool,
    answer: Vec<u8>,
}

/// What a check has found out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// It could not be checked, and why.
    Unknown(String),
}

impl Check {
    /// Starts the process.
    pub(crate) fn start(hash: &Hash, password: &[u8]) -> io::Result<Check> {
        let command = format!("{} --check-password", shell::own_program()?);
        let shell = Shell::start(&Start { command: Some(&command), environment: &[], terminal: None })?;
        let question = Zeroizing::new([hash.text().as_bytes(), b"\n", password].concat());
        Ok(Check { shell, question, input_ended: false, answer: Vec::new() })
    }

    /// Adds what to wait for.
    pub(crate) fn watch<'a>(&'a self, watches: &mut Vec<Watch<'a>>) {
        self.shell.watch(if self.question.is_empty() { Interest::Read } else { Interest::Both }, watches);
    }

    /// Goes on as far as it can; the verdict, once.
    pub(crate) fn verdict(&mut self) -> Option<Verdict> {
        let status = self.talk().unwrap_or_else(|error| {
            self.answer = error.to_string().into_bytes();
            Some(1)
        })?;
        Some(match (status, str::from_utf8(&self.answer)) {
            (0, Ok(RIGHT)) => Verdict::Right,
            (0, Ok(WRONG)) => Verdict::Wrong,
            (_, text) => Verdict::Unknown(format!("status {status}: {}", text.unwrap_or_default().trim())),
        })
    }

    /// Moves the question in and the answer out; the status at the end.
    fn talk(&mut self) -> io::Result<Option<u8>> {
        if !self.question.is_empty() {
            match self.shell.write(&self.question) {
                Ok(count) => drop(self.question.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // It has ended; its status and its words tell why.
                Err(_) => self.question.clear(),
            }
        }
        if self.question.is_empty() && !self.input_ended {
            self.input_ended = true;
            drop(self.shell.end_input());
        }
        let mut buffer = [0; MOST_ANSWER];
        loop {
            let count = match self.shell.read(&mut buffer)? {
                Output::Out(count) | Output::Error(count) => count,
                Output::Ended(status) => return Ok(Some(status)),
                Output::Nothing => return Ok(None),
            };
            let room = MOST_ANSWER.saturating_sub(self.answer.len()).min(count);
            self.answer.extend_from_slice(buffer.get(..room).unwrap_or_default());
        }
    }
}

/// The other side: reads the question and prints the answer.
///
/// # Errors
/// What was read is no question, or nobody reads the answer.
pub(crate) fn answer() -> io::Result<()> {
    let mut question = Zeroizing::new(Vec::new());
    io::stdin().read_to_end(&mut question)?;
    let mut lines = question.splitn(2, |byte| *byte == b'\n');
    let (hash, password) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let hash =
        Hash::parse(&String::from_utf8_lossy(hash)).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    io::stdout().write_all(if hash.is_of(password) { RIGHT } else { WRONG }.as_bytes())
}
