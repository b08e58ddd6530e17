//! Builtins: the commands that change the shell itself, one row each.

use crate::files;
use crate::flow::Stop;
use crate::shell::{OnFailure, Shell};
use crate::signals;
use crate::streams::Streams;
use crate::syntax::is_name;
use interfaces::Errno;
use process::ExitStatus;
use std::fmt::Display;
use std::ops::ControlFlow;
use vfs::{Follow, Scope};

/// The status of a builtin, or that more than it ends.
type Outcome = ControlFlow<Stop, i32>;

/// A builtin: its row in the table.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    /// Its arguments, in the form of a manual page.
    pub(crate) usage: &'static str,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    /// Runs it with its arguments, the name first.
    pub(crate) run: fn(&mut Shell, &[String], &Streams) -> Outcome,
}

/// Every builtin, by name.
pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin { name: ".", usage: "FILE", summary: "run a script in this shell", run: source },
    Builtin { name: ":", usage: "[WORD...]", summary: "do nothing, successfully", run: nothing },
    Builtin { name: "break", usage: "[COUNT]", summary: "leave a loop, or so many of them", run: leave },
    Builtin { name: "cd", usage: "[DIRECTORY | -]", summary: "change the working directory", run: cd },
    Builtin { name: "continue", usage: "[COUNT]", summary: "go on with the next round of a loop", run: go_on },
    Builtin { name: "exit", usage: "[STATUS]", summary: "leave the shell", run: exit },
    Builtin { name: "export", usage: "[NAME[=VALUE]...]", summary: "let programs see variables", run: export },
    Builtin { name: "fg", usage: "[JOB]", summary: "bring a job to the foreground", run: fg },
    Builtin { name: "history", usage: "[-c] [COUNT]", summary: "list what was entered, or forget it", run: history },
    Builtin { name: "jobs", usage: "", summary: "list the jobs in the background", run: jobs },
    Builtin { name: "kill", usage: "[-SIGNAL | -s SIGNAL] PID|%JOB...", summary: "end processes and jobs", run: kill },
    Builtin { name: "return", usage: "[STATUS]", summary: "leave a function, or a script that . runs", run: give_back },
    Builtin { name: "set", usage: "[-e | +e] [-- ARGUMENT...]", summary: "list variables, set options", run: set },
    Builtin { name: "shift", usage: "[COUNT]", summary: "drop the first arguments of a script", run: shift },
    Builtin { name: "unset", usage: "[-f] NAME...", summary: "forget variables, or with -f functions", run: unset },
    Builtin { name: "wait", usage: "[JOB...]", summary: "wait for jobs in the background", run: wait },
];

const OK: Outcome = Outcome::Continue(0);

