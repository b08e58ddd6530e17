//! The devices that need no hardware, as Linux's manual describes them: null(4), full(4), random(4).

use crate::node::File;
use interfaces::{Entropy, Errno, Result};
use std::sync::Arc;

/// Their names and files.
pub(super) fn devices(entropy: &Arc<dyn Entropy>) -> [(&'static str, Arc<dyn File>); 5] {
    let random = Arc::new(Random(Arc::clone(entropy)));
    [
        ("null", Arc::new(Null)),
        ("zero", Arc::new(Zero)),
        ("full", Arc::new(Full)),
        ("random", Arc::clone(&random) as Arc<dyn File>),
        ("urandom", random),
    ]
}

pub(super) struct Null;

impl File for Null {
    fn read_at(&self, _offset: u64, _buf: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        Ok(buf.len())
    }

    fn is_seekable(&self) -> bool {
        true
    }
}

struct Zero;

impl File for Zero {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        buf.fill(0);
        Ok(buf.len())
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        Ok(buf.len())
    }

    fn is_seekable(&self) -> bool {
        true
    }
}

struct Full;

impl File for Full {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        buf.fill(0);
        Ok(buf.len())
    }

    fn write_at(&self, _offset: u64, _buf: &[u8]) -> Result<usize> {
        Err(Errno::ENOSPC)
    }

    fn is_seekable(&self) -> bool {
        true
    }
}

struct Random(Arc<dyn Entropy>);

impl File for Random {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.0.fill(buf);
        Ok(buf.len())
    }

    /// Accepted and not used: the generator does not need a program's word for what is random.
    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        Ok(buf.len())
    }

    fn is_seekable(&self) -> bool {
        true
    }
}
