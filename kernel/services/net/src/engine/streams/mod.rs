//! TCP in the net thread: every connection's smoltcp socket, from the first SYN until it is forgotten.
//!
//! smoltcp has no backlog: a listening socket becomes the connection. So none listens; when a SYN comes for a port that
//! somebody listens on, a socket is made for that one SYN (`incoming`). Half-open connections are bounded per
//! listener and the oldest makes room, so that a flood of SYNs costs neither memory nor service.

mod entry;
mod incoming;

use super::icmp::Failure;
use super::link::Link;
use super::pump::{patience, pump, take_rest};
use super::ready::{ReadyList, ReadyWaker};
use super::resolve::Reach;
use super::timers::Timers;
use crate::ports::Lease;
use crate::routes::Path;
use crate::shared::Shared;
use crate::state::{Connection, ConnectionId, Ending, ListenerId};
use entry::{Entry, Next, Stage, Tuple, new_socket, register, without_scope};
use interfaces::Errno;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::TcpSeqNumber;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use vfs::socket::TcpState;

/// Connections in TIME-WAIT keep their buffers; beyond this many the oldest ends early.
const MAX_TIME_WAIT: usize = 32;
/// How long a handshake that a program asked for may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(60);
/// How long a reset may wait for the peer's hardware address.
const RESET_LIMIT: Duration = Duration::from_secs(2);

/// What to do with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Give it to smoltcp.
    Pass,
    /// Give it to smoltcp with this sequence number.
    Renumber(TcpSeqNumber),
    /// Give it to smoltcp, then [`Streams::settle`] what was made for it.
    Try(ConnectionId),
    /// Give it to smoltcp, then [`Streams::settle_reset`].
    Reset(ConnectionId),
    /// Drop it.
    Drop,
}

/// All connections.
pub(super) struct Streams {
    shared: Arc<Shared>,
    entries: HashMap<ConnectionId, Entry>,
    tuples: HashMap<Tuple, ConnectionId>,
    half_open: HashMap<ListenerId, VecDeque<ConnectionId>>,
    time_wait: VecDeque<ConnectionId>,
    timers: Timers<ConnectionId>,
    ready: Arc<ReadyList<ConnectionId>>,
    /// Connections to open when a neighbour has answered.
    waiting: Vec<Call>,
}

/// A connection that a program wants.
pub(super) struct Call {
    pub(super) connection: Arc<Connection>,
    pub(super) lease: Arc<Lease>,
    pub(super) path: Path,
}

impl Streams {
    pub(super) fn new(shared: Arc<Shared>) -> Streams {
        Streams {
            shared,
            entries: HashMap::new(),
            tuples: HashMap::new(),
            half_open: HashMap::new(),
            time_wait: VecDeque::new(),
            timers: Timers::default(),
            ready: Arc::default(),
            waiting: Vec::new(),
        }
    }

