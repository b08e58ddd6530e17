//! Exceptions on purpose, for the tests of what is said about them.

use core::arch::asm;
use x86::dtables::DescriptorTablePointer;

/// Functions that raise an exception, by the names that the program `selftest` gives them.
pub const EXCEPTIONS: &[(&str, fn())] = &[
    ("divide", divide),
    ("breakpoint", breakpoint),
    ("invalid-opcode", invalid_opcode),
    ("general-protection", general_protection),
    ("page-fault", page_fault),
    ("write-to-code", write_to_code),
    ("execute-data", execute_data),
    ("double-fault", double_fault),
];

fn divide() {
    // SAFETY: the exception that this raises stops the machine.
    unsafe { asm!("xor edx, edx", "xor ecx, ecx", "div ecx", out("eax") _, out("ecx") _, out("edx") _) };
}

fn breakpoint() {
    // SAFETY: as above.
    unsafe { asm!("int3") };
}

fn invalid_opcode() {
    // SAFETY: as above.
    unsafe { asm!("ud2") };
}

fn general_protection() {
    // SAFETY: as above: the address is not canonical.
    unsafe { asm!("mov al, [{}]", in(reg) 1u64 << 63, out("al") _) };
}

fn page_fault() {
    // SAFETY: as above: page 0 is not mapped.
    unsafe { asm!("mov al, [{}]", in(reg) 8u64, out("al") _) };
}

fn write_to_code() {
    // SAFETY: as above: code cannot be written; where it can, the byte stays what it is.
    unsafe { asm!("mov al, [{0}]", "mov [{0}], al", in(reg) write_to_code as fn(), out("al") _) };
}

fn execute_data() {
    static RETURN: [u8; 1] = [0xC3];
    // SAFETY: as above: constants cannot be executed; where they can, this one returns.
    unsafe { asm!("call {}", in(reg) RETURN.as_ptr(), clobber_abi("C")) };
}

/// A general protection exception whose gate lies beyond the end of the table, which is another one of the same class.
fn double_fault() {
    const GATES: u16 = 9;
    let mut table = DescriptorTablePointer::<[u64; 2]> { limit: 0, base: core::ptr::null() };
    crate::interrupt_flag::disable();
    // SAFETY: reads where the table is.
    unsafe { x86::dtables::sidt(&mut table) };
    table.limit = GATES * 16 - 1;
    // SAFETY: the machine stops in what follows; the gate of the double fault is the last one that is left.
    unsafe { x86::dtables::lidt(&table) };
    general_protection();
}
