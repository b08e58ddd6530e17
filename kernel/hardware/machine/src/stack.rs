//! Stacks with a guard page below them.

use crate::{paging, shootdown};
use alloc::alloc::{alloc, dealloc};
use core::alloc::Layout;
use core::ops::Range;

const PAGE: usize = 4096;

/// A thread's stack. Below it lies a page that is not mapped: an overflow faults instead of overwriting.
#[derive(Debug)]
pub struct Stack {
    /// The guard page; the stack begins behind it.
    base: usize,
    size: usize,
}

impl Stack {
    /// A stack of at least `size` bytes; `None` when memory is short.
    #[must_use]
    pub fn new(size: usize) -> Option<Stack> {
        let size = size.checked_next_multiple_of(PAGE)?;
        let layout = Layout::from_size_align(size.checked_add(PAGE)?, PAGE).ok()?;
        // SAFETY: the layout's size is not zero.
        let base = unsafe { alloc(layout) } as usize;
        if base == 0 {
            return None;
        }
        paging::unmap_guard(base);
        shootdown::flush_everywhere();
        Some(Stack { base, size })
    }

    /// The addresses of the stack, without its guard.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.base + PAGE..self.base + PAGE + self.size
    }

    /// The addresses of the guard page.
    #[must_use]
    pub fn guard(&self) -> Range<usize> {
        self.base..self.base + PAGE
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        paging::map_guard(self.base);
        // SAFETY: `new` made a layout of these two.
        let layout = unsafe { Layout::from_size_align_unchecked(self.size + PAGE, PAGE) };
        // SAFETY: allocated in `new` with this layout; the owner dropped it, so that no thread runs on it.
        unsafe { dealloc(self.base as *mut u8, layout) };
    }
}
