//! Clocks, sleeping and random bytes.

use crate::threads;
use hermit_abi::{CLOCK_MONOTONIC, CLOCK_REALTIME, timespec};
use interfaces::{Clock, Errno};
use machine::clock::{MachineClock, monotonic_ns};
use std::time::Duration;

const NS_PER_S: u64 = 1_000_000_000;

/// The time of `clock`.
///
/// # Safety
/// `time` can be written.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_clock_gettime(clock: i32, time: *mut timespec) -> i32 {
    let now = match clock {
        CLOCK_REALTIME => MachineClock.realtime_ns(),
        CLOCK_MONOTONIC => monotonic_ns(),
        _ => return -Errno::EINVAL.number(),
    };
    let value = timespec { tv_sec: (now / NS_PER_S) as i64, tv_nsec: (now % NS_PER_S) as i32 };
    // SAFETY: the caller's contract.
    unsafe { time.write(value) };
    0
}

/// Sleeps. A kill ends the sleep early; std has no way to say so, the program's next call finds out.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_usleep(microseconds: u64) {
    if process::current().is_some() {
        let _ = wait::sleep(Duration::from_micros(microseconds));
    } else {
        threads::sleep_until(monotonic_ns().saturating_add(microseconds.saturating_mul(1000)));
    }
}

/// Fills `buffer` with random bytes; returns how many, always all.
///
/// # Safety
/// `buffer` has room for `length` bytes.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_read_entropy(buffer: *mut u8, length: usize, _flags: u32) -> isize {
    // SAFETY: the caller's contract; the bytes are written before they are read.
    machine::entropy::fill(unsafe { std::slice::from_raw_parts_mut(buffer, length) });
    length as isize
}
