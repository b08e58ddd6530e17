//! `stty`: the terminal's settings: its size, and how it treats input.

use super::resize::report;
use super::{Call, Failure, Outcome};
use interfaces::Errno;
use std::io::Write;
use vfs::{InputMode, WindowSize};

pub(super) fn run(call: &Call) -> Outcome {
    let terminal = call.context.stdin.as_terminal().ok_or(Errno::ENOTTY)?;
    let mut operands = call.operands().iter();
    if operands.len() == 0 {
        let WindowSize { columns, rows } = terminal.window_size();
        let mode = if terminal.input_mode() == InputMode::Raw { "raw" } else { "cooked" };
        writeln!(call.out(), "rows {rows}; columns {columns}; {mode}")?;
    }
    while let Some(operand) = operands.next() {
        match operand.as_str() {
            "size" => drop(report(call, terminal)?),
            "raw" => terminal.set_input_mode(InputMode::Raw),
            "cooked" | "sane" | "-raw" => terminal.set_input_mode(InputMode::Canonical),
            "rows" => {
                let rows = count(operands.next())?;
                terminal.set_window_size(WindowSize { rows, ..terminal.window_size() });
            }
            "cols" | "columns" => {
                let columns = count(operands.next())?;
                terminal.set_window_size(WindowSize { columns, ..terminal.window_size() });
            }
            other => return Err(Failure::Usage(format!("{other} is no setting"))),
        }
    }
    call.status()
}

fn count(operand: Option<&String>) -> Result<u16, Failure> {
    let count = operand.and_then(|count| count.parse().ok()).filter(|count| *count > 0);
    count.ok_or_else(|| Failure::Usage("a number above 0 is wanted".into()))
}