    /// A turn of the net thread begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.timers.begin(now);
    }

    /// Opens a connection, as soon as the neighbour on the way is known.
    pub(super) fn connect(&mut self, call: Call, links: &mut [Link], now: Instant) {
        let reach = match links.get_mut(call.path.link.0) {
            Some(link) if link.is_up() => link.reach(call.connection.remote.ip(), now),
            _ => return call.connection.finish(Some(Errno::ENETDOWN)),
        };
        let released = call.connection.stream().ending >= Ending::Released;
        match reach {
            _ if released => call.connection.finish(None),
            Reach::Known => self.dial(call, links),
            Reach::Asked => self.waiting.push(call),
            Reach::Failed => call.connection.finish(Some(Errno::EHOSTUNREACH)),
        }
    }

    fn dial(&mut self, call: Call, links: &mut [Link]) {
        let Call { connection, lease, path } = call;
        let tuple = Tuple { link: path.link, local: connection.local.into(), remote: without_scope(connection.remote) };
        let Some(link) = links.get_mut(path.link.0) else { return };
        if self.tuples.contains_key(&tuple) {
            return connection.finish(Some(Errno::EADDRNOTAVAIL));
        }
        let mut socket = new_socket(&connection.stream().options, tuple.link);
        socket.set_timeout(Some(CONNECT_LIMIT));
        if socket.connect(link.interface.context(), tuple.remote, tuple.local).is_err() {
            return connection.finish(Some(Errno::EADDRNOTAVAIL));
        }
        let handle = link.sockets.add(socket);
        let id = connection.id;
        self.insert(connection, tuple, handle, Stage::Connecting, lease);
        self.serve(id, links);
    }

    /// A packet of a connection did not arrive. Only one that is being made gives up for that (RFC 5927, section 4.1).
    pub(super) fn failed(&mut self, failure: &Failure, links: &mut [Link]) {
        let found = self.tuples.iter().find(|(t, _)| t.local == failure.local && t.remote == failure.remote);
        let Some(entry) = found.and_then(|(_, id)| self.entries.get(id)) else { return };
        if matches!(entry.stage, Stage::Connecting) {
            let id = entry.connection.id;
            entry.connection.finish(Some(failure.error));
            entry.connection.stream().ending = Ending::Aborted;
            self.serve(id, links);
        }
    }

    /// Looks after all connections of which smoltcp has news or whose time has come; whether there were any.
    pub(super) fn serve_ready(&mut self, links: &mut [Link], now: Instant) -> bool {
        let mut served = false;
        // Serving one may wake it again (a reset sent, say); the list is short.
        while !self.ready.is_empty() {
            for id in self.ready.take() {
                self.serve(id, links);
            }
            served = true;
        }
        for call in std::mem::take(&mut self.waiting) {
            self.connect(call, links, now);
        }
        for id in self.timers.take_expired(now) {
            self.expire(id, links);
            served = true;
        }
        served
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// How many connections there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.waiting.len()
    }

    /// Brings a connection's socket and smoltcp's socket to the same state.
    pub(super) fn serve(&mut self, id: ConnectionId, links: &mut [Link]) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let Some(link) = links.get_mut(entry.tuple.link.0) else { return };
        let socket = link.sockets.get_mut::<Socket<'static>>(entry.handle);
        register(socket, &entry.waker);
        let next = match &entry.stage {
            Stage::HalfOpen(listener) => {
                let listener = Arc::clone(listener);
                self.serve_half_open(id, &listener, link)
            }
            Stage::Connecting => entry.serve_connecting(socket),
            Stage::Open => Next::Pump,
            Stage::TimeWait | Stage::Over => Next::Check,
        };
        match next {
            Next::Wait => {}
            Next::Forget => self.remove(id, link),
            Next::Pump => {
                self.pump(id, link);
                self.check(id, link);
            }
            Next::Check => self.check(id, link),
        }
    }

    fn pump(&mut self, id: ConnectionId, link: &mut Link) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let socket = link.sockets.get_mut::<Socket<'static>>(entry.handle);
        let mut stream = entry.connection.stream();
        stream.called = false;
        let changed = pump(socket, &mut stream);
        let left = stream.unsent.len() + socket.send_queue();
        let awaited = patience(socket, &stream).map(|limit| (limit, left));
        drop(stream);
        if changed {
            entry.connection.waiters.wake_all();
        }
        if left > 0 || awaited.is_some() {
            // smoltcp asks one neighbour a second, and the dead ones first: who is not known is asked for here.
            let _ = link.reach(entry.tuple.remote.addr.into(), self.timers.now());
        }
        if std::mem::replace(&mut entry.awaited, awaited) != awaited {
            match awaited {
                Some((limit, _)) => self.timers.set_after(id, limit),
                None => self.timers.set(id, None),
            }
        }
    }

    /// Sees whether a connection is over.
    fn check(&mut self, id: ConnectionId, link: &mut Link) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let socket = link.sockets.get_mut::<Socket<'static>>(entry.handle);
        match (socket.state(), &entry.stage) {
            (State::Closed, stage) => {
                let reset_sent = socket.remote_endpoint().is_none();
                if matches!(stage, Stage::Connecting | Stage::Open) {
                    take_rest(socket, &mut entry.connection.stream());
                    entry.connection.finish(entry.why(&link.interface));
                }
                if !matches!(entry.stage, Stage::Over) {
                    entry.stage = Stage::Over;
                    self.timers.set_after(id, RESET_LIMIT);
                }
                if reset_sent {
                    self.remove(id, link);
                }
            }
            (State::TimeWait, Stage::Open) => {
                take_rest(socket, &mut entry.connection.stream());
                entry.connection.finish_as(TcpState::TimeWait, None);
                entry.stage = Stage::TimeWait;
                self.timers.set(id, None);
                self.time_wait.push_back(id);
                self.trim_time_wait();
            }
            _ => {}
        }
    }

    /// Lets the oldest TIME-WAIT end when there are too many.
    fn trim_time_wait(&mut self) {
        self.time_wait.retain(|id| self.entries.contains_key(id));
        let excess = self.time_wait.len().saturating_sub(MAX_TIME_WAIT);
        for id in self.time_wait.drain(..excess) {
            self.timers.set(id, Some(Instant::ZERO));
        }
    }

    /// A connection's time is up.
    fn expire(&mut self, id: ConnectionId, links: &mut [Link]) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let Some(link) = links.get_mut(entry.tuple.link.0) else { return };
        match entry.stage {
            Stage::HalfOpen(_) | Stage::TimeWait | Stage::Over => self.remove(id, link),
            Stage::Connecting | Stage::Open => {
                let mut stream = entry.connection.stream();
                if stream.ending < Ending::Released {
                    stream.error.get_or_insert(Errno::ETIMEDOUT);
                }
                stream.ending = Ending::Aborted;
                drop(stream);
                self.serve(id, links);
            }
        }
    }

    fn insert(
        &mut self,
        connection: Arc<Connection>,
        tuple: Tuple,
        handle: SocketHandle,
        stage: Stage,
        lease: Arc<Lease>,
    ) {
        let id = connection.id;
        self.tuples.insert(tuple, id);
        self.shared.connections().insert(id, Arc::clone(&connection));
        let waker = ReadyWaker::waker(id, &self.ready);
        let entry = Entry {
            connection,
            tuple,
            handle,
            stage,
            waker,
            first: None,
            was_reset: false,
            awaited: None,
            _lease: lease,
        };
        self.entries.insert(id, entry);
    }

    /// Ends all connections of an interface that will not come back.
    pub(super) fn cut(&mut self, link: &mut Link) {
        let here = self.entries.iter().filter(|(_, entry)| entry.tuple.link == link.id);
        for id in here.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(entry) =
                self.entries.get(&id).filter(|entry| !matches!(entry.stage, Stage::TimeWait | Stage::Over))
            {
                entry.connection.finish(Some(Errno::ENETDOWN));
            }
            self.remove(id, link);
        }
    }

    /// Forgets a connection.
    fn remove(&mut self, id: ConnectionId, link: &mut Link) {
        let Some(entry) = self.entries.remove(&id) else { return };
        self.tuples.remove(&entry.tuple);
        self.timers.set(id, None);
        self.shared.connections().remove(&id);
        if let Stage::HalfOpen(listener) = &entry.stage {
            self.leave_half_open(listener.id, id);
        }
        link.sockets.remove(entry.handle);
        if !matches!(entry.stage, Stage::TimeWait | Stage::Over) {
            entry.connection.finish(Some(Errno::ECONNABORTED));
        }
    }
}
