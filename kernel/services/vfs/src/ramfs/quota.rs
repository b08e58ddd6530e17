//! How much memory may be taken for a purpose: by file systems, by buffers of sockets.

use interfaces::{Errno, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much memory may be taken; several can share one.
#[derive(Debug)]
pub struct SpaceQuota {
    limit: AtomicU64,
    used: AtomicU64,
}

impl SpaceQuota {
    /// A quota of `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Arc<SpaceQuota> {
        Arc::new(SpaceQuota { limit: AtomicU64::new(limit), used: AtomicU64::new(0) })
    }

    /// Bytes that may be used.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Changes the limit; what is used beyond it stays.
    pub fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Bytes in use.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes that are left.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.limit().saturating_sub(self.used())
    }

    fn take(&self, bytes: u64) -> Result<()> {
        let add = |used: u64| used.checked_add(bytes).filter(|&used| used <= self.limit());
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(drop).map_err(|_| Errno::ENOSPC)
    }
}

/// Bytes taken from a quota; they go back when it is dropped.
#[derive(Debug)]
pub struct Charge {
    quota: Arc<SpaceQuota>,
    bytes: u64,
}

impl Charge {
    /// None yet.
    #[must_use]
    pub fn none(quota: &Arc<SpaceQuota>) -> Charge {
        Charge { quota: Arc::clone(quota), bytes: 0 }
    }

    /// Bytes that were taken.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes that the quota has left.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.quota.available()
    }

    /// Takes `bytes` more.
    ///
    /// # Errors
    /// ENOSPC.
    pub fn grow(&mut self, bytes: u64) -> Result<()> {
        self.quota.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives `bytes` back.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.quota.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_limited_and_given_back() {
        let quota = SpaceQuota::new(100);
        let mut first = Charge::none(&quota);
        first.grow(60).unwrap();
        let mut second = Charge::none(&quota);
        assert_eq!(second.grow(41), Err(Errno::ENOSPC));
        second.grow(40).unwrap();
        assert_eq!((quota.used(), quota.available()), (100, 0));
        first.shrink(10);
        drop(second);
        assert_eq!(quota.used(), 50);
        quota.set_limit(40);
        assert_eq!(first.grow(1), Err(Errno::ENOSPC));
        drop(first);
        assert_eq!(quota.used(), 0);
    }
}
