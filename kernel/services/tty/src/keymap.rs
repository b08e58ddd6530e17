//! Keymap: scan codes to the bytes that a program on a Linux console reads.
//!
//! Fed by the input pump with the bytes of an `interfaces::InputSource`. These are set 1: a PC's i8042 controller
//! translates the keyboard's own set 2, and its driver leaves that translation on. Sequences: console_codes(4) of
//! Linux, with xterm's modifier parameter where a key is pressed with shift, alt or ctrl.

use pc_keyboard::layouts::{AnyLayout, Azerty, De105Key, Uk105Key, Us104Key};
use pc_keyboard::{DecodedKey, HandleControl, KeyCode, KeyState, Modifiers, PS2Keyboard, ScancodeSet1};

/// A keyboard's layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// United States.
    #[default]
    Us,
    /// United Kingdom.
    Uk,
    /// German.
    De,
    /// French.
    Fr,
}

impl Layout {
    /// Every layout with its name.
    pub const ALL: [(&str, Layout); 4] =
        [("us", Layout::Us), ("uk", Layout::Uk), ("de", Layout::De), ("fr", Layout::Fr)];

    /// The layout called `name`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Layout> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, layout)| *layout)
    }

    /// What its keys mean.
    #[must_use]
    pub fn table(self) -> AnyLayout {
        match self {
            Layout::Us => AnyLayout::Us104Key(Us104Key),
            Layout::Uk => AnyLayout::Uk105Key(Uk105Key),
            Layout::De => AnyLayout::De105Key(De105Key),
            Layout::Fr => AnyLayout::Azerty(Azerty),
        }
    }
}

/// What the cursor keys send (DECCKM, `CSI ?1h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorKeys {
    /// `ESC [ A`.
    #[default]
    Normal,
    /// `ESC O A`.
    Application,
}

/// Which way to look through what has scrolled off the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scroll {
    /// Half a screen towards older lines.
    Back,
    /// Half a screen towards newer lines.
    Forward,
}

/// What pressing a key means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Input for the program.
    Input(String),
    /// A request to the terminal itself (shift with page up and down).
    Scroll(Scroll),
}

/// Turns scan codes into input; remembers which modifiers are down.
pub struct Keymap {
    keyboard: PS2Keyboard<AnyLayout, ScancodeSet1>,
    layout: Layout,
}

impl Keymap {
    /// A keymap with no key down.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let keyboard = PS2Keyboard::new(ScancodeSet1::new(), layout.table(), HandleControl::MapLettersToUnicode);
        Keymap { keyboard, layout }
    }

    /// The layout in use.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Takes one byte from the keyboard; answers when it completes the press of a key that means something.
    pub fn press(&mut self, scan_code: u8, cursor_keys: CursorKeys) -> Option<Key> {
        // An unknown code is a key that a terminal has no use for, or the keyboard's answer to a command.
        let event = self.keyboard.add_byte(scan_code).ok().flatten()?;
        let (code, pressed) = (event.code, event.state == KeyState::Down);
        let decoded = self.keyboard.process_keyevent(event)?;
        if !pressed {
            return None;
        }
        let modifiers = self.keyboard.get_modifiers();
        let code = match decoded {
            // The numeric pad without num lock: its other meaning.
            DecodedKey::RawKey(code) => code,
            DecodedKey::Unicode('\x7f') => KeyCode::Delete,
            DecodedKey::Unicode(_) => code,
        };
        if modifiers.is_shifted() && !modifiers.is_ctrl() {
            match code {
                KeyCode::PageUp => return Some(Key::Scroll(Scroll::Back)),
                KeyCode::PageDown => return Some(Key::Scroll(Scroll::Forward)),
                _ => {}
            }
        }
        function_key(code, modifiers, cursor_keys).or_else(|| self.text(code, decoded, modifiers)).map(Key::Input)
    }

    fn text(&self, code: KeyCode, decoded: DecodedKey, modifiers: &Modifiers) -> Option<String> {
        let DecodedKey::Unicode(character) = decoded else { return None };
        let character = match code {
            KeyCode::Backspace if modifiers.is_ctrl() => '\x08',
            KeyCode::Backspace => '\x7f',
            KeyCode::Return | KeyCode::NumpadEnter => '\r',
            _ if modifiers.is_ctrl() && !modifiers.ralt => control(character),
            _ => character,
        };
        // The right alt key chooses a key's third character, except on layouts that have none.
        let meta = modifiers.lalt || (modifiers.ralt && self.layout == Layout::Us);
        let prefix = if meta { "\x1b" } else { "" };
        Some(format!("{prefix}{character}"))
    }
}

