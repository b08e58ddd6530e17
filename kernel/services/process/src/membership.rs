//! Which process a thread belongs to.

use crate::process::Process;
use crate::status::ExitStatus;
use std::cell::RefCell;
use std::panic;
use std::sync::Arc;

thread_local! {
    static MEMBER: RefCell<Option<Member>> = const { RefCell::new(None) };
}

/// A thread's part in a process; it ends when the thread does.
struct Member {
    process: Arc<Process>,
    thread: u64,
    role: Role,
}

/// What a thread is in its process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one whose end is the process's.
    Main,
    /// One that the program started.
    Other,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.process.remove_thread(self.thread);
    }
}

/// The process that the calling thread belongs to.
#[must_use]
pub fn current() -> Option<Arc<Process>> {
    // While a thread ends there is none any more.
    let member = MEMBER.try_with(|member| member.borrow().as_ref().map(|member| Arc::clone(&member.process)));
    member.ok().flatten()
}

/// Makes the calling thread belong to `process`: its waits end when that is killed, its CPU time counts there. A thread
/// that a program starts calls this first, with what [`current`] gave in the thread that started it. It leaves at its
/// end.
pub fn enter(process: Option<Arc<Process>>) {
    enter_as(process, Role::Other);
}

pub(crate) fn enter_as(process: Option<Arc<Process>>, role: Role) {
    wait::enter(process.as_ref().map(|process| Arc::clone(process.cancel())));
    let member = process.map(|process| Member { thread: process.add_thread(), process, role });
    // Dropped behind the borrow: leaving the process may free it.
    let before = MEMBER.replace(member);
    drop(before);
}

/// What [`exit`] unwinds with.
pub(crate) struct ExitRequest(pub(crate) ExitStatus);

/// Ends the calling thread's process with `status`, by unwinding. In a thread that the program started itself, the rest
/// of the process is killed as well.
///
/// Without a process it ends the calling thread.
pub fn exit(status: ExitStatus) -> ! {
    let is_other = MEMBER.with_borrow(|member| member.as_ref().is_some_and(|member| member.role == Role::Other));
    if let Some(process) = current().filter(|_| is_other) {
        process.request_end(status);
    }
    // Not a panic: nothing is to be printed.
    panic::resume_unwind(Box::new(ExitRequest(status)))
}
