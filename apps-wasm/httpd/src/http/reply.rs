//! Replies, and how their heads are written.

use super::{Moment, Pieces, Status, http_date};
use std::fmt::Write as _;
use std::io::{Read, Seek};

/// What a request is answered.
pub(crate) struct Reply {
    pub(crate) status: Status,
    headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// What follows a head.
pub(crate) enum Body {
    Bytes(Vec<u8>),
    /// Exactly `length` bytes of `source`.
    Stream {
        length: u64,
        source: Box<dyn Read>,
    },
}

impl Body {
    pub(crate) fn stream<F: Read + Seek + 'static>(pieces: Pieces<F>) -> Body {
        Body::Stream { length: pieces.length(), source: Box::new(pieces) }
    }

    pub(crate) fn length(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Stream { length, .. } => *length,
        }
    }
}

/// What the connection says of itself in a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// It stays open, as HTTP/1.1 has it.
    Stays,
    /// It stays open, and an HTTP/1.0 client must be told.
    StaysForOldClient,
    /// It will be closed.
    Closes,
}

impl Reply {
    /// A reply without content.
    pub(crate) fn new(status: Status) -> Reply {
        Reply { status, headers: Vec::new(), body: Body::Bytes(Vec::new()) }
    }

    /// A reply with content of a type.
    pub(crate) fn with_content(status: Status, content_type: &str, body: Body) -> Reply {
        let reply = Reply { status, headers: Vec::new(), body };
        reply.header("Content-Type", content_type)
    }

    /// A page that says what the status says.
    pub(crate) fn page(status: Status) -> Reply {
        Reply::with_content(status, "text/html; charset=utf-8", Body::Bytes(page(status).into_bytes()))
    }

    /// Adds a header field.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// The head, as it goes out.
    pub(crate) fn head(&self, persistence: Persistence, moment: Moment) -> String {
        let mut head = format!("HTTP/1.1 {}\r\nDate: {}\r\n", self.status, http_date(moment.date));
        for (name, value) in &self.headers {
            // A line break in a value would begin a field of its own.
            let value = value.replace(['\r', '\n'], " ");
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.status.has_body() {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.length());
        }
        head += match persistence {
            Persistence::Stays => "\r\n",
            Persistence::StaysForOldClient => "Connection: keep-alive\r\n\r\n",
            Persistence::Closes => "Connection: close\r\n\r\n",
        };
        head
    }
}

fn page(status: Status) -> String {
    format!("<!doctype html>\n<title>{status}</title>\n<h1>{status}</h1>\n")
}

/// Text inside HTML, also inside a quoted attribute.
pub(crate) fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Moment, Persistence, Reply, Status, escape_html};
    use std::time::{Instant, SystemTime};

    fn head(reply: &Reply, persistence: Persistence) -> String {
        reply.head(persistence, Moment { instant: Instant::now(), date: SystemTime::UNIX_EPOCH })
    }

    #[test]
    fn heads() {
        let reply = Reply::new(Status::CREATED).header("Location", "/x\r\nEvil: y");
        let expected = "HTTP/1.1 201 Created\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nLocation: /x  Evil: y\r\n\
                        Content-Length: 0\r\nConnection: close\r\n\r\n";
        assert_eq!(head(&reply, Persistence::Closes), expected);
    }

    #[test]
    fn no_length_where_there_is_no_body() {
        let text = head(&Reply::new(Status::NOT_MODIFIED), Persistence::Stays);
        assert!(!text.contains("Content-Length"), "{text}");
    }

    #[test]
    fn html() {
        assert_eq!(escape_html("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }
}
