//! What a pseudo terminal shows, until its master reads it: bounded, so that a master which does not read holds its
//! writers.

use crate::lock;
use interfaces::{Errno, Result};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use wait::{WaitList, Waiter};

/// Bytes that wait for the master before writers of the slave have to.
const CAPACITY: usize = 64 * 1024;

/// Bytes from the terminal's output to the master.
#[derive(Default)]
pub(crate) struct Queue {
    bytes: Mutex<VecDeque<u8>>,
    /// There is nobody left who could write.
    closed: AtomicBool,
    readers: WaitList,
    writers: WaitList,
}

impl Queue {
    /// How much fits.
    pub(crate) fn room(&self) -> usize {
        CAPACITY.saturating_sub(self.len())
    }

    /// Adds what the terminal shows.
    pub(crate) fn push(&self, bytes: &[u8]) {
        lock(&self.bytes).extend(bytes);
        self.readers.wake_all();
    }

    /// Registers for the moment when there may be room.
    pub(crate) fn register_writer(&self, waiter: &Waiter) {
        self.writers.register(waiter);
    }

    /// Registers for the moment when there may be something, or nothing any more.
    pub(crate) fn register_reader(&self, waiter: &Waiter) {
        self.readers.register(waiter);
    }

    pub(crate) fn wake_writers(&self) {
        self.writers.wake_all();
    }

    /// Takes what the terminal has shown; EAGAIN when that is nothing, 0 bytes when nothing will come.
    pub(crate) fn pop(&self, buf: &mut [u8]) -> Result<usize> {
        let closed = self.is_closed();
        let mut bytes = lock(&self.bytes);
        let count = bytes.len().min(buf.len());
        for (slot, byte) in buf.iter_mut().zip(bytes.drain(..count)) {
            *slot = byte;
        }
        drop(bytes);
        self.writers.wake_all();
        if count == 0 && !closed && !buf.is_empty() { Err(Errno::EAGAIN) } else { Ok(count) }
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.bytes).len()
    }

    /// Says that nobody is left who could write.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.readers.wake_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}