/// The control character of a key that is not a letter (the keymap crate does letters), as Linux's default keymap has
/// it.
fn control(character: char) -> char {
    match character {
        ' ' | '@' | '`' | '2' => '\0',
        '[' | '{' | '3' => '\x1b',
        '\\' | '|' | '4' => '\x1c',
        ']' | '}' | '5' => '\x1d',
        '^' | '~' | '6' => '\x1e',
        '_' | '/' | '-' | '7' => '\x1f',
        '?' | '8' => '\x7f',
        other => other,
    }
}

/// The sequence of a key that has no character.
fn function_key(code: KeyCode, modifiers: &Modifiers, cursor_keys: CursorKeys) -> Option<String> {
    // xterm's encoding: one more than shift 1, alt 2, ctrl 4.
    let parameter =
        1 + u8::from(modifiers.is_shifted()) + 2 * u8::from(modifiers.is_alt()) + 4 * u8::from(modifiers.is_ctrl());
    if code == KeyCode::Tab {
        return modifiers.is_shifted().then(|| "\x1b[Z".into());
    }
    if let Some(letter) = arrow(code) {
        return Some(match (parameter, cursor_keys) {
            (1, CursorKeys::Normal) => format!("\x1b[{letter}"),
            (1, CursorKeys::Application) => format!("\x1bO{letter}"),
            _ => format!("\x1b[1;{parameter}{letter}"),
        });
    }
    if let Some(letter) = low_function_key(code) {
        return Some(match (parameter, letter) {
            (1, _) => format!("\x1b[[{letter}"),
            (_, 'E') => format!("\x1b[15;{parameter}~"),
            // xterm's letters for F1 to F4 are P to S.
            _ => format!("\x1b[1;{parameter}{}", char::from(letter as u8 - b'A' + b'P')),
        });
    }
    let number = numbered_key(code)?;
    Some(match parameter {
        1 => format!("\x1b[{number}~"),
        _ => format!("\x1b[{number};{parameter}~"),
    })
}

fn arrow(code: KeyCode) -> Option<char> {
    match code {
        KeyCode::ArrowUp => Some('A'),
        KeyCode::ArrowDown => Some('B'),
        KeyCode::ArrowRight => Some('C'),
        KeyCode::ArrowLeft => Some('D'),
        _ => None,
    }
}

fn low_function_key(code: KeyCode) -> Option<char> {
    match code {
        KeyCode::F1 => Some('A'),
        KeyCode::F2 => Some('B'),
        KeyCode::F3 => Some('C'),
        KeyCode::F4 => Some('D'),
        KeyCode::F5 => Some('E'),
        _ => None,
    }
}

