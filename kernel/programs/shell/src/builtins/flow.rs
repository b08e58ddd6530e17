//! Builtins that run commands, or stop others from running.

use super::call::{Call, OK, Outcome};
use crate::files;
use crate::flow::Stop;
use crate::shell::{NOT_FOUND, Shell};

pub(super) fn source(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let [_, path] = call.args else { return call.usage() };
    match files::read_script(shell.vfs(), &shell.cwd(), path) {
        Ok(text) => {
            shell.state.status = 0;
            shell.returning(|shell| shell.nested(|shell| shell.run(&text)))?;
            Outcome::Continue(shell.state.status)
        }
        Err(error) => call.fail(format_args!("{path}: {error}")),
    }
}

pub(super) fn nothing(_: &mut Shell, _: &Call<'_>) -> Outcome {
    OK
}

pub(super) fn leave(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    stop_loops(shell, call, Stop::Loops)
}

pub(super) fn go_on(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    stop_loops(shell, call, Stop::Rounds)
}

fn stop_loops(shell: &mut Shell, call: &Call<'_>, stop: fn(usize) -> Stop) -> Outcome {
    let count = match call.args {
        [_] => Some(1),
        [_, count] => count.parse().ok().filter(|count| *count > 0),
        _ => None,
    };
    match (count, shell.loops) {
        (None, _) => call.usage(),
        (Some(_), 0) => call.fail(format_args!("there is no loop around it")),
        (Some(count), loops) => {
            shell.state.status = 0;
            Outcome::Break(stop(loops.min(count)))
        }
    }
}

pub(super) fn exit(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    end_with(shell, call, Stop::Shell)
}

pub(super) fn give_back(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    match shell.calls {
        0 => call.fail("there is no function and no script of . around it"),
        _ => end_with(shell, call, Stop::Function),
    }
}

/// Stops with the status that is named, or that of the last command.
fn end_with(shell: &mut Shell, call: &Call<'_>, stop: Stop) -> Outcome {
    match call.args {
        [_] => {}
        [_, status] => match status.parse::<i32>() {
            Ok(status) => shell.state.status = status & 0xff,
            Err(_) => return call.usage(),
        },
        _ => return call.usage(),
    }
    Outcome::Break(stop)
}

/// Runs its arguments as a script in this shell.
pub(super) fn eval(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let text = call.operands().join(" ");
    shell.state.status = 0;
    shell.nested(|shell| shell.run(&text))?;
    Outcome::Continue(shell.state.status)
}

/// Redirections hold from now on; a command takes the shell's place.
pub(super) fn exec(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    match call.operands() {
        [] => {
            shell.redirected = Some(call.streams.clone());
            OK
        }
        words => {
            shell.run_words(words, call.streams)?;
            Outcome::Break(Stop::Shell)
        }
    }
}

pub(super) fn command(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    match call.operands() {
        [option, names @ ..] if option == "-v" && !names.is_empty() => tell(shell, call, names),
        [option, ..] if option.starts_with('-') => call.usage(),
        [] => call.usage(),
        words => {
            shell.run_words(words, call.streams)?;
            Outcome::Continue(shell.state.status)
        }
    }
}

/// Prints what names stand for: a path, or the name itself for what is no file.
fn tell(shell: &Shell, call: &Call<'_>, names: &[String]) -> Outcome {
    let mut outcome = OK;
    for name in names {
        let found = shell.state.programs.find(shell.vfs(), &shell.cwd(), &shell.parameter("PATH"), name);
        match found {
            _ if shell.runs_itself(name) => call.print(format_args!("{name}\n"))?,
            // A file's arguments begin with what runs it.
            Ok(command) => call.print(format_args!("{}\n", command.args.get(1).unwrap_or(name)))?,
            Err(_) => {
                outcome = Outcome::Continue(NOT_FOUND);
                0
            }
        };
    }
    outcome
}
