//! `mv`: other names for files and directories.

use super::cp::{copy_tree, into_target};
use super::{Call, Outcome, rm};
use interfaces::Errno;
use vfs::Scope;

pub(super) fn run(call: &Call) -> Outcome {
    into_target(call, |vfs, cwd, from, to| match vfs.rename(cwd, from, cwd, to, Scope::Anywhere) {
        // Another file system: a copy, and the original goes.
        Err(Errno::EXDEV) => {
            copy_tree(vfs, cwd, from, to)?;
            rm::remove_tree(vfs, cwd, from)
        }
        result => result,
    })
}
