//! Making all CPUs forget cached translations (Intel SDM vol. 3, section 4.10.5).

use crate::{apic, cpu, interrupt_flag, vectors};
use core::sync::atomic::{AtomicUsize, Ordering};

static FLUSHES_LEFT: AtomicUsize = AtomicUsize::new(0);
/// Held by the CPU that waits for the others; taken with interrupts on, so that two cannot wait for each other.
static FLUSHER: spin::Mutex<()> = spin::Mutex::new(());

/// Makes every CPU drop its cached translations, and waits until it has. (While one CPU runs, who changed an entry has
/// dropped it.)
pub(crate) fn flush_everywhere() {
    if cpu::count() < 2 {
        return;
    }
    assert!(interrupt_flag::are_enabled(), "a CPU that waits for the others must answer them");
    let _one_at_a_time = FLUSHER.lock();
    // This CPU is asked too: the thread may be moved to another one at any point here. The number of running CPUs only
    // grows before threads exist.
    FLUSHES_LEFT.store(cpu::count(), Ordering::SeqCst);
    apic::send_to_all(vectors::FLUSH);
    while FLUSHES_LEFT.load(Ordering::SeqCst) > 0 {
        core::hint::spin_loop();
    }
}

/// Runs on a CPU that was asked to drop its cached translations.
pub(crate) fn flush_here() {
    // SAFETY: dropping cached translations is always allowed.
    unsafe { x86::tlb::flush_all() };
    FLUSHES_LEFT.fetch_sub(1, Ordering::SeqCst);
}