/// The builtin called `name`.
pub(crate) fn lookup(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

fn fail(streams: &Streams, message: impl Display) -> Outcome {
    streams.complain(message);
    Outcome::Continue(ExitStatus::FAILURE.code())
}

fn usage(streams: &Streams, name: &str) -> Outcome {
    let usage = lookup(name).map_or("", |builtin| builtin.usage);
    streams.complain(format_args!("usage: {name} {usage}"));
    Outcome::Continue(ExitStatus::USAGE.code())
}

/// Prints; the status says whether it went.
fn print(streams: &Streams, text: impl Display) -> Outcome {
    match streams.print(text) {
        Ok(()) => OK,
        Err(_) => Outcome::Continue(ExitStatus::FAILURE.code()),
    }
}

fn source(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let [_, path] = args else { return usage(streams, ".") };
    match files::read_script(shell.vfs(), &shell.cwd(), path) {
        Ok(text) => {
            shell.state.status = 0;
            shell.returning(|shell| shell.nested(|shell| shell.run(&text)))?;
            Outcome::Continue(shell.state.status)
        }
        Err(error) => fail(streams, format_args!(".: {path}: {error}")),
    }
}

fn nothing(_: &mut Shell, _: &[String], _: &Streams) -> Outcome {
    OK
}

fn leave(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    stop_loops(shell, args, streams, Stop::Loops)
}

fn go_on(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    stop_loops(shell, args, streams, Stop::Rounds)
}

fn stop_loops(shell: &mut Shell, args: &[String], streams: &Streams, stop: fn(usize) -> Stop) -> Outcome {
    let name = args.first().map_or("", String::as_str);
    let count = match args {
        [_] => Some(1),
        [_, count] => count.parse().ok().filter(|count| *count > 0),
        _ => None,
    };
    match (count, shell.loops) {
        (None, _) => usage(streams, name),
        (Some(_), 0) => fail(streams, format_args!("{name}: there is no loop around it")),
        (Some(count), loops) => {
            shell.state.status = 0;
            Outcome::Break(stop(loops.min(count)))
        }
    }
}

fn cd(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let old = shell.directory();
    let target = match args {
        [_] => shell.parameter("HOME"),
        [_, dash] if dash == "-" => match shell.parameter("OLDPWD") {
            previous if previous.is_empty() => return fail(streams, "cd: there is no previous directory yet"),
            previous => previous,
        },
        [_, path] => path.clone(),
        _ => return usage(streams, "cd"),
    };
    let resolved = shell.vfs().resolve(&shell.cwd(), &target, Scope::Anywhere, Follow::Yes);
    if let Err(error) = resolved.and_then(|location| shell.process.set_cwd(location)) {
        return fail(streams, format_args!("cd: {target}: {error}"));
    }
    if let Err(error) = shell.state.variables.set("OLDPWD", &old) {
        streams.complain(format_args!("cd: OLDPWD: {error}"));
    }
    shell.note_directory();
    match args.get(1).map(String::as_str) {
        Some("-") => print(streams, format_args!("{}\n", shell.directory())),
        _ => OK,
    }
}

fn exit(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    end_with(shell, args, streams, Stop::Shell)
}

fn give_back(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    match shell.calls {
        0 => fail(streams, "return: there is no function and no script of . around it"),
        _ => end_with(shell, args, streams, Stop::Function),
    }
}

/// Stops with the status that is named, or that of the last command.
fn end_with(shell: &mut Shell, args: &[String], streams: &Streams, stop: Stop) -> Outcome {
    let name = args.first().map_or("", String::as_str);
    match args {
        [_] => {}
        [_, status] => match status.parse::<i32>() {
            Ok(status) => shell.state.status = status & 0xff,
            Err(_) => return usage(streams, name),
        },
        _ => return usage(streams, name),
    }
    Outcome::Break(stop)
}

fn export(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let names = args.get(1..).unwrap_or_default();
    if names.is_empty() {
        let line = |(name, value): (&String, &String)| format!("export {name}={}\n", quoted(value));
        return print(streams, shell.state.variables.environment().iter().map(line).collect::<String>());
    }
    for argument in names {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.as_str(), None),
        };
        if !is_name(name) {
            return fail(streams, format_args!("export: {name} cannot be a variable's name"));
        }
        if let Err(error) = value.map_or(Ok(()), |value| shell.state.variables.set(name, value)) {
            return fail(streams, format_args!("export: {name}: {error}"));
        }
        shell.state.variables.export(name);
    }
    OK
}

fn unset(shell: &mut Shell, args: &[String], _: &Streams) -> Outcome {
    match args {
        [_, option, names @ ..] if option == "-f" => {
            names.iter().for_each(|name| drop(shell.state.functions.remove(name)))
        }
        _ => args.iter().skip(1).for_each(|name| shell.state.variables.unset(name)),
    }
    OK
}

fn set(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let arguments = args.get(1..).unwrap_or_default();
    if arguments.is_empty() {
        let line = |(name, value)| format!("{name}={}\n", quoted(value));
        return print(streams, shell.state.variables.iter().map(line).collect::<String>());
    }
    for (index, argument) in arguments.iter().enumerate() {
        match argument.as_str() {
            "-e" => shell.state.on_failure = OnFailure::Exit,
            "+e" => shell.state.on_failure = OnFailure::GoOn,
            "--" => {
                shell.set_arguments(arguments.get(index + 1..).unwrap_or_default());
                return OK;
            }
            option if option.starts_with(['-', '+']) => return usage(streams, "set"),
            _ => {
                shell.set_arguments(arguments.get(index..).unwrap_or_default());
                return OK;
            }
        }
    }
    OK
}

