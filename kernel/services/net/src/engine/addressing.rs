//! The addresses and routers of one interface, from all that give some: plan, DHCP, router advertisements, commands.

use super::routers::{Routers, link_local};
use crate::config::{FamilyPlan, LinkPlan, is_host};
use crate::doorbell::Change;
use crate::routes::{IpNet, LinkId};
use crate::status::{AddressStatus, Origin};
use interfaces::{Errno, MacAddress, Result};
use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::iface::SocketHandle;
use smoltcp::time::Instant;
use smoltcp::wire::{DhcpMessageType, DhcpPacket, DhcpRepr};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Network time protocol servers (RFC 2132, section 8.3).
pub(super) const OPTION_TIME_SERVERS: u8 = 42;
const MAX_TIME_SERVERS: usize = 4;

/// What a DHCP server gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lease4 {
    pub(super) net: Option<IpNet>,
    pub(super) router: Option<IpAddr>,
    pub(super) name_servers: Vec<IpAddr>,
}

/// The addresses of one interface.
pub(super) struct Addressing {
    fixed: Vec<AddressStatus>,
    fixed_gateways: Vec<(IpNet, IpAddr)>,
    fixed_servers: Vec<IpAddr>,
    /// smoltcp's DHCP client, where one runs.
    pub(super) dhcp: Option<SocketHandle>,
    pub(super) wants_dhcp: bool,
    pub(super) lease: Lease4,
    /// Time servers that the DHCP server named.
    pub(super) time_servers: Vec<IpAddr>,
    /// IPv6 autoconfiguration, where it is on.
    pub(super) routers: Option<Routers>,
    /// Something changed that was not published.
    pub(super) is_new: bool,
}

impl Addressing {
    pub(super) fn new(link: LinkId, mac: MacAddress, plan: LinkPlan, now: Instant) -> Addressing {
        let mut addressing = Addressing {
            fixed: Vec::new(),
            fixed_gateways: Vec::new(),
            fixed_servers: Vec::new(),
            dhcp: None,
            wants_dhcp: false,
            lease: Lease4::default(),
            time_servers: Vec::new(),
            routers: None,
            is_new: true,
        };
        if link == LinkId::LOOPBACK {
            addressing.add(IpNet { address: Ipv4Addr::LOCALHOST.into(), prefix: 8 }, Origin::Loopback);
            addressing.add(IpNet { address: Ipv6Addr::LOCALHOST.into(), prefix: 128 }, Origin::Loopback);
            return addressing;
        }
        addressing.wants_dhcp = plan.v4 == FamilyPlan::Automatic;
        if plan.v6 != FamilyPlan::Off {
            addressing.add(IpNet { address: link_local(mac).into(), prefix: 64 }, Origin::LinkLocal);
        }
        if plan.v6 == FamilyPlan::Automatic {
            addressing.routers = Some(Routers::new(mac, now));
        }
        for family in [plan.v4, plan.v6] {
            let FamilyPlan::Static(fixed) = family else { continue };
            addressing.add(fixed.net, Origin::Static);
            addressing.fixed_gateways.extend(fixed.gateway.map(|via| (IpNet::default_route(via), via)));
            addressing.fixed_servers.extend(fixed.name_servers);
        }
        addressing
    }

    /// All addresses, those that were given first.
    pub(super) fn addresses(&self) -> Vec<AddressStatus> {
        let leased = self.lease.net.map(|net| AddressStatus { net, origin: Origin::Dhcp });
        let made = self.routers.iter().flat_map(Routers::addresses);
        let made = made.map(|net| AddressStatus { net, origin: Origin::Router });
        self.fixed.iter().copied().chain(leased).chain(made).collect()
    }

    /// All routes through a router; one that was given comes before one that was learned.
    pub(super) fn gateways(&self) -> Vec<(IpNet, IpAddr, Origin)> {
        let mut all: Vec<_> = self.fixed_gateways.iter().map(|(to, via)| (*to, *via, Origin::Static)).collect();
        all.extend(self.lease.router.map(|via| (IpNet::default_route(via), via, Origin::Dhcp)));
        let advertised = self.routers.iter().flat_map(Routers::gateways);
        all.extend(advertised.map(|via| (IpNet::default_route(via), via, Origin::Router)));
        // smoltcp takes the last of several routes with one prefix.
        let mut kept: Vec<(IpNet, IpAddr, Origin)> = Vec::new();
        for route in all {
            if kept.iter().all(|known| known.0 != route.0) {
                kept.push(route);
            }
        }
        kept
    }

