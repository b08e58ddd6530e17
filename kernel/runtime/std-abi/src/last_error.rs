//! The last error of a thread (`errno`), for the one call of std that asks for it: `poll`, which answers -1.

use interfaces::Errno;
use std::cell::Cell;

thread_local! {
    static LAST: Cell<i32> = const { Cell::new(0) };
}

pub(crate) fn set(error: Errno) {
    // A thread that is ending has nobody left who asks.
    let _ = LAST.try_with(|last| last.set(error.number()));
}

/// The calling thread's last error.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_get_errno() -> i32 {
    LAST.try_with(Cell::get).unwrap_or(0)
}

/// The same by its other name.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_errno() -> i32 {
    sys_get_errno()
}
