//! `rmdir`: removes empty directories.

use super::{Call, Outcome};
use vfs::Scope;

pub(super) fn run(call: &Call) -> Outcome {
    for path in call.some_operands("a directory")? {
        let removed = call.context.vfs().remove_directory(&call.context.cwd(), path, Scope::Anywhere);
        call.tolerate(path, removed)?;
    }
    call.status()
}
