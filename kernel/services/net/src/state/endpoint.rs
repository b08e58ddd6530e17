//! A datagram socket (UDP, or ICMP echo) as it and the net thread share it.

use crate::buffers::Buffers;
use crate::options::Options;
use crate::ports::Lease;
use crate::routes::{LinkId, Path};
use interfaces::{Errno, Result};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vfs::Charge;
use vfs::socket::Family;
use wait::WaitList;

/// What memory a datagram takes besides its bytes, so that empty ones count too.
const OVERHEAD: usize = 64;

/// What a datagram socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Protocol {
    Udp,
    /// ICMP or ICMPv6 echo, by identifier.
    Echo,
}

/// A datagram that came.
#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) from: SocketAddr,
    pub(crate) hop_limit: u8,
    pub(crate) bytes: Box<[u8]>,
    _charge: Charge,
}

/// A datagram to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) path: Path,
    /// The port or identifier that it comes from.
    pub(crate) port: u16,
    pub(crate) to: SocketAddr,
    pub(crate) hop_limit: u8,
    pub(crate) bytes: Box<[u8]>,
    pub(crate) _charge: Charge,
}

/// A datagram on its way up, before it is known who wants it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) link: LinkId,
    pub(crate) from: SocketAddr,
    pub(crate) to: IpAddr,
    /// The port or identifier that it is for.
    pub(crate) port: u16,
    pub(crate) hop_limit: u8,
    pub(crate) bytes: &'a [u8],
}

/// The queues of a datagram socket and its state.
#[derive(Default)]
pub(crate) struct EndpointState {
    /// Its port; `None` until it is bound or sends.
    pub(crate) lease: Option<Arc<Lease>>,
    /// The only peer, of a connected one; canonical.
    pub(crate) peer: Option<SocketAddr>,
    /// The source address that goes with the peer.
    pub(crate) source: Option<IpAddr>,
    pub(crate) received: VecDeque<Datagram>,
    received_bytes: usize,
    /// Datagrams that found no room.
    pub(crate) dropped: u64,
    pub(crate) unsent: VecDeque<Outgoing>,
    unsent_bytes: usize,
    pub(crate) error: Option<Errno>,
    pub(crate) options: Options,
    /// Multicast groups, each on an interface.
    pub(crate) groups: Vec<(IpAddr, LinkId)>,
    pub(crate) shut_read: bool,
    pub(crate) shut_write: bool,
    /// The net thread has been called and has not come yet.
    pub(crate) called: bool,
}

/// A datagram socket.
pub(crate) struct Endpoint {
    pub(crate) id: u64,
    /// The process that made it.
    pub(crate) owner: Option<u32>,
    pub(crate) protocol: Protocol,
    pub(crate) family: Family,
    pub(crate) buffers: Arc<Buffers>,
    state: Mutex<EndpointState>,
    pub(crate) waiters: WaitList,
}

impl Endpoint {
    pub(crate) fn new(
        id: u64,
        owner: Option<u32>,
        protocol: Protocol,
        family: Family,
        buffers: Arc<Buffers>,
    ) -> Endpoint {
        Endpoint { id, owner, protocol, family, buffers, state: Mutex::default(), waiters: WaitList::new() }
    }

    /// Takes the memory for a datagram that waits: ENOBUFS.
    pub(crate) fn charge(&self, length: usize) -> Result<Charge> {
        self.buffers.take(length + OVERHEAD)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, EndpointState> {
        // Counters follow their queues within one method; no call between them can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How well `message` fits, the higher the better; `None`: not for this one. Group messages need a membership.
    pub(crate) fn interest(&self, message: &Message<'_>) -> Option<u8> {
        let state = self.state();
        let lease = state.lease.as_ref()?;
        let joined = || state.groups.contains(&(message.to, message.link));
        let is_here = lease.host.covers(message.to) && state.options.allows(message.link);
        let for_me = is_here && (!message.to.is_multicast() || joined());
        let peer_fits = state.peer.is_none_or(|peer| same_peer(self.protocol, peer, message.from));
        if lease.port != message.port || !for_me || !peer_fits || state.shut_read {
            return None;
        }
        Some(u8::from(state.peer.is_some()) * 2 + u8::from(lease.host.one().is_some()))
    }

    /// Queues a datagram, or drops it when the buffer is full.
    pub(crate) fn deliver(&self, message: &Message<'_>) {
        let mut state = self.state();
        let limit = usize::try_from(state.options.receive_buffer).unwrap_or(usize::MAX);
        // One datagram always fits, so that a small buffer does not shut out large ones.
        let charge = if state.received_bytes >= limit { Err(Errno::ENOBUFS) } else { self.charge(message.bytes.len()) };
        let Ok(charge) = charge else {
            state.dropped += 1;
            return;
        };
        state.received_bytes += message.bytes.len() + OVERHEAD;
        state.received.push_back(Datagram {
            from: message.from,
            hop_limit: message.hop_limit,
            bytes: message.bytes.into(),
            _charge: charge,
        });
        drop(state);
        self.waiters.wake_all();
    }

    /// Notes an error that came for what was sent.
    pub(crate) fn fail(&self, error: Errno) {
        self.state().error = Some(error);
        self.waiters.wake_all();
    }
}

impl EndpointState {
    /// The datagram that waits longest, without taking it.
    pub(crate) fn next_received(&self) -> Option<&Datagram> {
        self.received.front()
    }

    pub(crate) fn take_received(&mut self) -> Option<Datagram> {
        let datagram = self.received.pop_front()?;
        self.received_bytes = self.received_bytes.saturating_sub(datagram.bytes.len() + OVERHEAD);
        Some(datagram)
    }

    /// Drops what was received, when the socket gets a peer.
    pub(crate) fn keep_received_from(&mut self, protocol: Protocol, peer: SocketAddr) {
        self.received.retain(|datagram| same_peer(protocol, peer, datagram.from));
        self.received_bytes = self.received.iter().map(|datagram| datagram.bytes.len() + OVERHEAD).sum();
    }

    /// Whether another datagram may be queued to send.
    pub(crate) fn has_send_room(&self) -> bool {
        self.unsent_bytes < usize::try_from(self.options.send_buffer).unwrap_or(usize::MAX)
    }

    pub(crate) fn queue(&mut self, outgoing: Outgoing) {
        self.unsent_bytes += outgoing.bytes.len() + OVERHEAD;
        self.unsent.push_back(outgoing);
    }

    pub(crate) fn take_unsent(&mut self) -> Option<Outgoing> {
        let outgoing = self.unsent.pop_front()?;
        self.unsent_bytes = self.unsent_bytes.saturating_sub(outgoing.bytes.len() + OVERHEAD);
        Some(outgoing)
    }

    /// Puts back what [`take_unsent`](Self::take_unsent) gave.
    pub(crate) fn put_back(&mut self, outgoing: Outgoing) {
        self.unsent_bytes += outgoing.bytes.len() + OVERHEAD;
        self.unsent.push_front(outgoing);
    }

    /// Bytes that wait: received, to be sent; for listings.
    pub(crate) fn queued(&self) -> (usize, usize) {
        (self.received_bytes, self.unsent_bytes)
    }

    /// Notes that the net thread is needed; whether it must be called.
    pub(crate) fn call(&mut self) -> bool {
        !std::mem::replace(&mut self.called, true)
    }
}

/// An echo peer has no port, and a scope is known of link-local addresses only.
fn same_peer(protocol: Protocol, peer: SocketAddr, from: SocketAddr) -> bool {
    peer.ip() == from.ip() && (protocol == Protocol::Echo || peer.port() == from.port())
}