fn numbered_key(code: KeyCode) -> Option<u8> {
    match code {
        KeyCode::Home => Some(1),
        KeyCode::Insert => Some(2),
        KeyCode::Delete => Some(3),
        KeyCode::End => Some(4),
        KeyCode::PageUp => Some(5),
        KeyCode::PageDown => Some(6),
        KeyCode::F6 => Some(17),
        KeyCode::F7 => Some(18),
        KeyCode::F8 => Some(19),
        KeyCode::F9 => Some(20),
        KeyCode::F10 => Some(21),
        KeyCode::F11 => Some(23),
        KeyCode::F12 => Some(24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keymap: &mut Keymap, codes: &[u8]) -> String {
        codes
            .iter()
            .filter_map(|&code| match keymap.press(code, CursorKeys::Normal)? {
                Key::Input(text) => Some(text),
                Key::Scroll(direction) => Some(format!("<{direction:?}>")),
            })
            .collect()
    }

    fn us(codes: &[u8]) -> String {
        typed(&mut Keymap::new(Layout::Us), codes)
    }

    #[test]
    fn letters_with_shift_and_caps_lock() {
        assert_eq!(us(&[0x1e, 0x9e]), "a");
        assert_eq!(us(&[0x2a, 0x1e, 0x9e, 0xaa, 0x1e]), "Aa");
        assert_eq!(us(&[0x3a, 0xba, 0x1e, 0x2a, 0x1e, 0x02]), "Aa!", "caps lock inverts shift, for letters only");
    }

    #[test]
    fn control_alt_and_both() {
        assert_eq!(us(&[0x1d, 0x2e]), "\x03");
        assert_eq!(us(&[0x1d, 0x1a]), "\x1b");
        assert_eq!(us(&[0x1d, 0x39]), "\0");
        assert_eq!(us(&[0x38, 0x21]), "\x1bf");
        assert_eq!(us(&[0xe0, 0x38, 0x21]), "\x1bf", "right alt of a layout without third characters");
        assert_eq!(us(&[0x1d, 0x38, 0x1f]), "\x1b\x13");
    }

    #[test]
    fn editing_keys() {
        assert_eq!(us(&[0x0e]), "\x7f");
        assert_eq!(us(&[0x1c]), "\r");
        assert_eq!(us(&[0xe0, 0x1c]), "\r");
        assert_eq!(us(&[0x0f]), "\t");
        assert_eq!(us(&[0x2a, 0x0f]), "\x1b[Z");
        assert_eq!(us(&[0xe0, 0x53]), "\x1b[3~");
        assert_eq!(us(&[0xe0, 0x47, 0xe0, 0x4f]), "\x1b[1~\x1b[4~");
        assert_eq!(us(&[0xe0, 0x49, 0xe0, 0x51]), "\x1b[5~\x1b[6~");
    }

    #[test]
    fn arrows_follow_the_mode_and_name_modifiers() {
        assert_eq!(us(&[0xe0, 0x48, 0xe0, 0x50, 0xe0, 0x4d, 0xe0, 0x4b]), "\x1b[A\x1b[B\x1b[C\x1b[D");
        assert_eq!(us(&[0x1d, 0xe0, 0x4b]), "\x1b[1;5D");
        let mut keymap = Keymap::new(Layout::Us);
        assert_eq!(keymap.press(0xe0, CursorKeys::Application), None);
        assert_eq!(keymap.press(0x48, CursorKeys::Application), Some(Key::Input("\x1bOA".into())));
    }

    #[test]
    fn function_keys() {
        assert_eq!(us(&[0x3b, 0x3f, 0x40, 0x57, 0x58]), "\x1b[[A\x1b[[E\x1b[17~\x1b[23~\x1b[24~");
        assert_eq!(us(&[0x2a, 0x3b]), "\x1b[1;2P");
    }

    #[test]
    fn shift_with_page_keys_scrolls() {
        assert_eq!(us(&[0x2a, 0xe0, 0x49, 0xe0, 0x51]), "<Back><Forward>");
    }

    #[test]
    fn numeric_pad_follows_num_lock() {
        assert_eq!(us(&[0x47, 0x53]), "7.");
        assert_eq!(us(&[0x45, 0xc5, 0x47, 0x53]), "\x1b[1~\x1b[3~");
        assert_eq!(us(&[0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x47]), "7", "pause is not num lock");
    }

    #[test]
    fn layouts() {
        assert_eq!(typed(&mut Keymap::new(Layout::De), &[0x15, 0x2c, 0x27, 0x0c]), "zyöß");
        assert_eq!(typed(&mut Keymap::new(Layout::De), &[0xe0, 0x38, 0x10, 0x1b]), "@~");
        assert_eq!(typed(&mut Keymap::new(Layout::De), &[0x1d, 0x15]), "\x1a", "control follows the layout");
        assert_eq!(typed(&mut Keymap::new(Layout::Fr), &[0x10, 0x03, 0x2a, 0x03]), "aé2");
        assert_eq!(typed(&mut Keymap::new(Layout::Uk), &[0x2a, 0x04]), "£");
        for (name, layout) in Layout::ALL {
            assert_eq!(Layout::by_name(name), Some(layout));
        }
        assert_eq!(Layout::by_name("xx"), None);
    }

    #[test]
    fn any_bytes_are_survived() {
        let mut keymap = Keymap::new(Layout::De);
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let _ = keymap.press(first, CursorKeys::Normal);
                let _ = keymap.press(second, CursorKeys::Application);
            }
        }
    }
}
