//! Builtins about where the shell is, and what was entered.

use super::call::{Call, OK, Outcome};
use crate::shell::Shell;
use vfs::{Follow, Scope};

pub(super) fn cd(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let old = shell.directory();
    let target = match call.args {
        [_] => shell.parameter("HOME"),
        [_, dash] if dash == "-" => match shell.parameter("OLDPWD") {
            previous if previous.is_empty() => return call.fail("there is no previous directory yet"),
            previous => previous,
        },
        [_, path] => path.clone(),
        _ => return call.usage(),
    };
    let resolved = shell.vfs().resolve(&shell.cwd(), &target, Scope::Anywhere, Follow::Yes);
    if let Err(error) = resolved.and_then(|location| shell.process.set_cwd(location)) {
        return call.fail(format_args!("{target}: {error}"));
    }
    if let Err(error) = shell.state.variables.set("OLDPWD", &old) {
        call.streams.complain(format_args!("cd: OLDPWD: {error}"));
    }
    shell.note_directory();
    match call.args.get(1).map(String::as_str) {
        Some("-") => call.print(format_args!("{}\n", shell.directory())),
        _ => OK,
    }
}

pub(super) fn history(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let history = &mut shell.state.history;
    let count = match call.args {
        [_] => history.len(),
        [_, option] if option == "-c" => {
            history.clear();
            return OK;
        }
        [_, count] => match count.parse() {
            Ok(count) => count,
            Err(_) => return call.usage(),
        },
        _ => return call.usage(),
    };
    let skipped = history.len().saturating_sub(count);
    let lines = history.iter().enumerate().skip(skipped);
    call.print(lines.map(|(index, line)| format!("{:5}  {line}\n", index + 1)).collect::<String>())
}
