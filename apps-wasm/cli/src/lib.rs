//! The command line that the apps share: help, wrong usage, failures, and inputs that are files or standard input.
//!
//! An app's `main` is one call of [`App::run`]. Its status follows the custom: 0 when all went well, 1 when something
//! failed, 2 for a wrong command line.

#![forbid(unsafe_code)]

mod inputs;

pub use inputs::Input;
pub use lexopt;

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// An app as its user sees it.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// What it is called.
    pub name: &'static str,
    /// What `--help` prints.
    pub help: &'static str,
}

/// Why an app ends before its work is done.
#[derive(Debug)]
pub enum Stop {
    /// The user asked for help.
    Help,
    /// The command line is wrong; the reason.
    Usage(String),
    /// The work failed; the reason.
    Failed(String),
    /// The work failed, and the user knows why.
    Reported,
    /// Nobody reads the output any more, as in `tree | head`: no failure.
    OutputClosed,
}

impl Stop {
    /// A failure with something, for instance a file, that has a name.
    pub fn failed(name: impl Display, error: impl Display) -> Stop {
        Stop::Failed(format!("{name}: {error}"))
    }
}

impl From<lexopt::Error> for Stop {
    fn from(error: lexopt::Error) -> Stop {
        Stop::Usage(error.to_string())
    }
}

/// An error that comes without a name is one of standard output: what reads files says which one failed.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            ErrorKind::BrokenPipe => Stop::OutputClosed,
            _ => Stop::failed("standard output", error),
        }
    }
}

impl App {
    /// Runs the app on its command line and reports how it ended.
    pub fn run(self, main: impl FnOnce(lexopt::Parser) -> Result<(), Stop>) -> ExitCode {
        match main(lexopt::Parser::from_env()) {
            Ok(()) | Err(Stop::OutputClosed) => ExitCode::SUCCESS,
            Err(Stop::Help) => self.show_help(),
            Err(Stop::Usage(reason)) => {
                self.complain(format_args!("{reason}\nTry '{} --help'.", self.name));
                ExitCode::from(2)
            }
            Err(Stop::Failed(reason)) => {
                self.complain(reason);
                ExitCode::FAILURE
            }
            Err(Stop::Reported) => ExitCode::FAILURE,
        }
    }

    /// Tells the user what went wrong.
    pub fn complain(self, reason: impl Display) {
        // Where standard error is closed there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{}: {reason}", self.name);
    }

    fn show_help(self) -> ExitCode {
        match io::stdout().write_all(self.help.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{App, Stop, lexopt};
    use std::io::{self, ErrorKind};
    use std::process::ExitCode;

    const APP: App = App { name: "app", help: "usage: app\n" };

    fn status(outcome: Result<(), Stop>) -> String {
        format!("{:?}", APP.run(|_| outcome))
    }

    #[test]
    fn statuses_follow_the_custom() {
        let [done, failed, usage] = [0, 1, 2].map(|code: u8| format!("{:?}", ExitCode::from(code)));
        assert_eq!(status(Ok(())), done);
        assert_eq!(status(Err(Stop::Help)), done);
        assert_eq!(status(Err(Stop::OutputClosed)), done);
        assert_eq!(status(Err(Stop::Reported)), failed);
        assert_eq!(status(Err(Stop::failed("file", "no such file"))), failed);
        assert_eq!(status(Err(lexopt::Error::from("unknown").into())), usage);
    }

    #[test]
    fn a_closed_output_is_no_failure() {
        assert!(matches!(Stop::from(io::Error::from(ErrorKind::BrokenPipe)), Stop::OutputClosed));
        assert!(matches!(Stop::from(io::Error::from(ErrorKind::StorageFull)), Stop::Failed(_)));
    }
}
