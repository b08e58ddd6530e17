//! The table of builtins.

use super::call::Builtin;
use super::{flow, jobs, place, read, variables};

#[rustfmt::skip]
/// Every builtin, by name.
pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin { name: ".", usage: "FILE", summary: "run a script in this shell", run: flow::source },
    Builtin { name: ":", usage: "[WORD...]", summary: "do nothing, successfully", run: flow::nothing },
    Builtin { name: "break", usage: "[COUNT]", summary: "leave a loop, or so many of them", run: flow::leave },
    Builtin { name: "cd", usage: "[DIRECTORY | -]", summary: "change the working directory", run: place::cd },
    Builtin { name: "continue", usage: "[COUNT]", summary: "go on with the next round of a loop", run: flow::go_on },
    Builtin { name: "eval", usage: "[WORD...]", summary: "run words as a script in this shell", run: flow::eval },
    Builtin { name: "exit", usage: "[STATUS]", summary: "leave the shell", run: flow::exit },
    Builtin {
        name: "export",
        usage: "[NAME[=VALUE]...]",
        summary: "let programs see variables",
        run: variables::export,
    },
    Builtin { name: "fg", usage: "[JOB]", summary: "bring a job to the foreground", run: jobs::fg },
    Builtin { name: "history", usage: "[-c] [COUNT]", summary: "list what was entered, or forget it", run: place::history },
    Builtin { name: "jobs", usage: "", summary: "list the jobs in the background", run: jobs::jobs },
    Builtin {
        name: "kill",
        usage: "[-SIGNAL | -s SIGNAL] PID|%JOB...",
        summary: "end processes and jobs",
        run: jobs::kill,
    },
    Builtin {
        name: "local",
        usage: "NAME[=VALUE]...",
        summary: "set variables for one function",
        run: variables::local,
    },
    Builtin { name: "read", usage: "[-r] [NAME...]", summary: "read a line into variables", run: read::read },
    Builtin {
        name: "return",
        usage: "[STATUS]",
        summary: "leave a function, or a script that . runs",
        run: flow::give_back,
    },
    Builtin {
        name: "set",
        usage: "[-eux | +eux] [-- ARGUMENT...]",
        summary: "list variables, set options",
        run: variables::set,
    },
    Builtin { name: "shift", usage: "[COUNT]", summary: "drop the first arguments of a script", run: variables::shift },
    Builtin {
        name: "unset",
        usage: "[-f] NAME...",
        summary: "forget variables, or with -f functions",
        run: variables::unset,
    },
    Builtin { name: "wait", usage: "[JOB...]", summary: "wait for jobs in the background", run: jobs::wait },
];

/// The builtin called `name`.
pub(crate) fn lookup(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}
