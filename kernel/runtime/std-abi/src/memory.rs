//! Memory: std's allocator is the machine's heap, and threads may have a limit (`account`).

use crate::account::{self, Account};
use crate::{fault, threads};
use core::alloc::Layout;
use machine::heap;
use process::ExitStatus;

/// Makes an allocation that fails end the program that asked for it, by unwinding.
pub fn init() {
    std::alloc::set_alloc_error_hook(|layout| {
        if process::current().is_none() {
            // A thread of the kernel itself: std aborts.
            return;
        }
        if threads::account().is_none_or(Account::exhaust) {
            // Nor is there any to unwind with.
            fault::end_process(ExitStatus::OutOfMemory);
        }
        machine::log!("no memory for {} bytes in process {:?}", layout.size(), process::current().map(|p| p.pid()));
        process::exit(ExitStatus::OutOfMemory)
    });
}

/// Whether the calling thread may allocate `size` bytes; counts them.
fn charge(size: usize) -> bool {
    !account::is_in_use() || threads::account().is_none_or(|account| account.charge(size))
}

/// The calling thread has freed `size` bytes.
fn refund(size: usize) {
    if account::is_in_use()
        && let Some(account) = threads::account()
    {
        account.refund(size);
    }
}

/// Allocates `size` bytes; null when memory is short.
///
/// # Safety
/// `align` is a power of two, and `size` rounded up to it does not overflow: std passes a `Layout`'s parts.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_malloc(size: usize, align: usize) -> *mut u8 {
    if !charge(size) {
        return core::ptr::null_mut();
    }
    // SAFETY: the caller's contract.
    let block = heap::allocate(unsafe { Layout::from_size_align_unchecked(size, align) });
    if block.is_null() {
        refund(size);
    }
    block
}

/// Changes the size of a block; null when memory is short.
///
/// # Safety
/// The block came from here with this size and alignment; `new_size` is not zero.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_realloc(block: *mut u8, size: usize, align: usize, new_size: usize) -> *mut u8 {
    if new_size > size && !charge(new_size - size) {
        return core::ptr::null_mut();
    }
    // SAFETY: the caller's contract.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the caller's contract.
    let moved = unsafe { heap::reallocate(block, layout, new_size) };
    if moved.is_null() == (new_size > size) && new_size != size {
        // Grown in vain, or shrunk.
        refund(size.abs_diff(new_size));
    }
    moved
}

/// Frees a block.
///
/// # Safety
/// The block came from here with this size and alignment and is not used again.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_free(block: *mut u8, size: usize, align: usize) {
    refund(size);
    // SAFETY: the caller's contract.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the caller's contract.
    unsafe { heap::free(block, layout) };
}
