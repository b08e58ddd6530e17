//! What the driver of a mouse offers to the services above it.

use core::ops::BitOr;
use core::task::Waker;

/// The buttons that are down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buttons(pub u8);

impl Buttons {
    /// The left one.
    pub const LEFT: Buttons = Buttons(1);
    /// The right one.
    pub const RIGHT: Buttons = Buttons(2);
    /// The middle one, or the wheel pressed.
    pub const MIDDLE: Buttons = Buttons(4);
    /// The one that leads back.
    pub const BACK: Buttons = Buttons(8);
    /// The one that leads forward.
    pub const FORWARD: Buttons = Buttons(16);

    /// Whether all of `other` are down.
    #[must_use]
    pub fn contains(self, other: Buttons) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Buttons {
    type Output = Buttons;

    fn bitor(self, other: Buttons) -> Buttons {
        Buttons(self.0 | other.0)
    }
}

/// A movement of the mouse, or a change of its buttons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointerEvent {
    /// To the right, in the mouse's own units (some 4 to a millimetre).
    pub right: i16,
    /// Down.
    pub down: i16,
    /// Steps of the wheel towards the user.
    pub wheel: i8,
    /// The buttons that are down now.
    pub buttons: Buttons,
}

/// A mouse.
pub trait PointerDevice: Send + Sync {
    /// The next event, when one has come.
    fn next_event(&self) -> Option<PointerEvent>;
    /// Calls `waker` when an event has come; replaces the one before.
    fn wake_on_input(&self, waker: &Waker);
}
