//! Connections that others open: from the SYN to the listener's queue.

use super::super::ingress::{Segment, SegmentSort};
use super::super::link::Link;
use super::entry::{Entry, Next, RING_BOUNDS, Stage, Tuple, new_socket, register};
use super::{Admission, Streams};
use crate::address::Host;
use crate::routes::LinkId;
use crate::state::{Connection, ConnectionId, Ending, Listener, ListenerId, Offer};
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpListenEndpoint;
use std::net::IpAddr;
use std::sync::Arc;
use vfs::socket::TcpState;

/// Half-open connections of one listener: as many as a browser's or a test's burst, which comes before the first answer has
/// gone out. Each has its buffers already.
const MAX_HALF_OPEN: usize = 256;
/// How long a peer's handshake may take.
const ACCEPT_LIMIT: Duration = Duration::from_secs(15);

impl Streams {
    /// Looks at a segment before smoltcp does.
    pub(in crate::engine) fn admit(&mut self, segment: &Segment, link: &mut Link, now: Instant) -> Admission {
        let tuple = Tuple { link: link.id, local: segment.local, remote: segment.remote };
        let known = self.tuples.get(&tuple).copied();
        match (segment.sort, known.and_then(|id| self.entries.get_mut(&id))) {
            (SegmentSort::Reset, Some(entry)) => Admission::Reset(entry.connection.id),
            // A new connection may follow one in TIME-WAIT at once (RFC 9293, section 3.6.1).
            (SegmentSort::Open, Some(Entry { stage: Stage::TimeWait, connection, .. })) => {
                let id = connection.id;
                self.remove(id, link);
                self.open(tuple, segment, link, now)
            }
            (SegmentSort::Open, None) => self.open(tuple, segment, link, now),
            (SegmentSort::Other, Some(entry)) => {
                // The answer to a SYN of ours; later it would be a forged one.
                if segment.opens && matches!(entry.stage, Stage::Connecting) {
                    entry.first = Some(segment.sequence + 1);
                }
                heed_stale_acknowledgement(entry, segment, link)
            }
            _ => Admission::Pass,
        }
    }

