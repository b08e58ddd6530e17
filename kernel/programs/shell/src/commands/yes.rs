//! `yes`: the same line for ever.

use super::{Call, Outcome};

/// Lines are sent in pieces of about this many bytes.
const CHUNK: usize = 8192;

pub(super) fn run(call: &Call) -> Outcome {
    let words = call.operands().join(" ");
    let line = if call.operands().is_empty() { "y\n".into() } else { words + "\n" };
    let chunk = line.repeat(CHUNK.div_ceil(line.len()));
    loop {
        call.context.stdout.write_all(chunk.as_bytes())?;
    }
}
