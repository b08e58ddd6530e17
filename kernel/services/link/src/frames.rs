//! Frames from the host, out of a stream that may be cut anywhere.

use vfs::WindowSize;

/// What the host says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FromHost<'a> {
    Input(&'a [u8]),
    EndOfInput,
    Size(WindowSize),
    Interrupt,
}

/// Collects bytes until a frame is whole.
#[derive(Default)]
pub(crate) struct Parser {
    pending: Vec<u8>,
}

impl Parser {
    /// Takes `bytes` and calls `take` with every frame that they complete. Unknown frames are passed over.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(FromHost<'_>)) {
        self.pending.extend_from_slice(bytes);
        let mut rest = self.pending.as_slice();
        while let [kind, low, high, after @ ..] = rest {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            let Some((payload, next)) = after.split_at_checked(length) else { break };
            if let Some(frame) = decode(*kind, payload) {
                take(frame);
            }
            rest = next;
        }
        let used = self.pending.len() - rest.len();
        self.pending.drain(..used);
    }
}

fn decode(kind: u8, payload: &[u8]) -> Option<FromHost<'_>> {
    match (kind, payload) {
        (b'I', bytes) => Some(FromHost::Input(bytes)),
        (b'Z', []) => Some(FromHost::EndOfInput),
        (b'S', [a, b, c, d]) => {
            let (columns, rows) = (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
            Some(FromHost::Size(WindowSize { columns, rows }))
        }
        (b'C', []) => Some(FromHost::Interrupt),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"I\x02\0hiS\x04\0\x50\0\x19\0?\x01\0xC\0\0Z\0\0I\x01\0!";

    fn parse(chunk: usize) -> Vec<String> {
        let mut parser = Parser::default();
        let mut seen = Vec::new();
        for bytes in STREAM.chunks(chunk) {
            parser.feed(bytes, |frame| seen.push(format!("{frame:?}")));
        }
        seen
    }

    #[test]
    fn frames_come_whole_however_the_stream_is_cut() {
        let whole = parse(STREAM.len());
        assert_eq!(whole.len(), 5, "the unknown frame is passed over: {whole:?}");
        for chunk in 1..STREAM.len() {
            assert_eq!(parse(chunk), whole, "in chunks of {chunk}");
        }
    }
}
