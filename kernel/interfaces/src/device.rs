//! What a driver offers to the services above it.
//!
//! Every method returns at once. An interrupt handler moves bytes into a ring and wakes the registered waker; the service
//! then calls again from a thread.

use crate::Colour;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use core::task::Waker;

/// A stream of bytes in both directions, for instance a serial line.
pub trait ByteDevice: Send + Sync {
    /// Moves received bytes into `buf` and returns how many; 0 when none has come.
    fn read(&self, buf: &mut [u8]) -> usize;
    /// Sends all of `bytes`, waiting for the device (never for another thread) where its queue is full.
    fn write(&self, bytes: &[u8]);
    /// Calls `waker` once when bytes have come since the last [`read`](Self::read); replaces the one before.
    fn wake_on_input(&self, waker: &Waker);
}

/// A keyboard: a stream of raw scan codes (PS/2, set 1 or 2 as the controller translates it).
pub trait InputSource: Send + Sync {
    /// The next raw byte, when one has come.
    fn next_byte(&self) -> Option<u8>;
    /// Calls `waker` once when a byte has come; replaces the one before.
    fn wake_on_input(&self, waker: &Waker);
}

/// One character on a text display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character.
    pub glyph: char,
    /// Foreground.
    pub foreground: Colour,
    /// Background.
    pub background: Colour,
}

/// A grid of characters.
pub trait TextDisplay: Send + Sync {
    /// Columns and rows.
    fn size(&self) -> (usize, usize);
    /// Shows `cells` from (`column`, `row`) on, within one row; what does not fit is cut.
    fn put(&self, column: usize, row: usize, cells: &[Cell]);
    /// Moves the cursor, or hides it.
    fn set_cursor(&self, position: Option<(usize, usize)>);
    /// Moves the characters of `rows` up by `distance` rows, the lowest of which are blank (light grey on black) then. False
    /// where the display has no quicker way than showing each character anew; nothing has happened then.
    fn scroll_up(&self, rows: Range<usize>, distance: usize) -> bool {
        let _ = (rows, distance);
        false
    }
}

/// How the machine is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Switches the machine off.
    Off,
    /// Starts it anew.
    Reset,
}

/// How one CPU spent its time since boot, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// Running threads.
    pub busy_ns: u64,
    /// Halted.
    pub idle_ns: u64,
}

/// Facts on the machine and its kernel, for `/proc` and the commands that show it.
pub trait MachineInfo: Send + Sync {
    /// The processor's own name for itself, and its frequency in Hz.
    fn cpu_model(&self) -> (String, u64);
    /// Feature names of the processor, in `/proc/cpuinfo` spelling.
    fn cpu_features(&self) -> Vec<&'static str>;
    /// One entry a running CPU.
    fn cpu_times(&self) -> Vec<CpuTimes>;
    /// Bytes of RAM that the kernel manages, and how many of them are free.
    fn memory(&self) -> (u64, u64);
}
