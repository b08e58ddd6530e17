//! The screen's thread: brings keys and mouse to those who have a right to them, and the console's text to the screen.

use crate::router::Request;
use crate::screen::Screen;
use process::KillReason;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use wait::{WaitError, Waiter};

impl Screen {
    /// Starts the thread, for as long as the machine runs.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(self: &Arc<Self>) -> io::Result<()> {
        let screen = Arc::clone(self);
        std::thread::Builder::new().name("screen".into()).spawn(move || screen.serve())?;
        Ok(())
    }

    /// What the thread does; returns when the calling thread's process is killed, if it has one.
    fn serve(&self) {
        let mut due = None;
        loop {
            let waited = wait::wait_for(due, |waiter| {
                self.attend(waiter);
                let next = self.console.due(waiter);
                // A new deadline needs a new wait.
                if next == due { Poll::<Option<Instant>>::Pending } else { Poll::Ready(next) }
            });
            match waited {
                Ok(next) => due = next,
                Err(WaitError::TimedOut) => {
                    self.console.flush();
                    due = None;
                }
                Err(WaitError::Cancelled) => return,
            }
        }
    }

    /// Handles what has happened, and registers for more.
    fn attend(&self, waiter: &Waiter) {
        self.watch_holder(waiter);
        if let Some(keyboard) = &self.keyboard {
            keyboard.wake_on_input(&waiter.waker());
            while let Some(code) = keyboard.next_byte() {
                if self.router.scan_code(code) == Request::TakeBack {
                    self.end_lease();
                }
            }
        }
        if let Some(pointer) = &self.pointer {
            pointer.wake_on_input(&waiter.waker());
            while let Some(event) = pointer.next_event() {
                self.router.pointer(event);
            }
        }
    }

    /// A process that ended without unwinding has left its lease behind.
    fn watch_holder(&self, waiter: &Waiter) {
        self.router.register(waiter);
        let Some(holder) = self.router.holder() else { return };
        if holder.process.is_some_and(|process| process.poll_exit(waiter).is_some()) {
            self.take_back(holder.lease);
        }
    }

    /// Somebody wants the console back, whatever the program does.
    fn end_lease(&self) {
        let Some(holder) = self.router.holder() else { return };
        if let Some(process) = holder.process {
            process.kill(KillReason::Kill);
        }
        self.take_back(holder.lease);
    }
}
