//! A 16550 UART, polled: sending, and the registers that its interrupt driver needs (PC16550D data sheet, National
//! Semiconductor).

use crate::lock::IrqLock;
use crate::port::Port;

/// The first serial line of a PC.
pub const COM1: u16 = 0x3F8;
/// The second.
pub const COM2: u16 = 0x2F8;

const FIFO_DEPTH: usize = 16;
const LINE_STATUS_DATA_READY: u8 = 1;
const LINE_STATUS_TRANSMITTER_EMPTY: u8 = 1 << 5;
const LINE_CONTROL_8N1: u8 = 3;
const LINE_CONTROL_DIVISOR: u8 = 1 << 7;
const FIFO_ENABLE_CLEAR_TRIGGER_14: u8 = 0xC7;
/// DTR, RTS, and OUT2, which gates the interrupt on a PC.
const MODEM_CONTROL: u8 = 0x0B;
const INTERRUPT_ON_DATA: u8 = 1;

struct Registers {
    data: Port<u8>,
    interrupt_enable: Port<u8>,
    fifo_control: Port<u8>,
    line_control: Port<u8>,
    modem_control: Port<u8>,
    line_status: Port<u8>,
    scratch: Port<u8>,
}

/// One serial line, 115200 baud, 8N1.
pub struct Uart {
    registers: IrqLock<Registers>,
}

// SAFETY: COM2 is where a PC has its second UART.
static SECOND: Uart = unsafe { Uart::new(COM2) };

/// The second serial line.
#[must_use]
pub fn second_line() -> &'static Uart {
    &SECOND
}

impl Uart {
    /// The line whose registers begin at port `base`; nothing is touched yet.
    ///
    /// # Safety
    /// `base` is where a PC has a UART ([`COM1`], [`COM2`]), or nothing.
    #[must_use]
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "the ports of one device, of which the caller says one thing"
    )]
    pub const unsafe fn new(base: u16) -> Uart {
        // SAFETY: the caller's contract; a UART does no DMA.
        unsafe {
            Uart {
                registers: IrqLock::new(Registers {
                    data: Port::new(base),
                    interrupt_enable: Port::new(base + 1),
                    fifo_control: Port::new(base + 2),
                    line_control: Port::new(base + 3),
                    modem_control: Port::new(base + 4),
                    line_status: Port::new(base + 5),
                    scratch: Port::new(base + 7),
                }),
            }
        }
    }

    /// Sets the line up; `false` when there is no UART.
    pub fn init(&self) -> bool {
        let uart = self.registers.lock();
        uart.scratch.write(0x5A);
        if uart.scratch.read() != 0x5A {
            return false;
        }
        uart.interrupt_enable.write(0);
        uart.line_control.write(LINE_CONTROL_DIVISOR);
        uart.data.write(1);
        uart.interrupt_enable.write(0);
        uart.line_control.write(LINE_CONTROL_8N1);
        uart.fifo_control.write(FIFO_ENABLE_CLEAR_TRIGGER_14);
        uart.modem_control.write(MODEM_CONTROL);
        true
    }

    /// Lets the line interrupt when bytes have come.
    pub fn enable_interrupt(&self) {
        self.registers.lock().interrupt_enable.write(INTERRUPT_ON_DATA);
    }

    /// Sends `bytes`, waiting for the line.
    pub fn write(&self, bytes: &[u8]) {
        for chunk in bytes.chunks(FIFO_DEPTH) {
            // Locked for a FIFO's worth, and not while the line is busy: interrupts must not stay off for long.
            while !self.try_write(chunk) {
                core::hint::spin_loop();
            }
        }
    }

    /// Sends `chunk`, at most what the FIFO holds, if it is empty.
    fn try_write(&self, chunk: &[u8]) -> bool {
        let uart = self.registers.lock();
        if uart.line_status.read() & LINE_STATUS_TRANSMITTER_EMPTY == 0 {
            return false;
        }
        for byte in chunk {
            uart.data.write(*byte);
        }
        true
    }

    /// The next received byte.
    #[must_use]
    pub fn read(&self) -> Option<u8> {
        let uart = self.registers.lock();
        (uart.line_status.read() & LINE_STATUS_DATA_READY != 0).then(|| uart.data.read())
    }
}
