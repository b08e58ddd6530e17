//! An interface: a device, smoltcp's interface for it and the sockets that live on it.

use super::addressing::Addressing;
use super::icmp;
use super::phy::{Phy, Wire};
use super::resolve::{Neighbourhood, Reach};
use super::version::version;
use crate::address::scoped;
use crate::capture::{Direction, LinkType};
use crate::config::LinkPlan;
use crate::routes::{IpNet, LinkId, LinkRoutes};
use crate::shared::Shared;
use crate::status::InterfaceStatus;
use interfaces::{MacAddress, NetDevice, NetStatistics};
use smoltcp::iface::{Config, Interface, PollResult, Route, SocketHandle, SocketSet};
use smoltcp::socket::{dhcpv4, raw, tcp};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr, IpEndpoint, IpProtocol, IpVersion};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Room for one packet of any size: what comes is taken out at once.
const ONE_PACKET: usize = 66 * 1024;
/// Room for ICMP messages that the net thread itself sends.
const OWN_MESSAGES: usize = 8 * 1024;
/// How long those may wait for a neighbour.
const OWN_PATIENCE: Duration = Duration::from_secs(3);
/// Rounds of sending before others get their turn; each sends a frame of every socket that has one.
const EGRESS_ROUNDS: usize = 64;

/// An interface.
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) name: String,
    pub(super) wire: Wire,
    pub(super) interface: Interface,
    pub(super) sockets: SocketSet<'static>,
    /// Every UDP datagram, ICMP and ICMPv6 message that comes is seen by these.
    pub(super) udp: SocketHandle,
    pub(super) icmp4: SocketHandle,
    pub(super) icmp6: SocketHandle,
    pub(super) addressing: Addressing,
    neighbours: Neighbourhood,
    /// Since when own ICMP messages wait to be sent.
    own_since: Option<Instant>,
}

impl Link {
    /// The interface for `device`, without an address yet.
    pub(super) fn new(
        id: LinkId,
        name: String,
        device: Arc<dyn NetDevice>,
        plan: LinkPlan,
        shared: &Arc<Shared>,
        now: Instant,
    ) -> Link {
        let mac = device.mac();
        let wire = Wire::new(device, id, Arc::clone(shared));
        let hardware = match wire.link_type {
            LinkType::Ethernet => HardwareAddress::Ethernet(EthernetAddress(mac.0)),
            LinkType::Ip => HardwareAddress::Ip,
        };
        let mut config = Config::new(hardware);
        let mut seed = [0; 8];
        shared.entropy.fill(&mut seed);
        config.random_seed = u64::from_le_bytes(seed);
        let mut interface = Interface::new(config, &mut Phy { wire: &wire, frame: None }, now);
        // All addresses of this machine lead to the loopback interface.
        interface.set_any_ip(id == LinkId::LOOPBACK);
        let mut sockets = SocketSet::new(Vec::new());
        let udp = sockets.add(raw_socket(None, IpProtocol::Udp, 0));
        let (icmp4, icmp6) = add_icmp(&mut sockets);
        let addressing = Addressing::new(id, mac, plan, now);
        let neighbours = Neighbourhood::default();
        Link { id, name, wire, interface, sockets, udp, icmp4, icmp6, addressing, neighbours, own_since: None }
    }

    pub(super) fn mac(&self) -> MacAddress {
        self.wire.device.mac()
    }

    /// Whether packets can go: switched on, with carrier.
    pub(super) fn is_up(&self) -> bool {
        self.wire.is_up()
    }

    /// Gives a received frame to smoltcp.
    pub(super) fn feed(&mut self, frame: &[u8], now: Instant) {
        let mut phy = Phy { wire: &self.wire, frame: Some(frame) };
        self.interface.poll_ingress_single(now, &mut phy, &mut self.sockets);
    }

    pub(super) fn capture_received(&self, frame: &[u8]) {
        self.wire.capture(Direction::In, frame);
    }

    /// Sends what the sockets have to send; whether that was anything.
    pub(super) fn egress(&mut self, now: Instant) -> bool {
        self.interface.poll_maintenance(now);
        let mut rounds = 0;
        while rounds < EGRESS_ROUNDS {
            let mut phy = Phy { wire: &self.wire, frame: None };
            let result = self.interface.poll_egress(now, &mut phy, &mut self.sockets);
            // Pieces of a packet that goes in fragments do not count as a result.
            let more = result != PollResult::None || self.is_fragmenting(now);
            if !more || !self.wire.has_room() {
                break;
            }
            rounds += 1;
        }
        rounds > 0
    }

