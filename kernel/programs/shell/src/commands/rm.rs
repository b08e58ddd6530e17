//! `rm`: removes files and, with `-r`, directories with all that is in them.

use super::{Call, Outcome};
use crate::files;
use interfaces::{Errno, Result};
use vfs::{Follow, Kind, Location, Scope, Vfs};

pub(super) fn run(call: &Call) -> Outcome {
    let operands = if call.has('f') { call.operands() } else { call.some_operands("a file")? };
    let (vfs, cwd) = (call.context.vfs(), call.context.cwd());
    for path in operands {
        let removed = match files::base_name(path) {
            // POSIX forbids it, and nobody means it.
            "/" | "." | ".." => Err(Errno::EINVAL),
            _ if call.has('r') || call.has('R') => remove_tree(vfs, &cwd, path),
            _ => vfs.unlink(&cwd, path, Scope::Anywhere),
        };
        match removed {
            Err(Errno::ENOENT) if call.has('f') => {}
            Err(Errno::EISDIR) => call.complain(path, format_args!("{}; rm -r removes it", Errno::EISDIR)),
            removed => drop(call.tolerate(path, removed)?),
        }
    }
    call.status()
}

/// Removes what is at `path` with all that is below it.
pub(super) fn remove_tree(vfs: &Vfs, cwd: &Location, path: &str) -> Result<()> {
    enum Step {
        Visit(String),
        Leave(String),
    }
    let mut pending = vec![Step::Visit(path.into())];
    while let Some(step) = pending.pop() {
        match step {
            Step::Leave(path) => vfs.remove_directory(cwd, &path, Scope::Anywhere)?,
            Step::Visit(path) => match vfs.metadata(cwd, &path, Scope::Anywhere, Follow::No)?.kind {
                Kind::Directory => {
                    let entries = files::entries(vfs, cwd, &path)?;
                    let inner: Vec<_> =
                        entries.iter().map(|entry| Step::Visit(files::join(&path, &entry.name))).collect();
                    pending.push(Step::Leave(path));
                    pending.extend(inner);
                }
                _ => vfs.unlink(cwd, &path, Scope::Anywhere)?,
            },
        }
    }
    Ok(())
}
