//! The table of builtins.

use super::call::{Builtin, Kind, Run};
use super::{flow, jobs, place, read, variables};

/// Every builtin, by name.
#[rustfmt::skip]
pub(crate) const BUILTINS: &[Builtin] = &[
    special(".", "FILE", "run a script in this shell", flow::source),
    special(":", "[WORD...]", "do nothing, successfully", flow::nothing),
    special("break", "[COUNT]", "leave a loop, or so many of them", flow::leave),
    regular("cd", "[DIRECTORY | -]", "change the working directory", place::cd),
    regular("command", "[-v] NAME [ARGUMENT...]", "run a command and no function, or tell what a name stands for", flow::command),
    special("continue", "[COUNT]", "go on with the next round of a loop", flow::go_on),
    special("eval", "[WORD...]", "run words as a script in this shell", flow::eval),
    special("exec", "[COMMAND...]", "go on with other streams, or with a command instead of the shell", flow::exec),
    special("exit", "[STATUS]", "leave the shell", flow::exit),
    special("export", "[NAME[=VALUE]...]", "let programs see variables", variables::export),
    regular("fg", "[JOB]", "bring a job to the foreground", jobs::fg),
    regular("history", "[-c] [COUNT]", "list what was entered, or forget it", place::history),
    regular("jobs", "", "list the jobs in the background", jobs::jobs),
    regular("kill", "[-SIGNAL | -s SIGNAL] PID|%JOB...", "end processes and jobs", jobs::kill),
    special("local", "NAME[=VALUE]...", "set variables for one function", variables::local),
    regular("read", "[-r] [NAME...]", "read a line into variables", read::read),
    special("return", "[STATUS]", "leave a function, or a script that . runs", flow::give_back),
    special("set", "[-eux | +eux] [-- ARGUMENT...]", "list variables, set options", variables::set),
    special("shift", "[COUNT]", "drop the first arguments of a script", variables::shift),
    special("unset", "[-f] NAME...", "forget variables, or with -f functions", variables::unset),
    regular("wait", "[JOB...]", "wait for jobs in the background", jobs::wait),
];

/// The builtin called `name`.
pub(crate) fn lookup(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

const fn special(name: &'static str, usage: &'static str, summary: &'static str, run: Run) -> Builtin {
    Builtin { name, usage, summary, kind: Kind::Special, run }
}

const fn regular(name: &'static str, usage: &'static str, summary: &'static str, run: Run) -> Builtin {
    Builtin { name, usage, summary, kind: Kind::Regular, run }
}
