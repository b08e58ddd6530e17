//! One client's connection: a state machine between bytes that arrived and bytes to send.
//!
//! Requests are answered one after another, in their order. While an answer goes out, nothing is read: a client that
//! pipelines fills its own buffers. What waits in memory is bounded by [`Limits`].

use super::exchange::{Exchange, Progress, Receiving, Sending};
use super::reply::Persistence;
use super::request::{Framing, head_end, header_storage};
use super::{Answer, Handler, Moment, Reply, Request, Status};
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// More output is made, and the next request looked at, when less than this waits to be sent.
const OUTPUT_LOW: usize = 4 * 1024;

/// Bytes that may lie in buffers between both sides, which the one has sent and the other has not yet.
const ON_THE_WAY: u64 = 128 * 1024;

/// What a client may ask for, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) head_bytes: usize,
    pub(crate) body_bytes: u64,
    /// From the first byte of a request's head, or a new connection, to the head's end.
    pub(crate) head_time: Duration,
    /// Between requests. As much may pass within bodies before [`Limits::least_rate`] counts.
    pub(crate) idle_time: Duration,
    /// Bytes a second that a body must make, either way.
    pub(crate) least_rate: u64,
    /// From the last byte sent to the client's end.
    pub(crate) linger_time: Duration,
}

/// What the connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// Bytes from the client.
    Input,
    /// Room for its output.
    Room,
    /// That its output is shut down, then bytes from the client.
    ShutDown,
    /// To be closed.
    Close,
}

/// The state machine.
pub(crate) struct Connection {
    limits: Limits,
    peer: Option<SocketAddr>,
    stage: Stage,
    input: Vec<u8>,
    output: Vec<u8>,
    /// How much of `output` was sent.
    sent: usize,
    deadline: Deadline,
}

enum Stage {
    /// Waits for a head. So many bytes hold no end of it; 0 before its first byte.
    Head {
        searched: usize,
    },
    Receiving(Receiving),
    Sending(Sending),
    /// All is sent; the output is to be shut down.
    ShutDown,
    /// The output is shut down. Input is thrown away until it ends, because closing a socket with unread input would
    /// reset the connection, and the client might lose the answer (RFC 9112, section 9.6).
    Lingering,
    Closed,
}

/// When patience ends: bytes that move prolong it.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    base: Instant,
    moved_bytes: u64,
    /// When the last of them did.
    moved: Instant,
}

impl Deadline {
    fn new(moment: Moment, patience: Duration) -> Deadline {
        Deadline { base: moment.instant + patience, moved_bytes: 0, moved: moment.instant }
    }

    fn moved(&mut self, bytes: usize, moment: Moment) {
        self.moved_bytes += bytes as u64;
        self.moved = moment.instant;
    }
}

impl Connection {
    pub(crate) fn new(peer: Option<SocketAddr>, limits: Limits, moment: Moment) -> Connection {
        Connection {
            limits,
            peer,
            stage: Stage::Head { searched: 0 },
            input: Vec::new(),
            output: Vec::new(),
            sent: 0,
            deadline: Deadline::new(moment, limits.head_time),
        }
    }

    pub(crate) fn wants(&self) -> Wants {
        match self.stage {
            Stage::Closed => Wants::Close,
            Stage::ShutDown => Wants::ShutDown,
            _ if self.output().is_empty() => Wants::Input,
            _ => Wants::Room,
        }
    }

    /// What is to be sent now.
    pub(crate) fn output(&self) -> &[u8] {
        self.output.get(self.sent..).unwrap_or_default()
    }

    /// When [`Connection::expire`] is due.
    pub(crate) fn deadline(&self) -> Instant {
        let rate = self.limits.least_rate.max(1);
        let earned = Duration::from_secs(self.deadline.moved_bytes / rate);
        // Who moved much at once has not earned to be silent for hours.
        let silence = self.limits.idle_time + Duration::from_secs(ON_THE_WAY / rate);
        (self.deadline.base + earned).min(self.deadline.moved + silence)
    }

