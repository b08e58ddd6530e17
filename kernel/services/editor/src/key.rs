//! Bytes from a terminal in raw mode to keys.
//!
//! Understands what `tty::keymap` sends and the variants of xterm and its relatives on a serial line. No waiting by
//! time: an escape alone becomes a key together with what follows.

use interfaces::Result;

/// A longer control sequence is no key.
const MAX_SEQUENCE: usize = 32;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Character(char),
    /// With ctrl; the letter in lower case.
    Control(char),
    /// With alt.
    Meta(char),
    Enter,
    Tab,
    Backspace,
    /// Alt with backspace.
    MetaBackspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    /// Something that the editor has no use for.
    Other,
}

/// Reads one key from `next`, which waits for the next byte.
pub(crate) fn read(next: &mut dyn FnMut() -> Result<u8>) -> Result<Key> {
    let first = next()?;
    Ok(match first {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        0x08 | 0x7f => Key::Backspace,
        0x1b => escape(next)?,
        0x01..=0x1a => Key::Control(char::from(first - 1 + b'a')),
        0..0x20 => Key::Other,
        _ => Key::Character(character(first, next)?),
    })
}

fn escape(next: &mut dyn FnMut() -> Result<u8>) -> Result<Key> {
    Ok(match next()? {
        b'[' => control_sequence(next)?,
        b'O' => cursor_key(next()?, Modifier::None),
        0x08 | 0x7f => Key::MetaBackspace,
        0x1b => Key::Other,
        byte if byte < 0x20 => Key::Other,
        byte => Key::Meta(character(byte, next)?),
    })
}

/// Whether ctrl or alt came with a cursor key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Modifier {
    None,
    CtrlOrAlt,
}

/// `CSI parameters final` (ECMA-48 5.4).
fn control_sequence(next: &mut dyn FnMut() -> Result<u8>) -> Result<Key> {
    let mut parameters = String::new();
    for _ in 0..MAX_SEQUENCE {
        match next()? {
            // Linux's F1 to F5: CSI [ A.
            b'[' if parameters.is_empty() => {
                next()?;
                return Ok(Key::Other);
            }
            last @ 0x40..=0x7e => return Ok(sequence_key(&parameters, last)),
            byte => parameters.push(char::from(byte)),
        }
    }
    Ok(Key::Other)
}

fn sequence_key(parameters: &str, last: u8) -> Key {
    let mut numbers = parameters.split(';').map(|number| number.parse::<u16>().unwrap_or(0));
    let first = numbers.next().unwrap_or(0);
    // One more than shift 1, alt 2, ctrl 4.
    let modifier = match numbers.next().unwrap_or(1).saturating_sub(1) & 6 {
        0 => Modifier::None,
        _ => Modifier::CtrlOrAlt,
    };
    match (last, first) {
        (b'~', 1 | 7) => Key::Home,
        (b'~', 4 | 8) => Key::End,
        (b'~', 3) => Key::Delete,
        _ => cursor_key(last, modifier),
    }
}

fn cursor_key(letter: u8, modifier: Modifier) -> Key {
    match (letter, modifier) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', Modifier::None) => Key::Right,
        (b'D', Modifier::None) => Key::Left,
        (b'C', Modifier::CtrlOrAlt) => Key::WordRight,
        (b'D', Modifier::CtrlOrAlt) => Key::WordLeft,
        (b'H', _) => Key::Home,
        (b'F', _) => Key::End,
        _ => Key::Other,
    }
}

/// A character whose UTF-8 begins with `first`; U+FFFD for what is not UTF-8.
fn character(first: u8, next: &mut dyn FnMut() -> Result<u8>) -> Result<char> {
    let len = match first {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    let mut bytes = vec![first];
    while bytes.len() < len {
        bytes.push(next()?);
    }
    Ok(String::from_utf8_lossy(&bytes).chars().next().unwrap_or(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use interfaces::Errno;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut bytes = bytes.iter();
        let mut next = || bytes.next().copied().ok_or(Errno::EIO);
        std::iter::from_fn(|| read(&mut next).ok()).collect()
    }

    #[test]
    fn characters_and_controls() {
        assert_eq!(
            keys("aé日\x01\r\n\t\x7f\x08\x00".as_bytes()),
            [
                Key::Character('a'),
                Key::Character('é'),
                Key::Character('日'),
                Key::Control('a'),
                Key::Enter,
                Key::Enter,
                Key::Tab,
                Key::Backspace,
                Key::Backspace,
                Key::Other
            ]
        );
    }

    #[test]
    fn sequences_of_linux_and_xterm() {
        assert_eq!(keys(b"\x1b[A\x1b[B\x1b[C\x1b[D"), [Key::Up, Key::Down, Key::Right, Key::Left]);
        assert_eq!(keys(b"\x1bOA\x1bOH\x1bOF"), [Key::Up, Key::Home, Key::End]);
        assert_eq!(keys(b"\x1b[1~\x1b[4~\x1b[3~\x1b[H\x1b[F"), [Key::Home, Key::End, Key::Delete, Key::Home, Key::End]);
        assert_eq!(keys(b"\x1b[1;5C\x1b[1;3D\x1b[1;2C"), [Key::WordRight, Key::WordLeft, Key::Right]);
        assert_eq!(keys(b"\x1bb\x1b\x7f\x1b\xc3\xa9"), [Key::Meta('b'), Key::MetaBackspace, Key::Meta('é')]);
    }

    #[test]
    fn what_is_no_key_is_swallowed_whole() {
        assert_eq!(keys(b"\x1b[[Ax\x1b[24;80Rx\x1b[200~x"), [Key::Other, Key::Character('x')].repeat(3));
        assert_eq!(keys(b"\xffx"), [Key::Character('\u{fffd}'), Key::Character('x')]);
    }
}
