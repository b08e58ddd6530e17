//! An HTTP client of the peer's.

use std::time::Duration;

use smoltcp::socket::tcp::State;
use smoltcp::wire::IpEndpoint;

use super::peer::Peer;
use crate::LIMIT;

/// What becomes of the own side of a connection when all is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnEnd {
    Open,
    Closed,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status line and the fields.
    pub head: String,
    /// What follows.
    pub body: Vec<u8>,
}

impl Answer {
    /// The three digits.
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        Some(Self { head: String::from_utf8_lossy(&bytes[..end]).into_owned(), body: bytes[end + 4..].to_vec() })
    }
}

impl Peer {
    /// `GET`; panics when no whole answer comes.
    pub fn get(&self, to: impl Into<IpEndpoint>, path: &str) -> Answer {
        self.ask(
            to.into(),
            format!("GET {path} HTTP/1.1\r\nHost: yolk\r\nConnection: close\r\n\r\n").into_bytes(),
            LIMIT,
        )
    }

    /// `PUT`, with a token.
    pub fn put(&self, to: impl Into<IpEndpoint>, path: &str, token: &str, content: &[u8], limit: Duration) -> Answer {
        let length = content.len();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: yolk\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
        );
        self.ask(to.into(), [head.as_bytes(), content].concat(), limit)
    }

    /// Sends a request and takes what comes until the server closes.
    pub fn ask(&self, to: IpEndpoint, request: Vec<u8>, limit: Duration) -> Answer {
        let heard = self.talk(to, request, limit);
        let text = String::from_utf8_lossy(&heard[..heard.len().min(200)]).into_owned();
        Answer::parse(&heard).unwrap_or_else(|| panic!("{to} does not answer: {text}"))
    }

    /// Sends bytes and takes what comes until the other side ends the connection, or the limit.
    pub fn talk(&self, to: IpEndpoint, bytes: Vec<u8>, limit: Duration) -> Vec<u8> {
        self.converse(to, bytes, OwnEnd::Open, limit)
    }

    /// The same, but ends its own side when all is sent.
    pub fn talk_and_end(&self, to: IpEndpoint, bytes: Vec<u8>, limit: Duration) -> Vec<u8> {
        self.converse(to, bytes, OwnEnd::Closed, limit)
    }

    fn converse(&self, to: IpEndpoint, bytes: Vec<u8>, own: OwnEnd, limit: Duration) -> Vec<u8> {
        let handle = self.act(move |core| core.connect(to));
        let (mut sent, mut received) = (0, Vec::new());
        let heard = self.within(limit, move |core| {
            let socket = core.tcp(handle);
            while sent < bytes.len() && socket.can_send() {
                sent += socket.send_slice(&bytes[sent..]).unwrap_or(0);
            }
            if sent == bytes.len() && own == OwnEnd::Closed {
                socket.close();
            }
            while socket.can_recv() {
                let taken = socket.recv(|part| {
                    received.extend_from_slice(part);
                    (part.len(), part.len())
                });
                if taken.is_err() {
                    break;
                }
            }
            let over = [State::CloseWait, State::LastAck, State::Closing, State::Closed, State::TimeWait];
            let ended = over.contains(&socket.state());
            ended.then(|| std::mem::take(&mut received))
        });
        self.act(move |core| core.retire(handle));
        heard.unwrap_or_default()
    }
}
