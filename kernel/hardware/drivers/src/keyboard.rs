//! The PS/2 keyboard, at the 8042 controller (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
//! Device Controller").

use crate::ring::Ring;
use alloc::sync::Arc;
use core::task::Waker;
use interfaces::InputSource;
use machine::acpi::LineInfo;
use machine::clock;
use machine::interrupt;
use machine::port::Port;

const OUTPUT_FULL: u8 = 1;
const INPUT_FULL: u8 = 2;
const FROM_MOUSE: u8 = 0x20;
const READ_CONFIGURATION: u8 = 0x20;
const WRITE_CONFIGURATION: u8 = 0x60;
const ENABLE_KEYBOARD: u8 = 0xAE;
const KEYBOARD_INTERRUPT: u8 = 1;
/// The controller turns what the keyboard sends (scan code set 2) into set 1.
const TRANSLATE: u8 = 0x40;
const KEYBOARD_DISABLED: u8 = 0x10;
const START_SCANNING: u8 = 0xF4;
const LIMIT_US: u64 = 20_000;

/// A PS/2 keyboard; its bytes are scan codes of set 1.
pub struct Keyboard {
    data: Port<u8>,
    status: Port<u8>,
    received: Ring,
}

impl Keyboard {
    /// The ISA interrupt of the keyboard.
    pub const INTERRUPT: u8 = 1;

    /// Takes over the keyboard, with its interrupt on `line`; `None` when there is no controller.
    #[must_use]
    pub fn new(line: LineInfo) -> Option<Arc<Keyboard>> {
        // SAFETY: the 8042 of a PC stands at these ports; it does no DMA.
        let (data, status) = unsafe { (Port::new(0x60), Port::new(0x64)) };
        let keyboard = Arc::new(Keyboard { data, status, received: Ring::new() });
        keyboard.set_up()?;
        let handler = Arc::clone(&keyboard);
        interrupt::connect(line, move || handler.receive()).then_some(keyboard)
    }

    fn set_up(&self) -> Option<()> {
        // A bus without the device reads as ones.
        if self.status.read() == 0xFF {
            return None;
        }
        for _ in 0..64 {
            if self.status.read() & OUTPUT_FULL == 0 {
                break;
            }
            let _stale = self.data.read();
        }
        self.command(ENABLE_KEYBOARD)?;
        self.command(READ_CONFIGURATION)?;
        let configuration = self.answer()?;
        self.command(WRITE_CONFIGURATION)?;
        self.send(configuration & !KEYBOARD_DISABLED | KEYBOARD_INTERRUPT | TRANSLATE)?;
        self.send(START_SCANNING)
    }

    fn await_status(&self, mask: u8, value: u8) -> Option<()> {
        let limit = clock::monotonic_ns() + LIMIT_US * 1000;
        while self.status.read() & mask != value {
            if clock::monotonic_ns() > limit {
                return None;
            }
            core::hint::spin_loop();
        }
        Some(())
    }

    fn command(&self, command: u8) -> Option<()> {
        self.await_status(INPUT_FULL, 0)?;
        self.status.write(command);
        Some(())
    }

    fn send(&self, value: u8) -> Option<()> {
        self.await_status(INPUT_FULL, 0)?;
        self.data.write(value);
        Some(())
    }

    fn answer(&self) -> Option<u8> {
        self.await_status(OUTPUT_FULL, OUTPUT_FULL)?;
        Some(self.data.read())
    }

    fn receive(&self) {
        loop {
            let status = self.status.read();
            if status & OUTPUT_FULL == 0 {
                break;
            }
            let byte = self.data.read();
            if status & FROM_MOUSE == 0 {
                // A person does not type 64 KiB ahead: what does not fit is dropped.
                self.received.push(byte);
            }
        }
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
