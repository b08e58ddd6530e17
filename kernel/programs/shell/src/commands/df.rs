//! `df`: file systems, and how full they are.

use super::format::Unit;
use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let unit = if call.has('h') { Unit::Human } else { Unit::Bytes };
    let spaces = call.system.space();
    let mut out = call.out();
    writeln!(out, "{:<12} {:>12} {:>12} {:>12} {:>4}  MOUNTED ON", "FILE SYSTEM", "SIZE", "USED", "AVAILABLE", "USE%")?;
    for mount in call.context.vfs().mounts() {
        let columns = match spaces.iter().find(|space| space.path == mount.path) {
            Some(space) => {
                let percent = space.used.saturating_mul(100).div_ceil(space.limit.max(1));
                let available = space.limit.saturating_sub(space.used);
                [unit.format(space.limit), unit.format(space.used), unit.format(available), format!("{percent}%")]
            }
            // Made of nothing but what the kernel knows.
            None => ["-".into(), "-".into(), "-".into(), "-".into()],
        };
        let [size, used, available, percent] = columns;
        writeln!(out, "{:<12} {size:>12} {used:>12} {available:>12} {percent:>4}  {}", mount.kind, mount.path)?;
    }
    call.status()
}
