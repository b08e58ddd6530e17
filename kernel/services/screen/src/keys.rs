//! Keys: from scan codes to events.
//!
//! A key is known by its place, whatever the layout prints on it; its name is the one of W3C's "UI Events KeyboardEvent
//! code Values". Scan codes are set 1, as of an `interfaces::InputSource`.

use pc_keyboard::layouts::AnyLayout;
use pc_keyboard::{DecodedKey, HandleControl, KeyState, PS2Keyboard, ScancodeSet1};
use std::collections::BTreeSet;
use tty::Layout;

pub use pc_keyboard::KeyCode;

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// It went down.
    Press,
    /// It stays down, and the keyboard repeats it.
    Repeat,
    /// It went up.
    Release,
}

/// A key that went down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// Which one, by its place.
    pub key: KeyCode,
    /// What it did.
    pub action: KeyAction,
    /// The character that the layout has there, with shift and its like; not with ctrl, and none when the key goes up.
    pub text: Option<char>,
}

impl KeyEvent {
    /// The key's name, for instance `KeyA`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        name(self.key)
    }
}

/// The modifiers that matter for requests to the machine itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) ctrl: bool,
    pub(crate) alt: bool,
}

/// A key with the scan codes that told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// `None` for what is no key.
    pub(crate) event: Option<KeyEvent>,
    pub(crate) codes: Vec<u8>,
    pub(crate) held: Held,
}

/// Turns scan codes into events; remembers which keys are down.
pub(crate) struct Decoder {
    keyboard: PS2Keyboard<AnyLayout, ScancodeSet1>,
    codes: Vec<u8>,
    down: BTreeSet<&'static str>,
}

/// The longest scan code, that of Pause, has six bytes.
const LONGEST: usize = 8;

impl Decoder {
    pub(crate) fn new(layout: Layout) -> Decoder {
        let keyboard = PS2Keyboard::new(ScancodeSet1::new(), layout.table(), HandleControl::Ignore);
        Decoder { keyboard, codes: Vec::with_capacity(LONGEST), down: BTreeSet::new() }
    }

    /// Takes one byte; answers when it completes something.
    pub(crate) fn add(&mut self, code: u8) -> Option<Decoded> {
        self.codes.push(code);
        let event = match self.keyboard.add_byte(code) {
            Ok(None) if self.codes.len() < LONGEST => return None,
            Ok(event) => event,
            Err(_) => None,
        };
        let codes = std::mem::take(&mut self.codes);
        let event = event.and_then(|event| self.decode(event));
        let modifiers = self.keyboard.get_modifiers();
        let held = Held { ctrl: modifiers.is_ctrl(), alt: modifiers.is_alt() };
        Some(Decoded { event, codes, held })
    }

    fn decode(&mut self, event: pc_keyboard::KeyEvent) -> Option<KeyEvent> {
        let (key, state) = (event.code, event.state);
        let decoded = self.keyboard.process_keyevent(event);
        let name = name(key);
        if name.is_empty() {
            return None;
        }
        let action = match state {
            KeyState::Down if self.down.insert(name) => KeyAction::Press,
            KeyState::Down => KeyAction::Repeat,
            KeyState::Up => {
                self.down.remove(name);
                KeyAction::Release
            }
            KeyState::SingleShot => return None,
        };
        let text = match decoded {
            Some(DecodedKey::Unicode(character)) if action != KeyAction::Release => Some(character),
            _ => None,
        };
        Some(KeyEvent { key, action, text })
    }
}

/// Whether a key changes what others mean: a terminal has to know of it even while it gets no keys.
pub(crate) fn is_modifier(key: KeyCode) -> bool {
    use KeyCode::*;
    matches!(key, LShift | RShift | LControl | RControl | LAlt | RAltGr | CapsLock | NumpadLock | ScrollLock)
}

/// The name of a key; empty for what is no key.
#[must_use]
pub(crate) fn name(key: KeyCode) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == key).map_or("", |(_, name)| name)
}

