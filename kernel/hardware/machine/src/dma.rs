//! Memory that devices read and write: contiguous, at a known physical address (physical = virtual), never given back.
//!
//! Two kinds, by who looks at it when. [`DmaWords`] holds rings and descriptors, which CPU and device change at any time:
//! its words are atomics, so that whatever a device writes there is at worst a wrong number. [`DmaBytes`] holds buffers,
//! which belong to one side at a time, as the rings say; lengths that a device reports are checked by [`DmaBytes::get`].
//!
//! Invariant: a driver names to its device only addresses inside such memory, with lengths inside it. That is what the
//! contracts of [`Mmio::map`](crate::mmio::Mmio::map) and [`Port::new`](crate::port::Port::new) mean by owning a device.
//! The memory is not freed with its driver: a device that was not told, or does not obey, may still write to it.

use crate::heap;
use crate::lock::IrqLock;
use core::alloc::Layout;
use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

const PAGE: usize = 4096;
const GIB_4: usize = 4 << 30;
/// Bytes set aside below 4 GiB on machines that have memory above: enough for some ring and sound buffers.
const LOW_POOL: usize = 2 << 20;

/// Which addresses a device can form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of memory.
    Bits64,
    /// Memory below 4 GiB.
    Bits32,
}

static POOL: IrqLock<Range<usize>> = IrqLock::new(0..0);

/// Sets memory aside for devices with 32-bit addresses. Called while the heap has memory below 4 GiB alone.
pub(crate) fn reserve_low_memory() {
    let Ok(layout) = Layout::from_size_align(LOW_POOL, PAGE) else { return };
    let start = heap::allocate(layout) as usize;
    if start != 0 {
        *POOL.lock() = start..start + LOW_POOL;
    }
}

fn take_from_pool(length: usize) -> Option<usize> {
    let mut pool = POOL.lock();
    let start = pool.start;
    (pool.len() >= length).then(|| {
        pool.start += length;
        start
    })
}

/// Zeroed pages; their address and their whole length.
fn allocate(length: usize, reach: Reach) -> Option<(NonNull<u8>, usize)> {
    let length = length.max(1).checked_next_multiple_of(PAGE)?;
    let layout = Layout::from_size_align(length, PAGE).ok()?;
    let mut start = heap::allocate(layout);
    if reach == Reach::Bits32 && start as usize + length > GIB_4 {
        if !start.is_null() {
            // SAFETY: allocated just now, with this layout.
            unsafe { heap::free(start, layout) };
        }
        start = take_from_pool(length)? as *mut u8;
    }
    let start = NonNull::new(start)?;
    // SAFETY: `length` bytes from `start` on were allocated just now.
    unsafe { start.as_ptr().write_bytes(0, length) };
    Some((start, length))
}

/// A number that device and CPU exchange whole.
pub trait Word: Copy + sealed::Sealed {
    /// Reads the word, before anything that follows.
    ///
    /// # Safety
    /// `at` is aligned and lies in memory of a [`DmaWords`].
    unsafe fn load(at: *mut Self) -> Self;
    /// Writes the word, after anything that precedes.
    ///
    /// # Safety
    /// As [`load`](Self::load).
    unsafe fn store(at: *mut Self, value: Self);
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! word {
    ($type:ty, $atomic:ty) => {
        impl sealed::Sealed for $type {}
        impl Word for $type {
            unsafe fn load(at: *mut $type) -> $type {
                // SAFETY: the caller's contract.
                unsafe { <$atomic>::from_ptr(at) }.load(Ordering::Acquire)
            }
            unsafe fn store(at: *mut $type, value: $type) {
                // SAFETY: the caller's contract.
                unsafe { <$atomic>::from_ptr(at) }.store(value, Ordering::Release);
            }
        }
    };
}

word!(u8, AtomicU8);
word!(u16, AtomicU16);
word!(u32, AtomicU32);
word!(u64, AtomicU64);

/// Rings and descriptors: words that a device may read and write at any time.
#[derive(Debug)]
pub struct DmaWords {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory belongs to the value, and is reached through atomics alone.
unsafe impl Send for DmaWords {}
// SAFETY: as above.
unsafe impl Sync for DmaWords {}

impl DmaWords {
    /// At least `length` bytes of zeros on a page boundary; `None` when memory is short.
    #[must_use]
    pub fn new(length: usize, reach: Reach) -> Option<DmaWords> {
        let (base, length) = allocate(length, reach)?;
        Some(DmaWords { base, length })
    }

    /// The physical address of the byte at `offset`, for the device.
    #[must_use]
    pub fn address(&self, offset: usize) -> u64 {
        (self.base.as_ptr() as usize + offset) as u64
    }

    /// Reads the word at `offset`.
    ///
    /// # Panics
    /// When it lies outside or is not aligned.
    #[must_use]
    pub fn load<T: Word>(&self, offset: usize) -> T {
        // SAFETY: `word` checks.
        unsafe { T::load(self.word(offset)) }
    }

    /// Writes the word at `offset`.
    ///
    /// # Panics
    /// When it lies outside or is not aligned.
    pub fn store<T: Word>(&self, offset: usize, value: T) {
        // SAFETY: `word` checks.
        unsafe { T::store(self.word(offset), value) };
    }

    fn word<T>(&self, offset: usize) -> *mut T {
        let inside = offset.checked_add(size_of::<T>()).is_some_and(|end| end <= self.length);
        assert!(inside && offset.is_multiple_of(align_of::<T>()), "a word outside the ring");
        // SAFETY: checked just now; the base is aligned to a page.
        unsafe { self.base.as_ptr().add(offset).cast() }
    }
}

/// Buffers: bytes that belong to the driver and to its device in turn.
#[derive(Debug)]
pub struct DmaBytes {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory belongs to the value, which lends it by the usual rules.
unsafe impl Send for DmaBytes {}
// SAFETY: as above.
unsafe impl Sync for DmaBytes {}

impl DmaBytes {
    /// At least `length` bytes of zeros on a page boundary; `None` when memory is short.
    #[must_use]
    pub fn new(length: usize, reach: Reach) -> Option<DmaBytes> {
        let (base, length) = allocate(length, reach)?;
        Some(DmaBytes { base, length })
    }

    /// The physical address of the byte at `offset`, for the device.
    #[must_use]
    pub fn address(&self, offset: usize) -> u64 {
        (self.base.as_ptr() as usize + offset) as u64
    }

    /// The `length` bytes at `offset`; `None` where they do not lie inside.
    #[must_use]
    pub fn get(&self, offset: usize, length: usize) -> Option<&[u8]> {
        self.all().get(offset..offset.checked_add(length)?)
    }

    /// The `length` bytes at `offset`, to write; `None` where they do not lie inside.
    pub fn get_mut(&mut self, offset: usize, length: usize) -> Option<&mut [u8]> {
        // SAFETY: the memory is the value's, initialised, and borrowed through it alone.
        let all = unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr(), self.length) };
        all.get_mut(offset..offset.checked_add(length)?)
    }

    fn all(&self) -> &[u8] {
        // SAFETY: the memory is the value's, initialised, and borrowed through it alone.
        unsafe { core::slice::from_raw_parts(self.base.as_ptr(), self.length) }
    }
}