    /// Whether smoltcp can send to `ip` at once; if not, its next hop is asked for.
    pub(super) fn reach(&mut self, ip: IpAddr, now: Instant) -> Reach {
        match self.next_hop(ip) {
            Some(hop) => self.neighbours.reach(hop, now),
            None => Reach::Known,
        }
    }

    /// The neighbour through whom `ip` is reached; `None`: none is needed.
    fn next_hop(&self, ip: IpAddr) -> Option<IpAddr> {
        let own = || self.interface.ip_addrs().iter();
        let to_all = match ip {
            IpAddr::V4(v4) => v4.is_broadcast() || own().any(|cidr| is_broadcast_of(cidr, v4)),
            IpAddr::V6(_) => false,
        };
        if self.wire.link_type == LinkType::Ip || ip.is_multicast() || to_all {
            return None;
        }
        if own().any(|cidr| cidr.contains_addr(&ip.into())) {
            return Some(ip);
        }
        let gateways = self.addressing.gateways();
        let best = gateways.iter().filter(|(to, ..)| to.contains(ip)).max_by_key(|(to, ..)| to.prefix);
        best.map(|(_, via, _)| *via)
    }

    /// A neighbour has said where it is.
    pub(super) fn learn(&mut self, shared: &Shared, address: IpAddr, mac: MacAddress, now: Instant) {
        let on_link = self.addressing.addresses().iter().any(|known| known.net.contains(address));
        if on_link && mac.is_station() {
            self.neighbours.learn(address, now);
            shared.neighbours.learn(self.id, address, mac, shared.clock.monotonic_ns());
        }
    }

    /// Asks for the neighbours that are wanted.
    pub(super) fn ask_neighbours(&mut self, now: Instant) {
        for address in self.neighbours.questions(now) {
            let own = self.interface.get_source_address(&address.into()).map(IpAddr::from);
            match (own, address) {
                (Some(IpAddr::V4(own)), IpAddr::V4(wanted)) => self.wire.send_arp_request(own, wanted),
                (Some(IpAddr::V6(own)), IpAddr::V6(wanted)) => {
                    self.send_own(&icmp::neighbour_solicitation(own, wanted, self.mac()));
                }
                _ => {}
            }
        }
    }

    pub(super) fn neighbour_deadline(&self) -> Option<Instant> {
        self.neighbours.deadline()
    }

    /// Sends an ICMP message of the net thread's own; lost when too many wait.
    pub(super) fn send_own(&mut self, packet: &[u8]) {
        let handle = if version(packet) == Some(IpVersion::Ipv4) { self.icmp4 } else { self.icmp6 };
        let _ = self.raw(handle).send_slice(packet);
    }

    /// Gives up own messages that wait for a neighbour who does not answer, before others have to wait behind them.
    pub(super) fn clear_own(&mut self, now: Instant) {
        let waiting = [self.icmp4, self.icmp6].iter().any(|handle| self.raw(*handle).send_queue() > 0);
        match self.own_since {
            _ if !waiting => self.own_since = None,
            None => self.own_since = Some(now),
            Some(since) if since + OWN_PATIENCE <= now => {
                for handle in [self.icmp4, self.icmp6] {
                    self.sockets.remove(handle);
                }
                (self.icmp4, self.icmp6) = add_icmp(&mut self.sockets);
                self.own_since = None;
            }
            Some(_) => {}
        }
    }

    /// When [`clear_own`](Self::clear_own) has something to do.
    pub(super) fn own_deadline(&self) -> Option<Instant> {
        self.own_since.map(|since| since + OWN_PATIENCE)
    }

    /// Whether smoltcp still has pieces of a fragmented packet to send. Another must not be started before.
    pub(super) fn is_fragmenting(&mut self, now: Instant) -> bool {
        // smoltcp tells only by its deadline; without sockets there is no other reason for "now".
        self.interface.poll_at(now, &SocketSet::new(Vec::new())).is_some()
    }

