//! What the unit tests of this crate share.

use interfaces::{Clock, Entropy};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock that goes on by a microsecond whenever somebody looks.
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn new() -> Arc<TestClock> {
        Arc::new(TestClock(AtomicU64::new(1_700_000_000_000_000_000)))
    }
}

impl Clock for TestClock {
    fn monotonic_ns(&self) -> u64 {
        self.realtime_ns()
    }

    fn realtime_ns(&self) -> u64 {
        self.0.fetch_add(1000, Ordering::Relaxed)
    }

    fn set_realtime_ns(&self, now: u64) {
        self.0.store(now, Ordering::Relaxed);
    }

    fn resolution_ns(&self) -> u64 {
        1000
    }
}

/// Bytes that are not zero.
pub(crate) struct TestEntropy;

impl Entropy for TestEntropy {
    fn fill(&self, buf: &mut [u8]) {
        for (at, byte) in buf.iter_mut().enumerate() {
            *byte = (at % 251) as u8 + 1;
        }
    }
}
