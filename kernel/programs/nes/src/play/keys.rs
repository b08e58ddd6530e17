//! What the keys mean.

use crate::console::{JoypadBtn, Player};
use screen::{KeyAction, KeyCode, KeyEvent};

/// Shown before a game begins. The overlay shows the same.
pub(crate) const HELP: &str = "\
Player 1  W A S D or arrows, K = A, J = B, space = select, enter = start
Player 2  T F G H or keypad 8 4 5 6, O = A, I = B, U = select, Y = start
P pause   R reset   1-9 slot   F5 save   F7 load   M sound
F1 keys   F3 frame rate   Q quit";

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A button of a pad, and whether it is held now.
    Button(Player, JoypadBtn, bool),
    Pause,
    Reset,
    Slot(u8),
    Save,
    Load,
    Mute,
    ShowHelp,
    ShowRate,
    Quit,
}

const BUTTONS: &[(KeyCode, Player, JoypadBtn)] = {
    use JoypadBtn::{A, B, Down, Left, Right, Select, Start, Up};
    use Player::{One, Two};
    &[
        (KeyCode::W, One, Up),
        (KeyCode::S, One, Down),
        (KeyCode::A, One, Left),
        (KeyCode::D, One, Right),
        (KeyCode::ArrowUp, One, Up),
        (KeyCode::ArrowDown, One, Down),
        (KeyCode::ArrowLeft, One, Left),
        (KeyCode::ArrowRight, One, Right),
        (KeyCode::K, One, A),
        (KeyCode::J, One, B),
        (KeyCode::Spacebar, One, Select),
        (KeyCode::Return, One, Start),
        (KeyCode::T, Two, Up),
        (KeyCode::G, Two, Down),
        (KeyCode::F, Two, Left),
        (KeyCode::H, Two, Right),
        (KeyCode::Numpad8, Two, Up),
        (KeyCode::Numpad5, Two, Down),
        (KeyCode::Numpad2, Two, Down),
        (KeyCode::Numpad4, Two, Left),
        (KeyCode::Numpad6, Two, Right),
        (KeyCode::O, Two, A),
        (KeyCode::I, Two, B),
        (KeyCode::U, Two, Select),
        (KeyCode::Y, Two, Start),
    ]
};

const REQUESTS: &[(KeyCode, Action)] = &[
    (KeyCode::P, Action::Pause),
    (KeyCode::R, Action::Reset),
    (KeyCode::Key1, Action::Slot(1)),
    (KeyCode::Key2, Action::Slot(2)),
    (KeyCode::Key3, Action::Slot(3)),
    (KeyCode::Key4, Action::Slot(4)),
    (KeyCode::Key5, Action::Slot(5)),
    (KeyCode::Key6, Action::Slot(6)),
    (KeyCode::Key7, Action::Slot(7)),
    (KeyCode::Key8, Action::Slot(8)),
    (KeyCode::Key9, Action::Slot(9)),
    (KeyCode::F5, Action::Save),
    (KeyCode::F7, Action::Load),
    (KeyCode::M, Action::Mute),
    (KeyCode::F1, Action::ShowHelp),
    (KeyCode::F3, Action::ShowRate),
    (KeyCode::Q, Action::Quit),
    (KeyCode::Escape, Action::Quit),
];

/// Turns key events into actions; remembers whether ctrl is held.
#[derive(Default)]
pub(crate) struct Keys {
    ctrl: bool,
}

impl Keys {
    pub(crate) fn action(&mut self, event: KeyEvent) -> Option<Action> {
        let held = match event.action {
            KeyAction::Press => true,
            KeyAction::Release => false,
            KeyAction::Repeat => return None,
        };
        if matches!(event.key, KeyCode::LControl | KeyCode::RControl) {
            self.ctrl = held;
        }
        // ^C, as on a terminal, which gets no keys now.
        if self.ctrl && held && event.key == KeyCode::C {
            return Some(Action::Quit);
        }
        let button = BUTTONS.iter().find(|(key, ..)| *key == event.key);
        if let Some((_, player, button)) = button {
            return Some(Action::Button(*player, *button, held));
        }
        let request = REQUESTS.iter().find(|(key, _)| *key == event.key);
        request.filter(|_| held).map(|(_, action)| *action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(key: KeyCode, action: KeyAction) -> KeyEvent {
        KeyEvent { key, action, text: None }
    }

    #[test]
    fn buttons_go_down_and_up_and_requests_once() {
        let mut keys = Keys::default();
        let mut action = |key, what| keys.action(event(key, what));
        let button = |held| Some(Action::Button(Player::One, JoypadBtn::A, held));
        assert_eq!(action(KeyCode::K, KeyAction::Press), button(true));
        assert_eq!(action(KeyCode::K, KeyAction::Repeat), None);
        assert_eq!(action(KeyCode::K, KeyAction::Release), button(false));
        assert_eq!(action(KeyCode::Q, KeyAction::Release), None);
        assert_eq!(action(KeyCode::Q, KeyAction::Press), Some(Action::Quit));
        assert_eq!(action(KeyCode::B, KeyAction::Press), None);
    }

    #[test]
    fn ctrl_and_c_quit() {
        let mut keys = Keys::default();
        let mut action = |key, what| keys.action(event(key, what));
        assert_eq!(action(KeyCode::C, KeyAction::Press), None);
        assert_eq!(action(KeyCode::LControl, KeyAction::Press), None);
        assert_eq!(action(KeyCode::C, KeyAction::Press), Some(Action::Quit));
    }

    #[test]
    fn no_key_means_two_things() {
        let keys: Vec<KeyCode> = BUTTONS.iter().map(|row| row.0).chain(REQUESTS.iter().map(|row| row.0)).collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{key:?}");
        }
    }
}
