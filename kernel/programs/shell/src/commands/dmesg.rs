//! `dmesg`: the kernel's log.

use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    call.out().write_all(call.system.log()?.as_bytes())?;
    call.status()
}
