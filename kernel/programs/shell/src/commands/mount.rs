//! `mount`: what is mounted where.

use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let mut out = call.out();
    for mount in call.context.vfs().mounts() {
        writeln!(out, "{} on {}", mount.kind, mount.path)?;
    }
    call.status()
}
