//! Finds a request's body in what arrives (RFC 9112, sections 6 and 7.1).

use super::Status;
use super::request::Framing;
use std::ops::Range;

/// The longest line between chunks, in bytes; no honest client comes near.
const LINE_LIMIT: usize = 1024;

/// All trailer fields together, in bytes.
const TRAILER_LIMIT: usize = 8 * 1024;

/// Where the body stands.
#[derive(Debug)]
pub(crate) struct Decoder(State);

#[derive(Debug)]
enum State {
    /// So many bytes are left of a sized body.
    Sized(u64),
    /// A chunk's size comes next.
    ChunkSize,
    /// So many bytes are left of a chunk.
    ChunkData(u64),
    /// The line end behind a chunk comes next.
    ChunkEnd,
    /// Trailer fields and an empty line come next; so many bytes of them were read.
    Trailer(usize),
    Done,
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many bytes are used up. Those in `data` are part of the body.
    Used { bytes: usize, data: Range<usize> },
    /// More must arrive.
    Starved,
    /// The body is complete; what follows is the next request.
    Done,
}

impl Decoder {
    pub(crate) fn new(framing: Framing) -> Decoder {
        Decoder(match framing {
            Framing::Sized(length) => State::Sized(length),
            Framing::Chunked => State::ChunkSize,
        })
    }

    /// Looks at what has arrived and is not used up.
    ///
    /// # Errors
    /// The status to refuse a malformed body with.
    pub(crate) fn step(&mut self, input: &[u8]) -> Result<Step, Status> {
        match &mut self.0 {
            State::Sized(0) | State::Done => {
                self.0 = State::Done;
                Ok(Step::Done)
            }
            State::Sized(left) => Ok(take_data(left, input)),
            State::ChunkData(0) => {
                self.0 = State::ChunkEnd;
                self.step(input)
            }
            State::ChunkData(left) => Ok(take_data(left, input)),
            State::ChunkSize => self.chunk_size(input),
            State::ChunkEnd => self.chunk_end(input),
            State::Trailer(_) => self.trailer(input),
        }
    }

    fn chunk_size(&mut self, input: &[u8]) -> Result<Step, Status> {
        match httparse::parse_chunk_size(input).map_err(|_| Status::BAD_REQUEST)? {
            httparse::Status::Complete((bytes, size)) => {
                self.0 = if size == 0 { State::Trailer(0) } else { State::ChunkData(size) };
                Ok(used(bytes))
            }
            httparse::Status::Partial if input.len() < LINE_LIMIT => Ok(Step::Starved),
            httparse::Status::Partial => Err(Status::BAD_REQUEST),
        }
    }

    fn chunk_end(&mut self, input: &[u8]) -> Result<Step, Status> {
        match input {
            [] | [b'\r'] => Ok(Step::Starved),
            [b'\r', b'\n', ..] => {
                self.0 = State::ChunkSize;
                Ok(used(2))
            }
            _ => Err(Status::BAD_REQUEST),
        }
    }

    /// Trailer fields are read and not used.
    fn trailer(&mut self, input: &[u8]) -> Result<Step, Status> {
        let State::Trailer(seen) = &mut self.0 else { return Ok(Step::Done) };
        let Some(line) = input.split_inclusive(|byte| *byte == b'\n').next().filter(|line| line.ends_with(b"\n"))
        else {
            return if *seen + input.len() < TRAILER_LIMIT {
                Ok(Step::Starved)
            } else {
                Err(Status::HEADERS_TOO_LARGE)
            };
        };
        *seen += line.len();
        if *seen > TRAILER_LIMIT {
            return Err(Status::HEADERS_TOO_LARGE);
        }
        if line == b"\r\n" || line == b"\n" {
            self.0 = State::Done;
        }
        Ok(used(line.len()))
    }
}

fn take_data(left: &mut u64, input: &[u8]) -> Step {
    let bytes = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    if bytes == 0 {
        return Step::Starved;
    }
    *left -= bytes as u64;
    Step::Used { bytes, data: 0..bytes }
}

fn used(bytes: usize) -> Step {
    Step::Used { bytes, data: 0..0 }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Framing, Status, Step};

    /// Decodes `input` that arrives in parts of `size` bytes: the body and how many bytes follow it; `None` if it does
    /// not end.
    fn decode(framing: Framing, input: &[u8], size: usize) -> Result<Option<(Vec<u8>, usize)>, Status> {
        let mut decoder = Decoder::new(framing);
        let (mut body, mut waiting) = (Vec::new(), Vec::new());
        let mut parts = input.chunks(size);
        loop {
            match decoder.step(&waiting)? {
                Step::Used { bytes, data } => {
                    body.extend(&waiting[data]);
                    waiting.drain(..bytes);
                }
                Step::Starved => match parts.next() {
                    Some(part) => waiting.extend(part),
                    None => return Ok(None),
                },
                Step::Done => return Ok(Some((body, waiting.len() + parts.map(<[u8]>::len).sum::<usize>()))),
            }
        }
    }

    #[test]
    fn sized_bodies() {
        for size in [1, 3, 100] {
            assert_eq!(decode(Framing::Sized(4), b"bodyNEXT", size), Ok(Some((b"body".to_vec(), 4))));
            assert_eq!(decode(Framing::Sized(0), b"NEXT", size), Ok(Some((Vec::new(), 4))));
            assert_eq!(decode(Framing::Sized(9), b"body", size), Ok(None));
        }
    }

    #[test]
    fn chunked_bodies() {
        let input = b"4\r\nbody\r\n3;why=not\r\n in\r\n0\r\nTrailer: x\r\n\r\nNEXT";
        for size in [1, 2, 7, 100] {
            assert_eq!(decode(Framing::Chunked, input, size), Ok(Some((b"body in".to_vec(), 4))), "{size}");
        }
    }

    #[test]
    fn malformed_chunks() {
        for input in ["x\r\n", "4\r\nbodyX\r\n", "11111111111111111\r\n", "-1\r\n", &"1".repeat(2000)] {
            assert_eq!(decode(Framing::Chunked, input.as_bytes(), 100), Err(Status::BAD_REQUEST), "{input}");
        }
        let endless = format!("0\r\n{}", "A: b\r\n".repeat(5000));
        assert_eq!(decode(Framing::Chunked, endless.as_bytes(), 100), Err(Status::HEADERS_TOO_LARGE));
        let long = format!("0\r\n{}", "A".repeat(9000));
        assert_eq!(decode(Framing::Chunked, long.as_bytes(), 100), Err(Status::HEADERS_TOO_LARGE));
    }
}
