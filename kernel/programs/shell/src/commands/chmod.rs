//! `chmod`: other permissions for files.

use super::{Call, Failure, Outcome};
use interfaces::Result;
use vfs::Scope;

/// The nine bits, and set-user-id, set-group-id and sticky before them.
const ALL: u16 = 0o7777;

pub(super) fn run(call: &Call) -> Outcome {
    let operands = call.some_operands("a mode and a file")?;
    let Some((mode, files)) = operands.split_first().filter(|(_, files)| !files.is_empty()) else {
        return Err(Failure::Usage("missing a file".to_owned()));
    };
    let mode = parse(mode).ok_or_else(|| Failure::Usage(format!("{mode}: a mode is octal, for instance 644")))?;
    for path in files {
        call.tolerate(path, set(call, path, mode))?;
    }
    call.status()
}

fn set(call: &Call, path: &str, mode: u16) -> Result<()> {
    call.context.vfs().set_mode(&call.context.cwd(), path, Scope::Anywhere, mode)
}

fn parse(text: &str) -> Option<u16> {
    let digits = text.chars().all(|digit| digit.is_digit(8));
    u16::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= ALL)
}
