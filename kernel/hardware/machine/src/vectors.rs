//! The interrupt vectors that the kernel itself uses.

/// The timer of each CPU.
pub const TIMER: u8 = 0xF0;
/// Another CPU has work for this one.
pub const POKE: u8 = 0xF1;
/// Another CPU changed the page tables.
pub const FLUSH: u8 = 0xF2;
/// The kernel stops: halt.
pub const STOP: u8 = 0xF3;
/// The thread that runs here has overflowed its stack, and can be ended now.
pub const OVERFLOW: u8 = 0xF4;
