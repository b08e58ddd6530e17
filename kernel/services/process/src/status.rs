//! How a process ended.

use std::fmt;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It returned, with this status: 0 for success. Shells see the low 8 bits.
    Exited(i32),
    /// A WebAssembly guest trapped.
    Trapped,
    /// It was killed.
    Killed,
    /// It was interrupted (^C).
    Interrupted,
    /// It panicked.
    Panicked,
    /// It was ended because it took more memory than it may.
    OutOfMemory,
}

impl ExitStatus {
    /// Success.
    pub const SUCCESS: ExitStatus = ExitStatus::Exited(0);
    /// A failure that has no number of its own.
    pub const FAILURE: ExitStatus = ExitStatus::Exited(1);
    /// Wrong usage.
    pub const USAGE: ExitStatus = ExitStatus::Exited(2);

    /// The number that a shell shows: what the program returned, or 128 and the number of the signal that a Unix would
    /// have used (134: abort, 137: kill, 130: interrupt).
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            ExitStatus::Exited(status) => status & 0xff,
            ExitStatus::Trapped | ExitStatus::Panicked => 134,
            ExitStatus::Killed | ExitStatus::OutOfMemory => 137,
            ExitStatus::Interrupted => 130,
        }
    }

    /// Whether it returned 0.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == ExitStatus::SUCCESS
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitStatus::Exited(status) => write!(f, "exited with status {status}"),
            ExitStatus::Trapped => f.write_str("trapped"),
            ExitStatus::Killed => f.write_str("killed"),
            ExitStatus::Interrupted => f.write_str("interrupted"),
            ExitStatus::Panicked => f.write_str("panicked"),
            ExitStatus::OutOfMemory => f.write_str("killed: out of memory"),
        }
    }
}

/// Why a process is made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillReason {
    /// Somebody wants it gone (`kill`).
    Kill,
    /// ^C at its terminal.
    Interrupt,
    /// It takes more memory than it may.
    OutOfMemory,
}

impl From<KillReason> for ExitStatus {
    fn from(reason: KillReason) -> ExitStatus {
        match reason {
            KillReason::Kill => ExitStatus::Killed,
            KillReason::Interrupt => ExitStatus::Interrupted,
            KillReason::OutOfMemory => ExitStatus::OutOfMemory,
        }
    }
}
