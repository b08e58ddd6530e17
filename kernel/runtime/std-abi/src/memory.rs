//! Memory: std's allocator is the machine's heap.

use core::alloc::Layout;
use machine::heap;

/// Allocates `size` bytes; null when memory is short.
///
/// # Safety
/// `align` is a power of two, and `size` rounded up to it does not overflow: std passes a `Layout`'s parts.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_malloc(size: usize, align: usize) -> *mut u8 {
    // SAFETY: the caller's contract.
    heap::allocate(unsafe { Layout::from_size_align_unchecked(size, align) })
}

/// Changes the size of a block; null when memory is short.
///
/// # Safety
/// The block came from here with this size and alignment; `new_size` is not zero.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_realloc(block: *mut u8, size: usize, align: usize, new_size: usize) -> *mut u8 {
    // SAFETY: the caller's contract.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the caller's contract.
    unsafe { heap::reallocate(block, layout, new_size) }
}

/// Frees a block.
///
/// # Safety
/// The block came from here with this size and alignment and is not used again.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_free(block: *mut u8, size: usize, align: usize) {
    // SAFETY: the caller's contract.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the caller's contract.
    unsafe { heap::free(block, layout) };
}
