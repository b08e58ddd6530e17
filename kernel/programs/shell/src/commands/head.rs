//! `head`: the first lines or bytes of files.

use super::call::read_line;
use super::{Call, Failure, Outcome};
use std::io::{BufReader, Read, Write};
use vfs::OpenFile;

const DEFAULT_LINES: u64 = 10;

/// How much of a file.
#[derive(Clone, Copy)]
pub(super) enum Amount {
    Lines(u64),
    Bytes(u64),
}

impl Amount {
    /// What `-n` and `-c` say.
    pub(super) fn of(call: &Call) -> Result<Amount, Failure> {
        Ok(match (call.number('c')?, call.number('n')?) {
            (Some(bytes), _) => Amount::Bytes(bytes),
            (None, lines) => Amount::Lines(lines.unwrap_or(DEFAULT_LINES)),
        })
    }
}

pub(super) fn run(call: &Call) -> Outcome {
    let amount = Amount::of(call)?;
    let mut out = call.out();
    for (index, (name, file)) in call.inputs()?.iter().enumerate() {
        write_heading(call, &mut out, index, name)?;
        copy_start(call, file, amount, &mut out)?;
    }
    call.status()
}

/// Several files get their names above them.
pub(super) fn write_heading(call: &Call, out: &mut dyn Write, index: usize, name: &str) -> Result<(), Failure> {
    if call.operands().len() > 1 {
        let gap = if index > 0 { "\n" } else { "" };
        writeln!(out, "{gap}==> {name} <==")?;
    }
    Ok(())
}

fn copy_start(call: &Call, file: &OpenFile, amount: Amount, out: &mut dyn Write) -> Result<(), Failure> {
    let mut reader = BufReader::new(file);
    match amount {
        Amount::Bytes(bytes) => {
            std::io::copy(&mut reader.take(bytes), out)?;
        }
        Amount::Lines(lines) => {
            let limit = call.spare_memory();
            let mut line = Vec::new();
            for _ in 0..lines {
                if !read_line(&mut reader, &mut line, limit)? {
                    break;
                }
                out.write_all(&line)?;
            }
        }
    }
    Ok(())
}
