//! `wc`: how many lines, words and bytes.

use super::{Call, Failure, Outcome};
use std::io::Write;
use vfs::OpenFile;

#[derive(Clone, Copy, Default)]
struct Count {
    lines: u64,
    words: u64,
    bytes: u64,
}

pub(super) fn run(call: &Call) -> Outcome {
    let mut total = Count::default();
    let inputs = call.inputs()?;
    for (name, file) in &inputs {
        let count = count(file)?;
        total.lines += count.lines;
        total.words += count.words;
        total.bytes += count.bytes;
        print(call, count, if call.operands().is_empty() { "" } else { name })?;
    }
    if inputs.len() > 1 {
        print(call, total, "total")?;
    }
    call.status()
}

fn count(file: &OpenFile) -> Result<Count, Failure> {
    let mut count = Count::default();
    let mut buf = vec![0; 64 * 1024];
    let mut before = b' ';
    loop {
        let read = file.read(&mut buf)?;
        if read == 0 {
            return Ok(count);
        }
        for &byte in buf.iter().take(read) {
            count.lines += u64::from(byte == b'\n');
            count.words += u64::from(before.is_ascii_whitespace() && !byte.is_ascii_whitespace());
            before = byte;
        }
        count.bytes += read as u64;
    }
}

fn print(call: &Call, count: Count, name: &str) -> Result<(), Failure> {
    let columns = [('l', count.lines), ('w', count.words), ('c', count.bytes)];
    let all = !columns.iter().any(|(option, _)| call.has(*option));
    let wanted: Vec<u64> = columns.iter().filter(|(option, _)| all || call.has(*option)).map(|(_, n)| *n).collect();
    let text = match wanted.as_slice() {
        [only] => only.to_string(),
        several => several.iter().map(|number| format!("{number:7}")).collect(),
    };
    writeln!(call.out(), "{}", format!("{text} {name}").trim_end())?;
    Ok(())
}
