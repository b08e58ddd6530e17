//! One connection in the net thread: its smoltcp socket, and where it stands.

use super::super::link::is_own;
use super::super::pump::has_fin;
use crate::options::Options;
use crate::ports::Lease;
use crate::routes::LinkId;
use crate::state::{Connection, Ending, Listener, Phase, half};
use interfaces::Errno;
use smoltcp::iface::{Interface, SocketHandle};
use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer, State};
use smoltcp::time::Duration;
use smoltcp::wire::{IpEndpoint, TcpSeqNumber};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Waker;
use vfs::socket::TcpState;

/// Bounds of smoltcp's ring of one direction. A larger ring than 64 KiB needs window scaling, which smoltcp negotiates.
pub(super) const RING_BOUNDS: (usize, usize) = (4 * 1024, 4 * 1024 * 1024);

/// A connection's addresses on its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tuple {
    pub(super) link: LinkId,
    pub(super) local: IpEndpoint,
    pub(super) remote: IpEndpoint,
}

pub(super) enum Stage {
    /// A peer's SYN came, its ACK has not.
    HalfOpen(Arc<Listener>),
    Connecting,
    Open,
    TimeWait,
    /// Over; a reset may still be on its way.
    Over,
}

pub(super) struct Entry {
    pub(super) connection: Arc<Connection>,
    pub(super) tuple: Tuple,
    pub(super) handle: SocketHandle,
    pub(super) stage: Stage,
    pub(super) waker: Waker,
    /// The number of the peer's first byte.
    pub(super) first: Option<TcpSeqNumber>,
    /// A reset came: what ended the connection, if it is ended.
    pub(super) was_reset: bool,
    /// How long what is left may take to become less, and how many bytes were left at the last look; of a connection whose end
    /// is under way.
    pub(super) awaited: Option<(Duration, usize)>,
    /// Keeps the port until the connection is forgotten.
    pub(super) _lease: Arc<Lease>,
}

/// What follows from a connection's state.
pub(super) enum Next {
    Wait,
    Pump,
    Check,
    Forget,
}

impl Entry {
    /// The handshake that a program asked for.
    pub(super) fn serve_connecting(&mut self, socket: &mut Socket<'static>) -> Next {
        match socket.state() {
            State::SynSent | State::SynReceived => {
                let mut stream = self.connection.stream();
                stream.called = false;
                stream.tcp_state = TcpState::SynSent;
                if stream.ending >= Ending::Released {
                    socket.abort();
                    return Next::Check;
                }
                Next::Wait
            }
            State::Closed => Next::Check,
            _ => {
                self.stage = Stage::Open;
                self.open_up();
                self.connection.waiters.wake_all();
                Next::Pump
            }
        }
    }

    /// The number of the byte that the peer is to send next.
    pub(super) fn expected(&self, socket: &Socket<'static>) -> Option<TcpSeqNumber> {
        let stream = self.connection.stream();
        let fin = usize::from(has_fin(socket.state()));
        let taken = TcpSeqNumber(self.first?.0.wrapping_add(stream.taken.cast_signed()));
        Some(taken + socket.recv_queue() + fin)
    }

    /// A program can use it from now on.
    pub(super) fn open_up(&self) {
        let mut stream = self.connection.stream();
        if stream.phase == Phase::Connecting {
            stream.phase = Phase::Open;
            stream.opened = true;
        }
    }

    /// Why a connection is closed; `None`: because both sides wanted it.
    pub(super) fn why(&self, interface: &Interface) -> Option<Errno> {
        let stream = self.connection.stream();
        let local = IpAddr::from(self.tuple.local.addr);
        let has_address = self.tuple.link == LinkId::LOOPBACK || is_own(interface, local);
        let in_order = stream.tcp_state == TcpState::LastAck;
        if stream.ending >= Ending::Released || (in_order && !self.was_reset) {
            None
        } else if self.was_reset {
            Some(if stream.opened { Errno::ECONNRESET } else { Errno::ECONNREFUSED })
        } else if has_address {
            Some(Errno::ETIMEDOUT)
        } else {
            Some(Errno::ENETDOWN)
        }
    }
}

/// smoltcp is to wake `waker` at any change.
pub(super) fn register(socket: &mut Socket<'static>, waker: &Waker) {
    socket.register_recv_waker(waker);
    socket.register_send_waker(waker);
}

/// A new smoltcp socket with buffers as the options say.
pub(super) fn new_socket(options: &Options, link: LinkId) -> Socket<'static> {
    let ring = |buffer: u32| SocketBuffer::new(vec![0; half(buffer).clamp(RING_BOUNDS.0, RING_BOUNDS.1)]);
    let mut socket = Socket::new(ring(options.receive_buffer), ring(options.send_buffer));
    socket.set_congestion_control(CongestionControl::Cubic);
    if link == LinkId::LOOPBACK {
        // A segment fills half the window there: an acknowledgement that waits would stop the sender.
        socket.set_ack_delay(None);
    }
    socket
}

/// smoltcp's addresses have no scope: the interface is the scope.
pub(super) fn without_scope(address: SocketAddr) -> IpEndpoint {
    IpEndpoint::new(address.ip().into(), address.port())
}
