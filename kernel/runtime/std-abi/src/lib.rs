//! The std line: the `sys_*` functions that Rust's std for `x86_64-unknown-hermit` asks of its kernel.
//!
//! Below it: `sched` decides, `machine` switches ([`threads`]). Above it: descriptors and paths are those of the calling
//! thread's process in `vfs` and `process`; sockets ([`sockets`]) are files, too. The functions' names, types and numbers are
//! those of the crate `hermit-abi`, by which std calls them; errors are negative POSIX numbers.

// What happens when memory is short, std lets nightly compilers alone say; this crate is built by such a one.
#![feature(alloc_error_hook)]

mod account;
mod descriptors;
pub mod entry;
pub mod fault;
mod files;
mod last_error;
mod lookup;
pub mod memory;
mod program;
mod socket_address;
mod socket_options;
pub mod sockets;
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

/// The ABI's form of a new descriptor, or of another small number.
fn descriptor(result: Result<i32>) -> i32 {
    result.unwrap_or_else(|error| -error.number())
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
