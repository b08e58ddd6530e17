//! The way out of one datagram socket through one interface: a small smoltcp socket that only sends.

use super::link::Link;
use crate::buffers::Buffers;
use crate::routes::LinkId;
use crate::state::{Outgoing, Protocol};
use interfaces::{Errno, Result};
use smoltcp::iface::SocketHandle;
use smoltcp::socket::{icmp, udp};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpEndpoint, IpListenEndpoint};
use std::task::Waker;
use vfs::Charge;

/// Bytes that a leg buffers at first; a larger datagram gets a larger leg.
const BYTES: usize = 16 * 1024;
const DATAGRAMS: usize = 32;
/// What smoltcp's socket takes besides.
const OVERHEAD: usize = 4 * 1024;
/// A datagram that smoltcp could not send by then, because it has forgotten the neighbour meanwhile, is given up.
const PATIENCE: Duration = Duration::from_secs(3);

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// smoltcp has it.
    Yes,
    /// When the leg has room; its waker tells.
    Later,
    /// When the neighbour has answered, or smoltcp's buffer for fragments is free: to be tried at every turn.
    WhenPossible,
    /// It cannot be sent: the neighbour does not answer, or there is no memory.
    Never(Errno),
}

/// See the module.
pub(super) struct Leg {
    pub(super) link: LinkId,
    protocol: Protocol,
    handle: SocketHandle,
    capacity: usize,
    _charge: Charge,
    /// Bytes that were queued when progress was last seen, and when that was.
    queued: usize,
    progress_at: Instant,
}

impl Leg {
    /// A leg for a datagram like this one: ENOBUFS.
    pub(super) fn new(
        link: &mut Link,
        protocol: Protocol,
        outgoing: &Outgoing,
        buffers: &Buffers,
        now: Instant,
    ) -> Result<Leg> {
        let capacity = outgoing.bytes.len().next_power_of_two().max(BYTES);
        let charge = buffers.take(capacity + OVERHEAD)?;
        let handle = match protocol {
            Protocol::Udp => link.sockets.add(udp_socket(outgoing.port, capacity)),
            Protocol::Echo => link.sockets.add(echo_socket(outgoing.port, capacity)),
        };
        Ok(Leg { link: link.id, protocol, handle, capacity, _charge: charge, queued: 0, progress_at: now })
    }

    pub(super) fn fits(&self, outgoing: &Outgoing) -> bool {
        outgoing.bytes.len() <= self.capacity
    }

    /// Gives a datagram to smoltcp; `waker` is woken when there is room again.
    pub(super) fn send(&self, link: &mut Link, outgoing: &Outgoing, waker: &Waker) -> Sent {
        match self.protocol {
            Protocol::Udp => send_udp(link.sockets.get_mut(self.handle), outgoing, waker),
            Protocol::Echo => send_echo(link.sockets.get_mut(self.handle), outgoing, waker),
        }
    }

    /// Sees how far it has come; `waker` is woken when it has come further.
    pub(super) fn look(&mut self, link: &mut Link, waker: &Waker, now: Instant) {
        let queued = match self.protocol {
            Protocol::Udp => {
                let socket: &mut udp::Socket<'static> = link.sockets.get_mut(self.handle);
                socket.register_send_waker(waker);
                socket.send_queue()
            }
            Protocol::Echo => {
                let socket: &mut icmp::Socket<'static> = link.sockets.get_mut(self.handle);
                socket.register_send_waker(waker);
                socket.send_queue()
            }
        };
        if queued == 0 || queued < self.queued || self.queued == 0 {
            self.progress_at = now;
        }
        self.queued = queued;
    }

    /// Whether nothing was queued at the last look.
    pub(super) fn is_idle(&self) -> bool {
        self.queued == 0
    }

    /// When what is queued is to be given up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.queued > 0).then(|| self.progress_at + PATIENCE)
    }

    /// Ends it, with what is queued.
    pub(super) fn remove(self, link: &mut Link) {
        link.sockets.remove(self.handle);
    }
}

fn udp_socket(port: u16, capacity: usize) -> udp::Socket<'static> {
    // It must not receive: what comes is seen by the interface's raw socket.
    let receive = udp::PacketBuffer::new(Vec::new(), Vec::new());
    let send = udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; DATAGRAMS], vec![0; capacity]);
    let mut socket = udp::Socket::new(receive, send);
    // Fails for port 0 alone, and then sending says so.
    let _ = socket.bind(IpListenEndpoint { addr: None, port });
    socket
}

fn echo_socket(identifier: u16, capacity: usize) -> icmp::Socket<'static> {
    let receive = icmp::PacketBuffer::new(Vec::new(), Vec::new());
    let send = icmp::PacketBuffer::new(vec![icmp::PacketMetadata::EMPTY; DATAGRAMS], vec![0; capacity]);
    let mut socket = icmp::Socket::new(receive, send);
    // Fails for a socket that is bound, which this one is not.
    let _ = socket.bind(icmp::Endpoint::Ident(identifier));
    socket
}

fn send_udp(socket: &mut udp::Socket<'static>, outgoing: &Outgoing, waker: &Waker) -> Sent {
    socket.register_send_waker(waker);
    // The hop limit is the socket's, not the datagram's.
    if socket.hop_limit() != Some(outgoing.hop_limit) {
        if socket.send_queue() > 0 {
            return Sent::Later;
        }
        socket.set_hop_limit(Some(outgoing.hop_limit));
    }
    let mut metadata = udp::UdpMetadata::from(IpEndpoint::from(outgoing.to));
    metadata.local_address = Some(outgoing.path.source.into());
    match socket.send_slice(&outgoing.bytes, metadata) {
        Err(udp::SendError::BufferFull) => Sent::Later,
        // What cannot be addressed is lost.
        Ok(()) | Err(udp::SendError::Unaddressable) => Sent::Yes,
    }
}

fn send_echo(socket: &mut icmp::Socket<'static>, outgoing: &Outgoing, waker: &Waker) -> Sent {
    socket.register_send_waker(waker);
    if socket.hop_limit() != Some(outgoing.hop_limit) {
        if socket.send_queue() > 0 {
            return Sent::Later;
        }
        socket.set_hop_limit(Some(outgoing.hop_limit));
    }
    let mut message = outgoing.bytes.clone();
    if let Some(field) = message.get_mut(4..6) {
        field.copy_from_slice(&outgoing.port.to_be_bytes());
    }
    match socket.send_slice(&message, outgoing.to.ip().into()) {
        Err(icmp::SendError::BufferFull) => Sent::Later,
        Ok(()) | Err(icmp::SendError::Unaddressable) => Sent::Yes,
    }
}
