//! The local APIC: timer, inter-processor interrupts, end of interrupt (Intel SDM vol. 3, chapter 11).

use crate::interrupt_flag;
use crate::mmio::Mmio;
use core::sync::atomic::{AtomicBool, Ordering};
use spin::Once;
use x86::msr;

const END_OF_INTERRUPT: u32 = 0x0B;
/// The first of eight registers with a bit for each vector.
const IN_SERVICE: u32 = 0x10;
const TASK_PRIORITY: u32 = 0x08;
const SPURIOUS: u32 = 0x0F;
const COMMAND_LOW: u32 = 0x30;
const COMMAND_HIGH: u32 = 0x31;
const TIMER: u32 = 0x32;
const TIMER_INITIAL: u32 = 0x38;
const TIMER_CURRENT: u32 = 0x39;
const TIMER_DIVIDE: u32 = 0x3E;

const DIVIDE_BY_16: u32 = 3;
const MASKED: u32 = 1 << 16;
const ENABLED: u32 = 1 << 8;
const DELIVERY_PENDING: u32 = 1 << 12;
const LEVEL_ASSERT: u32 = 1 << 14;
const SELF: u32 = 1 << 18;
const ALL: u32 = 2 << 18;
const INIT: u32 = 5 << 8;
const START_UP: u32 = 6 << 8;

const BASE_X2APIC: u64 = 1 << 10;
const BASE_ENABLED: u64 = 1 << 11;
const X2APIC_FIRST: u32 = 0x800;
const X2APIC_COMMAND: u32 = 0x830;

static REGISTERS: Once<Mmio> = Once::new();
static X2APIC: AtomicBool = AtomicBool::new(false);

fn read(register: u32) -> u32 {
    if X2APIC.load(Ordering::Relaxed) {
        // SAFETY: in x2APIC mode the registers are MSRs.
        return unsafe { msr::rdmsr(X2APIC_FIRST + register) } as u32;
    }
    REGISTERS.get().map_or(0, |mmio| mmio.read(register as usize * 16))
}

fn write(register: u32, value: u32) {
    if X2APIC.load(Ordering::Relaxed) {
        // SAFETY: in x2APIC mode the registers are MSRs.
        unsafe { msr::wrmsr(X2APIC_FIRST + register, u64::from(value)) };
    } else if let Some(mmio) = REGISTERS.get() {
        mmio.write(register as usize * 16, value);
    }
}

/// Enables the local APIC of the CPU that runs this code.
pub fn init(spurious_vector: u8) {
    // SAFETY: the MSR exists on every x86-64 CPU.
    let base = unsafe { msr::rdmsr(msr::IA32_APIC_BASE) };
    // SAFETY: only the enable bit changes.
    unsafe { msr::wrmsr(msr::IA32_APIC_BASE, base | BASE_ENABLED) };
    if base & BASE_X2APIC != 0 {
        // The firmware chose this mode, and it cannot be left without a reset.
        X2APIC.store(true, Ordering::Relaxed);
    } else {
        // SAFETY: the local APIC's registers stand at the address that the MSR names.
        REGISTERS.call_once(|| unsafe { Mmio::map(base as usize & 0x000F_FFFF_FFFF_F000, 4096) });
    }
    write(TASK_PRIORITY, 0);
    write(SPURIOUS, ENABLED | u32::from(spurious_vector));
    write(TIMER, MASKED);
    write(TIMER_DIVIDE, DIVIDE_BY_16);
}

/// Says that the interrupt in service was handled.
pub fn end_of_interrupt() {
    write(END_OF_INTERRUPT, 0);
}

/// Arms the one-shot timer: `vector` after `count` ticks; 0 disarms it.
pub fn arm_timer(vector: u8, count: u32) {
    write(TIMER, u32::from(vector));
    write(TIMER_INITIAL, count);
}

/// Lets the timer run from its top without an interrupt, for calibration.
pub(crate) fn run_timer_masked() {
    write(TIMER, MASKED);
    write(TIMER_INITIAL, u32::MAX);
}

/// The timer's current count; it counts down.
pub(crate) fn timer_count() -> u32 {
    read(TIMER_CURRENT)
}

fn command(target: u32, low: u32) {
    if X2APIC.load(Ordering::Relaxed) {
        // SAFETY: in x2APIC mode the command register is one MSR.
        unsafe { msr::wrmsr(X2APIC_COMMAND, u64::from(target) << 32 | u64::from(low)) };
        return;
    }
    // An interrupt between the two writes could send its own command.
    let interrupts = interrupt_flag::disable();
    while read(COMMAND_LOW) & DELIVERY_PENDING != 0 {
        core::hint::spin_loop();
    }
    write(COMMAND_HIGH, target << 24);
    write(COMMAND_LOW, low);
    interrupt_flag::restore(interrupts);
}

/// Interrupts the CPU whose APIC id is `target`.
pub fn send(target: u32, vector: u8) {
    command(target, LEVEL_ASSERT | u32::from(vector));
}

/// Interrupts the CPU that runs this code, as soon as it takes interrupts.
pub fn send_to_self(vector: u8) {
    command(0, LEVEL_ASSERT | SELF | u32::from(vector));
}

/// Raises those interrupts anew that are in service although no handler runs: their delivery failed (Intel SDM vol. 3, section
/// 11.8.4: from the acknowledgement on they count as in service). For code that handlers interrupt.
pub(crate) fn raise_lost_interrupts() {
    for word in (0..8).rev() {
        loop {
            let vectors = read(IN_SERVICE + word);
            let Some(bit) = vectors.checked_ilog2() else { break };
            // Ends the highest, which is this one.
            end_of_interrupt();
            send_to_self((word * 32 + bit) as u8);
        }
    }
}

/// Interrupts every CPU, this one too.
pub fn send_to_all(vector: u8) {
    command(0, LEVEL_ASSERT | ALL | u32::from(vector));
}

/// Puts a processor into the state in which it waits for a start-up message.
pub(crate) fn send_init(target: u32) {
    command(target, LEVEL_ASSERT | INIT);
}

/// Starts a processor at the page `address`, below 1 MiB.
pub(crate) fn send_start_up(target: u32, address: usize) {
    command(target, LEVEL_ASSERT | START_UP | (address >> 12) as u32);
}
