//! What a file system implements: nodes (inodes) and the open files made from them.

use interfaces::{Errno, Result};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use wait::Waiter;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A pipe.
    Fifo,
    /// A stream socket.
    StreamSocket,
    /// A datagram socket.
    DatagramSocket,
}

/// A node's attributes (POSIX `struct stat`). Times are nanoseconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The number of the mount that it was reached through. A file system leaves 0: [`Vfs`](crate::Vfs) and
    /// [`OpenFile`](crate::OpenFile) fill it in.
    pub device: u64,
    /// The node's number in its file system.
    pub inode: u64,
    /// What it is.
    pub kind: Kind,
    /// Names that lead to it.
    pub links: u64,
    /// Bytes: content of a file, target of a link.
    pub size: u64,
    /// Bytes of memory that the content takes.
    pub allocated: u64,
    /// Permission bits; informative, there is one user.
    pub mode: u16,
    /// Last read.
    pub accessed_ns: u64,
    /// Last change of content.
    pub modified_ns: u64,
    /// Last change of attributes.
    pub changed_ns: u64,
}

impl Metadata {
    /// Of a node of which only the kind and the permission bits are worth telling.
    #[must_use]
    pub const fn bare(kind: Kind, mode: u16) -> Metadata {
        Metadata {
            device: 0,
            inode: 0,
            kind,
            links: 1,
            size: 0,
            allocated: 0,
            mode,
            accessed_ns: 0,
            modified_ns: 0,
            changed_ns: 0,
        }
    }
}

/// A directory's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name; no slash, never empty.
    pub name: String,
    /// Its node's number.
    pub inode: u64,
    /// Its node's kind.
    pub kind: Kind,
    /// Where reading goes on after this entry; stays valid while the directory changes.
    pub next_cookie: u64,
}

/// A node in a file system.
///
/// Methods that a kind of node does not have keep their default, which answers the POSIX error for it.
///
/// `Any` lets a file system recognise its own nodes, for instance in [`Directory::link`].
pub trait Node: Any + Send + Sync {
    /// Its attributes.
    fn metadata(&self) -> Metadata;

    /// Its number in its file system.
    fn inode(&self) -> u64 {
        self.metadata().inode
    }

    /// What it is.
    fn kind(&self) -> Kind {
        self.metadata().kind
    }

    /// Changes the times that are given (nanoseconds since the epoch).
    fn set_times(&self, accessed_ns: Option<u64>, modified_ns: Option<u64>) -> Result<()> {
        let _ = (accessed_ns, modified_ns);
        Err(Errno::EPERM)
    }

    /// Changes the permission bits.
    fn set_mode(&self, mode: u16) -> Result<()> {
        let _ = mode;
        Err(Errno::EPERM)
    }

    /// Makes the object through which an open file reads and writes. `write` says whether it will be written to.
    fn open(self: Arc<Self>, write: bool) -> Result<Arc<dyn File>>;

    /// The directory operations, of a directory.
    fn as_directory(&self) -> Option<&dyn Directory> {
        None
    }

    /// The target, of a symbolic link.
    fn read_link(&self) -> Result<String> {
        Err(Errno::EINVAL)
    }
}

/// Operations on a directory's entries. Names are single components: never empty, `.`, `..` or with a slash.
pub trait Directory: Send + Sync {
    /// The node called `name`; ENOENT.
    fn lookup(&self, name: &str) -> Result<Arc<dyn Node>>;

    /// The directory above; itself at the root of the file system. ENOENT once removed.
    fn parent(&self) -> Result<Arc<dyn Node>>;

    /// Entries from `cookie` on (0: from the start, with `.` and `..` first), at most `limit`. ENOENT once removed.
    fn entries(&self, cookie: u64, limit: usize) -> Result<Vec<DirEntry>>;

    /// The name of `child`, a directory that lies in this one; ENOENT.
    fn name_of(&self, child: &Arc<dyn Node>) -> Result<String> {
        const CHUNK: usize = 64;
        let inode = child.inode();
        let is_child = |entry: &DirEntry| entry.inode == inode && entry.name != "." && entry.name != "..";
        let mut cookie = 0;
        loop {
            let entries = self.entries(cookie, CHUNK)?;
            cookie = entries.last().ok_or(Errno::ENOENT)?.next_cookie;
            if let Some(entry) = entries.into_iter().find(is_child) {
                return Ok(entry.name);
            }
        }
    }

    /// Makes an empty regular file; EEXIST.
    fn create_file(&self, name: &str, mode: u16) -> Result<Arc<dyn Node>> {
        let _ = (name, mode);
        Err(Errno::EROFS)
    }

    /// Makes an empty directory; EEXIST.
    fn create_directory(&self, name: &str, mode: u16) -> Result<Arc<dyn Node>> {
        let _ = (name, mode);
        Err(Errno::EROFS)
    }

    /// Makes a symbolic link; EEXIST.
    fn create_symlink(&self, name: &str, target: &str) -> Result<()> {
        let _ = (name, target);
        Err(Errno::EROFS)
    }

