//! `cpuinfo`: what the processors are.

use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    call.out().write_all(call.read_text("/proc/cpuinfo")?.as_bytes())?;
    call.status()
}
