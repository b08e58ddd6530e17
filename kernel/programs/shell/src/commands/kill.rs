//! `kill`: ends processes.

use super::{Call, Failure, Outcome};
use interfaces::Errno;
use process::KillReason;

/// Signals by number and name. There is one way to end a process; ^C's is told apart, because its status is.
const SIGNALS: [(&str, &str, KillReason); 5] = [
    ("1", "HUP", KillReason::Kill),
    ("2", "INT", KillReason::Interrupt),
    ("3", "QUIT", KillReason::Kill),
    ("9", "KILL", KillReason::Kill),
    ("15", "TERM", KillReason::Kill),
];

pub(super) fn run(call: &Call) -> Outcome {
    let mut operands = call.operands();
    let mut reason = KillReason::Kill;
    if let Some((first, rest)) = operands.split_first() {
        match first.strip_prefix('-') {
            Some("-") => operands = rest,
            Some("s") => {
                let (name, rest) = rest.split_first().ok_or_else(|| Failure::Usage("a signal is missing".into()))?;
                (reason, operands) = (signal(name)?, rest);
            }
            Some(name) => (reason, operands) = (signal(name)?, rest),
            None => {}
        }
    }
    if operands.is_empty() {
        return Err(Failure::Usage("a process number is missing; ps lists them".into()));
    }
    for operand in operands {
        let process = operand.parse().ok().and_then(|pid| call.context.table.get(pid));
        call.tolerate(operand, process.map(|process| process.kill(reason)).ok_or(Errno::ESRCH))?;
    }
    call.status()
}

fn signal(name: &str) -> Result<KillReason, Failure> {
    let upper = name.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    let found = SIGNALS.iter().find(|(number, name, _)| *number == short || *name == short);
    let names = || SIGNALS.map(|(_, name, _)| name).join(" ");
    found.map(|(_, _, reason)| *reason).ok_or_else(|| Failure::Usage(format!("{name} is none of {}", names())))
}