#[rustfmt::skip]
const NAMES: &[(KeyCode, &str)] = {
    use KeyCode::*;
    &[
        (Escape, "Escape"), (F1, "F1"), (F2, "F2"), (F3, "F3"), (F4, "F4"), (F5, "F5"), (F6, "F6"), (F7, "F7"), (F8, "F8"),
        (F9, "F9"), (F10, "F10"), (F11, "F11"), (F12, "F12"), (PrintScreen, "PrintScreen"), (SysRq, "PrintScreen"),
        (ScrollLock, "ScrollLock"), (PauseBreak, "Pause"),
        (Oem8, "Backquote"), (Key1, "Digit1"), (Key2, "Digit2"), (Key3, "Digit3"), (Key4, "Digit4"), (Key5, "Digit5"),
        (Key6, "Digit6"), (Key7, "Digit7"), (Key8, "Digit8"), (Key9, "Digit9"), (Key0, "Digit0"), (OemMinus, "Minus"),
        (OemPlus, "Equal"), (Backspace, "Backspace"), (Insert, "Insert"), (Home, "Home"), (PageUp, "PageUp"),
        (NumpadLock, "NumLock"), (NumpadDivide, "NumpadDivide"), (NumpadMultiply, "NumpadMultiply"),
        (NumpadSubtract, "NumpadSubtract"),
        (Tab, "Tab"), (Q, "KeyQ"), (W, "KeyW"), (E, "KeyE"), (R, "KeyR"), (T, "KeyT"), (Y, "KeyY"), (U, "KeyU"), (I, "KeyI"),
        (O, "KeyO"), (P, "KeyP"), (Oem4, "BracketLeft"), (Oem6, "BracketRight"), (Oem7, "Backslash"), (Delete, "Delete"),
        (End, "End"), (PageDown, "PageDown"), (Numpad7, "Numpad7"), (Numpad8, "Numpad8"), (Numpad9, "Numpad9"),
        (NumpadAdd, "NumpadAdd"),
        (CapsLock, "CapsLock"), (A, "KeyA"), (S, "KeyS"), (D, "KeyD"), (F, "KeyF"), (G, "KeyG"), (H, "KeyH"), (J, "KeyJ"),
        (K, "KeyK"), (L, "KeyL"), (Oem1, "Semicolon"), (Oem3, "Quote"), (Return, "Enter"), (Numpad4, "Numpad4"),
        (Numpad5, "Numpad5"), (Numpad6, "Numpad6"),
        (LShift, "ShiftLeft"), (Oem5, "IntlBackslash"), (Z, "KeyZ"), (X, "KeyX"), (C, "KeyC"), (V, "KeyV"), (B, "KeyB"),
        (N, "KeyN"), (M, "KeyM"), (OemComma, "Comma"), (OemPeriod, "Period"), (Oem2, "Slash"), (RShift, "ShiftRight"),
        (ArrowUp, "ArrowUp"), (Numpad1, "Numpad1"), (Numpad2, "Numpad2"), (Numpad3, "Numpad3"),
        (NumpadEnter, "NumpadEnter"),
        (LControl, "ControlLeft"), (LWin, "MetaLeft"), (LAlt, "AltLeft"), (Spacebar, "Space"), (RAltGr, "AltRight"),
        (RWin, "MetaRight"), (Apps, "ContextMenu"), (RControl, "ControlRight"), (ArrowLeft, "ArrowLeft"),
        (ArrowDown, "ArrowDown"), (ArrowRight, "ArrowRight"), (Numpad0, "Numpad0"), (NumpadPeriod, "NumpadDecimal"),
        (Oem9, "NonConvert"), (Oem10, "Convert"), (Oem11, "KanaMode"), (Oem12, "IntlRo"), (Oem13, "IntlYen"),
        (PrevTrack, "MediaTrackPrevious"), (NextTrack, "MediaTrackNext"), (Mute, "AudioVolumeMute"),
        (Calculator, "LaunchApp2"), (Play, "MediaPlayPause"), (Stop, "MediaStop"), (VolumeDown, "AudioVolumeDown"),
        (VolumeUp, "AudioVolumeUp"), (WWWHome, "BrowserHome"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn events(layout: Layout, codes: &[u8]) -> Vec<(&'static str, KeyAction, Option<char>)> {
        let mut decoder = Decoder::new(layout);
        let decoded = codes.iter().filter_map(|code| decoder.add(*code)?.event);
        decoded.map(|event| (event.name(), event.action, event.text)).collect()
    }

    #[test]
    fn a_key_goes_down_repeats_and_goes_up() {
        use KeyAction::{Press, Release, Repeat};
        assert_eq!(
            events(Layout::Us, &[0x1e, 0x1e, 0x9e, 0x1e]),
            [
                ("KeyA", Press, Some('a')),
                ("KeyA", Repeat, Some('a')),
                ("KeyA", Release, None),
                ("KeyA", Press, Some('a'))
            ]
        );
    }

    #[test]
    fn the_place_stays_and_the_character_follows_the_layout() {
        assert_eq!(events(Layout::De, &[0x15])[0], ("KeyY", KeyAction::Press, Some('z')));
        assert_eq!(events(Layout::Fr, &[0x10])[0], ("KeyQ", KeyAction::Press, Some('a')));
        assert_eq!(events(Layout::Us, &[0x2a, 0x1e])[1], ("KeyA", KeyAction::Press, Some('A')));
        assert_eq!(events(Layout::Us, &[0x1d, 0x1e])[1].2, Some('a'), "ctrl is the program's business");
    }

    #[test]
    fn codes_of_several_bytes_come_whole() {
        let mut decoder = Decoder::new(Layout::Us);
        assert_eq!(decoder.add(0xe0), None);
        let up = decoder.add(0x48).expect("a key");
        assert_eq!((up.event.map(|event| event.name()), up.codes), (Some("ArrowUp"), vec![0xe0, 0x48]));
    }

    #[test]
    fn any_bytes_are_survived_and_none_is_lost() {
        let mut decoder = Decoder::new(Layout::De);
        let mut passed = 0;
        for byte in (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).flat_map(move |second| [first, second])) {
            passed += decoder.add(byte).map_or(0, |decoded| decoded.codes.len());
        }
        assert!(passed + LONGEST >= 2 * 256 * 256, "{passed}");
    }
}
