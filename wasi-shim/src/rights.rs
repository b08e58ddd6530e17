//! What a descriptor may be used for (witx `$rights`).
//!
//! A guest only ever loses rights: an open file gets no more than its directory passes on, and no more than makes
//! sense for its kind.

use bitflags::bitflags;
use interfaces::{Errno, Result};
use vfs::{Access, Kind};

bitflags! {
    /// `$rights`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Rights: u64 {
        const FD_DATASYNC = 1;
        const FD_READ = 1 << 1;
        const FD_SEEK = 1 << 2;
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        const FD_SYNC = 1 << 4;
        const FD_TELL = 1 << 5;
        const FD_WRITE = 1 << 6;
        const FD_ADVISE = 1 << 7;
        const FD_ALLOCATE = 1 << 8;
        const PATH_CREATE_DIRECTORY = 1 << 9;
        const PATH_CREATE_FILE = 1 << 10;
        const PATH_LINK_SOURCE = 1 << 11;
        const PATH_LINK_TARGET = 1 << 12;
        const PATH_OPEN = 1 << 13;
        const FD_READDIR = 1 << 14;
        const PATH_READLINK = 1 << 15;
        const PATH_RENAME_SOURCE = 1 << 16;
        const PATH_RENAME_TARGET = 1 << 17;
        const PATH_FILESTAT_GET = 1 << 18;
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        const FD_FILESTAT_GET = 1 << 21;
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        const PATH_SYMLINK = 1 << 24;
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        const PATH_UNLINK_FILE = 1 << 26;
        const POLL_FD_READWRITE = 1 << 27;
        const SOCK_SHUTDOWN = 1 << 28;
        const SOCK_ACCEPT = 1 << 29;
    }
}

impl Rights {
    /// For every kind of file.
    const COMMON: Rights = Rights::FD_FDSTAT_SET_FLAGS
        .union(Rights::FD_FILESTAT_GET)
        .union(Rights::FD_FILESTAT_SET_TIMES)
        .union(Rights::FD_SYNC)
        .union(Rights::FD_DATASYNC)
        .union(Rights::POLL_FD_READWRITE);

    const STREAM: Rights = Rights::COMMON.union(Rights::FD_READ).union(Rights::FD_WRITE);

    const SOCKET: Rights = Rights::STREAM.union(Rights::SOCK_SHUTDOWN).union(Rights::SOCK_ACCEPT);

    const FILE: Rights = Rights::STREAM
        .union(Rights::FD_SEEK)
        .union(Rights::FD_TELL)
        .union(Rights::FD_ADVISE)
        .union(Rights::FD_ALLOCATE)
        .union(Rights::FD_FILESTAT_SET_SIZE);

    const DIRECTORY: Rights = Rights::COMMON
        .union(Rights::FD_ADVISE)
        .union(Rights::FD_READDIR)
        .union(Rights::PATH_CREATE_DIRECTORY)
        .union(Rights::PATH_CREATE_FILE)
        .union(Rights::PATH_LINK_SOURCE)
        .union(Rights::PATH_LINK_TARGET)
        .union(Rights::PATH_OPEN)
        .union(Rights::PATH_READLINK)
        .union(Rights::PATH_RENAME_SOURCE)
        .union(Rights::PATH_RENAME_TARGET)
        .union(Rights::PATH_FILESTAT_GET)
        .union(Rights::PATH_FILESTAT_SET_SIZE)
        .union(Rights::PATH_FILESTAT_SET_TIMES)
        .union(Rights::PATH_SYMLINK)
        .union(Rights::PATH_REMOVE_DIRECTORY)
        .union(Rights::PATH_UNLINK_FILE);

    /// The rights without which a file need not be open for writing.
    pub(crate) const WRITING: Rights = Rights::FD_WRITE.union(Rights::FD_ALLOCATE).union(Rights::FD_FILESTAT_SET_SIZE);

    /// The rights that make sense for a kind of file. A terminal has fewer than another character device: wasi-libc's
    /// `isatty` takes one that may not be sought for a terminal.
    pub(crate) fn applicable(kind: Kind, terminal: Terminal) -> Rights {
        match (kind, terminal) {
            (Kind::Directory, _) => Rights::DIRECTORY,
            (Kind::Regular, _) | (Kind::CharDevice, Terminal::No) => Rights::FILE,
            (Kind::CharDevice, Terminal::Yes) | (Kind::Fifo, _) => Rights::STREAM,
            (Kind::StreamSocket | Kind::DatagramSocket, _) => Rights::SOCKET,
            (Kind::Symlink, _) => Rights::COMMON,
        }
    }

    /// Without what a file that is open like this cannot do.
    pub(crate) fn within(self, access: Access) -> Rights {
        let mut rights = self;
        if !access.read {
            rights.remove(Rights::FD_READ);
        }
        if !access.write {
            rights.remove(Rights::WRITING);
        }
        rights
    }

    /// ENOTCAPABLE unless all of `needed` are here.
    pub(crate) fn require(self, needed: Rights) -> Result<()> {
        if self.contains(needed) { Ok(()) } else { Err(Errno::ENOTCAPABLE) }
    }
}

/// Whether a character device is a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// It is.
    Yes,
    /// It is not.
    No,
}
