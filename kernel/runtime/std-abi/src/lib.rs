//! The std line: the `sys_*` functions that Rust's std for `x86_64-unknown-hermit` asks of its kernel.
//!
//! Below it: `sched` decides, `machine` switches ([`threads`]). Above it: descriptors and paths are those of the calling
//! thread's process in `vfs` and `process`. The functions' names, types and numbers are those of the crate `hermit-abi`, by
//! which std calls them; errors are negative POSIX numbers.

pub mod entry;
pub mod fault;
mod files;
mod memory;
mod program;
pub mod threads;
mod time;
mod timespec;

use interfaces::{Errno, Result};

/// The ABI's form of a result without a value.
fn status(result: Result<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(error) => -error.number(),
    }
}

/// The ABI's form of a count of bytes.
fn count(result: Result<usize>) -> isize {
    match result {
        // A slice is never longer than isize::MAX.
        Ok(count) => count as isize,
        Err(error) => -(error.number() as isize),
    }
}

/// The calling thread's process.
fn process() -> Result<std::sync::Arc<process::Process>> {
    process::current().ok_or(Errno::EBADF)
}