fn shift(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let count = match args {
        [_] => Ok(1),
        [_, count] => count.parse::<usize>(),
        _ => return usage(streams, "shift"),
    };
    let Ok(count) = count else { return usage(streams, "shift") };
    match shell.arguments().get(count..) {
        Some(rest) => {
            let rest = rest.to_vec();
            shell.set_arguments(&rest);
            OK
        }
        None => fail(streams, "shift: there are fewer arguments"),
    }
}

fn history(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let history = &mut shell.state.history;
    let count = match args {
        [_] => history.len(),
        [_, option] if option == "-c" => {
            history.clear();
            return OK;
        }
        [_, count] => match count.parse() {
            Ok(count) => count,
            Err(_) => return usage(streams, "history"),
        },
        _ => return usage(streams, "history"),
    };
    let skipped = history.len().saturating_sub(count);
    let lines = history.iter().enumerate().skip(skipped);
    print(streams, lines.map(|(index, line)| format!("{:5}  {line}\n", index + 1)).collect::<String>())
}

fn jobs(shell: &mut Shell, _: &[String], streams: &Streams) -> Outcome {
    let line = |job: &crate::jobs::Background| {
        let state = job.poll(None).map_or("running".into(), |status| status.to_string());
        format!("[{}] {state}  {}\n", job.number, job.text)
    };
    let listing: String = shell.jobs.iter().map(line).collect();
    shell.jobs.take_finished();
    print(streams, listing)
}

fn fg(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let name = args.get(1).map_or("", String::as_str);
    let Some(job) = shell.jobs.find(name).and_then(|number| shell.jobs.take(number)) else {
        return fail(streams, format_args!("fg: no such job: {}; try jobs", if name.is_empty() { "%" } else { name }));
    };
    streams.complain(&job.text);
    shell.continue_job(&job)?;
    Outcome::Continue(shell.state.status)
}

fn kill(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let (reason, operands) = match signals::parse(args.get(1..).unwrap_or_default()) {
        Ok(parsed) => parsed,
        Err(message) => {
            streams.complain(format_args!("kill: {message}"));
            return usage(streams, "kill");
        }
    };
    let mut outcome = OK;
    for operand in operands {
        let found = if operand.starts_with('%') {
            let number = shell.jobs.find(operand);
            let job = shell.jobs.iter().find(|job| Some(job.number) == number);
            job.map(|job| shell.kill_job(job, reason)).ok_or("no such job; try jobs".to_owned())
        } else {
            let process = operand.parse().ok().and_then(|pid| shell.table.get(pid));
            process.map(|process| process.kill(reason)).ok_or(Errno::ESRCH.to_string())
        };
        if let Err(message) = found {
            outcome = fail(streams, format_args!("kill: {operand}: {message}"));
        }
    }
    outcome
}

fn wait(shell: &mut Shell, args: &[String], streams: &Streams) -> Outcome {
    let names = args.get(1..).unwrap_or_default();
    let numbers: Vec<usize> = match names {
        [] => shell.jobs.iter().map(|job| job.number).collect(),
        names => names.iter().filter_map(|name| shell.jobs.find(name)).collect(),
    };
    if numbers.len() < names.len() {
        streams.complain("wait: no such job; try jobs");
        shell.state.status = 127;
    } else {
        shell.state.status = 0;
    }
    for number in numbers {
        match shell.wait_for_job(number) {
            Ok(status) if !names.is_empty() => shell.state.status = status.code(),
            Ok(_) => {}
            Err(Errno::EINTR) => {
                shell.state.status = ExitStatus::Interrupted.code();
                return Outcome::Break(Stop::Script);
            }
            Err(_) => return Outcome::Break(Stop::Shell),
        }
    }
    Outcome::Continue(shell.state.status)
}

/// `text` as a word of the shell that stands for it.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "_-+=:,./@%^".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.into()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
