//! The 8042 controller, which keyboard and mouse share (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and
//! Auxiliary Device Controller"). [`keyboard`](crate::keyboard) and [`mouse`](crate::mouse) are what it has received.

use crate::controller::{Controller, ENABLE_KEYBOARD, ENABLE_MOUSE, FROM_MOUSE, OUTPUT_FULL, START_SCANNING};
use crate::keyboard::Keyboard;
use crate::mouse::Mouse;
use alloc::sync::Arc;
use machine::interrupt;
use machine::ioapic::LineInfo;
use machine::lock::IrqLock;
use machine::port::Port;

/// The ISA interrupts of keyboard and mouse.
pub const KEYBOARD_INTERRUPT: u8 = 1;
/// As above.
pub const MOUSE_INTERRUPT: u8 = 12;

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
    let [data, status] = [0x60, 0x64].map(|port| unsafe { Port::new(port) });
    let controller = Controller { data, status };
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
    let reading = Arc::new(IrqLock::new(()));
    let receive = {
        let (keyboard, mouse) = (Arc::clone(&keyboard), mouse.clone());
        move || {
            // The call below may come from another CPU than the interrupts, and there is one data port.
            let _reading = reading.lock();
            receive(&controller, &keyboard, mouse.as_deref());
        }
    };
    for (line, wanted) in [(keyboard_line, true), (mouse_line, mouse.is_some())] {
        // Either interrupt takes what has come from both.
        if wanted && !interrupt::connect(line, receive.clone()) {
            machine::log!("i8042: no interrupt on line {}", line.number);
        }
    }
    // What came before, such as the keyboard's answer to the command above, raises no interrupt any more, and while it
    // waits nothing else comes.
    receive();
    Some(Inputs { keyboard, mouse })
}

/// Takes what has come from both.
fn receive(controller: &Controller, keyboard: &Keyboard, mouse: Option<&Mouse>) {
    let (mut from_keyboard, mut from_mouse) = (false, false);
    loop {
        let status = controller.status.read();
        if status & OUTPUT_FULL == 0 {
            break;
        }
        let byte = controller.data.read();
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
