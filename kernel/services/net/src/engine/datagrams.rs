//! Datagram sockets in the net thread: what goes out has a small smoltcp socket per interface ([`Leg`]).
//!
//! Receiving is shared and elsewhere (`receive`, `udp`): one raw socket of an interface sees every UDP packet that smoltcp
//! has reassembled, so that a port costs no buffer and broadcasts reach everybody. Sending is not shared: a peer that does
//! not answer holds up the queue that waits for it, and that must be no one else's.

use super::leg::{Leg, Sent};
use super::link::Link;
use super::ready::{ReadyList, ReadyWaker};
use super::resolve::Reach;
use crate::index::Audience;
use crate::routes::Cast;
use crate::shared::Shared;
use crate::state::{Endpoint, Message, Outgoing, Protocol};
use interfaces::{Errno, Result};
use smoltcp::time::Instant;
use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;

/// The most that IP and UDP headers take.
const HEADERS: usize = 48;

struct Outbox {
    endpoint: Arc<Endpoint>,
    waker: Waker,
    legs: Vec<Leg>,
    /// The socket is gone; what it sent still goes.
    closed: bool,
}

/// The datagram sockets that have sent something.
pub(super) struct Datagrams {
    shared: Arc<Shared>,
    outboxes: HashMap<u64, Outbox>,
    ready: Arc<ReadyList<u64>>,
    /// Those whose next datagram waits for a neighbour, or until another one's fragments are gone.
    waiting: Vec<u64>,
}

impl Datagrams {
    pub(super) fn new(shared: Arc<Shared>) -> Datagrams {
        Datagrams { shared, outboxes: HashMap::new(), ready: Arc::default(), waiting: Vec::new() }
    }

    /// Sends what a socket has queued.
    pub(super) fn called(&mut self, endpoint: Arc<Endpoint>, links: &mut [Link], now: Instant) {
        endpoint.state().called = false;
        let id = endpoint.id;
        let ready = &self.ready;
        self.outboxes.entry(id).or_insert_with(|| Outbox {
            endpoint,
            waker: ReadyWaker::waker(id, ready),
            legs: Vec::new(),
            closed: false,
        });
        self.pump(id, links, now);
    }

    /// The socket is gone.
    pub(super) fn closed(&mut self, id: u64, links: &mut [Link], now: Instant) {
        if let Some(outbox) = self.outboxes.get_mut(&id) {
            outbox.closed = true;
            self.pump(id, links, now);
        }
    }

    /// Looks after the sockets for which smoltcp has room again, and gives up what does not go.
    pub(super) fn serve(&mut self, links: &mut [Link], now: Instant) {
        let waiting = std::mem::take(&mut self.waiting);
        for id in self.ready.take().into_iter().chain(waiting) {
            self.pump(id, links, now);
        }
        let is_late = |outbox: &Outbox| outbox.deadline().is_some_and(|at| at <= now);
        let late: Vec<u64> = self.outboxes.iter().filter(|(_, outbox)| is_late(outbox)).map(|(id, _)| *id).collect();
        for id in late {
            // It may have gone meanwhile.
            self.pump(id, links, now);
            self.give_up(id, links, now);
            self.pump(id, links, now);
        }
    }

