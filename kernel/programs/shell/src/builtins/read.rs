//! `read`: a line of standard input into variables (POSIX XCU, read).

use super::call::{Call, Outcome};
use crate::flow::Stop;
use crate::shell::Shell;
use crate::split::Separators;
use crate::streams::STDIN;
use crate::syntax::{MAX_LINE, Quoting, is_name};
use interfaces::{Errno, Result};
use process::ExitStatus;
use std::task::Poll;
use vfs::{Interest, OpenFile};
use wait::WaitError;

/// What a backslash in the line means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backslash {
    /// The next character is not special, the end of the line does not end it.
    Escapes,
    /// Nothing (`-r`).
    Plain,
}

/// Characters of a line, and whether they were escaped; whether it ended as a line does.
struct Line {
    text: Vec<(char, Quoting)>,
    status: ExitStatus,
}

pub(super) fn read(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (backslash, names) = match call.args {
        [_, option, names @ ..] if option == "-r" => (Backslash::Plain, names),
        [_, names @ ..] => (Backslash::Escapes, names),
        [] => (Backslash::Escapes, call.args),
    };
    if names.iter().any(|name| !is_name(name)) {
        return call.usage();
    }
    let line = match call.streams.get(STDIN).and_then(|stdin| line(shell, &stdin, backslash)) {
        Ok(line) => line,
        Err(Errno::EINTR) => {
            shell.state.status = ExitStatus::Interrupted.code();
            return Outcome::Break(Stop::Script);
        }
        Err(Errno::ECANCELED) => return Outcome::Break(Stop::Shell),
        Err(error) => return call.fail(format_args!("{error}")),
    };
    let default = ["REPLY".to_owned()];
    let names = if names.is_empty() { &default } else { names };
    let separators = shell.separators();
    let mut rest = line.text.as_slice();
    for (index, name) in names.iter().enumerate() {
        let value = if index + 1 < names.len() { field(&mut rest, &separators) } else { remainder(rest, &separators) };
        if let Err(error) = shell.state.variables.set(name, &value) {
            return call.fail(format_args!("{name}: {error}"));
        }
    }
    Outcome::Continue(line.status.code())
}

/// Reads byte by byte: what follows the line belongs to the next command. EINTR after ^C; E2BIG.
fn line(shell: &Shell, stdin: &OpenFile, backslash: Backslash) -> Result<Line> {
    let (mut bytes, mut escaped) = (Vec::new(), Vec::new());
    let mut quoting = Quoting::Bare;
    let status = loop {
        let Some(byte) = byte(shell, stdin)? else { break ExitStatus::FAILURE };
        match (byte, quoting) {
            (b'\\', Quoting::Bare) if backslash == Backslash::Escapes => {
                quoting = Quoting::Quoted;
                continue;
            }
            (b'\n', Quoting::Bare) => break ExitStatus::SUCCESS,
            (b'\n', Quoting::Quoted) => {}
            _ if bytes.len() >= MAX_LINE => return Err(Errno::E2BIG),
            _ => {
                if quoting == Quoting::Quoted {
                    escaped.push(bytes.len());
                }
                bytes.push(byte);
            }
        }
        quoting = Quoting::Bare;
    };
    Ok(Line { text: characters(&bytes, &escaped), status })
}

/// The characters of `bytes`, of which those that begin at the places in `escaped` are quoted.
fn characters(bytes: &[u8], escaped: &[usize]) -> Vec<(char, Quoting)> {
    let mut places = escaped.iter().peekable();
    let mut text = Vec::new();
    let mut start = 0;
    for chunk in bytes.utf8_chunks() {
        for (index, character) in chunk.valid().char_indices() {
            let is_escaped = places.next_if(|place| **place <= start + index).is_some();
            text.push((character, if is_escaped { Quoting::Quoted } else { Quoting::Bare }));
        }
        if !chunk.invalid().is_empty() {
            text.push((char::REPLACEMENT_CHARACTER, Quoting::Bare));
        }
        start += chunk.valid().len() + chunk.invalid().len();
    }
    text
}

/// The next byte; `None` at the end.
fn byte(shell: &Shell, stdin: &OpenFile) -> Result<Option<u8>> {
    // A terminal's line may take for ever, and ^C there is this shell's.
    if shell.terminal.is_some() {
        let ready = wait::wait_for(None, |waiter| {
            shell.interrupt.register(waiter);
            match stdin.poll(Interest { read: true, write: false }, Some(waiter)).readable {
                _ if shell.interrupt.is_pressed() => Poll::Ready(Err(Errno::EINTR)),
                true => Poll::Ready(Ok(())),
                false => Poll::Pending,
            }
        });
        ready.map_err(|error| if error == WaitError::Cancelled { Errno::ECANCELED } else { Errno::EAGAIN })??;
    }
    let mut byte = [0];
    Ok(match stdin.read(&mut byte)? {
        0 => None,
        _ => byte.first().copied(),
    })
}

/// Takes a field and the separation behind it.
fn field(rest: &mut &[(char, Quoting)], separators: &Separators) -> String {
    let text = without_blanks(rest, separators);
    let separates =
        |(character, quoting): &(char, Quoting)| *quoting == Quoting::Bare && separators.contains(*character);
    let length = text.iter().position(separates).unwrap_or(text.len());
    let (field, behind) = text.split_at_checked(length).unwrap_or_default();
    let mut behind = without_blanks(behind, separators);
    if let Some((next, more)) = behind.split_first()
        && separates(next)
    {
        behind = more;
    }
    *rest = behind;
    field.iter().map(|(character, _)| character).collect()
}

/// What the last variable gets: all that is left, without separators at its end.
fn remainder(mut rest: &[(char, Quoting)], separators: &Separators) -> String {
    let mut copy = rest;
    let first = field(&mut copy, separators);
    if without_blanks(copy, separators).is_empty() {
        return first;
    }
    rest = without_blanks(rest, separators);
    while let Some(((character, Quoting::Bare), before)) = rest.split_last()
        && separators.is_blank(*character)
    {
        rest = before;
    }
    rest.iter().map(|(character, _)| character).collect()
}

fn without_blanks<'a>(text: &'a [(char, Quoting)], separators: &Separators) -> &'a [(char, Quoting)] {
    let is_blank =
        |(character, quoting): &(char, Quoting)| *quoting == Quoting::Bare && separators.is_blank(*character);
    let start = text.iter().position(|next| !is_blank(next)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}
