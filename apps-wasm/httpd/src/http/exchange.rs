//! One request and its answer, as a connection goes through them: a body that comes in, a body that goes out.

use super::body::{Decoder, Step};
use super::reply::Persistence;
use super::request::Framing;
use super::{Body, Moment, Record, Reply, Request, Status, Upload};
use std::io::Read;
use std::net::SocketAddr;

/// Output beyond this waits in its source.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// What an answer needs to know of its request.
pub(crate) struct Exchange {
    request_line: String,
    content: Content,
    persistence: Persistence,
}

/// Whether an answer's content is sent, or only described as for `HEAD`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Sent,
    Described,
}

impl Exchange {
    pub(crate) fn of(request: &Request<'_>) -> Exchange {
        let Request { method, target, minor_version, .. } = request;
        Exchange {
            request_line: format!("{method} {target} HTTP/1.{minor_version}"),
            content: if *method == "HEAD" { Content::Described } else { Content::Sent },
            persistence: match (request.is_persistent(), minor_version) {
                (false, _) => Persistence::Closes,
                (true, 0) => Persistence::StaysForOldClient,
                (true, _) => Persistence::Stays,
            },
        }
    }

    /// What is answered is no request.
    pub(crate) fn without_request() -> Exchange {
        Exchange { request_line: "-".to_string(), content: Content::Sent, persistence: Persistence::Closes }
    }

    /// The same, and the connection ends with it.
    pub(crate) fn last(self) -> Exchange {
        Exchange { persistence: Persistence::Closes, ..self }
    }
}

/// A body that comes in.
pub(crate) struct Receiving {
    body: Decoder,
    received_bytes: u64,
    pub(crate) upload: Box<dyn Upload>,
    pub(crate) exchange: Exchange,
}

/// How far a body has come.
pub(crate) enum Progress {
    /// More must arrive.
    Starved,
    Complete,
}

impl Receiving {
    pub(crate) fn start(framing: Framing, upload: Box<dyn Upload>, exchange: Exchange) -> Receiving {
        Receiving { body: Decoder::new(framing), received_bytes: 0, upload, exchange }
    }

    /// Hands what is in `input` to the upload.
    pub(crate) fn take(&mut self, input: &mut Vec<u8>, most_bytes: u64) -> Result<Progress, Reply> {
        let mut used = 0;
        let progress = loop {
            let rest = input.get(used..).unwrap_or_default();
            match self.body.step(rest).map_err(Reply::page)? {
                Step::Starved => break Progress::Starved,
                Step::Done => break Progress::Complete,
                Step::Used { bytes, data } => {
                    let data = rest.get(data).unwrap_or_default();
                    used += bytes;
                    self.received_bytes += data.len() as u64;
                    if self.received_bytes > most_bytes {
                        return Err(Reply::page(Status::CONTENT_TOO_LARGE));
                    }
                    self.upload.write(data)?;
                }
            }
        };
        input.drain(..used);
        Ok(progress)
    }
}

/// A body that goes out.
pub(crate) struct Sending {
    /// What of the body is not yet in the output, and its length.
    source: Option<(u64, Box<dyn Read>)>,
    pub(crate) persistence: Persistence,
    pub(crate) record: Record,
}

impl Sending {
    /// Puts the head into `output`, and the body as well if it lies in memory.
    pub(crate) fn start(
        reply: Reply,
        exchange: Exchange,
        peer: Option<SocketAddr>,
        moment: Moment,
        output: &mut Vec<u8>,
    ) -> Sending {
        output.extend(reply.head(exchange.persistence, moment).as_bytes());
        let has_content = exchange.content == Content::Sent && reply.status.has_body();
        let (body_bytes, source) = match reply.body {
            _ if !has_content => (0, None),
            Body::Stream { length, source } => (0, Some((length, source))),
            Body::Bytes(bytes) => {
                output.extend(&bytes);
                (bytes.len() as u64, None)
            }
        };
        let Exchange { request_line, persistence, .. } = exchange;
        let record = Record { peer, request_line, status: reply.status, body_bytes, date: moment.date };
        Sending { source, persistence, record }
    }

    /// Whether all of the body is in the output.
    pub(crate) fn is_complete(&self) -> bool {
        self.source.is_none()
    }

    /// Moves the next part of the body into `output`; `false` if there is less of it than was promised.
    pub(crate) fn fill(&mut self, output: &mut Vec<u8>) -> bool {
        let Some((left, source)) = &mut self.source else { return true };
        let room = OUTPUT_LIMIT.saturating_sub(output.len()) as u64;
        let wanted = room.min(*left);
        match source.by_ref().take(wanted).read_to_end(output) {
            Ok(count) if count as u64 == wanted => {
                self.record.body_bytes += wanted;
                *left -= wanted;
                if *left == 0 {
                    self.source = None;
                }
                true
            }
            _ => false,
        }
    }
}