    /// When to look again even if nothing happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.outboxes.values().filter_map(Outbox::deadline).min()
    }

    /// How many sockets have a way out.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.outboxes.len()
    }

    /// Moves datagrams of one socket into smoltcp as far as they fit.
    fn pump(&mut self, id: u64, links: &mut [Link], now: Instant) {
        let Some(outbox) = self.outboxes.get_mut(&id) else { return };
        let endpoint = Arc::clone(&outbox.endpoint);
        let mut moved = false;
        loop {
            let Some(outgoing) = endpoint.state().take_unsent() else { break };
            let sent = match links.get_mut(outgoing.path.link.0) {
                // An interface without carrier loses what it is given.
                Some(link) if link.is_up() => outbox.send(link, &outgoing, now),
                _ => Sent::Yes,
            };
            match sent {
                Sent::Yes => loop_back(&self.shared, &endpoint, &outgoing),
                Sent::Never(error) => endpoint.fail(error),
                Sent::Later | Sent::WhenPossible => {
                    endpoint.state().put_back(outgoing);
                    if sent == Sent::WhenPossible {
                        self.waiting.push(id);
                    }
                    break;
                }
            }
            moved = true;
        }
        outbox.look(links, now);
        if moved {
            endpoint.waiters.wake_all();
        }
        let empty = outbox.legs.iter().all(Leg::is_idle) && endpoint.state().unsent.is_empty();
        match (outbox.closed && empty, moved) {
            (true, false) => self.remove(id, links),
            // An empty datagram leaves no trace in a leg: at the next turn it is gone for sure.
            (true, true) => self.waiting.push(id),
            (false, _) => {}
        }
    }

    /// Drops what a leg could not send, and says so.
    fn give_up(&mut self, id: u64, links: &mut [Link], now: Instant) {
        let Some(outbox) = self.outboxes.get_mut(&id) else { return };
        let stuck = |leg: &mut Leg| leg.deadline().is_some_and(|at| at <= now);
        for leg in outbox.legs.extract_if(.., stuck) {
            outbox.endpoint.fail(Errno::EHOSTUNREACH);
            if let Some(link) = links.get_mut(leg.link.0) {
                leg.remove(link);
            }
        }
    }

    fn remove(&mut self, id: u64, links: &mut [Link]) {
        let Some(outbox) = self.outboxes.remove(&id) else { return };
        for leg in outbox.legs {
            if let Some(link) = links.get_mut(leg.link.0) {
                leg.remove(link);
            }
        }
    }
}

impl Outbox {
    fn deadline(&self) -> Option<Instant> {
        self.legs.iter().filter_map(Leg::deadline).min()
    }

    fn look(&mut self, links: &mut [Link], now: Instant) {
        for leg in &mut self.legs {
            if let Some(link) = links.get_mut(leg.link.0) {
                leg.look(link, &self.waker, now);
            }
        }
    }

    fn send(&mut self, link: &mut Link, outgoing: &Outgoing, now: Instant) -> Sent {
        match link.reach(outgoing.to.ip(), now) {
            Reach::Known => {}
            Reach::Asked => return Sent::WhenPossible,
            Reach::Failed => return Sent::Never(Errno::EHOSTUNREACH),
        }
        let fragmented = outgoing.bytes.len() + HEADERS > outgoing.path.mtu;
        // smoltcp has one buffer for a packet in pieces: the next one must wait until it is free.
        if fragmented && link.is_fragmenting(now) {
            return Sent::WhenPossible;
        }
        let position = match self.leg(link, outgoing, now) {
            Ok(Some(position)) => position,
            Ok(None) => return Sent::Later,
            Err(error) => return Sent::Never(error),
        };
        let sent = self.legs.get(position).map_or(Sent::Later, |leg| leg.send(link, outgoing, &self.waker));
        if fragmented {
            link.egress(now);
        }
        sent
    }

    /// Which leg leads through `link`, made or enlarged for the datagram; `None`: an old one must empty first. ENOBUFS.
    fn leg(&mut self, link: &mut Link, outgoing: &Outgoing, now: Instant) -> Result<Option<usize>> {
        if let Some((position, leg)) = self.legs.iter_mut().enumerate().find(|(_, leg)| leg.link == link.id) {
            if leg.fits(outgoing) {
                return Ok(Some(position));
            }
            leg.look(link, &self.waker, now);
            if !leg.is_idle() {
                return Ok(None);
            }
            self.legs.swap_remove(position).remove(link);
        }
        self.legs.push(Leg::new(link, self.endpoint.protocol, outgoing, &self.endpoint.buffers, now)?);
        Ok(Some(self.legs.len() - 1))
    }
}

/// Gives a copy of what was sent to many to those of them on this machine (`IP_MULTICAST_LOOP`).
fn loop_back(shared: &Shared, sender: &Endpoint, outgoing: &Outgoing) {
    let wanted = match outgoing.path.cast {
        Cast::One => false,
        Cast::Group => sender.state().options.multicast_loop,
        Cast::Everyone => true,
    };
    if wanted && sender.protocol == Protocol::Udp {
        let message = Message {
            link: outgoing.path.link,
            from: (outgoing.path.source, outgoing.port).into(),
            to: outgoing.to.ip(),
            port: outgoing.to.port(),
            hop_limit: outgoing.hop_limit,
            bytes: &outgoing.bytes,
        };
        shared.endpoints.deliver(Protocol::Udp, &message, Audience::Everyone);
    }
}
