//! The guest's linear memory as a call sees it, and the claims that a guest makes about it.
//!
//! A pointer that comes from a guest is a claim until it is checked: [`GuestPtr`] and [`GuestSlice`] can be made from
//! any number, and only their methods lead to bytes. Each checks bounds without overflow and answers EFAULT.
//! Addresses need no alignment: values are copied byte by byte, little endian, as the WebAssembly specification
//! stores them.

use crate::failure::Result;
use interfaces::Errno;
use std::marker::PhantomData;

/// The ranges that a call wrote to, or could have: address and length.
pub(crate) type Written = Vec<(u32, u32)>;

/// The guest's memory for the length of one call.
pub(crate) struct Memory<'a> {
    bytes: &'a mut [u8],
    written: Option<&'a mut Written>,
}

impl<'a> Memory<'a> {
    /// The memory that `bytes` are; what is written goes into `written`, too, if somebody wants to know.
    pub(crate) fn new(bytes: &'a mut [u8], written: Option<&'a mut Written>) -> Self {
        Memory { bytes, written }
    }

    fn range(&self, address: u32, len: usize) -> Result<&[u8]> {
        let start = usize::try_from(address).map_err(|_| Errno::EFAULT)?;
        let end = start.checked_add(len).ok_or(Errno::EFAULT)?;
        Ok(self.bytes.get(start..end).ok_or(Errno::EFAULT)?)
    }

    fn range_mut(&mut self, address: u32, len: usize) -> Result<&mut [u8]> {
        let start = usize::try_from(address).map_err(|_| Errno::EFAULT)?;
        let end = start.checked_add(len).ok_or(Errno::EFAULT)?;
        let range = self.bytes.get_mut(start..end).ok_or(Errno::EFAULT)?;
        if let Some(written) = &mut self.written {
            written.push((address, u32::try_from(len).map_err(|_| Errno::EFAULT)?));
        }
        Ok(range)
    }
}

/// A type that has a fixed size in guest memory.
pub(crate) trait Layout {
    /// Bytes from one element of an array to the next.
    const SIZE: u32;
}

/// A type that calls read from guest memory.
pub(crate) trait Load: Layout + Sized {
    /// The value in the first bytes of `bytes`; `None` when they are too few.
    fn load(bytes: &[u8]) -> Option<Self>;
}

/// A type that calls write to guest memory.
pub(crate) trait Store: Layout {
    /// Writes the value to the first bytes of `bytes`; `None` when they are too few.
    fn store(&self, bytes: &mut [u8]) -> Option<()>;
}

/// The field at `offset` of a structure.
pub(crate) fn field<T: Load>(bytes: &[u8], offset: usize) -> Option<T> {
    T::load(bytes.get(offset..)?)
}

/// Writes the field at `offset` of a structure.
pub(crate) fn set_field(bytes: &mut [u8], offset: usize, value: impl Store) -> Option<()> {
    value.store(bytes.get_mut(offset..)?)
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl Layout for $type {
            const SIZE: u32 = <$type>::BITS / 8;
        }

        impl Load for $type {
            fn load(bytes: &[u8]) -> Option<Self> {
                bytes.first_chunk().copied().map(<$type>::from_le_bytes)
            }
        }

        impl Store for $type {
            fn store(&self, bytes: &mut [u8]) -> Option<()> {
                *bytes.first_chunk_mut()? = self.to_le_bytes();
                Some(())
            }
        }
    )* };
}

integers!(u8, u16, u32, u64);

/// A guest's claim that a `T` lies at an address.
pub(crate) struct GuestPtr<T> {
    address: u32,
    target: PhantomData<fn() -> T>,
}

impl<T> Clone for GuestPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestPtr<T> {}

impl<T> From<u32> for GuestPtr<T> {
    fn from(address: u32) -> Self {
        GuestPtr { address, target: PhantomData }
    }
}

impl<T> GuestPtr<T> {
    pub(crate) fn address(self) -> u32 {
        self.address
    }

    /// The claim that `len` of them lie there, one after the other.
    pub(crate) fn slice(self, len: u32) -> GuestSlice<T> {
        GuestSlice { start: self, len }
    }
}

impl<T: Layout> GuestPtr<T> {
    /// The element `index` of the array that starts here.
    pub(crate) fn element(self, index: u32) -> Result<Self> {
        let address = T::SIZE.checked_mul(index).and_then(|distance| self.address.checked_add(distance));
        Ok(address.ok_or(Errno::EFAULT)?.into())
    }

