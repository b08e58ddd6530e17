//! Why a program ends early, and what it says then.

use crate::context::Context;
use crate::status::ExitStatus;
use interfaces::Errno;
use std::fmt::Display;
use std::io;

/// A Unix command that writes to a closed pipe ends by signal 13.
const BROKEN_PIPE: ExitStatus = ExitStatus::Exited(128 + 13);

/// How a program ends.
pub type Outcome = std::result::Result<ExitStatus, Failure>;

/// Why a program ends early.
#[derive(Debug)]
pub enum Failure {
    /// It was called wrongly.
    Usage(String),
    /// It cannot go on.
    Error(String),
    /// Nobody reads its output any more, or it was killed: nothing to say.
    Stopped(ExitStatus),
}

impl Failure {
    /// The same with what it concerns before its text.
    #[must_use]
    pub fn of(self, what: impl Display) -> Failure {
        match self {
            Failure::Error(reason) => Failure::Error(format!("{what}: {reason}")),
            other => other,
        }
    }

    /// Prints it on standard error, a wrong call with the `name` and `usage` of the program; what the program ends
    /// with.
    pub fn report(self, context: &Context, name: &str, usage: &str) -> ExitStatus {
        match self {
            Failure::Stopped(status) => status,
            Failure::Error(message) => context.fail(message),
            Failure::Usage(message) => {
                context.fail(format_args!("{message}\nusage: {name} {usage}"));
                ExitStatus::USAGE
            }
        }
    }
}

impl From<Errno> for Failure {
    fn from(error: Errno) -> Failure {
        match error {
            Errno::EPIPE => Failure::Stopped(BROKEN_PIPE),
            Errno::ECANCELED => Failure::Stopped(ExitStatus::Killed),
            _ => Failure::Error(error.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        errno(&error).map_or_else(|| Failure::Error(error.to_string()), Failure::from)
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Failure {
        Failure::Usage(error.to_string())
    }
}

/// The number below an error of std's, by its name.
#[must_use]
pub fn errno(error: &io::Error) -> Option<Errno> {
    let number = error.raw_os_error()?;
    Errno::ALL.iter().copied().find(|errno| errno.number() == number)
}
