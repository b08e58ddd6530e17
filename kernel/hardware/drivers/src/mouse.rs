//! The PS/2 mouse, with a wheel and five buttons where it has them: what the controller ([`i8042`](crate::i8042)) has
//! received from it (IBM PS/2 Hardware Interface Technical Reference, "Mouse"; Microsoft, "IntelliMouse").

use crate::controller::Controller;
use crate::ring::Ring;
use core::task::Waker;
use interfaces::{Buttons, PointerDevice, PointerEvent};
use machine::lock::IrqLock;

const SET_RESOLUTION: u8 = 0xE8;
const READ_ID: u8 = 0xF2;
const SET_RATE: u8 = 0xF3;
const START: u8 = 0xF4;
const DEFAULTS: u8 = 0xF6;
const ACKNOWLEDGED: u8 = 0xFA;
/// Setting these rates one after the other asks a mouse for its wheel, and for its fourth and fifth button.
const ASK_FOR_WHEEL: [u8; 3] = [200, 100, 80];
const ASK_FOR_BUTTONS: [u8; 3] = [200, 200, 80];
const ID_WHEEL: u8 = 3;
const ID_BUTTONS: u8 = 4;
/// 8 counts a millimetre, 100 reports a second.
const RESOLUTION: u8 = 3;
const RATE: u8 = 100;

/// Bits of a packet's first byte.
const ALWAYS_ONE: u8 = 1 << 3;
const X_NEGATIVE: u8 = 1 << 4;
const Y_NEGATIVE: u8 = 1 << 5;
const OVERFLOW: u8 = 3 << 6;

/// A PS/2 mouse.
pub struct Mouse {
    received: Ring,
    kind: u8,
    packet: IrqLock<Packet>,
}

/// The packet that is coming in.
#[derive(Default)]
struct Packet {
    bytes: [u8; 4],
    length: usize,
}

fn tell(controller: &Controller, bytes: &[u8]) -> Option<()> {
    bytes.iter().try_for_each(|byte| (controller.ask_mouse(*byte)? == ACKNOWLEDGED).then_some(()))
}

impl Mouse {
    /// The mouse, if one answers, reporting what it can.
    pub(crate) fn find(controller: &Controller) -> Option<Mouse> {
        tell(controller, &[DEFAULTS])?;
        for rates in [ASK_FOR_WHEEL, ASK_FOR_BUTTONS] {
            for rate in rates {
                tell(controller, &[SET_RATE, rate])?;
            }
        }
        tell(controller, &[READ_ID])?;
        let kind = controller.mouse_answer()?;
        tell(controller, &[SET_RESOLUTION, RESOLUTION, SET_RATE, RATE, START])?;
        Some(Mouse { received: Ring::new(), kind, packet: IrqLock::default() })
    }

    pub(crate) fn push(&self, byte: u8) {
        // Nobody reads it: what does not fit is dropped, and the packets' first bits bring the reader back into step.
        self.received.push(byte);
    }

    pub(crate) fn wake(&self) {
        self.received.wake();
    }

    fn packet_length(&self) -> usize {
        if matches!(self.kind, ID_WHEEL | ID_BUTTONS) { 4 } else { 3 }
    }

    fn decode(&self, [first, x, y, fourth]: [u8; 4]) -> PointerEvent {
        let signed = |value: u8, negative: u8| i16::from(value) - if first & negative != 0 { 256 } else { 0 };
        let (right, up) = if first & OVERFLOW != 0 { (0, 0) } else { (signed(x, X_NEGATIVE), signed(y, Y_NEGATIVE)) };
        let (wheel, more) = match self.kind {
            // Four bits, signed; the bits above are buttons.
            ID_BUTTONS => ((fourth << 4).cast_signed() >> 4, fourth >> 4 & 3),
            ID_WHEEL => (fourth.cast_signed(), 0),
            _ => (0, 0),
        };
        PointerEvent { right, down: -up, wheel, buttons: Buttons(first & 7 | more << 3) }
    }
}

impl PointerDevice for Mouse {
    fn next_event(&self) -> Option<PointerEvent> {
        let mut packet = self.packet.lock();
        loop {
            let mut byte = [0];
            if self.received.pop_into(&mut byte) == 0 {
                return None;
            }
            let [byte] = byte;
            if packet.length == 0 && byte & ALWAYS_ONE == 0 {
                // Out of step: this is no packet's beginning.
                continue;
            }
            let at = packet.length;
            packet.bytes[at] = byte;
            packet.length += 1;
            if packet.length == self.packet_length() {
                let bytes = packet.bytes;
                *packet = Packet::default();
                return Some(self.decode(bytes));
            }
        }
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.received.set_waker(waker);
    }
}
