//! The kernel log: lines with a time, on the first serial line and in a ring for `dmesg`.

use crate::clock;
use crate::last_words;
use crate::lock::{IrqGuard, IrqLock};
use crate::uart::{COM1, Uart};
use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, Ordering};

/// Bytes of log that are kept.
const KEPT: usize = 64 * 1024;

// SAFETY: COM1 is where a PC has its first UART.
static LINE: Uart = unsafe { Uart::new(COM1) };
static RING: IrqLock<VecDeque<u8>> = IrqLock::new(VecDeque::new());
/// Off until there is a heap, and in an exception, which may have come while the heap was locked.
static KEEP: AtomicBool = AtomicBool::new(false);

/// The first serial line, which the log shares with the console.
#[must_use]
pub fn line() -> &'static Uart {
    &LINE
}

/// Sets up the serial line.
pub fn init() {
    LINE.init();
}

/// Begins to keep the log for [`history`]; there is a heap now.
pub fn keep() {
    RING.lock().reserve_exact(KEPT);
    KEEP.store(true, Ordering::Relaxed);
}

/// From here on the log goes to the serial line alone: the kernel is in an exception.
pub(crate) fn stop_keeping() {
    KEEP.store(false, Ordering::Relaxed);
}

/// What is kept of the log.
#[must_use]
pub fn history() -> String {
    let bytes: alloc::vec::Vec<u8> = RING.lock().iter().copied().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The same without waiting and without memory: `None` while somebody else has it.
pub(crate) fn try_history() -> Option<IrqGuard<'static, VecDeque<u8>>> {
    RING.try_lock()
}

struct Sink;

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive('\n') {
            match part.strip_suffix('\n') {
                Some(line) => {
                    LINE.write(line.as_bytes());
                    LINE.write(b"\r\n");
                }
                None => LINE.write(part.as_bytes()),
            }
        }
        if KEEP.load(Ordering::Relaxed) {
            let mut ring = RING.lock();
            for byte in text.bytes() {
                // Never beyond what was reserved: no allocation under the lock.
                if ring.len() == KEPT {
                    ring.pop_front();
                }
                ring.push_back(byte);
            }
        }
        last_words::add(text);
        Ok(())
    }
}

/// Writes one line, with the time since boot; use [`log!`](crate::log!).
pub fn write_line(text: fmt::Arguments<'_>) {
    let micros = clock::monotonic_ns() / 1000;
    let _ = writeln!(Sink, "[{:5}.{:06}] {text}", micros / 1_000_000, micros % 1_000_000);
}

/// Writes text without a time, for dumps; use [`print!`](crate::print!).
pub fn write_raw(text: fmt::Arguments<'_>) {
    let _ = Sink.write_fmt(text);
}

/// Writes one line to the kernel log.
#[macro_export]
macro_rules! log {
    ($($argument:tt)*) => { $crate::log::write_line(format_args!($($argument)*)) };
}

/// Writes text to the kernel log as it is.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::log::write_raw(format_args!($($argument)*)) };
}
