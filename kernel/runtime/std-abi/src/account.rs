//! What a thread has allocated, and how much that may be.
//!
//! Off but for threads that were limited. Blocks that another thread frees would stay on the account, and those of another
//! thread would be taken off: who makes or frees what is shared with others pauses the counting.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// How many accounts have a limit: none as a rule, and then allocating costs one load more.
static LIMITED: AtomicUsize = AtomicUsize::new(0);

const UNLIMITED: usize = usize::MAX;

/// A thread's account; only the thread itself changes it.
pub(crate) struct Account {
    used: AtomicUsize,
    limit: AtomicUsize,
    is_exhausted: AtomicBool,
    /// Pauses that have begun and not ended: nothing is counted meanwhile.
    pauses: AtomicU32,
}

impl Default for Account {
    fn default() -> Account {
        Account {
            used: AtomicUsize::new(0),
            limit: AtomicUsize::new(UNLIMITED),
            is_exhausted: AtomicBool::new(false),
            pauses: AtomicU32::new(0),
        }
    }
}

impl Account {
    /// Begins to count, or stops.
    pub(crate) fn limit(&self, bytes: Option<usize>) {
        let limit = bytes.unwrap_or(UNLIMITED);
        let before = self.limit.swap(limit, Ordering::Relaxed);
        if before == UNLIMITED && limit != UNLIMITED {
            self.used.store(0, Ordering::Relaxed);
            LIMITED.fetch_add(1, Ordering::Relaxed);
        } else if before != UNLIMITED && limit == UNLIMITED {
            LIMITED.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Lifts the limit of a thread that ends because it has no memory; whether it was to end already.
    pub(crate) fn exhaust(&self) -> bool {
        self.limit(None);
        self.is_exhausted.swap(true, Ordering::Relaxed)
    }

    /// What is taken and freed until [`resume`](Self::resume) is not this thread's own. Pauses nest.
    pub(crate) fn pause(&self) {
        self.pauses.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends a pause.
    pub(crate) fn resume(&self) {
        let before = self.pauses.load(Ordering::Relaxed);
        self.pauses.store(before.saturating_sub(1), Ordering::Relaxed);
    }

    fn counts(&self) -> bool {
        self.limit.load(Ordering::Relaxed) != UNLIMITED && self.pauses.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether `size` bytes more may be taken; counts them.
    pub(crate) fn charge(&self, size: usize) -> bool {
        if !self.counts() {
            return true;
        }
        let limit = self.limit.load(Ordering::Relaxed);
        let used = self.used.load(Ordering::Relaxed).saturating_add(size);
        if used > limit {
            return false;
        }
        self.used.store(used, Ordering::Relaxed);
        true
    }

    /// Takes back what was counted.
    pub(crate) fn refund(&self, size: usize) {
        if !self.counts() {
            return;
        }
        // What was allocated before counting began, or elsewhere, may be more than was counted.
        let used = self.used.load(Ordering::Relaxed);
        self.used.store(used.saturating_sub(size), Ordering::Relaxed);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.limit(None);
    }
}

/// Whether any account has a limit.
pub(crate) fn is_in_use() -> bool {
    LIMITED.load(Ordering::Relaxed) != 0
}