    /// Adds a hard link to `node`; EEXIST, EXDEV (another file system), EPERM (a directory).
    fn link(&self, name: &str, node: &Arc<dyn Node>) -> Result<()> {
        let _ = (name, node);
        Err(Errno::EROFS)
    }

    /// Removes the name of what is not a directory; EISDIR.
    fn unlink(&self, name: &str) -> Result<()> {
        let _ = name;
        Err(Errno::EROFS)
    }

    /// Removes an empty directory; ENOTDIR, ENOTEMPTY.
    fn remove_directory(&self, name: &str) -> Result<()> {
        let _ = name;
        Err(Errno::EROFS)
    }

    /// Moves `name` to `new_name` in `to`, over what is there as POSIX `rename` says; EXDEV, EINVAL (below itself).
    fn rename(&self, name: &str, to: &Arc<dyn Node>, new_name: &str) -> Result<()> {
        let _ = (name, to, new_name);
        Err(Errno::EROFS)
    }
}

/// What a caller wants to do with a file next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Read.
    pub read: bool,
    /// Write.
    pub write: bool,
}

/// What can be done with a file at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Reading would not block (data, end of file or an error is there).
    pub readable: bool,
    /// Writing would not block.
    pub writable: bool,
    /// The other end has hung up.
    pub hangup: bool,
    /// Bytes that can be read at once, where that is known.
    pub available: u64,
}

/// The size of a terminal in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSize {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// How a terminal treats input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputMode {
    /// Whole lines, edited and echoed by the line discipline; ^C interrupts, ^D ends.
    Canonical,
    /// Every byte as it comes, without echo; ^C is a byte.
    Raw,
}

/// What a file that is a terminal offers besides reading and writing.
pub trait Terminal: Send + Sync {
    /// How input is treated.
    fn input_mode(&self) -> InputMode;
    /// Changes how input is treated.
    fn set_input_mode(&self, mode: InputMode);
    /// Its size.
    fn window_size(&self) -> WindowSize;
    /// Changes its size, where that can be chosen: of a terminal at the other end of a line.
    fn set_window_size(&self, size: WindowSize) {
        let _ = size;
    }
    /// The column that the cursor is in, as far as the output so far tells; 0 where nobody keeps count.
    fn cursor_column(&self) -> usize {
        0
    }
    /// What ^C does now: called once for each ^C (from a thread). `None`: nothing. Returns what it did before.
    fn set_interrupt(&self, handler: Option<Arc<dyn Fn() + Send + Sync>>) -> Option<Arc<dyn Fn() + Send + Sync>>;
}

/// An object through which bytes are read and written.
///
/// Calls never block: a stream answers EAGAIN, and [`poll`](Self::poll) says when to come again. Blocking is made of
/// both, once, in [`OpenFile`](crate::OpenFile). `Any` lets a service recognise its own files, for instance a socket.
pub trait File: Any + Send + Sync {
    /// Reads up to `buf.len()` bytes at `offset` (ignored by streams); 0 at the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let _ = (offset, buf);
        Err(Errno::EBADF)
    }

    /// Writes at `offset` (ignored by streams); returns how many bytes, at least one for a `buf` that is not empty.
    fn write_at(&self, offset: u64, buf: &[u8]) -> Result<usize> {
        let _ = (offset, buf);
        Err(Errno::EBADF)
    }

    /// Writes at the end in one step; returns how many bytes and the offset behind them.
    fn append(&self, buf: &[u8]) -> Result<(usize, u64)> {
        self.write_at(0, buf).map(|count| (count, 0))
    }

    /// Cuts or extends (with zeros) to `size` bytes.
    fn set_size(&self, size: u64) -> Result<()> {
        let _ = size;
        Err(Errno::EINVAL)
    }

    /// Makes sure that `length` bytes from `offset` on can be written without ENOSPC, and that the file is that long.
    fn allocate(&self, offset: u64, length: u64) -> Result<()> {
        let _ = (offset, length);
        Err(Errno::ENODEV)
    }

    /// Brings what was written to where it outlives the machine's memory, where there is such a place.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    /// What can be done at once; registers `waiter` (when given) for changes of what `interest` names, before it looks.
    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        let _ = (interest, waiter);
        Readiness { readable: true, writable: true, hangup: false, available: 0 }
    }

    /// Does what dropping it would do: the process that had it ended without giving it back, and no other has it.
    fn abandon(&self) {}

    /// Whether offsets mean anything; `lseek` on others is ESPIPE.
    fn is_seekable(&self) -> bool {
        false
    }

    /// The terminal operations, of a terminal.
    fn as_terminal(&self) -> Option<&dyn Terminal> {
        None
    }

    /// How long a blocking call for `interest` waits before it answers EAGAIN; `None`: for ever. Sockets have
    /// time-outs.
    fn time_limit(&self, interest: Interest) -> Option<Duration> {
        let _ = interest;
        None
    }
}
