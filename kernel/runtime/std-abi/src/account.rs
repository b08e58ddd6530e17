//! What a thread has allocated, and how much that may be.
//!
//! Off but for threads that were limited. Blocks that another thread frees stay on the account: a limit is for programs that
//! keep what they have to themselves.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many accounts have a limit: none as a rule, and then allocating costs one load more.
static LIMITED: AtomicUsize = AtomicUsize::new(0);

const UNLIMITED: usize = usize::MAX;

/// A thread's account; only the thread itself changes it.
pub(crate) struct Account {
    used: AtomicUsize,
    limit: AtomicUsize,
    is_exhausted: AtomicBool,
}

impl Default for Account {
    fn default() -> Account {
        Account { used: AtomicUsize::new(0), limit: AtomicUsize::new(UNLIMITED), is_exhausted: AtomicBool::new(false) }
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

    fn is_limited(&self) -> bool {
        self.limit.load(Ordering::Relaxed) != UNLIMITED
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether `size` bytes more may be taken; counts them.
    pub(crate) fn charge(&self, size: usize) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == UNLIMITED {
            return true;
        }
        let used = self.used.load(Ordering::Relaxed).saturating_add(size);
        if used > limit {
            return false;
        }
        self.used.store(used, Ordering::Relaxed);
        true
    }

    /// Takes back what was counted.
    pub(crate) fn refund(&self, size: usize) {
        if !self.is_limited() {
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
