//! Why an archive is not unpacked.

use interfaces::Errno;
use std::fmt;

/// Why an archive was not unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TarError {
    /// Where the entry begins, in bytes from the start.
    pub offset: usize,
    /// Its name, as far as known.
    pub name: String,
    /// What is wrong.
    pub reason: TarReason,
}

/// What is wrong with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TarReason {
    /// It ends within an entry.
    Truncated,
    /// A header's checksum does not match: this is no archive, or a damaged one.
    Checksum,
    /// A number, a name or a pax record is malformed.
    Malformed,
    /// A name has a `..` in it.
    UnsafeName,
    /// An entry of a kind that is not understood; its type flag.
    UnknownKind(u8),
    /// The file system refused it.
    Refused(Errno),
}

impl fmt::Display for TarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TarError { offset, name, reason } = self;
        write!(f, "archive entry '{name}' at byte {offset}: ")?;
        match reason {
            TarReason::Truncated => f.write_str("the archive ends within it"),
            TarReason::Checksum => f.write_str("wrong checksum"),
            TarReason::Malformed => f.write_str("malformed header"),
            TarReason::UnsafeName => f.write_str("name leads outside"),
            TarReason::UnknownKind(flag) => write!(f, "unknown type flag 0x{flag:02x}"),
            TarReason::Refused(errno) => write!(f, "{errno}"),
        }
    }
}

impl std::error::Error for TarError {}

impl From<Errno> for TarReason {
    fn from(errno: Errno) -> TarReason {
        TarReason::Refused(errno)
    }
}
