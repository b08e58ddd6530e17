//! HTTP/1.1, bytes in and bytes out (RFC 9110 on meaning, RFC 9112 on syntax).
//!
//! A [`Connection`] takes what arrived, asks a [`Handler`] what to answer, and holds what is to be sent. It knows
//! neither sockets, files nor clocks: the server feeds it, and so do the tests.

mod body;
mod conditions;
mod connection;
mod dates;
mod exchange;
mod pieces;
mod range;
mod reply;
mod request;
mod status;
mod target;

pub(crate) use conditions::{Validators, Verdict, evaluate, range_applies};
pub(crate) use connection::{Connection, Limits, Wants};
pub(crate) use dates::{http_date, log_date};
pub(crate) use pieces::{Piece, Pieces};
pub(crate) use range::{Ranges, content_range, multipart};
pub(crate) use reply::{Body, Reply, escape_html};
pub(crate) use request::Request;
pub(crate) use status::Status;
pub(crate) use target::{Target, encode_segment};

use std::net::SocketAddr;
use std::time::{Instant, SystemTime};

/// One moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// For deadlines.
    pub(crate) instant: Instant,
    /// For dates.
    pub(crate) date: SystemTime,
}

/// What answers requests.
pub(crate) trait Handler {
    /// Answers a request, or takes its body first.
    fn handle(&mut self, request: &Request<'_>) -> Answer;

    /// Hears of an answer that was sent, or given up.
    fn finished(&mut self, record: &Record);
}

/// What becomes of a request.
pub(crate) enum Answer {
    /// This is the reply. A body is not wanted.
    Reply(Reply),
    /// The body goes here; the reply comes from [`Upload::finish`].
    Receive(Box<dyn Upload>),
}

/// Takes a request's body. Dropped before its end, it forgets what it took.
pub(crate) trait Upload {
    /// Takes the next part, or ends the exchange with an error.
    fn write(&mut self, part: &[u8]) -> Result<(), Reply>;

    /// The body is complete.
    fn finish(self: Box<Self>) -> Reply;
}

/// One exchange, for the log.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) peer: Option<SocketAddr>,
    /// Method, target and version as they came; `-` for what was no request.
    pub(crate) request_line: String,
    pub(crate) status: Status,
    /// Bytes of the body that went out.
    pub(crate) body_bytes: u64,
    pub(crate) date: SystemTime,
}