    /// Whether nothing is lost but patience if the connection ends now: it has no request.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Head { .. } | Stage::ShutDown | Stage::Lingering) && self.output().is_empty()
    }

    /// Since when nothing has moved, or a head has been coming.
    pub(crate) fn quiet_since(&self) -> Instant {
        self.deadline.moved
    }

    /// Takes bytes from the client.
    pub(crate) fn receive(&mut self, bytes: &[u8], moment: Moment, handler: &mut dyn Handler) {
        if let Stage::Receiving(_) = self.stage {
            self.deadline.moved(bytes.len(), moment);
        }
        self.input.extend(bytes);
        self.advance(moment, handler);
    }

    /// The client will send no more. An answer still goes out.
    pub(crate) fn input_ended(&mut self) {
        if !matches!(self.stage, Stage::Sending(_)) {
            self.stage = Stage::Closed;
        }
    }

    /// `count` bytes of the output are sent.
    pub(crate) fn sent(&mut self, count: usize, moment: Moment, handler: &mut dyn Handler) {
        self.sent += count;
        if self.sent >= self.output.len() {
            self.output.clear();
            self.sent = 0;
            if let Stage::Head { .. } = self.stage {
                self.output.shrink_to(OUTPUT_LOW);
            }
        }
        match self.stage {
            Stage::Head { searched: 0 } => self.wait(moment, self.limits.idle_time),
            _ => self.deadline.moved(count, moment),
        }
        self.advance(moment, handler);
    }

    /// The output is shut down.
    pub(crate) fn shut_down(&mut self, moment: Moment) {
        self.stage = Stage::Lingering;
        self.wait(moment, self.limits.linger_time);
    }

    /// The deadline is over.
    pub(crate) fn expire(&mut self, moment: Moment, handler: &mut dyn Handler) {
        let is_midway = matches!(self.stage, Stage::Head { searched: 1.. } | Stage::Receiving(_));
        if is_midway {
            self.refuse(Reply::page(Status::REQUEST_TIMEOUT), moment);
            self.advance(moment, handler);
        } else {
            self.abandon(handler);
        }
    }

    /// The connection is lost.
    pub(crate) fn abandon(&mut self, handler: &mut dyn Handler) {
        if let Stage::Sending(sending) = mem::replace(&mut self.stage, Stage::Closed) {
            handler.finished(&sending.record);
        }
    }

    /// Goes as far as input and output allow.
    fn advance(&mut self, moment: Moment, handler: &mut dyn Handler) {
        loop {
            let went_on = match self.stage {
                Stage::Head { .. } => self.take_head(moment, handler),
                Stage::Receiving(_) => self.take_body(moment),
                Stage::Sending(_) => self.send_on(moment, handler),
                Stage::ShutDown | Stage::Lingering | Stage::Closed => {
                    self.input.clear();
                    false
                }
            };
            if !went_on {
                return;
            }
        }
    }

    fn take_head(&mut self, moment: Moment, handler: &mut dyn Handler) -> bool {
        let Stage::Head { searched } = self.stage else { return false };
        if searched == 0 {
            // Empty lines before a request are ignored (RFC 9112, section 2.2).
            let blank = self.input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.input.drain(..blank);
            if self.input.is_empty() {
                return false;
            }
            self.wait(moment, self.limits.head_time);
        }
        // What was searched may end amid the line ends.
        match head_end(&self.input, searched.saturating_sub(2)) {
            Some(end) if end <= self.limits.head_bytes => {
                let mut head = mem::take(&mut self.input);
                self.input = head.split_off(end);
                self.take_request(&head, moment, handler);
                true
            }
            None if self.input.len() < self.limits.head_bytes => {
                self.stage = Stage::Head { searched: self.input.len() };
                false
            }
            _ => {
                self.refuse(Reply::page(Status::HEADERS_TOO_LARGE), moment);
                true
            }
        }
    }

    fn take_request(&mut self, head: &[u8], moment: Moment, handler: &mut dyn Handler) {
        let mut storage = header_storage();
        let checked = Request::parse(head, &mut storage).and_then(|request| {
            let framing = request.framing()?;
            match framing {
                Framing::Sized(length) if length > self.limits.body_bytes => Err(Status::CONTENT_TOO_LARGE),
                _ => Ok((request, framing)),
            }
        });
        let (request, framing) = match checked {
            Ok(checked) => checked,
            Err(status) => return self.refuse(Reply::page(status), moment),
        };
        let exchange = Exchange::of(&request);
        match handler.handle(&request) {
            Answer::Reply(reply) => {
                // A body that nobody wants is not waited for.
                let exchange = if framing == Framing::Sized(0) { exchange } else { exchange.last() };
                self.send(reply, exchange, moment);
            }
            Answer::Receive(upload) => {
                if request.expects_continue() && self.input.is_empty() {
                    self.output.extend(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
                self.wait(moment, self.limits.idle_time);
                self.stage = Stage::Receiving(Receiving::start(framing, upload, exchange));
            }
        }
    }

    fn take_body(&mut self, moment: Moment) -> bool {
        let Stage::Receiving(mut receiving) = mem::replace(&mut self.stage, Stage::Closed) else { return false };
        match receiving.take(&mut self.input, self.limits.body_bytes) {
            Ok(Progress::Starved) => {
                self.stage = Stage::Receiving(receiving);
                return false;
            }
            Ok(Progress::Complete) => self.send(receiving.upload.finish(), receiving.exchange, moment),
            Err(reply) => self.send(reply, receiving.exchange.last(), moment),
        }
        true
    }

    /// Answers what is no request, or not in time, and closes.
    fn refuse(&mut self, reply: Reply, moment: Moment) {
        let exchange = match mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Receiving(receiving) => receiving.exchange.last(),
            _ => Exchange::without_request(),
        };
        self.send(reply, exchange, moment);
    }

    fn send(&mut self, reply: Reply, exchange: Exchange, moment: Moment) {
        self.wait(moment, self.limits.idle_time);
        self.stage = Stage::Sending(Sending::start(reply, exchange, self.peer, moment, &mut self.output));
    }

    fn send_on(&mut self, moment: Moment, handler: &mut dyn Handler) -> bool {
        let waiting = self.output.len() - self.sent;
        let Stage::Sending(sending) = &mut self.stage else { return false };
        if !sending.is_complete() {
            if waiting >= OUTPUT_LOW {
                return false;
            }
            self.output.drain(..mem::take(&mut self.sent));
            let is_filled = sending.fill(&mut self.output);
            if !is_filled {
                // The length is promised and cannot be kept: only the connection's end tells the client.
                self.abandon(handler);
            }
            return is_filled;
        }
        let next = match sending.persistence {
            Persistence::Closes if waiting > 0 => return false,
            Persistence::Closes => Stage::ShutDown,
            _ if waiting >= OUTPUT_LOW => return false,
            _ => Stage::Head { searched: 0 },
        };
        handler.finished(&sending.record);
        self.stage = next;
        self.wait(moment, self.limits.idle_time);
        true
    }

    fn wait(&mut self, moment: Moment, patience: Duration) {
        self.deadline = Deadline::new(moment, patience);
    }
}

#[cfg(test)]
mod tests;
