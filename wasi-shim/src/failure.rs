//! How a call ends when it does not succeed.
//!
//! Calls speak POSIX errors; the engine's binding converts them to WASI's numbers (see `errno`).

use crate::errno::LookupError;
use interfaces::Errno;

/// The result of a call, or of a step of one.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a call did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The guest is told.
    Errno(Errno),
    /// The guest is told why a name has no address.
    Lookup(LookupError),
    /// The guest ends here.
    End(End),
}

/// How a call ends its guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With this status.
    Exit(u32),
    /// Its process was killed.
    Cancelled,
    /// The call unwound.
    Panicked,
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        match errno {
            // What a wait answers whose process was killed: the guest must not go on with an error of its own.
            Errno::ECANCELED => Failure::End(End::Cancelled),
            errno => Failure::Errno(errno),
        }
    }
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Failure {
        Failure::Lookup(error)
    }
}

impl From<End> for Failure {
    fn from(end: End) -> Failure {
        Failure::End(end)
    }
}

impl From<wait::WaitError> for Failure {
    fn from(error: wait::WaitError) -> Failure {
        Errno::from(error).into()
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Exit(status) => write!(f, "exit with status {status}"),
            End::Cancelled => f.write_str("killed"),
            End::Panicked => f.write_str("a call panicked"),
        }
    }
}
