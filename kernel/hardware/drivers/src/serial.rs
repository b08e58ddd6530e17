//! A serial line with interrupts: a 16550 on an ISA interrupt.

use crate::ring::Ring;
use alloc::sync::Arc;
use core::task::Waker;
use interfaces::ByteDevice;
use machine::interrupt;
use machine::ioapic::LineInfo;
use machine::uart::Uart;

/// A serial line.
pub struct Serial {
    uart: &'static Uart,
    received: Ring,
}

impl Serial {
    /// The ISA interrupt of COM1, and of COM2.
    pub const INTERRUPTS: [u8; 2] = [4, 3];

    /// Takes over `uart`, which is set up, with its interrupt on `line`; `None` when the line cannot be connected.
    #[must_use]
    pub fn new(uart: &'static Uart, line: LineInfo) -> Option<Arc<Serial>> {
        let serial = Arc::new(Serial { uart, received: Ring::new() });
        let handler = Arc::clone(&serial);
        if !interrupt::connect(line, move || handler.receive()) {
            return None;
        }
        uart.enable_interrupt();
        // What came before the interrupt was enabled raises none.
        serial.receive();
        Some(serial)
    }

    fn receive(&self) {
        // What does not fit stays in the UART, whose sender then waits: nothing is lost to a slow reader. `read` goes on.
        while self.received.room() > 0 {
            let Some(byte) = self.uart.read() else { break };
            self.received.push(byte);
        }
        self.received.wake();
    }
}

impl ByteDevice for Serial {
    fn read(&self, buf: &mut [u8]) -> usize {
        let full = self.received.room() == 0;
        let count = self.received.pop_into(buf);
        if full {
            self.receive();
        }
        count
    }

    fn write(&self, bytes: &[u8]) {
        self.uart.write(bytes);
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.received.set_waker(waker);
    }
}
