//! The streams of a link as vfs files.

use crate::link::{FRAME_LIMIT, Link, lock};
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{Access, File, Interest, Kind, OpenFile, Readiness};
use wait::Waiter;

impl Link {
    /// The host's standard input.
    #[must_use]
    pub fn stdin(self: &Arc<Self>) -> Arc<OpenFile> {
        OpenFile::anonymous(Arc::new(Input(Arc::clone(self))), Kind::Fifo, Access::READ)
    }

    /// The host's standard output.
    #[must_use]
    pub fn stdout(self: &Arc<Self>) -> Arc<OpenFile> {
        OpenFile::anonymous(Arc::new(Output::new(self, b'O')), Kind::Fifo, Access::WRITE)
    }

    /// The host's standard error.
    #[must_use]
    pub fn stderr(self: &Arc<Self>) -> Arc<OpenFile> {
        OpenFile::anonymous(Arc::new(Output::new(self, b'E')), Kind::Fifo, Access::WRITE)
    }
}

/// Standard input.
struct Input(Arc<Link>);

impl File for Input {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        let mut received = lock(&self.0.received);
        let count = buf.len().min(received.bytes.len());
        if count == 0 && !buf.is_empty() && !received.ended {
            return Err(Errno::EAGAIN);
        }
        for (slot, byte) in buf.iter_mut().zip(received.bytes.drain(..count)) {
            *slot = byte;
        }
        drop(received);
        self.0.grant(count);
        Ok(count)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter.filter(|_| interest.read) {
            self.0.readers.register(waiter);
        }
        let received = lock(&self.0.received);
        Readiness {
            readable: received.ended || !received.bytes.is_empty(),
            writable: false,
            hangup: received.ended && received.bytes.is_empty(),
            available: received.bytes.len() as u64,
        }
    }
}

/// Standard output or standard error.
struct Output {
    link: Arc<Link>,
    kind: u8,
}

impl Output {
    fn new(link: &Arc<Link>, kind: u8) -> Output {
        Output { link: Arc::clone(link), kind }
    }
}

impl File for Output {
    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        let part = buf.get(..FRAME_LIMIT).unwrap_or(buf);
        if !part.is_empty() {
            self.link.send(self.kind, part);
        }
        Ok(part.len())
    }
}
