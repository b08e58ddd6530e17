//! The net thread's state: the interfaces, and what lives on them. All of smoltcp is behind this module.
//!
//! [`Engine::poll`] does everything that can be done now and says when to come again; it never waits. `link` is an interface,
//! `phy` its device for smoltcp, `ingress` the first look at a frame. `streams` (with `pump`) and `datagrams` are the sockets;
//! `icmp` reads and writes messages. `upkeep` keeps addresses right, out of `addressing` and `routers`.

mod addressing;
mod datagrams;
mod icmp;
mod ingress;
mod leg;
mod link;
mod phy;
mod pump;
mod ready;
mod receive;
mod resolve;
mod routers;
mod streams;
mod timers;
mod udp;
mod upkeep;
mod version;

use crate::config::{LinkPlan, Plan};
use crate::doorbell::{PendingChange, Request};
use crate::index::Audience;
use crate::routes::{LinkId, RouteTable};
use crate::shared::{Board, Shared};
use crate::state::{Message, Protocol};
use datagrams::Datagrams;
use icmp::{Failure, Notice};
use interfaces::{Errno, NetDevice, Result};
use link::Link;
use receive::receive_frame;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpProtocol;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use streams::{Call, Streams};
use upkeep::Upkeep;

/// Frames of one interface before the others get their turn.
const BATCH: usize = 64;
/// Turns before requests are looked at again.
const TURNS: usize = 16;
/// How long to wait for a device that is full, should it not wake the net thread.
const FULL_PAUSE: Duration = Duration::from_millis(10);
/// smoltcp sometimes asks for "now" with nothing to do; this keeps the net thread from spinning.
const IDLE_PAUSE: Duration = Duration::from_millis(1);

/// Everything that the net thread owns.
pub(crate) struct Engine {
    shared: Arc<Shared>,
    links: Vec<Link>,
    upkeeps: Vec<Upkeep>,
    streams: Streams,
    datagrams: Datagrams,
    /// How many sockets have joined a group.
    groups: HashMap<(LinkId, IpAddr), usize>,
    plan: Plan,
    /// Changes that were made and not yet published.
    changed: Vec<(Arc<PendingChange>, Result<()>)>,
    stopped: bool,
}

impl Engine {
    /// Interfaces for `devices`, of which the first is the loopback device, configured as `plan` says.
    pub(crate) fn new(shared: Arc<Shared>, devices: Vec<Arc<dyn NetDevice>>, plan: Plan, now: Instant) -> Engine {
        let make = |(position, device): (usize, Arc<dyn NetDevice>)| match position.checked_sub(1) {
            None => Link::new(LinkId::LOOPBACK, "lo".into(), device, LinkPlan::default(), &shared, now),
            Some(card) => {
                let name = format!("eth{card}");
                let plan = plan.link(card, &name);
                Link::new(LinkId(position), name, device, plan, &shared, now)
            }
        };
        let links: Vec<Link> = devices.into_iter().enumerate().map(make).collect();
        let upkeeps = links.iter().map(|link| Upkeep::new(link.id)).collect();
        let mut engine = Engine {
            streams: Streams::new(Arc::clone(&shared)),
            datagrams: Datagrams::new(Arc::clone(&shared)),
            shared,
            links,
            upkeeps,
            groups: HashMap::new(),
            plan,
            changed: Vec::new(),
            stopped: false,
        };
        engine.upkeep(now);
        engine
    }

