//! A body made of text and of spans of one file.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// A part of a body.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(Vec<u8>),
    /// These bytes of the file.
    Span(Range<u64>),
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Span(span) => span.end.saturating_sub(span.start),
        }
    }
}

/// Reads its pieces one after another.
#[derive(Debug)]
pub(crate) struct Pieces<F> {
    file: F,
    pieces: VecDeque<Piece>,
    /// How much of the first piece was read.
    offset: u64,
}

impl<F: Read + Seek> Pieces<F> {
    pub(crate) fn new(file: F, pieces: impl IntoIterator<Item = Piece>) -> Pieces<F> {
        Pieces { file, pieces: pieces.into_iter().collect(), offset: 0 }
    }

    /// Of all pieces, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.pieces.iter().map(Piece::length).sum()
    }
}

impl<F: Read + Seek> Read for Pieces<F> {
    /// A file that has become too short ends the body early.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.pieces.front().is_some_and(|piece| self.offset >= piece.length()) {
            self.pieces.pop_front();
            self.offset = 0;
        }
        let count = match self.pieces.front() {
            None => 0,
            Some(Piece::Text(text)) => {
                let rest = usize::try_from(self.offset).ok().and_then(|offset| text.get(offset..));
                rest.unwrap_or_default().read(buf)?
            }
            Some(Piece::Span(span)) => {
                if self.offset == 0 {
                    self.file.seek(SeekFrom::Start(span.start))?;
                }
                let left = span.end.saturating_sub(span.start).saturating_sub(self.offset);
                self.file.by_ref().take(left).read(buf)?
            }
        };
        self.offset += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Pieces};
    use std::io::{Cursor, Read};

    #[test]
    fn pieces_are_read_in_their_order() {
        let pieces = [Piece::Span(3..5), Piece::Text(b"-".to_vec()), Piece::Span(0..0), Piece::Span(0..2)];
        let mut pieces = Pieces::new(Cursor::new(b"01234567"), pieces);
        assert_eq!(pieces.length(), 5);
        let mut text = String::new();
        pieces.read_to_string(&mut text).expect("text");
        assert_eq!(text, "34-01");
    }

    #[test]
    fn a_short_file_ends_early() {
        let mut pieces = Pieces::new(Cursor::new(b"0123"), [Piece::Span(2..9)]);
        let mut bytes = Vec::new();
        assert_eq!(pieces.read_to_end(&mut bytes).expect("bytes"), 2);
    }
}
