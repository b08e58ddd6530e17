//! A thread's machine state while it does not run: a stack pointer, all else lies on the stack.

use crate::stack::Stack;
use core::arch::global_asm;

global_asm!(include_str!("asm/switch.s"));

unsafe extern "C" {
    fn switch_stacks(old: *mut usize, new: usize);
    fn thread_start();
}

/// Initial control words (System V x86-64 psABI, section 3.2.1): all exceptions masked, double extended precision.
const MXCSR: u32 = 0x1F80;
const X87_CONTROL: u16 = 0x37F;

/// Lays out `stack` so that the first switch to it calls `entry(argument)`; returns its stack pointer.
#[must_use]
pub fn prepare(stack: &mut Stack, entry: extern "C" fn(usize) -> !, argument: usize) -> usize {
    // What `switch_stacks` pops: control words, r15, r14, r13, r12, rbx, rbp, and its return address; above them a zero
    // in the place of a caller, which leaves rsp as after a call.
    let frame: [u64; 9] = [
        u64::from(MXCSR) | u64::from(X87_CONTROL) << 32,
        0,
        0,
        argument as u64,
        entry as *const () as u64,
        0,
        0,
        thread_start as *const () as u64,
        0,
    ];
    let top = stack.range().end & !0xF;
    let pointer = top - 16 - size_of_val(&frame) + 8;
    // SAFETY: the range lies inside a stack that no thread runs on yet, and is aligned to 8.
    unsafe { (pointer as *mut [u64; 9]).write(frame) };
    pointer
}

/// Leaves the running thread, whose stack pointer goes to `*old`, and goes on where `new` was left.
///
/// # Safety
/// Interrupts are off. `new` comes from [`prepare`] or an earlier switch and is used once; `old` stays valid until the
/// switch back.
pub unsafe fn switch(old: *mut usize, new: usize) {
    // SAFETY: the caller's contract is that of the assembly.
    unsafe { switch_stacks(old, new) };
}
