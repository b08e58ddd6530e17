//! `clear`: an empty screen, and no lines above it.

use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    call.out().write_all(b"\x1b[H\x1b[2J\x1b[3J")?;
    call.status()
}
