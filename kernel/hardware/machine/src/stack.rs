//! Stacks with a guard below them.
//!
//! From the top: the stack, the spare pages, the last page. Neither of the two is mapped, so that an overflow faults. It may
//! come where the thread cannot be ended, under a lock of the kernel: then the spare pages are lent to it until it has left that.

use crate::{paging, shootdown};
use alloc::alloc::{alloc, dealloc};
use core::alloc::Layout;
use core::ops::Range;

const PAGE: usize = 4096;
/// Room for what the kernel does under its locks and in interrupts, and for a backtrace.
const SPARE: usize = 8 * PAGE;
const GUARD: usize = PAGE + SPARE;

/// A thread's stack.
#[derive(Debug)]
pub struct Stack {
    /// The last page; the stack begins [`GUARD`] bytes behind it.
    base: usize,
    size: usize,
}

impl Stack {
    /// A stack of at least `size` bytes; `None` when memory is short.
    #[must_use]
    pub fn new(size: usize) -> Option<Stack> {
        let size = size.checked_next_multiple_of(PAGE)?;
        let layout = Layout::from_size_align(size.checked_add(GUARD)?, PAGE).ok()?;
        // SAFETY: the layout's size is not zero.
        let base = unsafe { alloc(layout) } as usize;
        if base == 0 {
            return None;
        }
        (base..base + GUARD).step_by(PAGE).for_each(paging::unmap_guard);
        shootdown::flush_everywhere();
        Some(Stack { base, size })
    }

    /// The addresses of the stack, without its guard.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.base + GUARD..self.base + GUARD + self.size
    }

    /// The addresses of the spare pages.
    #[must_use]
    pub fn spare(&self) -> Range<usize> {
        self.base + PAGE..self.base + GUARD
    }

    /// Makes the spare pages part of the stack, for good.
    pub fn lend_spare(&self) {
        self.spare().step_by(PAGE).for_each(paging::map_guard);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        (self.base..self.base + GUARD).step_by(PAGE).for_each(paging::map_guard);
        // SAFETY: `new` made a layout of these two.
        let layout = unsafe { Layout::from_size_align_unchecked(self.size + GUARD, PAGE) };
        // SAFETY: allocated in `new` with this layout; the owner dropped it, so that no thread runs on it.
        unsafe { dealloc(self.base as *mut u8, layout) };
    }
}
