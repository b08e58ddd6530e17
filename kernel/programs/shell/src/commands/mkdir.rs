//! `mkdir`: new directories.

use super::{Call, Outcome};
use interfaces::{Errno, Result};
use vfs::Scope;

/// As if the file mode creation mask were 022.
const MODE: u16 = 0o755;

pub(super) fn run(call: &Call) -> Outcome {
    for path in call.some_operands("a directory")? {
        let made = if call.has('p') { make_all(call, path) } else { make(call, path) };
        call.tolerate(path, made)?;
    }
    call.status()
}

fn make(call: &Call, path: &str) -> Result<()> {
    call.context.vfs().create_directory(&call.context.cwd(), path, Scope::Anywhere, MODE)
}

/// Makes `path` and what is missing above it.
fn make_all(call: &Call, path: &str) -> Result<()> {
    let ends = path.char_indices().filter(|(at, character)| *character == '/' && *at > 0).map(|(at, _)| at);
    for end in ends.chain([path.len()]) {
        let part = path.get(..end).unwrap_or(path);
        match make(call, part) {
            Err(Errno::EEXIST) if call.is_directory(part) => {}
            Err(Errno::EEXIST) if end < path.len() => return Err(Errno::ENOTDIR),
            result => result?,
        }
    }
    Ok(())
}
