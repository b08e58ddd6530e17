//! Waking one thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::thread::Thread;

/// What wakes one thread.
#[derive(Debug)]
pub(crate) struct Parker {
    thread: Thread,
    woken: AtomicBool,
}

impl Parker {
    pub(crate) fn wake_up(&self) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_up();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_up();
    }
}

thread_local! {
    static PARKER: Arc<Parker> =
        Arc::new(Parker { thread: std::thread::current(), woken: AtomicBool::new(false) });
}

/// A thread that is about to wait: what a source of events registers.
///
/// There is one a thread, so that waiting again and again on a source that stays silent does not pile up in its list.
#[derive(Clone, Debug)]
pub struct Waiter(Arc<Parker>);

impl Waiter {
    /// The same as a standard waker, for what lies below the std line (see `interfaces::ByteDevice`).
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.0))
    }

    /// What wakes the calling thread.
    pub(crate) fn of_this_thread() -> Waiter {
        Waiter(PARKER.with(Arc::clone))
    }

    /// Whether the thread was woken since it last asked.
    pub(crate) fn take_wake_up(&self) -> bool {
        self.0.woken.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn parker(&self) -> &Arc<Parker> {
        &self.0
    }
}
