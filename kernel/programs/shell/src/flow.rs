//! Whether execution goes on, and what stops it.

use std::ops::ControlFlow;

/// What stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The script that was entered.
    Script,
    /// The shell.
    Shell,
}

/// Whether execution goes on. The status of what ran is the shell's.
pub(crate) type Flow = ControlFlow<Stop>;
