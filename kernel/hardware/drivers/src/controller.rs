//! The registers of the 8042 controller (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device
//! Controller").

use machine::clock;
use machine::port::Port;

pub(crate) const OUTPUT_FULL: u8 = 1;
pub(crate) const INPUT_FULL: u8 = 2;
pub(crate) const FROM_MOUSE: u8 = 0x20;
pub(crate) const READ_CONFIGURATION: u8 = 0x20;
pub(crate) const WRITE_CONFIGURATION: u8 = 0x60;
pub(crate) const ENABLE_MOUSE: u8 = 0xA8;
pub(crate) const ENABLE_KEYBOARD: u8 = 0xAE;
pub(crate) const TO_MOUSE: u8 = 0xD4;
pub(crate) const KEYBOARD_INTERRUPTS: u8 = 1;
pub(crate) const MOUSE_INTERRUPTS: u8 = 2;
pub(crate) const KEYBOARD_DISABLED: u8 = 0x10;
pub(crate) const MOUSE_DISABLED: u8 = 0x20;
/// The controller turns what the keyboard sends (scan code set 2) into set 1.
pub(crate) const TRANSLATE: u8 = 0x40;
pub(crate) const START_SCANNING: u8 = 0xF4;
pub(crate) const LIMIT_US: u64 = 20_000;

/// The controller's ports.
#[derive(Clone, Copy)]
pub(crate) struct Controller {
    pub(crate) data: Port<u8>,
    pub(crate) status: Port<u8>,
}

impl Controller {
    /// Throws away what waits to be read.
    pub(crate) fn drain(&self) {
        for _ in 0..64 {
            if self.status.read() & OUTPUT_FULL == 0 {
                break;
            }
            let _stale = self.data.read();
        }
    }

    pub(crate) fn configure(&self, mouse: bool) -> Option<()> {
        self.command(READ_CONFIGURATION)?;
        let mut configuration = self.answer(0)? & !KEYBOARD_DISABLED | KEYBOARD_INTERRUPTS | TRANSLATE;
        if mouse {
            configuration = configuration & !MOUSE_DISABLED | MOUSE_INTERRUPTS;
        }
        self.command(WRITE_CONFIGURATION)?;
        self.send(configuration)
    }

    pub(crate) fn await_status(&self, mask: u8, value: u8) -> Option<u8> {
        let limit = clock::monotonic_ns() + LIMIT_US * 1000;
        loop {
            let status = self.status.read();
            if status & mask == value {
                return Some(status);
            }
            if clock::monotonic_ns() > limit {
                return None;
            }
            core::hint::spin_loop();
        }
    }

    pub(crate) fn command(&self, command: u8) -> Option<()> {
        self.await_status(INPUT_FULL, 0)?;
        self.status.write(command);
        Some(())
    }

    pub(crate) fn send(&self, value: u8) -> Option<()> {
        self.await_status(INPUT_FULL, 0)?;
        self.data.write(value);
        Some(())
    }

    /// The next byte whose source is `source` (0 or [`FROM_MOUSE`]); what comes from the other one meanwhile is lost.
    pub(crate) fn answer(&self, source: u8) -> Option<u8> {
        for _ in 0..16 {
            let status = self.await_status(OUTPUT_FULL, OUTPUT_FULL)?;
            let byte = self.data.read();
            if status & FROM_MOUSE == source {
                return Some(byte);
            }
        }
        None
    }

    /// Sends a byte to the mouse and returns its answer.
    pub(crate) fn ask_mouse(&self, value: u8) -> Option<u8> {
        self.command(TO_MOUSE)?;
        self.send(value)?;
        self.mouse_answer()
    }

    /// The mouse's next byte.
    pub(crate) fn mouse_answer(&self) -> Option<u8> {
        self.answer(FROM_MOUSE)
    }
}
