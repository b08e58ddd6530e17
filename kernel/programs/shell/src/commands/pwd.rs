//! `pwd`: the working directory.

use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let path = call.context.vfs().path_of(&call.context.cwd())?;
    writeln!(call.out(), "{path}")?;
    call.status()
}
