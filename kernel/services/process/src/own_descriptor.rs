//! `/dev/stdin` and its like: nodes that stand for a descriptor of whoever opens them.

use crate::membership;
use interfaces::{Errno, Result};
use std::any::Any;
use std::sync::Arc;
use vfs::{File, Interest, Kind, Metadata, Node, OpenFile, Readiness, Terminal};
use wait::Waiter;

/// A node for `/dev` whose opening gives the caller's descriptor `fd`, its offset included.
///
/// Unlike Linux's links of that name, which open the file anew: a redirection to `/dev/stderr` goes on where the last
/// line ended.
#[must_use]
pub fn own_descriptor(fd: i32) -> Arc<dyn Node> {
    Arc::new(OwnDescriptor(fd))
}

struct OwnDescriptor(i32);

impl OwnDescriptor {
    /// ENXIO in a thread of no process.
    fn open_file(&self) -> Result<Arc<OpenFile>> {
        membership::current().ok_or(Errno::ENXIO)?.files().get(self.0)
    }
}

impl Node for OwnDescriptor {
    fn metadata(&self) -> Metadata {
        Metadata::bare(Kind::CharDevice, 0o666)
    }

    fn open(self: Arc<Self>, write: bool) -> Result<Arc<dyn File>> {
        let file = self.open_file()?;
        if write && !file.writable() {
            return Err(Errno::EACCES);
        }
        // A descriptor that is itself such a file is not wrapped again: chains would grow without end.
        let below: &dyn Any = &**file.file();
        if below.is::<Through>() { Ok(Arc::clone(file.file())) } else { Ok(Arc::new(Through(file))) }
    }
}

/// A file that reads and writes through an open file. Not seekable: the offset is the open file's.
struct Through(Arc<OpenFile>);

impl File for Through {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        match (self.0.readable(), self.0.file().is_seekable()) {
            (false, _) => Err(Errno::EBADF),
            // Does not block, as no seekable file does.
            (true, true) => self.0.read(buf),
            (true, false) => self.0.file().read_at(0, buf),
        }
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        match (self.0.writable(), self.0.file().is_seekable()) {
            (false, _) => Err(Errno::EBADF),
            (true, true) => self.0.write(buf),
            (true, false) => self.0.file().write_at(0, buf),
        }
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        self.0.poll(interest, waiter)
    }

    fn as_terminal(&self) -> Option<&dyn Terminal> {
        self.0.as_terminal()
    }
}
