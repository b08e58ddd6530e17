//! `stat`: a file's attributes.

use super::{Call, Outcome, format};
use std::io::Write;
use vfs::Follow;

pub(super) fn run(call: &Call) -> Outcome {
    let follow = if call.has('L') { Follow::Yes } else { Follow::No };
    let mut out = call.out();
    for path in call.some_operands("a file")? {
        let Some(metadata) = call.tolerate(path, call.metadata(path, follow))? else { continue };
        let time = |ns| format::time(ns).format("%Y-%m-%d %H:%M:%S%.9f UTC");
        writeln!(out, "  File: {path}")?;
        writeln!(
            out,
            "  Size: {}  Allocated: {}  {}",
            metadata.size,
            metadata.allocated,
            format::kind_name(metadata.kind)
        )?;
        writeln!(out, "Device: {}  Inode: {}  Links: {}", metadata.device, metadata.inode, metadata.links)?;
        writeln!(out, "  Mode: {:04o} {}", metadata.mode, format::mode(metadata.kind, metadata.mode))?;
        writeln!(out, "Access: {}", time(metadata.accessed_ns))?;
        writeln!(out, "Modify: {}", time(metadata.modified_ns))?;
        writeln!(out, "Change: {}", time(metadata.changed_ns))?;
    }
    call.status()
}
