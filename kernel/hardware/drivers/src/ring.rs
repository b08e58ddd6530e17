//! Bytes on their way from an interrupt handler to a thread.

use alloc::collections::VecDeque;
use core::task::Waker;
use machine::lock::IrqLock;

/// Bytes kept for a reader that is late.
const CAPACITY: usize = 64 * 1024;

struct State {
    bytes: VecDeque<u8>,
    waker: Option<Waker>,
}

/// A queue of received bytes, with the waker of the thread that reads them.
pub struct Ring {
    state: IrqLock<State>,
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

impl Ring {
    /// An empty ring; its memory is allocated now, as interrupt handlers do not allocate.
    #[must_use]
    pub fn new() -> Ring {
        Ring { state: IrqLock::new(State { bytes: VecDeque::with_capacity(CAPACITY), waker: None }) }
    }

    /// How many more bytes fit.
    #[must_use]
    pub fn room(&self) -> usize {
        CAPACITY - self.state.lock().bytes.len()
    }

    /// Adds a byte; `false` when the ring is full and the byte is lost.
    pub fn push(&self, byte: u8) -> bool {
        let mut state = self.state.lock();
        let fits = state.bytes.len() < CAPACITY;
        if fits {
            state.bytes.push_back(byte);
        }
        fits
    }

    /// Wakes the reader; called by the interrupt handler once it has pushed what came.
    pub fn wake(&self) {
        let waker = self.state.lock().waker.clone();
        if let Some(waker) = waker {
            waker.wake_by_ref();
        }
    }

    /// Moves bytes into `buf`; returns how many.
    pub fn pop_into(&self, buf: &mut [u8]) -> usize {
        let mut state = self.state.lock();
        let count = buf.len().min(state.bytes.len());
        for (slot, byte) in buf.iter_mut().zip(state.bytes.drain(..count)) {
            *slot = byte;
        }
        count
    }

    /// Sets the waker of the reader; it stays until it is replaced.
    pub fn set_waker(&self, waker: &Waker) {
        // The old one is dropped outside the lock.
        let _old = self.state.lock().waker.replace(waker.clone());
    }
}
