//! The 8042 controller, which keyboard and mouse share (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and
//! Auxiliary Device Controller"). [`keyboard`](crate::keyboard) and [`mouse`](crate::mouse) are what it has received.

use crate::keyboard::Keyboard;
use crate::mouse::Mouse;
use alloc::sync::Arc;
use machine::clock;
use machine::interrupt;
use machine::ioapic::LineInfo;
use machine::port::Port;

/// The ISA interrupts of keyboard and mouse.
pub const KEYBOARD_INTERRUPT: u8 = 1;
/// As above.
pub const MOUSE_INTERRUPT: u8 = 12;

const OUTPUT_FULL: u8 = 1;
const INPUT_FULL: u8 = 2;
const FROM_MOUSE: u8 = 0x20;
const READ_CONFIGURATION: u8 = 0x20;
const WRITE_CONFIGURATION: u8 = 0x60;
const ENABLE_MOUSE: u8 = 0xA8;
const ENABLE_KEYBOARD: u8 = 0xAE;
const TO_MOUSE: u8 = 0xD4;
const KEYBOARD_INTERRUPTS: u8 = 1;
const MOUSE_INTERRUPTS: u8 = 2;
const KEYBOARD_DISABLED: u8 = 0x10;
const MOUSE_DISABLED: u8 = 0x20;
/// The controller turns what the keyboard sends (scan code set 2) into set 1.
const TRANSLATE: u8 = 0x40;
const START_SCANNING: u8 = 0xF4;
const LIMIT_US: u64 = 20_000;

/// The controller's ports.
#[derive(Clone, Copy)]
pub(crate) struct Controller {
    data: Port<u8>,
    status: Port<u8>,
}

/// Keyboard and mouse, as far as they are there.
pub struct Inputs {
    /// The keyboard, which need not be plugged in: controllers cannot tell.
    pub keyboard: Arc<Keyboard>,
    /// The mouse, if one answers.
    pub mouse: Option<Arc<Mouse>>,
}

/// Takes over the controller and its devices, with their interrupts on these lines; `None` when there is no controller.
#[must_use]
pub fn take_over(keyboard_line: LineInfo, mouse_line: LineInfo) -> Option<Inputs> {
    // SAFETY: the 8042 of a PC stands at these ports; it does no DMA.
    let controller = unsafe { Controller { data: Port::new(0x60), status: Port::new(0x64) } };
    // A bus without the device reads as ones.
    if controller.status.read() == 0xFF {
        return None;
    }
    controller.drain();
    controller.command(ENABLE_KEYBOARD)?;
    let found = controller.command(ENABLE_MOUSE).and_then(|()| Mouse::find(&controller));
    controller.configure(found.is_some())?;
    controller.send(START_SCANNING)?;
    let keyboard = Arc::new(Keyboard::new());
    let mouse = found.map(Arc::new);
    for (line, wanted) in [(keyboard_line, true), (mouse_line, mouse.is_some())] {
        // Either interrupt takes what has come from both: there is one data port.
        let (keyboard, mouse) = (Arc::clone(&keyboard), mouse.clone());
        if wanted && !interrupt::connect(line, move || controller.receive(&keyboard, mouse.as_deref())) {
            machine::log!("i8042: no interrupt on line {}", line.number);
        }
    }
    Some(Inputs { keyboard, mouse })
}

impl Controller {
    fn receive(&self, keyboard: &Keyboard, mouse: Option<&Mouse>) {
        let (mut from_keyboard, mut from_mouse) = (false, false);
        loop {
            let status = self.status.read();
            if status & OUTPUT_FULL == 0 {
                break;
            }
            let byte = self.data.read();
            if status & FROM_MOUSE == 0 {
                keyboard.push(byte);
                from_keyboard = true;
            } else if let Some(mouse) = mouse {
                mouse.push(byte);
                from_mouse = true;
            }
        }
        if from_keyboard {
            keyboard.wake();
        }
        if let Some(mouse) = mouse.filter(|_| from_mouse) {
            mouse.wake();
        }
    }

    /// Throws away what waits to be read.
    fn drain(&self) {
        for _ in 0..64 {
            if self.status.read() & OUTPUT_FULL == 0 {
                break;
            }
            let _stale = self.data.read();
        }
    }

    fn configure(&self, mouse: bool) -> Option<()> {
        self.command(READ_CONFIGURATION)?;
        let mut configuration = self.answer(0)? & !KEYBOARD_DISABLED | KEYBOARD_INTERRUPTS | TRANSLATE;
        if mouse {
            configuration = configuration & !MOUSE_DISABLED | MOUSE_INTERRUPTS;
        }
        self.command(WRITE_CONFIGURATION)?;
        self.send(configuration)
    }

    fn await_status(&self, mask: u8, value: u8) -> Option<u8> {
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

    /// The next byte whose source is `source` (0 or [`FROM_MOUSE`]); what comes from the other one meanwhile is lost.
    fn answer(&self, source: u8) -> Option<u8> {
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
