//! Exceptions: a register dump and a backtrace, then the thread or the machine ends (Intel SDM vol. 3, section 6.15).

use crate::frame::InterruptFrame;
use crate::{apic, backtrace, cpu, interrupt_flag, last_words, log, power, vectors};
use core::sync::atomic::{AtomicBool, Ordering};
use spin::Once;

const PAGE_FAULT: u64 = 14;
const INTERRUPT_FLAG: u64 = 1 << 9;

const NAMES: [&str; 32] = [
    "divide error",
    "debug",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack fault",
    "general protection",
    "page fault",
    "reserved",
    "x87 floating-point error",
    "alignment check",
    "machine check",
    "SIMD floating-point error",
    "virtualization",
    "control protection",
    "reserved",
    "reserved",
    "reserved",
    "reserved",
    "reserved",
    "reserved",
    "hypervisor injection",
    "VMM communication",
    "security",
    "reserved",
];

/// What a page fault asks of the owner of threads, by its address: whether the running thread can go on where it was, as
/// its stack has overflowed and was given more.
pub type OverflowHandler = fn(address: usize) -> bool;

static ON_PAGE_FAULT: Once<OverflowHandler> = Once::new();
static DYING: AtomicBool = AtomicBool::new(false);

/// Sets what makes a thread that overflowed its stack go on to its end.
pub fn on_page_fault(handler: OverflowHandler) {
    ON_PAGE_FAULT.call_once(|| handler);
}

pub(crate) fn handle(frame: &InterruptFrame) {
    if frame.vector == PAGE_FAULT {
        // SAFETY: reading CR2 has no effect.
        let address = unsafe { x86::controlregs::cr2() };
        if ON_PAGE_FAULT.get().is_some_and(|handler| handler(address)) {
            if frame.rflags & INTERRUPT_FLAG != 0 {
                // It may have come as the CPU was about to put an interrupt's frame there.
                apic::raise_lost_interrupts();
            }
            return;
        }
    }
    die(frame)
}

fn die(frame: &InterruptFrame) -> ! {
    if DYING.swap(true, Ordering::SeqCst) {
        // An exception in this very code, or one on another CPU at the same time: the first report is the one that counts.
        interrupt_flag::stop();
    }
    log::stop_keeping();
    last_words::begin();
    dump(frame);
    backtrace::print();
    stop_machine()
}

fn dump(frame: &InterruptFrame) {
    let name = NAMES.get(frame.vector as usize).unwrap_or(&"unknown");
    // SAFETY: reading a control register has no effect.
    let cr2 = unsafe { x86::controlregs::cr2() };
    // SAFETY: as above.
    let cr3 = unsafe { x86::controlregs::cr3() };
    crate::print!(
        "\nEXCEPTION {} ({name}), error code {:#x}, on CPU {}\n",
        frame.vector,
        frame.error_code,
        cpu::index()
    );
    crate::print!("rip {:016x} rflags {:08x} cs {:04x} ss {:04x}\n", frame.rip, frame.rflags, frame.cs, frame.ss);
    crate::print!("rsp {:016x} cr2 {cr2:016x} cr3 {cr3:016x}\n", frame.rsp);
    let names =
        ["r15", "r14", "r13", "r12", "r11", "r10", "r9 ", "r8 ", "rdi", "rsi", "rbp", "rbx", "rdx", "rcx", "rax"];
    for (index, (name, value)) in names.iter().zip(frame.registers).enumerate() {
        let end = if index % 4 == 3 || index == 14 { '\n' } else { ' ' };
        crate::print!("{name} {value:016x}{end}");
    }
}

/// Ends the machine after a fault of the kernel: shows why, says so to a test harness, halts otherwise, so that the dump can
/// be read.
pub fn stop_machine() -> ! {
    // The message below comes to this CPU, too, which still has something to say.
    interrupt_flag::disable();
    apic::send_to_all(vectors::STOP);
    crate::print!("The kernel has stopped. Please report the lines above.\n");
    last_words::show(log::try_history().as_deref());
    power::report_failure();
    interrupt_flag::stop()
}
