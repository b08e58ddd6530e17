//! `resize`: asks the terminal how large it is, and tells the system.
//!
//! Moves the cursor further than any terminal reaches and asks where it is (`CSI 6n`). A terminal that does not answer
//! in time is left alone.

use super::{Call, Failure, Outcome};
use interfaces::Errno;
use std::task::Poll;
use std::time::{Duration, Instant};
use vfs::{InputMode, Interest, OpenFile, Terminal, WindowSize};

const QUESTION: &[u8] = b"\x1b7\x1b[9999;9999H\x1b[6n\x1b8";
const PATIENCE: Duration = Duration::from_secs(1);
/// A longer answer is none.
const MAX_ANSWER: usize = 32;

pub(super) fn run(call: &Call) -> Outcome {
    let file = &call.context.stdin;
    let terminal = file.as_terminal().ok_or(Errno::ENOTTY)?;
    let mode = terminal.input_mode();
    terminal.set_input_mode(InputMode::Raw);
    let size = ask(file);
    terminal.set_input_mode(mode);
    let size = size?;
    terminal.set_window_size(size);
    report(call, terminal)
}

/// Prints the size as `stty size` does.
pub(super) fn report(call: &Call, terminal: &dyn Terminal) -> Outcome {
    use std::io::Write;
    let WindowSize { columns, rows } = terminal.window_size();
    writeln!(call.out(), "{rows} {columns}")?;
    call.status()
}

fn ask(file: &OpenFile) -> Result<WindowSize, Failure> {
    file.write_all(QUESTION)?;
    let deadline = Instant::now() + PATIENCE;
    let mut answer = String::new();
    while !answer.ends_with('R') && answer.len() < MAX_ANSWER {
        let read = wait::wait_for(Some(deadline), |waiter| {
            match file.poll(Interest { read: true, write: false }, Some(waiter)).readable {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        read.map_err(|error| Failure::Error(format!("the terminal does not answer: {}", Errno::from(error))))?;
        let mut byte = [0];
        if file.read(&mut byte)? == 0 {
            break;
        }
        answer.push(char::from(byte[0]));
    }
    parse(&answer).ok_or_else(|| Failure::Error("the terminal's answer makes no sense".into()))
}

/// `CSI rows ; columns R`.
fn parse(answer: &str) -> Option<WindowSize> {
    let (_, numbers) = answer.strip_suffix('R')?.split_once("\x1b[")?;
    let (rows, columns) = numbers.split_once(';')?;
    Some(WindowSize { rows: rows.parse().ok()?, columns: columns.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert_eq!(parse("\x1b[50;132R"), Some(WindowSize { rows: 50, columns: 132 }));
        assert_eq!(parse("x\x1b[1;2R"), Some(WindowSize { rows: 1, columns: 2 }), "typed ahead");
        assert_eq!(parse("\x1b[50R"), None);
        assert_eq!(parse(""), None);
    }
}
