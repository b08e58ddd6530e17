//! Faults that safe Rust has no words for; all of this program's unsafe code.

use cli::Stop;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;

/// Beyond the memory of a wasm program that has not taken all of its 4 GiB, and in no mapping of a Linux process.
const NOWHERE: usize = 0xffff_fff0;

/// A number that nobody opened.
const CLOSED_DESCRIPTOR: i32 = 9999;

/// Executes the instruction that always traps.
pub(crate) fn unreachable() -> ! {
    #[cfg(target_arch = "wasm32")]
    std::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort()
}

/// Loads a byte that is not there.
pub(crate) fn load() -> Result<(), Stop> {
    // SAFETY: none. The load must be caught by the engine or by the memory management unit; that is what a test asks.
    let byte = unsafe { std::ptr::read_volatile(NOWHERE as *const u8) };
    Err(Stop::Failed(format!("at {NOWHERE:#x} there is {byte}")))
}

/// Writes to a descriptor that nobody opened; the system must refuse.
pub(crate) fn descriptor() -> Result<(), Stop> {
    // SAFETY: nothing else owns the number, and dropping does not close it.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(CLOSED_DESCRIPTOR) });
    match file.write(b"lost") {
        Err(error) if error.kind() != ErrorKind::Interrupted => {
            println!("descriptor {CLOSED_DESCRIPTOR}: {error}");
            Ok(())
        }
        other => Err(Stop::Failed(format!("descriptor {CLOSED_DESCRIPTOR} answers {other:?}"))),
    }
}
