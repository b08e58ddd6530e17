//! I/O ports (Intel SDM vol. 1, chapter 19).

use core::marker::PhantomData;

/// A value that a port can carry.
pub trait PortValue: Copy {
    /// Reads from `port`.
    ///
    /// # Safety
    /// Reading may have side effects on the device: the caller knows what stands at `port`.
    unsafe fn input(port: u16) -> Self;
    /// Writes to `port`.
    ///
    /// # Safety
    /// The caller knows what stands at `port` and what the write makes it do.
    unsafe fn output(port: u16, value: Self);
}

macro_rules! port_value {
    ($type:ty, $input:path, $output:path) => {
        impl PortValue for $type {
            unsafe fn input(port: u16) -> Self {
                // SAFETY: the caller vouches for the port.
                unsafe { $input(port) }
            }
            unsafe fn output(port: u16, value: Self) {
                // SAFETY: the caller vouches for the port.
                unsafe { $output(port, value) }
            }
        }
    };
}

port_value!(u8, x86::io::inb, x86::io::outb);
port_value!(u16, x86::io::inw, x86::io::outw);
port_value!(u32, x86::io::inl, x86::io::outl);

/// One I/O port of width `T`.
#[derive(Clone, Copy, Debug)]
pub struct Port<T> {
    number: u16,
    width: PhantomData<T>,
}

impl<T: PortValue> Port<T> {
    /// The port `number`.
    ///
    /// # Safety
    /// The caller owns the device there: no access through this port may break memory safety (no DMA into memory that is
    /// not the device's).
    #[must_use]
    pub const unsafe fn new(number: u16) -> Self {
        Port { number, width: PhantomData }
    }

    /// Reads a value.
    #[must_use]
    pub fn read(&self) -> T {
        // SAFETY: `new`'s caller owns the device.
        unsafe { T::input(self.number) }
    }

    /// Writes a value.
    pub fn write(&self, value: T) {
        // SAFETY: `new`'s caller owns the device.
        unsafe { T::output(self.number, value) }
    }
}

/// A range of I/O ports: the registers of one device.
#[derive(Clone, Copy, Debug)]
pub struct PortRange {
    base: u16,
    length: u16,
}

impl PortRange {
    /// The `length` ports from `base` on.
    ///
    /// # Safety
    /// As [`Port::new`], for all of them.
    #[must_use]
    pub const unsafe fn new(base: u16, length: u16) -> Self {
        PortRange { base, length }
    }

    /// Reads the register of type `T` at `offset`.
    ///
    /// # Panics
    /// When it lies outside the range.
    #[must_use]
    pub fn read<T: PortValue>(&self, offset: u16) -> T {
        self.port(offset).read()
    }

    /// Writes the register of type `T` at `offset`.
    ///
    /// # Panics
    /// When it lies outside the range.
    pub fn write<T: PortValue>(&self, offset: u16, value: T) {
        self.port(offset).write(value);
    }

    fn port<T: PortValue>(&self, offset: u16) -> Port<T> {
        let inside = usize::from(offset) + size_of::<T>() <= usize::from(self.length);
        assert!(inside && self.base.checked_add(offset).is_some(), "register outside the device");
        // SAFETY: one of the ports that `new`'s caller owns.
        unsafe { Port::new(self.base + offset) }
    }
}

/// Reads a byte from a port that nobody here owns, for a user who asks for it: what that does to the device is on them.
#[must_use]
pub fn read_any(number: u16) -> u8 {
    // SAFETY: the user takes over what stands at the port; reading moves no memory.
    unsafe { u8::input(number) }
}

/// Writes a byte to a port that nobody here owns, for a user who asks for it. A device may do anything then, up to writing
/// over the kernel: the assembler decides who gets this door.
pub fn write_any(number: u16, value: u8) {
    // SAFETY: the user takes over what stands at the port, with all that the device does.
    unsafe { u8::output(number, value) };
}
