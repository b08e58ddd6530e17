//! Whether execution goes on, and what stops it.

use std::ops::ControlFlow;

/// What stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The script that was entered.
    Script,
    /// The shell.
    Shell,
    /// The function, or the script that `.` runs (`return`).
    Function,
    /// So many loops (`break`).
    Loops(usize),
    /// All but the outermost of so many loops, which goes on with its next round (`continue`).
    Rounds(usize),
}

/// Whether execution goes on. The status of what ran is the shell's.
pub(crate) type Flow = ControlFlow<Stop>;
