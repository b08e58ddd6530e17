//! `which`: what a name stands for.

use super::{Call, Outcome};
use crate::builtins;
use crate::shell::DEFAULT_PATH;
use process::ExitStatus;
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let context = call.context;
    let search = context.env("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    let mut status = ExitStatus::SUCCESS;
    let mut out = call.out();
    for name in call.some_operands("a name")? {
        if builtins::lookup(name).is_some() {
            writeln!(out, "{name}: part of the shell")?;
            continue;
        }
        match call.programs.find(context.vfs(), &context.cwd(), &search, name) {
            // A file's arguments begin with what runs it.
            Ok(command) if command.args.len() > 1 => {
                writeln!(out, "{}", command.args.get(1).map_or("", String::as_str))?
            }
            Ok(_) => writeln!(out, "{name}: part of the system")?,
            Err(_) => status = ExitStatus::FAILURE,
        }
    }
    Ok(status)
}
