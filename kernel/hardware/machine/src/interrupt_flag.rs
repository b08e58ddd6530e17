//! The interrupt flag of the CPU that runs this code, and halting it (Intel SDM vol. 3, section 6.8.1).

use core::arch::asm;

/// Turns interrupts off; returns whether they were on.
pub fn disable() -> bool {
    let flags: u64;
    // SAFETY: reads the flags and clears IF; the push and pop are balanced.
    unsafe { asm!("pushfq", "pop {}", "cli", out(reg) flags) };
    flags & (1 << 9) != 0
}

/// Turns interrupts on if `on`.
pub fn restore(on: bool) {
    if on {
        // SAFETY: the caller had them on, so that a handler may run here.
        unsafe { x86::irq::enable() };
    }
}

/// Whether interrupts are on.
#[must_use]
pub fn are_enabled() -> bool {
    let flags: u64;
    // SAFETY: reads the flags; the push and pop are balanced.
    unsafe { asm!("pushfq", "pop {}", out(reg) flags) };
    flags & (1 << 9) != 0
}

/// Turns interrupts on and halts until one comes, with no gap between the two (Intel SDM vol. 2, STI).
pub fn enable_and_halt() {
    // SAFETY: an idle loop's thread holds nothing that a handler wants.
    unsafe { asm!("sti", "hlt") };
}

/// Stops this CPU for ever.
pub fn stop() -> ! {
    loop {
        // SAFETY: with interrupts off only an NMI ends a halt, and the loop takes it back.
        unsafe { asm!("cli", "hlt") };
    }
}
