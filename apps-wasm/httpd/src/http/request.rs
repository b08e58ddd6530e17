//! A request's head: parsing by `httparse`, and what it says of the body and the connection.

use super::Status;
use httparse::{EMPTY_HEADER, Header};

/// More header fields than this are refused.
pub(crate) const MOST_HEADERS: usize = 64;

/// Where the parser puts header fields.
pub(crate) type HeaderStorage<'a> = [Header<'a>; MOST_HEADERS];

/// Longer targets are refused, in bytes.
const TARGET_LIMIT: usize = 4096;

/// A request without its body. It borrows the bytes that it was read from.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub(crate) minor_version: u8,
    headers: &'a [Header<'a>],
}

/// How the body is delimited (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes; 0 if there is no body.
    Sized(u64),
    /// Chunks.
    Chunked,
}

/// Where the head in `input` ends: behind the first empty line. The search begins at `from`.
pub(crate) fn head_end(input: &[u8], from: usize) -> Option<usize> {
    let newlines = input.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n');
    newlines.map(|(at, _)| at + 1).find_map(|line| match input.get(line..) {
        Some([b'\n', ..]) => Some(line + 1),
        Some([b'\r', b'\n', ..]) => Some(line + 2),
        _ => None,
    })
}

/// An empty [`HeaderStorage`].
pub(crate) fn header_storage<'a>() -> HeaderStorage<'a> {
    [EMPTY_HEADER; MOST_HEADERS]
}

impl<'a> Request<'a> {
    /// Parses a complete head.
    ///
    /// # Errors
    /// The status to refuse it with.
    pub(crate) fn parse(head: &'a [u8], storage: &'a mut HeaderStorage<'a>) -> Result<Request<'a>, Status> {
        let mut parsed = httparse::Request::new(storage);
        let status = parsed.parse(head).map_err(|error| match error {
            httparse::Error::TooManyHeaders => Status::HEADERS_TOO_LARGE,
            httparse::Error::Version => Status::VERSION_NOT_SUPPORTED,
            _ => Status::BAD_REQUEST,
        })?;
        match parsed {
            httparse::Request { method: Some(method), path: Some(target), version: Some(minor_version), headers }
                if status.is_complete() =>
            {
                let request = Request { method, target, minor_version, headers };
                request.check().map(|()| request)
            }
            _ => Err(Status::BAD_REQUEST),
        }
    }

    /// What a server must refuse, whatever is asked for.
    fn check(&self) -> Result<(), Status> {
        if self.target.len() > TARGET_LIMIT {
            return Err(Status::URI_TOO_LONG);
        }
        // RFC 9112, section 3.2.
        let hosts = self.values("host").count();
        if hosts > 1 || (hosts == 0 && self.minor_version >= 1) {
            return Err(Status::BAD_REQUEST);
        }
        if self.values("expect").any(|value| !value.eq_ignore_ascii_case(b"100-continue")) {
            return Err(Status::EXPECTATION_FAILED);
        }
        Ok(())
    }

    /// All values of a header field, in their order.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    }

    /// The value of a header field that is there once and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.values(name);
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        std::str::from_utf8(value).ok()
    }

    /// The members of a header field that is a list, whichever lines they are on. Not for lists with quoted commas.
    pub(crate) fn members(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values(name)
            .filter_map(|value| std::str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|member| !member.is_empty())
    }

    /// How the body is delimited. Whatever two readers could understand in two ways is refused: a request must not hide
    /// in another one's body (RFC 9112, section 11.2).
    ///
    /// # Errors
    /// The status to refuse it with.
    pub(crate) fn framing(&self) -> Result<Framing, Status> {
        let mut lengths = self.values("content-length");
        let length = lengths.next();
        if lengths.any(|other| Some(other) != length) {
            return Err(Status::BAD_REQUEST);
        }
        let mut codings = self.values("transfer-encoding");
        match (codings.next(), length) {
            (None, None) => Ok(Framing::Sized(0)),
            (None, Some(length)) => decimal(length).map(Framing::Sized).ok_or(Status::BAD_REQUEST),
            (Some(_), Some(_)) => Err(Status::BAD_REQUEST),
            (Some(_), None) if self.minor_version == 0 => Err(Status::BAD_REQUEST),
            (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none() => {
                Ok(Framing::Chunked)
            }
            (Some(_), None) => Err(Status::NOT_IMPLEMENTED),
        }
    }

    /// Whether the client would send another request on this connection (RFC 9112, section 9.3).
    pub(crate) fn is_persistent(&self) -> bool {
        let says = |option: &str| self.members("connection").any(|member| member.eq_ignore_ascii_case(option));
        if self.minor_version == 0 { says("keep-alive") && !says("close") } else { !says("close") }
    }

    /// Whether the client waits for a `100 Continue` (RFC 9110, section 10.1.1).
    pub(crate) fn expects_continue(&self) -> bool {
        self.minor_version >= 1 && self.values("expect").next().is_some()
    }
}

/// Digits only: `parse` would take a sign.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Framing, Request, Status, head_end, header_storage};

