//! The arguments of `kill`, which is a builtin for the sake of `%1`, and a program for `time kill` and the like.

use process::KillReason;

/// Signals by number and name. There is one way to end a process; ^C's is told apart, because its status is.
const SIGNALS: [(&str, &str, KillReason); 5] = [
    ("1", "HUP", KillReason::Kill),
    ("2", "INT", KillReason::Interrupt),
    ("3", "QUIT", KillReason::Kill),
    ("9", "KILL", KillReason::Kill),
    ("15", "TERM", KillReason::Kill),
];

/// What to do, and to whom.
///
/// # Errors
/// What is wrong with the arguments.
pub(crate) fn parse(arguments: &[String]) -> Result<(KillReason, &[String]), String> {
    let (reason, operands) = match arguments.split_first() {
        Some((first, rest)) => match first.strip_prefix('-') {
            Some("-") => (KillReason::Kill, rest),
            Some("s") => {
                let (name, rest) = rest.split_first().ok_or("a signal is missing")?;
                (signal(name)?, rest)
            }
            Some(name) => (signal(name)?, rest),
            None => (KillReason::Kill, arguments),
        },
        None => (KillReason::Kill, arguments),
    };
    if operands.is_empty() { Err("a process number is missing; ps lists them".into()) } else { Ok((reason, operands)) }
}

fn signal(name: &str) -> Result<KillReason, String> {
    let upper = name.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    let found = SIGNALS.iter().find(|(number, name, _)| *number == short || *name == short);
    let names = || SIGNALS.map(|(_, name, _)| name).join(" ");
    found.map(|(_, _, reason)| *reason).ok_or_else(|| format!("{name} is none of {}", names()))
}
