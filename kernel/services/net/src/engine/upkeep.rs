//! What keeps an interface's addresses right: carrier, DHCP, router advertisements, duplicates, commands.

use super::addressing::{Lease4, OPTION_TIME_SERVERS};
use super::icmp;
use super::link::Link;
use crate::config::is_host;
use crate::doorbell::Change;
use crate::routes::{IpNet, LinkId};
use crate::shared::Shared;
use crate::status::{Origin, RouteStatus};
use interfaces::{Presence, Result};
use smoltcp::socket::dhcpv4;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::DhcpOption;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// How long to wait for a DHCP server before saying that there is none.
const DHCP_PATIENCE: Duration = Duration::from_secs(10);
/// A cable that was out for longer may lead to another network.
const CARRIER_MEMORY: Duration = Duration::from_secs(5);
/// When to look at a card that was given something to send: one that was pulled out says nothing.
const LOOK_AFTER: Duration = Duration::from_secs(1);
/// How long somebody may object to a new address (RFC 4862, section 5.4: one probe, one second; and the way).
const OBJECTION_TIME: Duration = Duration::from_secs(2);
/// RFC 2131 asks for four seconds at first; smoltcp's ten make a boot slow when one packet is lost.
const DHCP_RETRY: Duration = Duration::from_secs(4);
/// What is asked of a DHCP server: mask, router, name servers, time servers (RFC 2132).
const DHCP_PARAMETERS: &[u8] = &[1, 3, 6, OPTION_TIME_SERVERS];
/// The machine's name, for the server's list (RFC 2132, section 3.14).
const DHCP_OPTIONS: &[DhcpOption<'static>] = &[DhcpOption { kind: 12, data: b"yolk" }];

/// What was seen of an interface, to notice changes.
pub(super) struct Upkeep {
    id: LinkId,
    up: Option<bool>,
    down_since: Option<Instant>,
    /// When to look at the card.
    look_at: Option<Instant>,
    /// It was pulled out.
    gone: bool,
    /// When to say that no DHCP server answers; `None` once it was said or one did.
    complain_at: Option<Instant>,
    /// Addresses that somebody may still object to, until when.
    tentative: HashMap<Ipv6Addr, Instant>,
}

impl Upkeep {
    pub(super) fn new(id: LinkId) -> Upkeep {
        Upkeep {
            id,
            up: None,
            down_since: None,
            look_at: None,
            gone: false,
            complain_at: None,
            tentative: HashMap::new(),
        }
    }

    /// Looks at everything once; whether anything changed that others want to know.
    pub(super) fn tend(&mut self, link: &mut Link, shared: &Shared, now: Instant) -> bool {
        let mut changed = self.tend_presence(link, shared, now);
        changed |= self.tend_carrier(link, shared, now);
        if self.id != LinkId::LOOPBACK {
            changed |= self.tend_dhcp(link, shared, now);
            changed |= tend_routers(link, now);
        }
        self.tentative.retain(|_, until| *until > now);
        let before = link.interface.ip_addrs().to_vec();
        if link.apply_addressing() {
            changed = true;
            shared.neighbours.forget(link.id);
            let known =
                |address: &Ipv6Addr| before.iter().any(|old| IpAddr::from(old.address()) == IpAddr::from(*address));
            let new: Vec<Ipv6Addr> = own_v6(link).filter(|address| !known(address)).collect();
            self.announce(link, &new, now);
        }
        changed | std::mem::take(&mut link.addressing.is_new)
    }

    /// When to look again even if nothing happens.
    pub(super) fn deadline(&self, link: &Link) -> Option<Instant> {
        let routers = link.addressing.routers.as_ref().filter(|_| link.is_up()).and_then(|routers| routers.deadline());
        routers.into_iter().chain(self.complain_at).chain(self.look_at).min()
    }

    /// Whether the card was pulled out.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Whether an objection to an address still counts; later it would be an attack.
    pub(super) fn is_tentative(&self, address: IpAddr, now: Instant) -> bool {
        matches!(address, IpAddr::V6(v6) if self.tentative.get(&v6).is_some_and(|until| *until > now))
    }

    /// Sees whether the card is still there, some time after it was given something to send.
    fn tend_presence(&mut self, link: &mut Link, shared: &Shared, now: Instant) -> bool {
        if link.wire.take_unlooked() && !self.gone {
            self.look_at.get_or_insert(now + LOOK_AFTER);
        }
        if self.look_at.is_none_or(|at| at > now) {
            return false;
        }
        self.look_at = None;
        if link.wire.device.look() == Presence::Present {
            return false;
        }
        self.gone = true;
        self.up = Some(false);
        self.complain_at = None;
        shared.log(&format!("{}: the card is gone", link.name));
        self.begin_anew(link, now);
        true
    }

    fn tend_carrier(&mut self, link: &mut Link, shared: &Shared, now: Instant) -> bool {
        let up = link.is_up();
        let before = self.up.replace(up);
        if before == Some(up) || self.id == LinkId::LOOPBACK {
            return before.is_none();
        }
        let (name, driver, mac) = (&link.name, link.wire.device.driver(), link.mac());
        match (before, up) {
            (None, true) => shared.log(&format!("{name}: {driver}, {mac}, link up")),
            (None, false) => shared.log(&format!("{name}: {driver}, {mac}, no carrier")),
            (Some(_), true) => shared.log(&format!("{name}: link up")),
            (Some(_), false) => shared.log(&format!("{name}: link down")),
        }
        if up {
            let long = self.down_since.take().is_some_and(|since| now >= since + CARRIER_MEMORY);
            if long {
                self.begin_anew(link, now);
            }
            let own: Vec<Ipv6Addr> = own_v6(link).collect();
            self.announce(link, &own, now);
        } else {
            self.down_since = Some(now);
            self.complain_at = None;
        }
        true
    }

    /// What was learned may be wrong on the network that is there now.
    fn begin_anew(&mut self, link: &mut Link, now: Instant) {
        link.addressing.forget(now);
        stop_dhcp(link);
    }

    fn tend_dhcp(&mut self, link: &mut Link, shared: &Shared, now: Instant) -> bool {
        if !link.addressing.wants_dhcp || !link.is_up() {
            return false;
        }
        let Some(handle) = link.addressing.dhcp else {
            link.addressing.dhcp = Some(link.sockets.add(dhcp_socket()));
            self.complain_at = Some(now + DHCP_PATIENCE);
            return false;
        };
        if self.complain_at.is_some_and(|at| at <= now) {
            self.complain_at = None;
            shared.log(&format!("{}: no DHCP server answers; going on without an IPv4 address", link.name));
        }
        let lease = match link.dhcp(handle).poll() {
            None => return false,
            Some(dhcpv4::Event::Deconfigured) => Lease4::default(),
            Some(dhcpv4::Event::Configured(config)) => lease_of(&config),
        };
        if lease == link.addressing.lease {
            return false;
        }
        self.complain_at = None;
        shared.log(&describe(&link.name, &lease));
        link.addressing.lease = lease;
        true
    }

    /// Asks whether anybody has a new address already. It is used meanwhile (RFC 4429).
    fn announce(&mut self, link: &mut Link, addresses: &[Ipv6Addr], now: Instant) {
        for address in addresses {
            self.tentative.insert(*address, now + OBJECTION_TIME);
            link.send_own(&icmp::duplicate_probe(*address));
        }
    }
}

fn own_v6(link: &Link) -> impl Iterator<Item = Ipv6Addr> {
    link.interface.ip_addrs().iter().filter_map(|known| match IpAddr::from(known.address()) {
        IpAddr::V6(v6) if !v6.is_loopback() => Some(v6),
        _ => None,
    })
}

fn tend_routers(link: &mut Link, now: Instant) -> bool {
    if !link.is_up() {
        return false;
    }
    let mac = link.mac();
    let Some(routers) = &mut link.addressing.routers else { return false };
    let changed = routers.expire(now) | std::mem::take(&mut routers.is_new);
    if routers.should_solicit(now) {
        let own = link.addressing.addresses().into_iter().find(|known| known.origin == Origin::LinkLocal);
        if let Some(IpAddr::V6(from)) = own.map(|known| known.net.address) {
            link.send_own(&icmp::router_solicitation(from, mac));
        }
    }
    changed
}

fn dhcp_socket() -> dhcpv4::Socket<'static> {
    let mut socket = dhcpv4::Socket::new();
    let mut retry = socket.get_retry_config();
    retry.discover_timeout = DHCP_RETRY;
    retry.initial_request_timeout = DHCP_RETRY;
    socket.set_retry_config(retry);
    socket.set_parameter_request_list(DHCP_PARAMETERS);
    socket.set_outgoing_options(DHCP_OPTIONS);
    socket
}