    /// When smoltcp wants to be called again.
    pub(super) fn poll_at(&mut self, now: Instant) -> Option<Instant> {
        self.interface.poll_at(now, &self.sockets)
    }

    /// Whether an address is this interface's.
    pub(super) fn is_own(&self, ip: IpAddr) -> bool {
        is_own(&self.interface, ip)
    }

    /// Puts the addresses and routes of [`Addressing`] into smoltcp's interface; whether the addresses changed.
    pub(super) fn apply_addressing(&mut self) -> bool {
        let wanted: Vec<IpCidr> = self.addressing.addresses().iter().map(|known| cidr(known.net)).collect();
        let changed = self.interface.ip_addrs() != wanted.as_slice();
        if changed {
            self.interface.update_ip_addrs(|addresses| {
                addresses.clear();
                addresses.extend(wanted.into_iter().take(addresses.capacity()));
            });
            self.neighbours.forget();
        }
        let routes = self.addressing.gateways();
        self.interface.routes_mut().update(|table| {
            table.clear();
            let routes = routes.iter().map(|(to, via, _)| Route {
                cidr: cidr(*to),
                via_router: (*via).into(),
                preferred_until: None,
                expires_at: None,
            });
            table.extend(routes.take(table.capacity()));
        });
        changed
    }

    /// The interface for the routing table.
    pub(super) fn routes(&self) -> LinkRoutes {
        LinkRoutes {
            up: self.is_up(),
            mtu: self.wire.device.mtu(),
            addresses: self.addressing.addresses().iter().map(|known| known.net).collect(),
            gateways: self.addressing.gateways().iter().map(|(to, via, _)| (*to, *via)).collect(),
        }
    }

    /// Its configuration; what counts and changes by itself is read when somebody asks.
    pub(super) fn status(&self) -> InterfaceStatus {
        InterfaceStatus {
            index: self.id.index(),
            name: self.name.clone(),
            driver: self.wire.device.driver(),
            mac: self.mac(),
            mtu: self.wire.device.mtu(),
            enabled: self.wire.enabled.get(),
            carrier: self.wire.device.link_up(),
            addresses: self.addressing.addresses(),
            statistics: NetStatistics::default(),
            refused: 0,
        }
    }

    /// An address with this interface as its scope where it needs one.
    pub(super) fn scoped(&self, endpoint: IpEndpoint) -> SocketAddr {
        scoped(endpoint, self.id.index())
    }

    pub(super) fn tcp(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    pub(super) fn dhcp(&mut self, handle: SocketHandle) -> &mut dhcpv4::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    pub(super) fn raw(&mut self, handle: SocketHandle) -> &mut raw::Socket<'static> {
        self.sockets.get_mut(handle)
    }
}

/// Whether an address is the interface's; unlike smoltcp's own answer, also on the loopback interface a true one.
pub(super) fn is_own(interface: &Interface, ip: IpAddr) -> bool {
    interface.ip_addrs().iter().any(|known| IpAddr::from(known.address()) == ip)
}

fn is_broadcast_of(cidr: &IpCidr, ip: Ipv4Addr) -> bool {
    matches!(cidr, IpCidr::Ipv4(cidr) if cidr.broadcast() == Some(ip))
}

fn add_icmp(sockets: &mut SocketSet<'static>) -> (SocketHandle, SocketHandle) {
    let icmp4 = sockets.add(raw_socket(Some(IpVersion::Ipv4), IpProtocol::Icmp, OWN_MESSAGES));
    let icmp6 = sockets.add(raw_socket(Some(IpVersion::Ipv6), IpProtocol::Icmpv6, OWN_MESSAGES));
    (icmp4, icmp6)
}

fn cidr(net: IpNet) -> IpCidr {
    IpCidr::new(net.address.into(), net.prefix)
}

fn raw_socket(version: Option<IpVersion>, protocol: IpProtocol, send_bytes: usize) -> raw::Socket<'static> {
    let slots = |bytes: usize| vec![raw::PacketMetadata::EMPTY; bytes.div_ceil(512)];
    let receive = raw::PacketBuffer::new(vec![raw::PacketMetadata::EMPTY; 4], vec![0; ONE_PACKET]);
    let send = raw::PacketBuffer::new(slots(send_bytes), vec![0; send_bytes]);
    raw::Socket::new(version, Some(protocol), receive, send)
}
