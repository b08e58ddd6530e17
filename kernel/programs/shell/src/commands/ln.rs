//! `ln`: hard links and, with `-s`, symbolic links.

use super::cp::into_target;
use super::{Call, Failure, Outcome};
use interfaces::Errno;
use vfs::{Follow, Scope};

pub(super) fn run(call: &Call) -> Outcome {
    if call.operands().len() < 2 {
        return Err(Failure::Usage("what there is and a new name for it are wanted".into()));
    }
    into_target(call, |vfs, cwd, from, to| {
        if call.has('f') {
            match vfs.unlink(cwd, to, Scope::Anywhere) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(error) => return Err(error),
            }
        }
        if call.has('s') {
            vfs.create_symlink(from, cwd, to, Scope::Anywhere)
        } else {
            vfs.link(cwd, from, Follow::No, cwd, to, Scope::Anywhere)
        }
    })
}
