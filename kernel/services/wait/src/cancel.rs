//! The kill flag: what makes every wait of a process end.

use crate::list::WaitList;
use crate::waiter::Waiter;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that is set once and wakes whoever waits under it.
#[derive(Debug, Default)]
pub struct Cancel {
    set: AtomicBool,
    waiters: WaitList,
}

impl Cancel {
    /// A flag that is not set.
    #[must_use]
    pub const fn new() -> Self {
        Cancel { set: AtomicBool::new(false), waiters: WaitList::new() }
    }

    /// Sets the flag and ends every wait under it.
    pub fn cancel(&self) {
        self.set.store(true, Ordering::SeqCst);
        self.waiters.wake_all();
    }

    /// Whether the flag is set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.set.load(Ordering::SeqCst)
    }

    pub(crate) fn register(&self, waiter: &Waiter) {
        self.waiters.register(waiter);
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Cancel>>> = const { RefCell::new(None) };
}

/// The flag that ends this thread's waits, if it runs for a process.
#[must_use]
pub fn current() -> Option<Arc<Cancel>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Makes `cancel` the flag that ends this thread's waits; returns the one before.
pub fn enter(cancel: Option<Arc<Cancel>>) -> Option<Arc<Cancel>> {
    CURRENT.replace(cancel)
}
