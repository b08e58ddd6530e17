//! What an open file is: its attributes, its name, and what a directory lists.

use crate::mount::{Location, Vfs};
use crate::node::{DirEntry, Kind, Metadata};
use crate::open_file::OpenFile;
use interfaces::{Errno, Result};

impl OpenFile {
    /// Its attributes. Without a name: kind only.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        self.location().map_or_else(|| Metadata::bare(self.kind(), 0o600), Location::metadata)
    }

    /// Changes the times that are given (nanoseconds since the epoch).
    ///
    /// # Errors
    /// EPERM for files that keep none.
    pub fn set_times(&self, accessed_ns: Option<u64>, modified_ns: Option<u64>) -> Result<()> {
        self.location().ok_or(Errno::EPERM)?.node().set_times(accessed_ns, modified_ns)
    }

    /// Entries of a directory from `cookie` on (0: the start, with `.` and `..`), at most `limit`; empty at the end.
    ///
    /// # Errors
    /// ENOTDIR; ENOENT once it was removed.
    pub fn read_dir(&self, cookie: u64, limit: usize) -> Result<Vec<DirEntry>> {
        self.location().ok_or(Errno::ENOTDIR)?.directory()?.entries(cookie, limit)
    }

    /// What it is, for people: the absolute path that it was opened by, with ` (deleted)` where that no longer leads to
    /// it; or for instance `pipe:`.
    #[must_use]
    pub fn describe(&self, vfs: &Vfs) -> String {
        let Some(location) = self.location() else {
            return format!("{}:", kind_name(self.kind()));
        };
        if let Ok(path) = vfs.path_of(location) {
            return path;
        }
        let Some((directory, name)) = self.name() else {
            return format!("{}:[{}]", kind_name(self.kind()), location.node().inode());
        };
        let above = vfs.path_of(directory).unwrap_or_default();
        let is_there = directory.child(name).is_ok_and(|there| there.is_same(location));
        format!("{}/{name}{}", above.trim_end_matches('/'), if is_there { "" } else { " (deleted)" })
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Regular => "file",
        Kind::Directory => "directory",
        Kind::Symlink => "symlink",
        Kind::CharDevice => "device",
        Kind::Fifo => "pipe",
        Kind::StreamSocket | Kind::DatagramSocket => "socket",
    }
}
