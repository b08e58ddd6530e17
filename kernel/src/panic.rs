//! What a panic says: one line and a backtrace in the kernel log. What it does (unwind, end its program alone) is std's and
//! `process`'s.

use std::panic::PanicHookInfo;

/// Makes panics speak through the kernel log. Needs a heap and thread-locals; std need not be up.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    match panic.location() {
        Some(place) => machine::log!("panic in thread {name} at {}:{}: {message}", place.file(), place.line()),
        None => machine::log!("panic in thread {name}: {message}"),
    }
    machine::backtrace::print();
}
