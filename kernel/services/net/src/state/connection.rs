//! A TCP connection as its socket and the net thread share it.

use crate::buffers::Buffers;
use crate::options::Options;
use interfaces::{Errno, Result};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use vfs::socket::TcpState;
use vfs::{Charge, Readiness};
use wait::WaitList;

/// A connection's number; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// What a program can expect of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Connecting,
    Open,
    Closed,
}

/// How a program has ended its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// It may still write.
    None,
    /// No more writes: FIN after what is queued.
    Shut,
    /// The socket is gone: FIN after what is queued, and nobody will read.
    Released,
    /// The connection is to be reset.
    Aborted,
}

/// The two byte queues of a connection and its state.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) phase: Phase,
    /// It has been open.
    pub(crate) opened: bool,
    /// The state of the protocol, for listings.
    pub(crate) tcp_state: TcpState,
    /// Bytes that have come and were not read.
    pub(crate) received: VecDeque<u8>,
    /// The peer has sent its last byte.
    pub(crate) received_all: bool,
    /// The program does not want what comes (`shutdown` for reading).
    pub(crate) deaf: bool,
    /// Bytes that were written and not yet given to smoltcp.
    pub(crate) unsent: VecDeque<u8>,
    pub(crate) ending: Ending,
    /// Why the connection ended, until it is reported.
    pub(crate) error: Option<Errno>,
    pub(crate) options: Options,
    /// The options that it began with, and the memory that it may take.
    born: Options,
    charge: Charge,
    /// The net thread has more than `received` may hold: reading is to call it.
    pub(crate) stalled: bool,
    /// The net thread has been called and has not come yet.
    pub(crate) called: bool,
    /// Bytes taken out of smoltcp's ring since the connection began; wraps.
    pub(crate) taken: u32,
    /// Bytes that smoltcp holds: received, unacknowledged; for listings.
    pub(crate) in_flight: (usize, usize),
}

/// A TCP connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    /// Its own address, canonical.
    pub(crate) local: SocketAddr,
    /// The peer's, canonical.
    pub(crate) remote: SocketAddr,
    /// The number of the process that has it; 0 for none.
    owner: AtomicU32,
    stream: Mutex<Stream>,
    pub(crate) waiters: WaitList,
}

impl Connection {
    /// A connection that is being made, by this side or by the other.
    pub(crate) fn new(
        id: ConnectionId,
        (local, remote): (SocketAddr, SocketAddr),
        options: Options,
        charge: Charge,
        tcp_state: TcpState,
    ) -> Connection {
        let stream = Stream {
            phase: Phase::Connecting,
            opened: false,
            tcp_state,
            received: VecDeque::new(),
            received_all: false,
            deaf: false,
            unsent: VecDeque::new(),
            ending: Ending::None,
            error: None,
            options,
            born: options,
            charge,
            stalled: false,
            called: false,
            taken: 0,
            in_flight: (0, 0),
        };
        Connection { id, local, remote, owner: AtomicU32::new(0), stream: Mutex::new(stream), waiters: WaitList::new() }
    }

    /// The process that called or accepted.
    pub(crate) fn owner(&self) -> Option<u32> {
        Some(self.owner.load(Ordering::Relaxed)).filter(|owner| *owner != 0)
    }

    pub(crate) fn set_owner(&self, owner: Option<u32>) {
        self.owner.store(owner.unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn stream(&self) -> MutexGuard<'_, Stream> {
        // Queues and flags: each change stands alone.
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection is over, because of `error` unless it ended in order.
    pub(crate) fn finish(&self, error: Option<Errno>) {
        self.finish_as(TcpState::Closed, error);
    }

    /// The connection is over for programs; the protocol still has it in this state.
    pub(crate) fn finish_as(&self, tcp_state: TcpState, error: Option<Errno>) {
        let mut stream = self.stream();
        stream.phase = Phase::Closed;
        stream.tcp_state = tcp_state;
        stream.received_all = true;
        stream.unsent = VecDeque::new();
        if stream.error.is_none() {
            stream.error = error;
        }
        stream.in_flight = (0, 0);
        drop(stream);
        self.waiters.wake_all();
    }
}

impl Stream {
    /// How many bytes may wait to be read here; smoltcp's window holds as many again.
    pub(crate) fn receive_limit(&self) -> usize {
        half(self.options.receive_buffer)
    }

    /// How many bytes may wait to be sent here; smoltcp holds as many again.
    pub(crate) fn send_limit(&self) -> usize {
        half(self.options.send_buffer)
    }

    /// Other options from now on: ENOBUFS.
    pub(crate) fn set_options(&mut self, options: Options, buffers: &Buffers) -> Result<()> {
        buffers.resize_for_connection(&mut self.charge, &self.born, &options)?;
        self.options = options;
        Ok(())
    }

    /// Room for bytes that come.
    pub(crate) fn receive_room(&self) -> usize {
        self.receive_limit().saturating_sub(self.received.len())
    }

    /// Room for bytes to send.
    pub(crate) fn send_room(&self) -> usize {
        self.send_limit().saturating_sub(self.unsent.len())
    }

    /// How connecting ended; `None`: it goes on.
    pub(crate) fn outcome(&mut self) -> Option<Result<()>> {
        match self.phase {
            Phase::Connecting => None,
            _ if self.opened => Some(Ok(())),
            _ => Some(Err(self.error.take().unwrap_or(Errno::ECONNABORTED))),
        }
    }

    /// What a program can do at once.
    pub(crate) fn readiness(&self) -> Readiness {
        let closed = self.phase == Phase::Closed;
        let over = self.received_all || self.deaf || closed || self.error.is_some();
        let shut = self.ending != Ending::None;
        let room = self.phase == Phase::Open && self.send_room() > 0;
        Readiness {
            readable: !self.received.is_empty() || over,
            writable: room || shut || closed,
            hangup: closed || (self.received_all && shut),
            available: u64::try_from(self.received.len()).unwrap_or(u64::MAX),
        }
    }

    /// Copies the oldest bytes that came into `buf`; returns how many.
    pub(crate) fn copy_received(&self, buf: &mut [u8]) -> usize {
        let mut copied = 0;
        let (front, back) = self.received.as_slices();
        for part in [front, back] {
            let rest = buf.get_mut(copied..).unwrap_or_default();
            let count = rest.len().min(part.len());
            if let (Some(to), Some(from)) = (rest.get_mut(..count), part.get(..count)) {
                to.copy_from_slice(from);
            }
            copied += count;
        }
        copied
    }

    /// Notes that the net thread is needed; whether it must be called.
    pub(crate) fn call(&mut self) -> bool {
        !std::mem::replace(&mut self.called, true)
    }
}

/// Half of a socket buffer lies in the queue here, half in smoltcp's ring.
pub(crate) fn half(buffer: u32) -> usize {
    usize::try_from(buffer / 2).unwrap_or(usize::MAX)
}
