//! From a thread of the scheduler to std's `main`.

use machine::layout;

unsafe extern "C" {
    /// std's entry: sets itself up, calls `main`, then `sys_exit`.
    fn runtime_entry(argc: i32, argv: *const *const u8, environment: *const *const u8) -> !;
}

/// What the first thread runs: the constructors that C-style libraries registered, then std, which calls `main`.
pub extern "C" fn first_thread(_: usize) {
    for constructor in layout::constructors() {
        constructor();
    }
    let arguments = [c"yolk".as_ptr().cast(), std::ptr::null()];
    let environment = [std::ptr::null()];
    // SAFETY: both lists end with null and outlive the call, which does not return.
    unsafe { runtime_entry(1, arguments.as_ptr(), environment.as_ptr()) }
}
