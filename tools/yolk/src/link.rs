//! The link: a program's standard streams over one serial line, in frames.
//!
//! A frame is a kind (`u8`), a length (`u16`, little endian) and that many bytes. The guest opens with a hello. The host
//! sends input only as far as the guest has granted, so that input which no program reads stays in the host's stream.

use std::io::{self, Read, Write};

/// The version of these frames that this command speaks.
pub const VERSION: u8 = 1;

/// What the guest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromGuest {
    /// The link is up, with this version.
    Hello(u8),
    /// Bytes for standard output.
    Output(Vec<u8>),
    /// Bytes for standard error.
    Error(Vec<u8>),
    /// This many more bytes of input are welcome.
    Window(u32),
    /// The program ended with this status.
    Exit(i32),
    /// The guest's terminal is in this mode.
    Mode(TerminalMode),
}

/// Who edits a line: the host's terminal, or the program in the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalMode {
    /// Whole lines, echoed and edited by the host's terminal.
    Canonical,
    /// Each byte as it is typed.
    Raw,
}

/// What the host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToGuest<'a> {
    /// Bytes of standard input, at most [`FRAME_LIMIT`].
    Input(&'a [u8]),
    /// Standard input has ended.
    EndOfInput,
    /// The size of the host's terminal.
    Size {
        /// Width in characters.
        columns: u16,
        /// Height in lines.
        rows: u16,
    },
    /// ^C was typed.
    Interrupt,
}

/// Most bytes that a frame carries.
pub const FRAME_LIMIT: usize = u16::MAX as usize;

/// Reads the guest's next frame; `None` at the end of the stream.
pub fn read(stream: &mut impl Read) -> io::Result<Option<FromGuest>> {
    let mut header = [0; 3];
    match stream.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let [kind, low, high] = header;
    let mut payload = vec![0; usize::from(u16::from_le_bytes([low, high]))];
    stream.read_exact(&mut payload)?;
    decode(kind, payload).map(Some)
}

fn decode(kind: u8, payload: Vec<u8>) -> io::Result<FromGuest> {
    let unknown = || io::Error::new(io::ErrorKind::InvalidData, format!("unknown frame {kind:#04x} on the link"));
    let word = || <[u8; 4]>::try_from(payload.as_slice()).map_err(|_| unknown());
    Ok(match (kind, payload.as_slice()) {
        (b'H', [version]) => FromGuest::Hello(*version),
        (b'O', _) => FromGuest::Output(payload),
        (b'E', _) => FromGuest::Error(payload),
        (b'W', _) => FromGuest::Window(u32::from_le_bytes(word()?)),
        (b'X', _) => FromGuest::Exit(i32::from_le_bytes(word()?)),
        (b'T', [0]) => FromGuest::Mode(TerminalMode::Canonical),
        (b'T', [1]) => FromGuest::Mode(TerminalMode::Raw),
        _ => return Err(unknown()),
    })
}

/// Sends one frame.
pub fn write(stream: &mut impl Write, message: &ToGuest<'_>) -> io::Result<()> {
    let size;
    let (kind, payload): (u8, &[u8]) = match message {
        ToGuest::Input(bytes) => (b'I', bytes),
        ToGuest::EndOfInput => (b'Z', &[]),
        ToGuest::Size { columns, rows } => {
            let ([a, b], [c, d]) = (columns.to_le_bytes(), rows.to_le_bytes());
            size = [a, b, c, d];
            (b'S', &size)
        }
        ToGuest::Interrupt => (b'C', &[]),
    };
    let [low, high] = u16::try_from(payload.len()).map_err(io::Error::other)?.to_le_bytes();
    stream.write_all(&[&[kind, low, high], payload].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_kind_and_the_end() {
        let mut stream: &[u8] = b"H\x01\0\x01O\x02\0\0\xffW\x04\0\0\x10\0\0X\x04\0\x86\0\0\0T\x01\0\x01";
        let mut next = || read(&mut stream).expect("a sound frame");
        assert_eq!(next(), Some(FromGuest::Hello(1)));
        assert_eq!(next(), Some(FromGuest::Output(vec![0, 0xff])));
        assert_eq!(next(), Some(FromGuest::Window(4096)));
        assert_eq!(next(), Some(FromGuest::Exit(134)));
        assert_eq!(next(), Some(FromGuest::Mode(TerminalMode::Raw)));
        assert_eq!(next(), None);
    }

    #[test]
    fn refuses_unknown_and_cut_frames() {
        for bytes in [&b"?\0\0"[..], b"X\x01\0\0", b"T\x01\0\x02", b"O\x05\0ab"] {
            assert!(read(&mut &*bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn writes_frames() {
        let mut sent = Vec::new();
        for message in
            [ToGuest::Input(b"hi"), ToGuest::Size { columns: 80, rows: 25 }, ToGuest::Interrupt, ToGuest::EndOfInput]
        {
            write(&mut sent, &message).expect("fits");
        }
        assert_eq!(sent, b"I\x02\0hiS\x04\0\x50\0\x19\0C\0\0Z\0\0");
    }
}