/// A lease without what cannot be true.
fn lease_of(config: &dhcpv4::Config<'_>) -> Lease4 {
    let net = IpNet { address: config.address.address().into(), prefix: config.address.prefix_len() };
    Lease4 {
        net: (is_host(net.address) && net.prefix > 0).then_some(net),
        router: config.router.map(IpAddr::from).filter(|router| is_host(*router)),
        name_servers: config.dns_servers.iter().map(|server| IpAddr::from(*server)).filter(|ip| is_host(*ip)).collect(),
    }
}

fn describe(name: &str, lease: &Lease4) -> String {
    match (lease.net, lease.router) {
        (Some(net), Some(router)) => format!("{name}: {net} by DHCP, router {router}"),
        (Some(net), None) => format!("{name}: {net} by DHCP, no router"),
        (None, _) => format!("{name}: the DHCP lease is lost"),
    }
}

/// Changes an interface's configuration: EEXIST, EADDRNOTAVAIL (no such address), ESRCH (no such route), ENETUNREACH (a router
/// that is not on the link), ENOSPC.
pub(super) fn change(link: &mut Link, change: Change, now: Instant) -> Result<()> {
    link.addressing.check(change)?;
    match change {
        Change::Up => link.wire.enabled.set(true),
        Change::Down => link.wire.enabled.set(false),
        Change::AddAddress(net) => link.addressing.add(net, Origin::Static),
        Change::RemoveAddress(address) if link.addressing.is_leased(address) => {
            link.addressing.wants_dhcp = false;
            stop_dhcp(link);
        }
        Change::RemoveAddress(address) => link.addressing.remove(address),
        Change::AddRoute(to, via) => link.addressing.add_route(to, via),
        Change::RemoveRoute(to) => link.addressing.remove_route(to),
        Change::Dhcp => {
            link.addressing.wants_dhcp = true;
            link.addressing.forget(now);
            stop_dhcp(link);
        }
    }
    link.addressing.is_new = true;
    Ok(())
}

/// Ends the DHCP client and what it was given; a new one starts where one is wanted.
fn stop_dhcp(link: &mut Link) {
    link.addressing.lease = Lease4::default();
    if let Some(handle) = link.addressing.dhcp.take() {
        link.sockets.remove(handle);
    }
}

/// The routes of an interface: its own networks, and those behind routers.
pub(super) fn routes(link: &Link) -> Vec<RouteStatus> {
    let name = || link.name.clone();
    let own = link.addressing.addresses().into_iter().map(|known| RouteStatus {
        to: known.net.network(),
        via: None,
        interface: name(),
        origin: Origin::Kernel,
    });
    let behind = link.addressing.gateways().into_iter().map(|(to, via, origin)| RouteStatus {
        to,
        via: Some(via),
        interface: name(),
        origin,
    });
    own.chain(behind).collect()
}
