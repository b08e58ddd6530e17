//! Which sockets smoltcp has news of: its wakers push numbers into a list.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// The numbers of sockets that changed.
#[derive(Debug)]
pub(super) struct ReadyList<T> {
    woken: Mutex<Vec<Arc<ReadyWaker<T>>>>,
}

impl<T> Default for ReadyList<T> {
    fn default() -> Self {
        ReadyList { woken: Mutex::default() }
    }
}

/// What smoltcp wakes for one socket.
#[derive(Debug)]
pub(super) struct ReadyWaker<T> {
    id: T,
    queued: AtomicBool,
    list: Arc<ReadyList<T>>,
}

impl<T: Copy + Send + Sync + 'static> ReadyWaker<T> {
    /// A waker that puts `id` on `list`, once until it is taken from there.
    pub(super) fn waker(id: T, list: &Arc<ReadyList<T>>) -> Waker {
        Waker::from(Arc::new(ReadyWaker { id, queued: AtomicBool::new(false), list: Arc::clone(list) }))
    }
}

impl<T: Copy + Send + Sync + 'static> Wake for ReadyWaker<T> {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let list = Arc::clone(&self.list);
            // Single vector operations.
            list.woken.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        }
    }
}

impl<T: Copy> ReadyList<T> {
    /// Takes the numbers of all that changed.
    pub(super) fn take(&self) -> Vec<T> {
        let woken = std::mem::take(&mut *self.woken.lock().unwrap_or_else(PoisonError::into_inner));
        let note = |waker: &Arc<ReadyWaker<T>>| {
            waker.queued.store(false, Ordering::Release);
            waker.id
        };
        woken.iter().map(note).collect()
    }

    /// Whether any changed.
    pub(super) fn is_empty(&self) -> bool {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}
