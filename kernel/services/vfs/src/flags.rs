//! How a file is open: what for, with which flags; and where offsets count from.

/// What an open file may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Reading.
    pub read: bool,
    /// Writing.
    pub write: bool,
}

impl Access {
    /// Neither.
    pub const NONE: Access = Access { read: false, write: false };
    /// Reading only.
    pub const READ: Access = Access { read: true, write: false };
    /// Writing only.
    pub const WRITE: Access = Access { read: false, write: true };
    /// Both.
    pub const READ_WRITE: Access = Access { read: true, write: true };
}

/// The flags of an open file that can change (POSIX `F_SETFL`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusFlags {
    /// Every write goes to the end.
    pub append: bool,
    /// Reads and writes answer EAGAIN instead of blocking.
    pub nonblock: bool,
    /// Writes reach stable storage before they return.
    pub sync: bool,
    /// The same for data alone.
    pub dsync: bool,
    /// Reads see synchronised data.
    pub rsync: bool,
}

/// Where [`OpenFile::seek`](crate::OpenFile::seek) counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekFrom {
    /// The start.
    Start(u64),
    /// The current offset.
    Current(i64),
    /// The end.
    End(i64),
}
