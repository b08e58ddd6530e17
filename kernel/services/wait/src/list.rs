//! The threads that wait for one source of events.

use crate::waiter::{Parker, Waiter};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The threads that wait for one source of events.
#[derive(Debug, Default)]
pub struct WaitList {
    // Weak: a thread that ended without its event must not stay here for ever.
    waiters: Mutex<Vec<Weak<Parker>>>,
}

impl WaitList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        WaitList { waiters: Mutex::new(Vec::new()) }
    }

    /// Wakes `waiter` at the next [`wake_all`](Self::wake_all); registering the same one twice has no effect.
    pub fn register(&self, waiter: &Waiter) {
        let mut waiters = self.lock();
        waiters.retain(|known| known.strong_count() > 0);
        if !waiters.iter().any(|known| known.as_ptr() == Arc::as_ptr(waiter.parker())) {
            waiters.push(Arc::downgrade(waiter.parker()));
        }
    }

    /// Wakes every registered thread and forgets it.
    pub fn wake_all(&self) {
        let waiters = std::mem::take(&mut *self.lock());
        for parker in waiters.iter().filter_map(Weak::upgrade) {
            parker.wake_up();
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Parker>>> {
        // A panic cannot leave the vector half changed.
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
