//! One question, or two at once, to one name server: over UDP, and over TCP what does not fit (RFC 7766).

use super::message::{Name, Question, Reply, Verdict, read};
use crate::shared::Shared;
use crate::sockets::{DatagramSocket, TcpSocket};
use crate::state::Protocol;
use interfaces::{Errno, Result};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use vfs::Interest;
use vfs::socket::{Family, Socket, Take};

const PORT: u16 = 53;
/// The longest message over UDP without extensions (RFC 1035, section 4.2.1), and over TCP.
const MAX_UDP: usize = 512;
const MAX_TCP: usize = 65535;
const READ: Interest = Interest { read: true, write: false };
const WRITE: Interest = Interest { read: false, write: true };

/// An exchange with a server.
pub(super) struct Exchange<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) server: IpAddr,
    pub(super) deadline: Instant,
}

impl Exchange<'_> {
    /// Asks `questions` about `name`; the answers that came before the deadline, perhaps none.
    pub(super) fn run(&self, name: &Name, questions: &[Question]) -> Result<Vec<(Question, Reply)>> {
        let socket = DatagramSocket::new(Arc::clone(self.shared), Protocol::Udp, self.family());
        // Connected, on a port of its own: the stack drops what others send (RFC 5452).
        socket.connect(SocketAddr::new(self.server, PORT))?;
        let mut open = Vec::new();
        for question in questions {
            let id = self.random();
            socket.send(&question.encode(name, id), None)?;
            open.push((*question, id));
        }
        let mut replies = Vec::new();
        while !open.is_empty() {
            let mut buffer = [0; MAX_UDP];
            let received = match self.wait(&socket, READ, || socket.receive(&mut buffer, Take::Remove)) {
                Err(Errno::ETIMEDOUT) => break,
                other => other?,
            };
            let message = buffer.get(..received.count).unwrap_or_default();
            let judge = |(question, id): &(Question, u16)| (*question, *id, read(message, name, *question, *id));
            let Some((question, id, verdict)) = open.iter().map(judge).find(|(.., v)| *v != Verdict::Foreign) else {
                continue;
            };
            open.retain(|(still, _)| *still != question);
            match verdict {
                Verdict::Answer(reply) => replies.push((question, reply)),
                Verdict::Truncated => match self.run_tcp(name, question, id) {
                    Err(Errno::ECANCELED) => return Err(Errno::ECANCELED),
                    whole => replies.extend(whole.map(|reply| (question, reply))),
                },
                Verdict::Refused | Verdict::Foreign => {}
            }
        }
        Ok(replies)
    }

    fn run_tcp(&self, name: &Name, question: Question, id: u16) -> Result<Reply> {
        let socket = TcpSocket::new(Arc::clone(self.shared), self.family());
        let to = SocketAddr::new(self.server, PORT);
        self.wait(&socket, WRITE, || match socket.connect(to) {
            Err(Errno::EINPROGRESS | Errno::EALREADY) => Err(Errno::EAGAIN),
            other => other,
        })?;
        let query = question.encode(name, id);
        let mut framed = u16::try_from(query.len()).map_err(|_| Errno::EINVAL)?.to_be_bytes().to_vec();
        framed.extend(query);
        // A new connection has room for a question.
        self.wait(&socket, WRITE, || socket.send(&framed, None))?;
        let mut length = [0; 2];
        self.read_exact(&socket, &mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length)).min(MAX_TCP)];
        self.read_exact(&socket, &mut message)?;
        match read(&message, name, question, id) {
            Verdict::Answer(reply) => Ok(reply),
            _ => Err(Errno::EAGAIN),
        }
    }

    fn read_exact(&self, socket: &TcpSocket, mut buf: &mut [u8]) -> Result<()> {
        while !buf.is_empty() {
            let received = self.wait(socket, READ, || socket.receive(buf, Take::Remove))?;
            if received.count == 0 {
                return Err(Errno::ECONNRESET);
            }
            buf = buf.get_mut(received.count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Repeats a call while it answers EAGAIN: ETIMEDOUT at the deadline, ECANCELED.
    fn wait<T>(&self, socket: &dyn Socket, interest: Interest, mut call: impl FnMut() -> Result<T>) -> Result<T> {
        wait::wait_for(Some(self.deadline), |waiter| {
            let _ = socket.poll(interest, Some(waiter));
            match call() {
                Err(Errno::EAGAIN) => Poll::Pending,
                other => Poll::Ready(other),
            }
        })?
    }

    fn family(&self) -> Family {
        if self.server.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    fn random(&self) -> u16 {
        let mut bytes = [0; 2];
        self.shared.entropy.fill(&mut bytes);
        u16::from_be_bytes(bytes)
    }
}
