//! `xargs`: runs a command with arguments from standard input (POSIX XCU, xargs).

use super::time::run_command;
use super::{Call, Failure, Outcome};
use process::ExitStatus;
use std::io::{BufReader, Read};

pub(super) const DETAILS: &str = "\
  -n COUNT  so many arguments at most for each run     -0  they end in NUL, as find -print0 writes them
  -I WORD   one run for each line, which stands in for WORD in the command's arguments
  -r        no run without arguments
Arguments are words; '' \"\" and \\ quote as in the shell. Without COMMAND they are printed.";

/// Bytes of arguments of one run at most, and what each takes besides its own.
const MAX_ARGUMENTS: usize = 128 * 1024;
const ARGUMENT_COST: usize = 8;

/// The status if a run failed (XCU, xargs).
const SOME_FAILED: i32 = 123;

pub(super) fn run(call: &Call) -> Outcome {
    let echo = ["echo".to_owned()];
    let command = if call.operands().is_empty() { &echo } else { call.operands() };
    let most = match call.number('n')? {
        Some(0) => return Err(Failure::Usage("-n wants a number above 0".into())),
        most => most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX),
    };
    let most = if call.value('I').is_some() { 1 } else { most };
    let mut batch = Batch::new(call, command, most);
    let mut words = Words { input: BufReader::new(&*call.context.stdin), mode: Mode::of(call) };
    while let Some(word) = words.next(call.spare_memory())? {
        batch.add(word)?;
    }
    // POSIX: it runs at least once.
    if !batch.arguments.is_empty() || (!batch.has_run && call.value('I').is_none() && !call.has('r')) {
        batch.run()?;
    }
    Ok(batch.status)
}

struct Batch<'a> {
    call: &'a Call<'a>,
    command: &'a [String],
    most: usize,
    arguments: Vec<String>,
    size: usize,
    has_run: bool,
    status: ExitStatus,
}

impl<'a> Batch<'a> {
    fn new(call: &'a Call<'a>, command: &'a [String], most: usize) -> Batch<'a> {
        Batch { call, command, most, arguments: Vec::new(), size: 0, has_run: false, status: ExitStatus::SUCCESS }
    }

    fn add(&mut self, word: String) -> Result<(), Failure> {
        let size = word.len() + ARGUMENT_COST;
        if self.size + size > MAX_ARGUMENTS && !self.arguments.is_empty() {
            self.run()?;
        }
        self.size += size;
        self.arguments.push(word);
        if self.arguments.len() >= self.most { self.run() } else { Ok(()) }
    }

    /// Runs the command with what has come together.
    fn run(&mut self) -> Result<(), Failure> {
        let arguments = std::mem::take(&mut self.arguments);
        (self.size, self.has_run) = (0, true);
        let command: Vec<String> = match (self.call.value('I'), arguments.as_slice()) {
            (Some(placeholder), [line]) if !placeholder.is_empty() => {
                self.command.iter().map(|word| word.replace(placeholder, line)).collect()
            }
            _ => self.command.iter().chain(&arguments).cloned().collect(),
        };
        match run_command(self.call, &command, self.call.context.process.env())?.wait()? {
            ExitStatus::SUCCESS => {}
            ExitStatus::Exited(_) => self.status = ExitStatus::Exited(SOME_FAILED),
            // It was stopped: so is this.
            stopped => {
                return Err(Failure::Error(format!("{}: {stopped}", command.first().map_or("", String::as_str))));
            }
        }
        Ok(())
    }
}

/// What ends an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Words,
    Lines,
    Nul,
}

impl Mode {
    fn of(call: &Call) -> Mode {
        match () {
            () if call.has('0') => Mode::Nul,
            () if call.value('I').is_some() => Mode::Lines,
            () => Mode::Words,
        }
    }

    fn ends(self, byte: u8) -> bool {
        match self {
            Mode::Words => matches!(byte, b' ' | b'\t' | b'\n'),
            Mode::Lines => byte == b'\n',
            Mode::Nul => byte == 0,
        }
    }
}

struct Words<R> {
    input: R,
    mode: Mode,
}

impl<R: Read> Words<R> {
    fn byte(&mut self) -> std::io::Result<Option<u8>> {
        let mut byte = [0];
        Ok(match self.input.read(&mut byte)? {
            0 => None,
            _ => byte.first().copied(),
        })
    }

    /// The next argument of at most `limit` bytes.
    fn next(&mut self, limit: usize) -> Result<Option<String>, Failure> {
        let mut word = Vec::new();
        let (mut quote, mut is_there) = (None, false);
        while let Some(byte) = self.byte()? {
            if word.len() >= limit {
                return Err(interfaces::Errno::ENOMEM.into());
            }
            match (byte, quote) {
                (byte, Some(open)) if byte == open => quote = None,
                (b'\n', Some(_)) => {
                    return Err(Failure::Error("a quote is not closed; -0 takes them as they are".into()));
                }
                (byte, Some(_)) => word.push(byte),
                (byte, None) if self.mode.ends(byte) && (is_there || self.mode == Mode::Nul) => {
                    return Ok(Some(text(word)));
                }
                (byte, None) if self.mode.ends(byte) => {}
                (b'\'' | b'"', None) if self.mode == Mode::Words => (quote, is_there) = (Some(byte), true),
                (b'\\', None) if self.mode == Mode::Words => {
                    word.extend(self.byte()?);
                    is_there = true;
                }
                (byte, None) => {
                    word.push(byte);
                    is_there = true;
                }
            }
        }
        match quote {
            Some(_) => Err(Failure::Error("a quote is not closed; -0 takes them as they are".into())),
            None => Ok(is_there.then(|| text(word))),
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
