//! `hexdump`: bytes in hexadecimal and as text, 16 a line.

use super::{Call, Failure, Outcome};
use std::io::{BufReader, Read, Write};
use vfs::OpenFile;

const LINE: usize = 16;

pub(super) fn run(call: &Call) -> Outcome {
    let limit = call.number('n')?.unwrap_or(u64::MAX);
    for (_, file) in call.inputs()? {
        dump(call, &file, limit)?;
    }
    call.status()
}

fn dump(call: &Call, file: &OpenFile, limit: u64) -> Result<(), Failure> {
    let mut out = call.out();
    let mut reader = BufReader::new(file).take(limit);
    let mut offset = 0_u64;
    loop {
        let mut line = Vec::with_capacity(LINE);
        let count = reader.by_ref().take(LINE as u64).read_to_end(&mut line)?;
        if count == 0 {
            writeln!(out, "{offset:08x}")?;
            return Ok(());
        }
        let hex = |half: &[u8]| half.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
        let (first, second) = line.split_at(count.min(LINE / 2));
        let shown = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
        let text: String = line.iter().map(shown).collect();
        writeln!(out, "{offset:08x}  {:24} {:24} |{text}|", hex(first), hex(second))?;
        offset += count as u64;
    }
}
