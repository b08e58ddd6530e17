//! Device registers in memory.

use crate::boot_info::PictureInfo;
use crate::dma::Word;
use crate::paging;
use core::ptr::NonNull;

/// A range of device registers, mapped uncached.
#[derive(Clone, Copy, Debug)]
pub struct Mmio {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: accesses are volatile reads and writes of single registers; ordering between threads is the driver's business.
unsafe impl Send for Mmio {}
// SAFETY: as above.
unsafe impl Sync for Mmio {}

impl Mmio {
    /// The registers at physical address `base`.
    ///
    /// # Safety
    /// A device's registers stand there, and the caller owns the device.
    ///
    /// # Panics
    /// When `base` is null.
    #[must_use]
    pub unsafe fn map(base: usize, length: usize) -> Mmio {
        paging::map_device(base..base + length);
        Mmio { base: NonNull::new(base as *mut u8).expect("registers at address 0"), length }
    }

    /// The memory of a picture at physical address `base`: as [`map`](Self::map), but writes are gathered, and reach the
    /// device later and in any order.
    ///
    /// # Safety
    /// As [`map`](Self::map).
    ///
    /// # Panics
    /// When `base` is null.
    #[must_use]
    pub unsafe fn map_picture(base: usize, length: usize) -> Mmio {
        paging::map_picture(base..base + length);
        Mmio { base: NonNull::new(base as *mut u8).expect("a picture at address 0"), length }
    }

    /// The `length` bytes of registers at `offset`; `None` where they do not lie inside.
    #[must_use]
    pub fn part(&self, offset: usize, length: usize) -> Option<Mmio> {
        let inside = offset.checked_add(length)? <= self.length;
        // SAFETY: checked just now.
        inside.then(|| Mmio { base: unsafe { self.base.add(offset) }, length })
    }

    /// The address of the first register.
    #[must_use]
    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// How many bytes of registers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no registers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Reads the register of type `T` at `offset`.
    ///
    /// # Panics
    /// When it lies outside the range or is not aligned.
    #[must_use]
    pub fn read<T: Copy>(&self, offset: usize) -> T {
        let register = self.register::<T>(offset);
        // SAFETY: inside the mapped range and aligned; `map`'s caller owns the device.
        unsafe { register.read_volatile() }
    }

    /// Writes the register of type `T` at `offset`.
    ///
    /// # Panics
    /// When it lies outside the range or is not aligned.
    pub fn write<T: Copy>(&self, offset: usize, value: T) {
        let register = self.register::<T>(offset);
        // SAFETY: inside the mapped range and aligned; `map`'s caller owns the device.
        unsafe { register.write_volatile(value) }
    }

    /// Copies `content` to `offset` on, in accesses of any width and order: for memory, not for registers.
    ///
    /// # Panics
    /// When it does not fit.
    pub fn copy_in<T: Word>(&self, offset: usize, content: &[T]) {
        let inside = offset.checked_add(size_of_val(content)).is_some_and(|end| end <= self.length);
        assert!(inside, "bytes outside the device");
        // SAFETY: checked just now.
        let target = unsafe { self.base.as_ptr().add(offset) };
        // SAFETY: both are valid for this length; no reference to a device's memory exists.
        unsafe { target.copy_from_nonoverlapping(content.as_ptr().cast(), size_of_val(content)) };
    }

    fn register<T>(&self, offset: usize) -> *mut T {
        assert!(
            offset.is_multiple_of(align_of::<T>()) && offset + size_of::<T>() <= self.length,
            "register outside the device"
        );
        // SAFETY: the offset was just checked against the length of the range.
        unsafe { self.base.as_ptr().add(offset).cast() }
    }
}

impl PictureInfo {
    /// Its memory, mapped; `None` where it is in no place that can be.
    #[must_use]
    pub fn map(&self) -> Option<Mmio> {
        let length = self.pitch.checked_mul(self.height)?;
        let address = usize::try_from(self.address).ok().filter(|address| *address != 0)?;
        address.checked_add(length)?;
        // SAFETY: the loader made a picture there, for the kernel to own.
        Some(unsafe { Mmio::map_picture(address, length) })
    }
}