    pub(super) fn name_servers(&self) -> Vec<IpAddr> {
        let advertised = self.routers.iter().flat_map(Routers::name_servers);
        self.fixed_servers.iter().chain(&self.lease.name_servers).copied().chain(advertised).collect()
    }

    /// Whether a change makes sense; see `upkeep::change` for the errors.
    pub(super) fn check(&self, change: Change) -> Result<()> {
        let (addresses, gateways) = (self.addresses(), self.gateways());
        let has = |address: IpAddr| addresses.iter().any(|known| known.net.address == address);
        match change {
            Change::AddAddress(net) if has(net.address) => Err(Errno::EEXIST),
            Change::AddAddress(_) if addresses.len() >= IFACE_MAX_ADDR_COUNT => Err(Errno::ENOSPC),
            Change::RemoveAddress(address) if !has(address) => Err(Errno::EADDRNOTAVAIL),
            Change::AddRoute(_, via) if !addresses.iter().any(|known| known.net.contains(via)) => {
                Err(Errno::ENETUNREACH)
            }
            Change::AddRoute(to, _) if self.fixed_gateways.iter().all(|(known, _)| *known != to) => {
                if gateways.len() >= IFACE_MAX_ROUTE_COUNT { Err(Errno::ENOSPC) } else { Ok(()) }
            }
            // What a router advertises comes back with its next advertisement.
            Change::RemoveRoute(to) => match gateways.iter().find(|(known, ..)| *known == to) {
                None => Err(Errno::ESRCH),
                Some((.., Origin::Router)) => Err(Errno::EPERM),
                Some(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Whether a DHCP server gave this address.
    pub(super) fn is_leased(&self, address: IpAddr) -> bool {
        self.lease.net.is_some_and(|net| net.address == address)
    }

    pub(super) fn add(&mut self, net: IpNet, origin: Origin) {
        self.fixed.retain(|known| known.net.address != net.address);
        self.fixed.push(AddressStatus { net, origin });
    }

    /// Removes an address that was given or that is not to be used.
    pub(super) fn remove(&mut self, address: IpAddr) {
        self.fixed.retain(|known| known.net.address != address);
        if let Some(routers) = &mut self.routers {
            routers.reject(address);
        }
    }

    pub(super) fn add_route(&mut self, to: IpNet, via: IpAddr) {
        self.fixed_gateways.retain(|(known, _)| *known != to);
        self.fixed_gateways.push((to, via));
    }

    /// Removes a route that was given, or else what the DHCP server said; that comes back when the lease is renewed.
    pub(super) fn remove_route(&mut self, to: IpNet) {
        let before = self.fixed_gateways.len();
        self.fixed_gateways.retain(|(known, _)| *known != to);
        if self.fixed_gateways.len() == before {
            self.lease.router.take_if(|via| IpNet::default_route(*via) == to);
        }
    }

    /// Reads a DHCP message for what smoltcp's client does not look for: time servers.
    pub(super) fn hear_dhcp(&mut self, message: &[u8], mac: MacAddress) {
        let Ok(packet) = DhcpPacket::new_checked(message) else { return };
        let is_ack = DhcpRepr::parse(&packet)
            .is_ok_and(|repr| repr.message_type == DhcpMessageType::Ack && repr.client_hardware_address.0 == mac.0);
        if !is_ack || self.dhcp.is_none() {
            return;
        }
        let options = packet.options().filter(|option| option.kind == OPTION_TIME_SERVERS);
        let quads = options.flat_map(|option| option.data.chunks_exact(4));
        let servers = quads.filter_map(|quad| <[u8; 4]>::try_from(quad).ok().map(IpAddr::from));
        let servers: Vec<IpAddr> = servers.filter(|server| is_host(*server)).take(MAX_TIME_SERVERS).collect();
        self.is_new |= servers != self.time_servers;
        self.time_servers = servers;
    }

    /// Forgets what others said, when the link they were heard on is gone.
    pub(super) fn forget(&mut self, now: Instant) {
        self.lease = Lease4::default();
        self.time_servers.clear();
        if let Some(routers) = &mut self.routers {
            routers.restart(now);
        }
    }
}
