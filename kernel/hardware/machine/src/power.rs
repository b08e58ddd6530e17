//! Leaving the machine: off, reset, and the verdict for a test harness.

use crate::port::Port;
use crate::{acpi, interrupt_flag};
use interfaces::Power;

/// Where QEMU's `isa-debug-exit` stands in this project's harness: a byte `n` ends it with status `2n + 1`.
const DEBUG_EXIT: u16 = 0xF4;
const VERDICT_DONE: u8 = 0x10;
const VERDICT_FAILED: u8 = 0x20;

fn verdict(value: u8) {
    // Only under a hypervisor: on a PC the port belongs to the old coprocessor interface.
    let hypervisor = raw_cpuid::CpuId::new().get_feature_info().is_some_and(|info| info.has_hypervisor());
    if hypervisor {
        // SAFETY: a test device, or nothing.
        unsafe { Port::<u8>::new(DEBUG_EXIT) }.write(value);
    }
}

/// Tells a test harness that the kernel failed; returns where there is none.
pub fn report_failure() {
    verdict(VERDICT_FAILED);
}

/// Leaves the machine.
pub fn leave(how: Power) -> ! {
    match how {
        Power::Off => {
            verdict(VERDICT_DONE);
            acpi::power_off();
            crate::log!("this machine has no ACPI power-off: it can be switched off now");
        }
        Power::Reset => reset(),
    }
    interrupt_flag::disable();
    interrupt_flag::stop()
}

/// Resets by ACPI's register, then the keyboard controller, then a triple fault, until one works.
fn reset() {
    acpi::reset();
    // SAFETY: the keyboard controller's command port; 0xFE pulses the reset line.
    let keyboard = unsafe { Port::<u8>::new(0x64) };
    for _ in 0..1000 {
        if keyboard.read() & 2 == 0 {
            break;
        }
    }
    keyboard.write(0xFE);
    crate::clock::spin_us(100_000);
    let empty = x86::dtables::DescriptorTablePointer::<u64> { limit: 0, base: core::ptr::null() };
    // SAFETY: no interrupt can be handled after this; the next one resets the CPU, which is the purpose.
    unsafe { x86::dtables::lidt(&empty) };
    // SAFETY: as above.
    unsafe { core::arch::asm!("int3") };
}