    /// Makes a socket for a SYN, if somebody listens and there is room.
    fn open(&mut self, tuple: Tuple, segment: &Segment, link: &mut Link, now: Instant) -> Admission {
        let host = IpAddr::from(tuple.local.addr);
        let Some(listener) = self.shared.listeners.find(host, tuple.local.port, tuple.link) else {
            return Admission::Pass;
        };
        let reachable = link.id == LinkId::LOOPBACK || link.is_own(host);
        if !reachable || listener.room() == 0 || !self.make_room(listener.id, link) {
            return Admission::Drop;
        }
        let mut options = listener.options();
        let Ok(charge) = self.shared.buffers.take_for_connection(&mut options) else { return Admission::Drop };
        let mut socket = new_socket(&options, tuple.link);
        socket.set_timeout(Some(ACCEPT_LIMIT));
        socket.set_hop_limit(Some(options.hop_limit));
        let at = IpListenEndpoint { addr: Some(tuple.local.addr), port: tuple.local.port };
        if socket.listen(at).is_err() {
            return Admission::Drop;
        }
        let id = ConnectionId(self.shared.new_id());
        let ends = (link.scoped(tuple.local), link.scoped(tuple.remote));
        let connection = Arc::new(Connection::new(id, ends, options, charge, TcpState::SynReceived));
        let lease = Arc::new(listener.lease.connected(Host::One(host)));
        self.half_open.entry(listener.id).or_default().push_back(id);
        let handle = link.sockets.add(socket);
        self.timers.set(id, Some(now + ACCEPT_LIMIT));
        self.insert(connection, tuple, handle, Stage::HalfOpen(listener), lease);
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.first = Some(segment.sequence + 1);
        }
        Admission::Try(id)
    }

    /// Forgets the oldest half-open connection of a listener that has its fill; whether there is room then.
    fn make_room(&mut self, listener: ListenerId, link: &mut Link) -> bool {
        let Some(queue) = self.half_open.get(&listener).filter(|queue| queue.len() >= MAX_HALF_OPEN) else {
            return true;
        };
        let here = |id: &&ConnectionId| self.entries.get(id).is_some_and(|entry| entry.tuple.link == link.id);
        let oldest = queue.iter().find(here).copied();
        if let Some(oldest) = oldest {
            self.remove(oldest, link);
        }
        oldest.is_some()
    }

    /// Keeps what was made for a SYN, or forgets it if smoltcp did not like the segment.
    pub(in crate::engine) fn settle(&mut self, id: ConnectionId, link: &mut Link) {
        let Some(entry) = self.entries.get(&id) else { return };
        let (handle, waker) = (entry.handle, entry.waker.clone());
        let socket = link.tcp(handle);
        if socket.state() != State::SynReceived {
            return self.remove(id, link);
        }
        register(socket, &waker);
    }

    /// smoltcp has seen a reset; whether it believes it is its to say (RFC 5961, section 3).
    pub(in crate::engine) fn settle_reset(&mut self, id: ConnectionId, link: &mut Link) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.was_reset |= link.tcp(entry.handle).state() == State::Closed;
        }
    }

    /// There is a place in a listener's queue: for who is established and found none, in the order in which they came.
    pub(in crate::engine) fn accepted(&mut self, listener: ListenerId, links: &mut [Link]) {
        for id in self.half_open.get(&listener).cloned().unwrap_or_default() {
            self.serve(id, links);
        }
    }

    /// A listener is gone: so are the connections that were coming to it.
    pub(in crate::engine) fn listener_closed(&mut self, listener: ListenerId, links: &mut [Link]) {
        for id in self.half_open.remove(&listener).unwrap_or_default() {
            if let Some(entry) = self.entries.get(&id) {
                entry.connection.stream().ending = Ending::Aborted;
            }
            self.serve(id, links);
        }
    }

    /// The handshake with a peer that called.
    pub(super) fn serve_half_open(&mut self, id: ConnectionId, listener: &Listener, link: &mut Link) -> Next {
        let Some(entry) = self.entries.get_mut(&id) else { return Next::Wait };
        let unwanted = entry.connection.stream().ending == Ending::Aborted;
        let socket = link.sockets.get_mut::<Socket<'static>>(entry.handle);
        match socket.state() {
            State::SynReceived if !unwanted => Next::Wait,
            // Reset by the peer, timed out, or pushed out: nobody knows of it, and a flood gets no answers.
            State::SynReceived | State::Listen | State::Closed => Next::Forget,
            _ => {
                // Before somebody accepts it.
                entry.open_up();
                match listener.offer(Arc::clone(&entry.connection)) {
                    // It waits as if its handshake went on: for whoever accepts, or the end of its time.
                    Offer::Full => return Next::Wait,
                    Offer::Closed => entry.connection.stream().ending = Ending::Aborted,
                    Offer::Taken => {}
                }
                entry.stage = Stage::Open;
                self.timers.set(id, None);
                self.leave_half_open(listener.id, id);
                Next::Pump
            }
        }
    }

    /// A connection is no longer half open.
    pub(super) fn leave_half_open(&mut self, listener: ListenerId, id: ConnectionId) {
        if let Some(queue) = self.half_open.get_mut(&listener) {
            queue.retain(|known| *known != id);
            if queue.is_empty() {
                self.half_open.remove(&listener);
            }
        }
    }
}

/// What to do with an acknowledgement whose sequence number is old.
///
/// smoltcp goes back to the oldest unacknowledged byte when it sends again, and numbers its acknowledgements from there
/// (RFC 9293, section 3.10.8, leaves SND.NXT alone). A receiver that has that byte already, as it must
/// (section 3.10.7.4), refuses them whole. Two such machines that lose frames in both directions refuse each other for ever,
/// so here an old number counts as the one that is expected.
fn heed_stale_acknowledgement(entry: &Entry, segment: &Segment, link: &mut Link) -> Admission {
    if !segment.is_bare {
        return Admission::Pass;
    }
    let Some(expected) = entry.expected(link.tcp(entry.handle)) else { return Admission::Pass };
    // One less is a keep-alive probe, which wants an answer.
    let stale = segment.sequence < expected && segment.sequence + 1 != expected;
    if stale && expected - segment.sequence <= RING_BOUNDS.1 { Admission::Renumber(expected) } else { Admission::Pass }
}
