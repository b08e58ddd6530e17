//! Range requests (RFC 9110, section 14).

use super::{Body, Piece, Pieces};
use crate::random::random;
use std::io::{Read, Seek};
use std::ops::Range;

/// Who asks for more parts than this gets the whole: many small parts cost the server more than the client.
const MOST_PARTS: usize = 16;

/// What a `Range` field asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ranges {
    /// Everything: there is no range, or none that must be heeded.
    Whole,
    /// Nothing that exists.
    Unsatisfiable,
    /// These bytes: at least one part, each within the file.
    Parts(Vec<Range<u64>>),
}

impl Ranges {
    /// Reads `bytes=0-99,200-,-50` for a file of `length` bytes.
    pub(crate) fn parse(field: &str, length: u64) -> Ranges {
        let Some(specs) = field.trim().strip_prefix("bytes=") else { return Ranges::Whole };
        let mut parts = Vec::new();
        for spec in specs.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
            match Spec::parse(spec) {
                Some(spec) => parts.extend(spec.within(length)),
                None => return Ranges::Whole,
            }
        }
        let total = parts.iter().fold(0, |total: u64, part| total.saturating_add(part.end - part.start));
        if parts.is_empty() {
            Ranges::Unsatisfiable
        } else if parts.len() > MOST_PARTS || total > length {
            Ranges::Whole
        } else {
            Ranges::Parts(parts)
        }
    }
}

enum Spec {
    From { first: u64, last: u64 },
    Last { count: u64 },
}

impl Spec {
    fn parse(spec: &str) -> Option<Spec> {
        let (first, last) = spec.split_once('-')?;
        if first.is_empty() {
            return Some(Spec::Last { count: decimal(last)? });
        }
        let first = decimal(first)?;
        let last = if last.is_empty() { u64::MAX } else { decimal(last)? };
        (first <= last).then_some(Spec::From { first, last })
    }

    /// The bytes that exist, if any do.
    fn within(&self, length: u64) -> Option<Range<u64>> {
        let range = match *self {
            Spec::From { first, last } => first..last.saturating_add(1).min(length),
            Spec::Last { count } => length.saturating_sub(count)..length,
        };
        (!range.is_empty()).then_some(range)
    }
}

/// Digits only. A number beyond 64 bits lies behind every file's end.
fn decimal(digits: &str) -> Option<u64> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// The `Content-Range` of a part.
pub(crate) fn content_range(part: &Range<u64>, length: u64) -> String {
    format!("bytes {}-{}/{length}", part.start, part.end.saturating_sub(1))
}

/// Several parts as one body, and its type (RFC 9110, section 14.6).
pub(crate) fn multipart<F>(file: F, parts: &[Range<u64>], length: u64, content_type: &str) -> (String, Body)
where
    F: Read + Seek + 'static,
{
    // Not to be guessed by who writes the file: a boundary inside it would let one part pass for two.
    let boundary = format!("{:016x}{:016x}", random(), random());
    let mut pieces = Vec::new();
    for part in parts {
        let range = content_range(part, length);
        let head = format!("\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {range}\r\n\r\n");
        pieces.push(Piece::Text(head.into_bytes()));
        pieces.push(Piece::Span(part.clone()));
    }
    pieces.push(Piece::Text(format!("\r\n--{boundary}--\r\n").into_bytes()));
    (format!("multipart/byteranges; boundary={boundary}"), Body::stream(Pieces::new(file, pieces)))
}

#[cfg(test)]
mod tests {
    use super::{Body, Ranges, content_range, multipart};
    use std::io::{Cursor, Read};

    fn parts(field: &str) -> Vec<(u64, u64)> {
        match Ranges::parse(field, 100) {
            Ranges::Parts(parts) => parts.into_iter().map(|part| (part.start, part.end)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ranges() {
        assert_eq!(parts("bytes=0-0"), [(0, 1)]);
        assert_eq!(parts("bytes=90-200"), [(90, 100)]);
        assert_eq!(parts("bytes=99-"), [(99, 100)]);
        assert_eq!(parts("bytes=-30"), [(70, 100)]);
        assert_eq!(parts("bytes=-300"), [(0, 100)]);
        assert_eq!(parts("bytes=0-1, 5-6,,200-"), [(0, 2), (5, 7)]);
        assert_eq!(parts("bytes=0-99999999999999999999999"), [(0, 100)]);
    }

    #[test]
    fn what_does_not_exist() {
        for field in ["bytes=100-", "bytes=-0", "bytes=200-300,100-", "bytes="] {
            assert_eq!(Ranges::parse(field, 100), Ranges::Unsatisfiable, "{field}");
        }
        assert_eq!(Ranges::parse("bytes=0-", 0), Ranges::Unsatisfiable);
        assert_eq!(Ranges::parse("bytes=-5", 0), Ranges::Unsatisfiable);
    }

    #[test]
    fn what_is_not_heeded() {
        let many = format!("bytes={}", "1-1,".repeat(17));
        for field in ["lines=0-1", "bytes=5-2", "bytes=a-b", "bytes=-", "bytes=+1-2", "bytes=0-,0-", &many] {
            assert_eq!(Ranges::parse(field, 100), Ranges::Whole, "{field}");
        }
    }

    #[test]
    fn several_parts() {
        let (content_type, body) = multipart(Cursor::new(b"0123456789"), &[0..2, 8..10], 10, "text/plain");
        let boundary = content_type.split_once("boundary=").expect("a boundary").1;
        let Body::Stream { length, mut source } = body else { panic!("no stream") };
        let mut text = String::new();
        source.read_to_string(&mut text).expect("text");
        let part = |range: &str, data: &str| {
            format!("\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: {range}\r\n\r\n{data}")
        };
        let expected = part("bytes 0-1/10", "01") + &part("bytes 8-9/10", "89") + &format!("\r\n--{boundary}--\r\n");
        assert_eq!(text, expected);
        assert_eq!(length, text.len() as u64);
        assert_eq!(content_range(&(8..10), 10), "bytes 8-9/10");
    }
}