    /// Checks the claim alone: a call does so before it changes something whose result it could not report.
    pub(crate) fn check(self, memory: &Memory<'_>) -> Result<()> {
        self.slice(1).check(memory)
    }
}

impl<T: Load> GuestPtr<T> {
    pub(crate) fn read(self, memory: &Memory<'_>) -> Result<T> {
        let bytes = memory.range(self.address, size_of_array::<T>(1)?)?;
        Ok(T::load(bytes).ok_or(Errno::EFAULT)?)
    }
}

impl<T: Store> GuestPtr<T> {
    pub(crate) fn write(self, memory: &mut Memory<'_>, value: T) -> Result<()> {
        let bytes = memory.range_mut(self.address, size_of_array::<T>(1)?)?;
        Ok(value.store(bytes).ok_or(Errno::EFAULT)?)
    }
}

/// A guest's claim that an array of `T` lies at an address.
pub(crate) struct GuestSlice<T> {
    start: GuestPtr<T>,
    len: u32,
}

impl<T> Clone for GuestSlice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestSlice<T> {}

impl<T: Layout> GuestSlice<T> {
    /// Checks the claim alone.
    pub(crate) fn check(self, memory: &Memory<'_>) -> Result<()> {
        memory.range(self.start.address, size_of_array::<T>(self.len)?).map(drop)
    }

    /// The claims that the array's elements are.
    pub(crate) fn elements(self) -> impl Iterator<Item = Result<GuestPtr<T>>> {
        (0..self.len).map(move |index| self.start.element(index))
    }
}

impl GuestSlice<u8> {
    pub(crate) fn bytes<'m>(self, memory: &'m Memory<'_>) -> Result<&'m [u8]> {
        memory.range(self.start.address, size_of_array::<u8>(self.len)?)
    }

    pub(crate) fn bytes_mut<'m>(self, memory: &'m mut Memory<'_>) -> Result<&'m mut [u8]> {
        memory.range_mut(self.start.address, size_of_array::<u8>(self.len)?)
    }

    /// The bytes as text: EILSEQ when they are not UTF-8, EINVAL with a NUL, which no path can hold.
    pub(crate) fn text<'m>(self, memory: &'m Memory<'_>) -> Result<&'m str> {
        let text = std::str::from_utf8(self.bytes(memory)?).map_err(|_| Errno::EILSEQ)?;
        if text.contains('\0') { Err(Errno::EINVAL.into()) } else { Ok(text) }
    }
}

fn size_of_array<T: Layout>(len: u32) -> Result<usize> {
    let size = T::SIZE.checked_mul(len).and_then(|size| usize::try_from(size).ok());
    Ok(size.ok_or(Errno::EFAULT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_little_endian_and_need_no_alignment() {
        let mut bytes = [0; 16];
        let mut memory = Memory::new(&mut bytes, None);
        GuestPtr::<u32>::from(3).write(&mut memory, 0x0403_0201).unwrap();
        assert_eq!(GuestPtr::<u64>::from(2).read(&memory).unwrap(), 0x0004_0302_0100);
    }

    #[test]
    fn claims_beyond_the_memory_are_faults() {
        let mut bytes = [0; 16];
        let mut memory = Memory::new(&mut bytes, None);
        for address in [13, 16, 17, u32::MAX - 3, u32::MAX] {
            assert!(GuestPtr::<u32>::from(address).read(&memory).is_err(), "{address}");
            assert!(GuestPtr::<u32>::from(address).write(&mut memory, 0).is_err(), "{address}");
        }
        for (address, len) in [(0, 17), (16, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
            assert!(GuestPtr::<u8>::from(address).slice(len).bytes(&memory).is_err(), "{address} {len}");
        }
        assert!(GuestPtr::<u64>::from(0).slice(1 << 29).check(&memory).is_err(), "8 * 2^29 wraps to 0");
        assert!(GuestPtr::<u64>::from(8).element(u32::MAX).is_err());
        assert!(GuestPtr::<u8>::from(16).slice(0).bytes(&memory).is_ok(), "nothing at the end is nothing");
    }

    #[test]
    fn text_is_utf8_without_nul() {
        let mut bytes = *b"a\xffb\0\xc3\xa9";
        let memory = Memory::new(&mut bytes, None);
        let text = |address: u32, len| GuestPtr::<u8>::from(address).slice(len).text(&memory);
        assert_eq!(text(4, 2).unwrap(), "é");
        assert!(text(0, 2).is_err());
        assert!(text(2, 2).is_err());
    }
}
