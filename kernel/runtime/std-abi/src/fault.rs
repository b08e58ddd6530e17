//! Ends that do not unwind: a stack overflow, an abort, `std::process::exit`.
//!
//! The thread stops where it is; what it holds is lost, locks stay locked. Its process is taken down by a thread of the
//! kernel ([`reap`]), as the dying thread can run no more code.

use crate::threads;
use machine::lock::IrqLock;
use machine::{apic, exception, interrupt, vectors};
use process::{ExitStatus, Process};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

static ENDED: IrqLock<Vec<(Arc<Process>, ExitStatus)>> = IrqLock::new(Vec::new());
/// Counts what came into [`ENDED`]; the reaper waits for it to change.
static ARRIVALS: AtomicU32 = AtomicU32::new(0);

/// Makes page faults below a stack end the thread that overflowed it, and that thread's process: not on the spot, where the
/// thread may hold a lock of the kernel (most of all the heap's), but by an interrupt, which comes when it has left that.
pub fn init() {
    exception::on_page_fault(|address| {
        let overflows = threads::lend_spare(address);
        if overflows {
            apic::send_to_self(vectors::OVERFLOW);
        }
        overflows
    });
    interrupt::set_handler(vectors::OVERFLOW, || {
        // Another thread may have got the CPU before; then this one is reminded when it is back.
        let Some(name) = threads::overflowed() else { return };
        machine::print!("\nstack overflow in thread {name}: its program ends\n");
        machine::backtrace::print();
        end_process(ExitStatus::Panicked)
    });
}

/// Ends the calling thread and has its process taken down with `status`. One of the kernel's own threads has no process:
/// then the kernel has failed, and the machine stops.
pub(crate) fn end_process(status: ExitStatus) -> ! {
    let Some(process) = process::current() else {
        machine::print!("a thread of the kernel itself has ended\n");
        machine::backtrace::print();
        exception::stop_machine();
    };
    ENDED.lock().push((process, status));
    ARRIVALS.fetch_add(1, Ordering::SeqCst);
    threads::wake_futex(&ARRIVALS, 1);
    threads::exit()
}

/// Takes down the processes of threads that ended without unwinding; for a thread of the kernel, for ever.
pub fn reap() -> ! {
    loop {
        let seen = ARRIVALS.load(Ordering::SeqCst);
        let ended = std::mem::take(&mut *ENDED.lock());
        if ended.is_empty() {
            threads::wait_futex(&ARRIVALS, seen, None);
        }
        for (process, status) in ended {
            process.abandon(status);
        }
    }
}
