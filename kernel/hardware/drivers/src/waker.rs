//! The one who waits for a device.

use core::task::Waker;
use machine::lock::IrqLock;

/// A place for the waker of the thread that waits for a device; an interrupt handler wakes it.
pub(crate) struct WakerSlot(IrqLock<Option<Waker>>);

impl WakerSlot {
    pub(crate) const fn new() -> WakerSlot {
        WakerSlot(IrqLock::new(None))
    }

    /// Puts `waker` in the place of the one before.
    pub(crate) fn set(&self, waker: &Waker) {
        // The old one is dropped outside the lock.
        let _old = self.0.lock().replace(waker.clone());
    }

    /// Wakes who waits, once.
    pub(crate) fn wake(&self) {
        let waker = self.0.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
