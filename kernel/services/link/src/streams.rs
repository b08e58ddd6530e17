//! The streams of a link as vfs files.

use crate::{FRAME_LIMIT, Link, lock};
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{File, Interest, Readiness};
use wait::Waiter;

/// Standard input.
pub(crate) struct Input(pub(crate) Arc<Link>);

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
pub(crate) struct Output {
    link: Arc<Link>,
    kind: u8,
}

impl Output {
    pub(crate) fn new(link: &Arc<Link>, kind: u8) -> Output {
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
