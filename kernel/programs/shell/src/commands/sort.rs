//! `sort`: lines in order.

use super::call::for_each_line;
use super::{Call, Outcome};
use interfaces::Errno;
use std::cmp::Ordering;
use std::io::{BufWriter, Write};

/// What keeping a line takes besides its bytes: its place in a vector that doubles when it grows, and in the heap.
pub(super) const LINE_COST: usize = 80;

pub(super) fn run(call: &Call) -> Outcome {
    let mut lines = Vec::new();
    let mut room = call.spare_memory();
    for (_, file) in call.inputs()? {
        for_each_line(call, &file, |line| {
            room = room.checked_sub(line.len() + LINE_COST).ok_or(Errno::ENOMEM)?;
            lines.push(line.strip_suffix(b"\n").unwrap_or(line).to_vec());
            Ok(())
        })?;
    }
    let compare = |a: &Vec<u8>, b: &Vec<u8>| {
        let order = if call.has('n') { by_number(a, b) } else { Ordering::Equal };
        order.then_with(|| a.cmp(b))
    };
    lines.sort_by(|a, b| if call.has('r') { compare(b, a) } else { compare(a, b) });
    if call.has('u') {
        lines.dedup();
    }
    let mut out = BufWriter::new(&*call.context.stdout);
    for mut line in lines {
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.flush()?;
    call.status()
}

/// By the number that a line begins with; none counts as 0.
fn by_number(a: &[u8], b: &[u8]) -> Ordering {
    let number = |line: &[u8]| {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start();
        let is_part = |(at, character): (usize, char)| {
            character.is_ascii_digit() || character == '.' || (at == 0 && character == '-')
        };
        let len = text.char_indices().take_while(|&part| is_part(part)).count();
        text.get(..len).and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0)
    };
    number(a).total_cmp(&number(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(by_number(b" 9 x", b"10"), Ordering::Less);
        assert_eq!(by_number(b"-1.5", b"-1"), Ordering::Less);
        assert_eq!(by_number(b"x", b"0"), Ordering::Equal);
    }
}