    fn with<T>(head: &str, look: impl FnOnce(&Request<'_>) -> T) -> Result<T, Status> {
        let mut storage = header_storage();
        Request::parse(head.as_bytes(), &mut storage).map(|request| look(&request))
    }

    fn framing(fields: &str) -> Result<Framing, Status> {
        with(&format!("PUT / HTTP/1.1\r\nHost: h\r\n{fields}\r\n"), |request| request.framing())?
    }

    fn persistent(version: &str, fields: &str) -> bool {
        with(&format!("GET / HTTP/{version}\r\nHost: h\r\n{fields}\r\n"), |request| request.is_persistent())
            .expect("a request")
    }

    #[test]
    fn a_head_ends_behind_the_empty_line() {
        assert_eq!(head_end(b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest", 0), Some(24));
        assert_eq!(head_end(b"GET / HTTP/1.0\n\nrest", 0), Some(16));
        assert_eq!(head_end(b"GET / HTTP/1.1\r\nA: b\r\n\r", 0), None);
    }

    #[test]
    fn header_fields() {
        let head = "GET /x HTTP/1.1\r\nHost: h\r\nA: 1\r\na: 2, 3\r\nB:  b \r\n\r\n";
        with(head, |request| {
            assert_eq!((request.method, request.target), ("GET", "/x"));
            assert_eq!(request.header("b"), Some("b"));
            assert_eq!(request.header("a"), None);
            assert_eq!(request.members("A").collect::<Vec<_>>(), ["1", "2", "3"]);
        })
        .expect("a request");
    }

    #[test]
    fn what_is_refused() {
        let refused = |head: &str| with(head, |_| ()).expect_err("refused");
        assert_eq!(refused("GET / HTTP/1.1\r\n\r\n"), Status::BAD_REQUEST);
        assert_eq!(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), Status::BAD_REQUEST);
        assert_eq!(refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), Status::BAD_REQUEST);
        assert_eq!(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), Status::VERSION_NOT_SUPPORTED);
        assert_eq!(refused("GET / HTTP/1.1\r\nHost: a\r\nExpect: gold\r\n\r\n"), Status::EXPECTATION_FAILED);
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(5000));
        assert_eq!(refused(&long), Status::URI_TOO_LONG);
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(100));
        assert_eq!(refused(&many), Status::HEADERS_TOO_LARGE);
    }

    #[test]
    fn bodies_are_framed_without_doubt() {
        assert_eq!(framing(""), Ok(Framing::Sized(0)));
        assert_eq!(framing("Content-Length: 5\r\n"), Ok(Framing::Sized(5)));
        assert_eq!(framing("Content-Length: 5\r\nContent-Length: 5\r\n"), Ok(Framing::Sized(5)));
        assert_eq!(framing("Transfer-Encoding: Chunked\r\n"), Ok(Framing::Chunked));
        for doubtful in [
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: \r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        ] {
            assert_eq!(framing(doubtful), Err(Status::BAD_REQUEST), "{doubtful}");
        }
        assert_eq!(framing("Transfer-Encoding: gzip, chunked\r\n"), Err(Status::NOT_IMPLEMENTED));
        assert_eq!(framing("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), Err(Status::NOT_IMPLEMENTED));
    }

    #[test]
    fn persistence() {
        assert!(persistent("1.1", ""));
        assert!(!persistent("1.1", "Connection: TE, close\r\n"));
        assert!(!persistent("1.0", ""));
        assert!(persistent("1.0", "Connection: Keep-Alive\r\n"));
    }
}
