//! Pseudo terminals: a terminal with a program at the other end instead of devices, for instance an ssh server.
//!
//! The slave is what a shell runs on, a terminal like any other. The master writes what a user types and reads what the
//! terminal shows. Built on the same [`Tty`]; its output is a `Queue`.

use crate::output::Sink;
use crate::pump::Pump;
use crate::queue::Queue;
use crate::tty::Tty;
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{File, Interest, Readiness, Terminal, WindowSize};
use wait::Waiter;

/// A maker of pseudo terminals.
pub struct Pty;

impl Pty {
    /// A new pseudo terminal of 80 by 24 characters.
    ///
    /// Dropping the master hangs the slave up: reads end, writes are EIO, the foreground is interrupted. Dropping the
    /// slave ends the master's reads.
    #[must_use]
    pub fn pair() -> (Arc<PtyMaster>, Arc<PtySlave>) {
        let queue = Arc::new(Queue::default());
        let size = WindowSize { columns: 80, rows: 24 };
        let tty = Arc::new(Tty::new(vec![Sink::Queue(Arc::clone(&queue))], size, Pump::default()));
        let master = PtyMaster { tty: Arc::clone(&tty), queue: Arc::clone(&queue) };
        (Arc::new(master), Arc::new(PtySlave { tty, queue }))
    }
}

/// The end of the program that shows the terminal to a user.
///
/// A write that is exactly `ESC [ 8 ; ROWS ; COLUMNS t` (xterm's sequence) sets the window size instead of being typed,
/// so that a guest which has nothing but reads and writes can do it.
pub struct PtyMaster {
    tty: Arc<Tty>,
    queue: Arc<Queue>,
}

impl PtyMaster {
    /// Types `bytes`, whatever they are; returns how many were taken. EIO, EAGAIN.
    pub(crate) fn type_bytes(&self, bytes: &[u8]) -> Result<usize> {
        if self.queue.is_closed() {
            return Err(Errno::EIO);
        }
        match self.tty.receive(bytes) {
            0 if !bytes.is_empty() => Err(Errno::EAGAIN),
            count => Ok(count),
        }
    }

    /// Hangs the slave up, as dropping the master does; what it has shown can still be read.
    pub(crate) fn hang_up(&self) {
        self.tty.hang_up();
        self.queue.wake_writers();
    }
}

/// The end of the programs that use the terminal.
pub struct PtySlave {
    tty: Arc<Tty>,
    queue: Arc<Queue>,
}

impl File for PtyMaster {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.queue.pop(buf)
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        if self.queue.is_closed() {
            return Err(Errno::EIO);
        }
        if let Some(size) = resize_request(buf) {
            self.tty.set_window_size(size);
            return Ok(buf.len());
        }
        self.type_bytes(buf)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter {
            self.queue.register_reader(waiter);
            if interest.write {
                self.tty.wait_for_room(waiter);
            }
        }
        let available = self.queue.len();
        let hangup = self.queue.is_closed();
        Readiness {
            readable: available > 0 || hangup,
            writable: hangup || self.tty.has_room(),
            hangup,
            available: u64::try_from(available).unwrap_or(u64::MAX),
        }
    }

    fn as_terminal(&self) -> Option<&dyn Terminal> {
        Some(&*self.tty)
    }
}

impl Drop for PtyMaster {
    fn drop(&mut self) {
        self.hang_up();
    }
}

impl File for PtySlave {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.tty.read_at(offset, buf)
    }

    fn write_at(&self, offset: u64, buf: &[u8]) -> Result<usize> {
        self.tty.write_at(offset, buf)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        self.tty.poll(interest, waiter)
    }

    fn as_terminal(&self) -> Option<&dyn Terminal> {
        Some(&*self.tty)
    }
}

impl Drop for PtySlave {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// The window size in `CSI 8 ; rows ; columns t`, if that is all there is.
fn resize_request(bytes: &[u8]) -> Option<WindowSize> {
    let numbers = std::str::from_utf8(bytes).ok()?.strip_prefix("\x1b[8;")?.strip_suffix('t')?;
    let (rows, columns) = numbers.split_once(';')?;
    Some(WindowSize { columns: columns.parse().ok()?, rows: rows.parse().ok()? })
}