    /// Whether it was told to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The devices, for their wakers.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &Arc<dyn NetDevice>> {
        self.links.iter().map(|link| &link.wire.device)
    }

    /// How many connections and datagram sockets have something in smoltcp.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.streams.len(), self.datagrams.len())
    }

    /// Does what can be done now; when to come again, if nothing happens before.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Instant> {
        self.streams.begin(now);
        let mut progress = self.take_requests(now);
        self.upkeep(now);
        for (pending, outcome) in self.changed.drain(..) {
            pending.finish(outcome);
        }
        let mut turns = 0;
        while turns < TURNS && self.turn(now) {
            turns += 1;
            progress = true;
        }
        for link in &mut self.links {
            link.wire.flush();
            link.clear_own(now);
        }
        let at = if turns == TURNS { Some(now) } else { self.deadline(now) };
        if progress { at } else { at.map(|at| at.max(now + IDLE_PAUSE)) }
    }

    /// Receives and sends once on every interface; whether anything moved.
    fn turn(&mut self, now: Instant) -> bool {
        let mut moved = false;
        for position in 0..self.links.len() {
            if let Some(link) = self.links.get_mut(position) {
                link.ask_neighbours(now);
            }
            moved |= self.receive(position, now);
            moved |= self.streams.serve_ready(&mut self.links, now);
            self.datagrams.serve(&mut self.links, now);
            if let Some(link) = self.links.get_mut(position) {
                moved |= link.egress(now);
            }
        }
        moved | self.streams.serve_ready(&mut self.links, now)
    }

    fn receive(&mut self, position: usize, now: Instant) -> bool {
        let Some(link) = self.links.get_mut(position) else { return false };
        let id = link.id;
        let device = Arc::clone(&link.wire.device);
        let mut notices = Vec::new();
        let frames = device.receive(BATCH, &mut |frame| {
            receive_frame(&self.shared, link, &mut self.streams, frame, now, &mut notices);
        });
        let heard = !notices.is_empty();
        for notice in notices {
            self.heed(id, notice, now);
        }
        if heard {
            self.upkeep(now);
        }
        frames > 0
    }

    /// Acts on an ICMP message.
    fn heed(&mut self, id: LinkId, notice: Notice, now: Instant) {
        match notice {
            Notice::Echo { from, to, identifier, hop_limit, message } => {
                let Some(link) = self.links.get(id.0) else { return };
                let from = link.scoped((from, 0).into());
                let message = Message { link: id, from, to, port: identifier, hop_limit, bytes: &message };
                self.shared.endpoints.deliver(Protocol::Echo, &message, Audience::Best);
            }
            Notice::Failed(failure) => self.failed(id, &failure),
            Notice::Router { from, message } => {
                let routers = self.links.get_mut(id.0).and_then(|link| link.addressing.routers.as_mut());
                if let Some(routers) = routers {
                    routers.hear(from, &message, now);
                }
            }
            Notice::Neighbour { address, mac, is_claim } => {
                let Some(link) = self.links.get_mut(id.0) else { return };
                if !link.is_own(address) {
                    link.learn(&self.shared, address, mac, now);
                } else if is_claim && mac != link.mac() {
                    let upkeep = self.upkeeps.get_mut(id.0);
                    if upkeep.is_some_and(|upkeep| upkeep.is_tentative(address, now)) {
                        self.shared.log(&format!("{}: {address} is {mac}'s already; not used", link.name));
                        link.addressing.remove(address);
                    }
                }
            }
        }
    }

    /// Tells the socket that sent a packet that it did not arrive.
    fn failed(&mut self, id: LinkId, failure: &Failure) {
        let local = IpAddr::from(failure.local.addr);
        let Some(link) = self.links.get(id.0) else { return };
        if id != LinkId::LOOPBACK && !link.is_own(local) {
            return;
        }
        let remote = link.scoped(failure.remote);
        let protocol = match failure.protocol {
            IpProtocol::Tcp => return self.streams.failed(failure, &mut self.links),
            IpProtocol::Udp => Protocol::Udp,
            _ => Protocol::Echo,
        };
        for endpoint in self.shared.endpoints.at(protocol, failure.local.port) {
            let peer = endpoint.state().peer;
            // A socket without a peer could not tell whom it concerns (RFC 1122, section 4.1.3.3); ping can.
            let concerned = match protocol {
                Protocol::Udp => peer == Some(remote),
                Protocol::Echo => peer.is_none_or(|peer| peer.ip() == remote.ip()),
            };
            if concerned {
                endpoint.fail(failure.error);
            }
        }
    }

    fn take_requests(&mut self, now: Instant) -> bool {
        let requests = self.shared.doorbell.take();
        let any = !requests.is_empty();
        for request in requests {
            self.take_request(request, now);
        }
        any
    }

    fn take_request(&mut self, request: Request, now: Instant) {
        match request {
            Request::Connect { connection, lease, path } => {
                self.streams.connect(Call { connection, lease, path }, &mut self.links, now);
            }
            Request::Stream(id) => self.streams.serve(id, &mut self.links),
            Request::Accepted(id) => self.streams.accepted(id, &mut self.links),
            Request::ListenerClosed(id) => self.streams.listener_closed(id, &mut self.links),
            Request::Datagrams(endpoint) => self.datagrams.called(endpoint, &mut self.links, now),
            Request::EndpointClosed(id) => self.datagrams.closed(id, &mut self.links, now),
            Request::Joined(group, link) => self.join(group, link),
            Request::Left(group, link) => self.leave(group, link),
            Request::Change { link, change, pending } => {
                let link = self.links.get_mut(link.0).ok_or(Errno::ENODEV);
                self.changed.push((pending, link.and_then(|link| upkeep::change(link, change, now))));
            }
            Request::Stop => self.stopped = true,
        }
    }

    fn join(&mut self, group: IpAddr, id: LinkId) {
        let members = self.groups.entry((id, group)).or_default();
        *members += 1;
        let first = *members == 1;
        if let Some(link) = self.links.get_mut(id.0).filter(|_| first)
            && link.interface.join_multicast_group(group).is_err()
        {
            self.shared.log(&format!("{}: too many multicast groups; {group} is not heard", link.name));
        }
    }

    fn leave(&mut self, group: IpAddr, id: LinkId) {
        let Some(members) = self.groups.get_mut(&(id, group)) else { return };
        *members -= 1;
        if *members == 0 {
            self.groups.remove(&(id, group));
            if let Some(link) = self.links.get_mut(id.0) {
                // Fails for a group that did not fit.
                let _ = link.interface.leave_multicast_group(group);
            }
        }
    }

    /// Keeps the addresses of all interfaces right and publishes what changed.
    fn upkeep(&mut self, now: Instant) {
        let mut changed = false;
        for (link, upkeep) in self.links.iter_mut().zip(&mut self.upkeeps) {
            let was_there = !upkeep.is_gone();
            changed |= upkeep.tend(link, &self.shared, now);
            if was_there && upkeep.is_gone() {
                self.streams.cut(link);
            }
        }
        if changed {
            self.publish();
        }
    }

    fn publish(&self) {
        let routes = RouteTable { links: self.links.iter().map(Link::routes).collect() };
        let mut board = Board {
            interfaces: self.links.iter().map(Link::status).collect(),
            routes: self.links.iter().flat_map(upkeep::routes).collect(),
            name_servers: self.plan.name_servers.clone(),
            time_servers: self.links.iter().flat_map(|link| &link.addressing.time_servers).copied().collect(),
        };
        for server in self.links.iter().flat_map(|link| link.addressing.name_servers()) {
            if !board.name_servers.contains(&server) {
                board.name_servers.push(server);
            }
        }
        self.shared.publish(routes, board);
    }

    fn deadline(&mut self, now: Instant) -> Option<Instant> {
        let sockets = [self.streams.deadline(), self.datagrams.deadline()];
        let links = self.links.iter_mut().zip(&self.upkeeps).flat_map(|(link, upkeep)| {
            let full = !link.wire.has_room();
            let at = link.poll_at(now).map(|at| if full { at.max(now + FULL_PAUSE) } else { at });
            [at, link.own_deadline(), link.neighbour_deadline(), upkeep.deadline(link)]
        });
        links.chain(sockets).flatten().min()
    }
}
