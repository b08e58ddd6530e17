//! Starting a process: its main thread, from the first step to the last.

use crate::context::Context;
use crate::membership::{self, ExitRequest, Role};
use crate::process::{Process, Spawn};
use crate::status::ExitStatus;
use crate::table::ProcessTable;
use interfaces::{Errno, Result};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;

impl ProcessTable {
    /// Starts a process that runs `main` on a thread of its own.
    ///
    /// When `main` returns or panics, the descriptors are closed, the status is recorded (a kill wins over what `main`
    /// returned) and whoever waits is woken.
    ///
    /// # Errors
    /// EAGAIN when no thread or number is to be had.
    pub fn spawn<F>(self: &Arc<Self>, spawn: Spawn, main: F) -> Result<Arc<Process>>
    where
        F: FnOnce(&Context) -> ExitStatus + Send + 'static,
    {
        let stdio = spawn.stdio.clone();
        // std takes no names with a NUL byte in them.
        let thread = thread::Builder::new().name(spawn.name.replace('\0', ""));
        let thread = if spawn.stack_size == 0 { thread } else { thread.stack_size(spawn.stack_size) };
        let process = self.add(spawn)?;
        let context = Context::new(self, &process, stdio);
        let started = thread.spawn(move || run(context, main));
        match started {
            Ok(_detached) => Ok(process),
            Err(_) => {
                process.terminate(ExitStatus::Killed);
                Err(Errno::EAGAIN)
            }
        }
    }
}

/// The main thread of a process.
fn run<F>(context: Context, main: F)
where
    F: FnOnce(&Context) -> ExitStatus,
{
    let end = EndOfProcess(Arc::clone(&context.process));
    membership::enter_as(Some(Arc::clone(&context.process)), Role::Main);
    // What it is given is dropped in there: nobody may see it over while it holds a pipe open.
    let body = AssertUnwindSafe(move || if context.is_killed() { ExitStatus::Killed } else { main(&context) });
    let status = panic::catch_unwind(body).unwrap_or_else(|payload| match payload.downcast::<ExitRequest>() {
        Ok(request) => request.0,
        // The panic hook has printed the message.
        Err(_) => ExitStatus::Panicked,
    });
    membership::enter_as(None, Role::Main);
    end.0.terminate(status);
}

/// Ends the process even if the panic's own payload panics.
struct EndOfProcess(Arc<Process>);

impl Drop for EndOfProcess {
    fn drop(&mut self) {
        self.0.terminate(ExitStatus::Panicked);
    }
}
