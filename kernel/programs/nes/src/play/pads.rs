//! The pads' buttons between a keyboard and a game that looks at them once a frame.

use crate::console::{JoypadBtn, Player};

/// A button of a pad.
type Button = (Player, JoypadBtn);

/// What keys did since the last frame. A button is held for one frame at least: a key that goes down and up between two
/// frames would be lost otherwise.
#[derive(Default)]
pub(crate) struct Pads {
    /// Went down since the last frame.
    fresh: Vec<Button>,
    /// Went up since then as well, which is to be seen after the next frame.
    late: Vec<Button>,
    /// Are down.
    held: Vec<Button>,
}

impl Pads {
    /// A key went down or up; returns whether the button is to follow now.
    pub(crate) fn change(&mut self, button: Button, held: bool) -> bool {
        self.late.retain(|other| *other != button);
        self.held.retain(|other| *other != button);
        if held {
            self.held.push(button);
            self.fresh.push(button);
            return true;
        }
        let is_fresh = self.fresh.contains(&button);
        if is_fresh {
            self.late.push(button);
        }
        !is_fresh
    }

    /// The buttons that are down.
    pub(crate) fn held(&self) -> impl Iterator<Item = Button> {
        self.held.iter().copied()
    }

    /// A frame was run; returns the buttons that go up now.
    pub(crate) fn end_frame(&mut self) -> Vec<Button> {
        self.fresh.clear();
        std::mem::take(&mut self.late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Button = (Player::One, JoypadBtn::A);
    const OTHER: Button = (Player::Two, JoypadBtn::A);

    #[test]
    fn a_quick_key_is_held_for_a_frame() {
        let mut pads = Pads::default();
        assert!(pads.change(A, true));
        assert!(!pads.change(A, false));
        assert!(pads.change(OTHER, true));
        assert_eq!(pads.end_frame(), [A]);
        assert_eq!(pads.end_frame(), []);
        assert!(pads.change(OTHER, false), "a frame has seen it");
    }

    #[test]
    fn a_key_that_is_down_again_stays_down() {
        let mut pads = Pads::default();
        for held in [true, false, true] {
            pads.change(A, held);
        }
        assert_eq!(pads.end_frame(), []);
    }
}
