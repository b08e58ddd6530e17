//! The kernel's heap: all RAM, in one allocator (`talc`).

use crate::lock::RawIrqLock;
use core::alloc::{GlobalAlloc, Layout};
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};
use talc::TalcLock;
use talc::source::Manual;

static HEAP: TalcLock<RawIrqLock, Manual> = TalcLock::new(Manual);
static TOTAL: AtomicUsize = AtomicUsize::new(0);
static USED: AtomicUsize = AtomicUsize::new(0);

/// Gives `range` to the heap; ranges too small to be of use are passed over.
///
/// # Safety
/// The range is mapped writable RAM that nothing else uses, now or later.
pub unsafe fn add(range: Range<usize>) {
    if range.len() < 64 * 1024 {
        return;
    }
    // SAFETY: the caller gives the range away.
    let claimed = unsafe { HEAP.lock().claim(range.start as *mut u8, range.len()) };
    if claimed.is_some() {
        TOTAL.fetch_add(range.len(), Ordering::Relaxed);
    }
}

/// Bytes of RAM in the heap, and how many of them are free.
#[must_use]
pub fn statistics() -> (usize, usize) {
    let total = TOTAL.load(Ordering::Relaxed);
    (total, total.saturating_sub(USED.load(Ordering::Relaxed)))
}

/// Allocates; null when memory is short.
#[must_use]
pub fn allocate(layout: Layout) -> *mut u8 {
    // SAFETY: talc takes any layout whose size is not zero.
    let block = unsafe { HEAP.alloc(non_zero(layout)) };
    if !block.is_null() {
        USED.fetch_add(layout.size(), Ordering::Relaxed);
    }
    block
}

/// Frees what [`allocate`] gave.
///
/// # Safety
/// `block` came from [`allocate`] or [`reallocate`] with this layout and is not used again.
pub unsafe fn free(block: *mut u8, layout: Layout) {
    USED.fetch_sub(layout.size(), Ordering::Relaxed);
    // SAFETY: the caller's contract.
    unsafe { HEAP.dealloc(block, non_zero(layout)) };
}

/// Changes the size of a block, moving it where it must; null (and the block unchanged) when memory is short.
///
/// # Safety
/// As [`free`]; `size` is not zero and does not overflow when rounded up to the layout's alignment.
pub unsafe fn reallocate(block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    // SAFETY: the caller's contract.
    let moved = unsafe { HEAP.realloc(block, non_zero(layout), size) };
    if !moved.is_null() {
        USED.fetch_add(size, Ordering::Relaxed);
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
    }
    moved
}

fn non_zero(layout: Layout) -> Layout {
    if layout.size() == 0 { Layout::new::<u8>() } else { layout }
}
