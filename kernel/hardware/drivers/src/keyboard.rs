//! The PS/2 keyboard: what the controller ([`i8042`](crate::i8042)) has received from it.

use crate::ring::Ring;
use core::task::Waker;
use interfaces::InputSource;

/// A PS/2 keyboard; its bytes are scan codes of set 1.
pub struct Keyboard {
    received: Ring,
}

impl Keyboard {
    pub(crate) fn new() -> Keyboard {
        Keyboard { received: Ring::new() }
    }

    pub(crate) fn push(&self, byte: u8) {
        // A person does not type 64 KiB ahead: what does not fit is dropped.
        self.received.push(byte);
    }

    pub(crate) fn wake(&self) {
        self.received.wake();
    }
}

impl InputSource for Keyboard {
    fn next_byte(&self) -> Option<u8> {
        let mut byte = [0];
        (self.received.pop_into(&mut byte) == 1).then_some(byte[0])
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.received.set_waker(waker);
    }
}
