//! What is written to `/dev/audio`: samples, in the format that a WAV header before them says.
//!
//! Without a header: 16 bits, signed, little endian, left then right, 48000 samples a second. With one ("Multimedia
//! Programming Interface and Data Specifications 1.0", IBM and Microsoft, 1991): PCM of 8 bits (unsigned) or 16 bits, one
//! channel or two, at any rate. So `cat sound.wav > /dev/audio` plays a file.

use interfaces::{Errno, Result, Sample};

/// Samples a second where nothing else is said.
const RATE: u32 = 48_000;
/// The longest header that is waited for: files with pictures and titles before the samples exist.
const HEADER_LIMIT: usize = 64 << 10;
const PCM: u16 = 1;
/// "The format is in the rest of the chunk": its first two bytes are of the old kind.
const EXTENSIBLE: u16 = 0xFFFE;

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) rate: u32,
    channels: usize,
    bytes: usize,
}

impl Format {
    pub(crate) const PLAIN: Format = Format { rate: RATE, channels: 2, bytes: 2 };

    /// Bytes of one moment of sound.
    pub(crate) fn frame(self) -> usize {
        self.channels * self.bytes
    }

    /// The samples in `bytes`, as far as they are whole.
    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<Sample> {
        let value = |bytes: &[u8]| match *bytes {
            // Unsigned: 128 is silence.
            [byte] => i16::from_le_bytes([0, byte ^ 0x80]),
            [low, high] => i16::from_le_bytes([low, high]),
            _ => 0,
        };
        let sample = |frame: &[u8]| {
            let mut channels = frame.chunks_exact(self.bytes).map(value);
            let left = channels.next().unwrap_or(0);
            [left, channels.next().unwrap_or(left)]
        };
        bytes.chunks_exact(self.frame()).map(sample).collect()
    }
}

/// What the first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// More are needed.
    Incomplete,
    /// The format, and how many bytes were about it.
    Known(Format, usize),
}

/// Finds out what `bytes`, the first of a stream, begin with.
///
/// # Errors
/// EINVAL: a WAV file in a format that cannot be played.
pub(crate) fn head(bytes: &[u8]) -> Result<Head> {
    let is_wav = b"RIFF".iter().zip(bytes).all(|(known, byte)| known == byte);
    if !is_wav {
        return Ok(Head::Known(Format::PLAIN, 0));
    }
    if bytes.len() > HEADER_LIMIT {
        return Err(Errno::EINVAL);
    }
    let Some(kind) = bytes.get(8..12) else { return Ok(Head::Incomplete) };
    if kind != b"WAVE" {
        return Err(Errno::EINVAL);
    }
    chunks(bytes)
}

/// Walks the chunks behind the file's head, up to that of the samples.
fn chunks(bytes: &[u8]) -> Result<Head> {
    let (mut at, mut format) = (12, None);
    loop {
        let Some((name, size)) = bytes.get(at..).and_then(chunk) else { return Ok(Head::Incomplete) };
        let content = at + 8;
        if name == *b"data" {
            return format.map(|format| Head::Known(format, content)).ok_or(Errno::EINVAL);
        }
        if name == *b"fmt " {
            let Some(fields) = bytes.get(content..content.saturating_add(size)) else { return Ok(Head::Incomplete) };
            format = Some(fields_of(fields).ok_or(Errno::EINVAL)?);
        }
        // Chunks begin at even places.
        at = content.checked_add(size.saturating_add(size & 1)).ok_or(Errno::EINVAL)?;
        if at > HEADER_LIMIT {
            return Err(Errno::EINVAL);
        }
    }
}

/// Name and size of the chunk that `bytes` begin with.
fn chunk(bytes: &[u8]) -> Option<([u8; 4], usize)> {
    let (name, rest) = bytes.split_first_chunk::<4>()?;
    let size = u32::from_le_bytes(*rest.first_chunk()?);
    Some((*name, usize::try_from(size).unwrap_or(usize::MAX)))
}

/// The format that a chunk `fmt ` describes; `None` for one that cannot be played.
fn fields_of(fields: &[u8]) -> Option<Format> {
    let word = |at: usize| Some(u16::from_le_bytes(*fields.get(at..)?.first_chunk()?));
    let rate = u32::from_le_bytes(*fields.get(4..)?.first_chunk()?);
    let kind = match word(0)? {
        EXTENSIBLE => word(24)?,
        kind => kind,
    };
    let (channels, bits) = (usize::from(word(2)?), word(14)?);
    let known = kind == PCM && (1..=2).contains(&channels) && (bits == 8 || bits == 16);
    known.then_some(Format { rate, channels, bytes: usize::from(bits / 8) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(kind: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
        let mut bytes = b"RIFF\xff\xff\xff\xffWAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend([kind.to_le_bytes(), channels.to_le_bytes()].concat());
        bytes.extend([rate.to_le_bytes(), [0; 4]].concat());
        bytes.extend([[0, 0], bits.to_le_bytes()].concat());
        bytes.extend(b"data\0\0\0\0");
        bytes
    }

    #[test]
    fn without_a_header_it_is_plain() {
        for bytes in [&b"\0\0"[..], b"abcd", b"RIFx"] {
            assert_eq!(head(bytes), Ok(Head::Known(Format::PLAIN, 0)), "{bytes:?}");
        }
        assert_eq!(Format::PLAIN.decode(&[1, 0, 0xFF, 0xFF, 9]), [[1, -1]]);
    }

    #[test]
    fn a_header_says_how_the_rest_is() {
        let bytes = wav(PCM, 1, 22_050, 8);
        for length in 1..bytes.len() {
            assert_eq!(head(&bytes[..length]), Ok(Head::Incomplete), "{length}");
        }
        let format = Format { rate: 22_050, channels: 1, bytes: 1 };
        assert_eq!(head(&bytes), Ok(Head::Known(format, bytes.len())));
        assert_eq!(format.decode(&[128, 0, 255]), [[0, 0], [i16::MIN, i16::MIN], [127 << 8, 127 << 8]]);
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        for bytes in [wav(3, 2, 48_000, 32), wav(PCM, 6, 48_000, 16), wav(PCM, 2, 48_000, 24), wav(PCM, 0, 1, 8)] {
            assert_eq!(head(&bytes), Err(Errno::EINVAL));
        }
        assert_eq!(head(b"RIFF\0\0\0\0AVI "), Err(Errno::EINVAL));
        let mut endless = b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff".to_vec();
        endless.resize(100, 0);
        assert_eq!(head(&endless), Err(Errno::EINVAL));
    }
}
