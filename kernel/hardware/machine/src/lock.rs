//! A spin lock that keeps interrupts off while it is held, for data that interrupt handlers share.

use crate::interrupt_flag;
use core::sync::atomic::{AtomicBool, Ordering};
use lock_api::{GuardNoSend, RawMutex};

/// The raw lock.
#[derive(Debug)]
pub struct RawIrqLock {
    held: AtomicBool,
    /// Whether the holder had interrupts on; only the holder touches it.
    interrupts: AtomicBool,
}

/// Data behind an interrupt-safe spin lock.
pub type IrqLock<T> = lock_api::Mutex<RawIrqLock, T>;

/// A hold on it.
pub type IrqGuard<'a, T> = lock_api::MutexGuard<'a, RawIrqLock, T>;

// SAFETY: `held` goes from false to true for one locker at a time, and back only by its holder.
unsafe impl RawMutex for RawIrqLock {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = RawIrqLock { held: AtomicBool::new(false), interrupts: AtomicBool::new(false) };
    // The interrupt flag belongs to a CPU: a guard must be dropped where it was made.
    type GuardMarker = GuardNoSend;

    fn lock(&self) {
        let interrupts = interrupt_flag::disable();
        while self.held.swap(true, Ordering::Acquire) {
            while self.held.load(Ordering::Relaxed) {
                core::hint::spin_loop();
            }
        }
        self.interrupts.store(interrupts, Ordering::Relaxed);
    }

    fn try_lock(&self) -> bool {
        let interrupts = interrupt_flag::disable();
        if self.held.swap(true, Ordering::Acquire) {
            interrupt_flag::restore(interrupts);
            return false;
        }
        self.interrupts.store(interrupts, Ordering::Relaxed);
        true
    }

    unsafe fn unlock(&self) {
        let interrupts = self.interrupts.load(Ordering::Relaxed);
        self.held.store(false, Ordering::Release);
        interrupt_flag::restore(interrupts);
    }
}
