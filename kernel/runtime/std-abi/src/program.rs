//! The process as a whole: its number, and how it ends without unwinding.

use crate::fault;
use process::ExitStatus;

/// The number of the calling thread's process; 0 for the kernel's own threads.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_getpid() -> i32 {
    process::current().map_or(0, |process| process.pid().cast_signed())
}

/// Ends the calling thread's process (`std::process::exit`).
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_exit(status: i32) -> ! {
    fault::end_process(ExitStatus::Exited(status))
}

/// Ends the calling thread's process after a failure from which std cannot unwind: a panic in a panic, no memory.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_abort() -> ! {
    machine::log!("abort in process {}", sys_getpid());
    machine::backtrace::print();
    fault::end_process(ExitStatus::Panicked)
}
