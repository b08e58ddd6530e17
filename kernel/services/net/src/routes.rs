//! Which way a packet goes: interfaces with their addresses, and routes, as the net thread last published them.
//!
//! The net thread builds a [`RouteTable`] whenever an address or a route changes; sockets read it to find the interface and
//! the source address for a peer. smoltcp's interfaces hold the same addresses and gateways.

use interfaces::{Errno, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// An interface's number: its place in the list and, plus one, its index for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LinkId(pub(crate) usize);

impl LinkId {
    /// The loopback interface.
    pub(crate) const LOOPBACK: LinkId = LinkId(0);

    /// The index by which programs know it (`if_nametoindex`).
    pub(crate) fn index(self) -> u32 {
        u32::try_from(self.0 + 1).unwrap_or(u32::MAX)
    }

    /// The interface that a program names by its index.
    pub(crate) fn from_index(index: u32) -> Option<LinkId> {
        usize::try_from(index).ok()?.checked_sub(1).map(LinkId)
    }
}

/// An address with its prefix length: of an interface, or of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpNet {
    /// The address.
    pub address: IpAddr,
    /// Leading bits that name the network.
    pub prefix: u8,
}

impl IpNet {
    /// Everything of one family.
    pub(crate) fn default_route(gateway: IpAddr) -> IpNet {
        match gateway {
            IpAddr::V4(_) => IpNet { address: Ipv4Addr::UNSPECIFIED.into(), prefix: 0 },
            IpAddr::V6(_) => IpNet { address: Ipv6Addr::UNSPECIFIED.into(), prefix: 0 },
        }
    }

    /// Whether `ip` lies in this network.
    #[must_use]
    pub fn contains(self, ip: IpAddr) -> bool {
        common_bits(self.address, ip).is_some_and(|bits| bits >= u32::from(self.prefix))
    }

    /// The network that the address lies in.
    #[must_use]
    pub fn network(self) -> IpNet {
        let address = match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
                Ipv4Addr::from_bits(v4.to_bits() & mask).into()
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(128))).unwrap_or(0);
                Ipv6Addr::from_bits(v6.to_bits() & mask).into()
            }
        };
        IpNet { address, prefix: self.prefix }
    }

    /// Whether `ip` means everybody in this network.
    fn is_broadcast(self, ip: IpAddr) -> bool {
        match (self.address, ip) {
            (IpAddr::V4(own), IpAddr::V4(ip)) if self.prefix < 31 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                ip.to_bits() == own.to_bits() | !mask
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for IpNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl std::str::FromStr for IpNet {
    type Err = Errno;

    /// `192.168.1.5/24`; without a length, the address alone.
    fn from_str(text: &str) -> Result<IpNet> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| Errno::EINVAL)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.parse().map_err(|_| Errno::EINVAL))?;
        if prefix > longest { Err(Errno::EINVAL) } else { Ok(IpNet { address, prefix }) }
    }
}

/// An interface as routing sees it.
#[derive(Clone, Debug)]
pub(crate) struct LinkRoutes {
    pub(crate) up: bool,
    /// The largest IP packet, in bytes.
    pub(crate) mtu: usize,
    pub(crate) addresses: Vec<IpNet>,
    /// Networks behind a router.
    pub(crate) gateways: Vec<(IpNet, IpAddr)>,
}

/// Where a packet goes out and what it says it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) link: LinkId,
    pub(crate) source: IpAddr,
    pub(crate) mtu: usize,
    pub(crate) cast: Cast,
}

/// Whom an address means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    One,
    Group,
    Everyone,
}

/// All interfaces, by [`LinkId`].
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteTable {
    pub(crate) links: Vec<LinkRoutes>,
}

impl RouteTable {
    /// The way to `to`, with `from` as source if the socket has one address, through no other interface than `only`:
    /// ENETUNREACH, EADDRNOTAVAIL.
    pub(crate) fn path(&self, to: SocketAddr, from: Option<IpAddr>, only: Option<LinkId>) -> Result<Path> {
        let ip = to.ip();
        let is_own = ip.is_loopback() || self.owner(ip).is_some();
        let cast = if is_own { Cast::One } else { self.cast(ip) };
        let link = match to {
            _ if is_own => Some(LinkId::LOOPBACK),
            SocketAddr::V6(v6) if v6.scope_id() != 0 => LinkId::from_index(v6.scope_id()).filter(|id| self.is_up(*id)),
            _ if cast != Cast::One || is_link_local(ip) => self.broadcast_link(ip, from, only),
            _ => self.best_link(ip, from, only),
        };
        let link = link.filter(|link| only.is_none_or(|only| only == *link));
        self.finish(link.ok_or(Errno::ENETUNREACH)?, ip, from, cast)
    }

    /// The interface that has `ip` as its own.
    pub(crate) fn owner(&self, ip: IpAddr) -> Option<LinkId> {
        self.links.iter().position(|link| link.addresses.iter().any(|net| net.address == ip)).map(LinkId)
    }

    /// Whether a packet for `ip` is for one machine.
    pub(crate) fn cast(&self, ip: IpAddr) -> Cast {
        let everyone = match ip {
            IpAddr::V4(v4) => v4.is_broadcast(),
            IpAddr::V6(_) => false,
        };
        if ip.is_multicast() {
            Cast::Group
        } else if everyone || self.links.iter().flat_map(|link| &link.addresses).any(|net| net.is_broadcast(ip)) {
            Cast::Everyone
        } else {
            Cast::One
        }
    }

    fn is_up(&self, id: LinkId) -> bool {
        self.links.get(id.0).is_some_and(|link| link.up)
    }

    /// The interfaces that are up, or `only` this one of them, with their numbers.
    fn up(&self, only: Option<LinkId>) -> impl Iterator<Item = (usize, &LinkRoutes)> {
        let wanted = move |position| only.is_none_or(|only| only.0 == position);
        self.links.iter().enumerate().filter(move |(position, link)| link.up && wanted(*position))
    }

    /// The longest prefix wins, then the interface that has `from`, then the first.
    fn best_link(&self, ip: IpAddr, from: Option<IpAddr>, only: Option<LinkId>) -> Option<LinkId> {
        let mut best: Option<((u8, bool), LinkId)> = None;
        for (position, link) in self.up(only) {
            let networks = link.addresses.iter().chain(link.gateways.iter().map(|(net, _)| net));
            let Some(prefix) = networks.filter(|net| net.contains(ip)).map(|net| net.prefix).max() else { continue };
            let score = (prefix, from.is_some_and(|from| link.has(from)));
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, LinkId(position)));
            }
        }
        best.map(|(_, id)| id)
    }

    /// For what no route names: the interface with `from` or with that network, else one with a router, else any.
    fn broadcast_link(&self, ip: IpAddr, from: Option<IpAddr>, only: Option<LinkId>) -> Option<LinkId> {
        let up = || self.up(only).filter(|(position, _)| *position != LinkId::LOOPBACK.0);
        let family = |link: &LinkRoutes| link.addresses.iter().any(|net| net.address.is_ipv4() == ip.is_ipv4());
        let routed = |link: &LinkRoutes| link.gateways.iter().any(|(net, _)| net.address.is_ipv4() == ip.is_ipv4());
        up().find(|(_, link)| from.is_some_and(|from| link.has(from)))
            .or_else(|| up().find(|(_, link)| link.addresses.iter().any(|net| net.prefix > 0 && net.is_broadcast(ip))))
            .or_else(|| up().find(|(_, link)| family(link) && routed(link)))
            .or_else(|| up().find(|(_, link)| family(link)))
            .map(|(position, _)| LinkId(position))
    }

    fn finish(&self, id: LinkId, ip: IpAddr, from: Option<IpAddr>, cast: Cast) -> Result<Path> {
        let link = self.links.get(id.0).ok_or(Errno::ENETUNREACH)?;
        let own = if id == LinkId::LOOPBACK && !ip.is_loopback() { Some(ip) } else { None };
        let source = from.or(own).or_else(|| link.source_for(ip)).ok_or(Errno::EADDRNOTAVAIL)?;
        if source.is_ipv4() != ip.is_ipv4() {
            return Err(Errno::EAFNOSUPPORT);
        }
        Ok(Path { link: id, source, mtu: link.mtu, cast })
    }
}

impl LinkRoutes {
    fn has(&self, ip: IpAddr) -> bool {
        self.addresses.iter().any(|net| net.address == ip)
    }

    /// The source address for a packet to `ip`: same scope, then the longest common prefix (RFC 6724, section 5, rules 2
    /// and 8; the others need what this stack does not have).
    fn source_for(&self, ip: IpAddr) -> Option<IpAddr> {
        let local = is_link_local(ip) || matches!(ip, IpAddr::V6(v6) if v6.is_multicast() && v6.octets()[1] & 0xf == 2);
        let mut best: Option<((bool, u32), IpAddr)> = None;
        for net in &self.addresses {
            let Some(bits) = common_bits(net.address, ip) else { continue };
            let score = (is_link_local(net.address) == local, bits.min(net.prefix.into()));
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, net.address));
            }
        }
        best.map(|(_, address)| address)
    }
}

/// Whether an address means something on one link only (RFC 3927, RFC 4291).
pub(crate) fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Leading bits that two addresses of one family share.
fn common_bits(left: IpAddr, right: IpAddr) -> Option<u32> {
    match (left, right) {
        (IpAddr::V4(left), IpAddr::V4(right)) => Some((left.to_bits() ^ right.to_bits()).leading_zeros()),
        (IpAddr::V6(left), IpAddr::V6(right)) => Some((left.to_bits() ^ right.to_bits()).leading_zeros()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().expect("a network")
    }

    fn link(addresses: &[&str], gateway: Option<&str>) -> LinkRoutes {
        let gateways = gateway.map(|via| {
            let via = via.parse().expect("an address");
            (IpNet::default_route(via), via)
        });
        LinkRoutes {
            up: true,
            mtu: 1500,
            addresses: addresses.iter().map(|text| net(text)).collect(),
            gateways: gateways.into_iter().collect(),
        }
    }

    fn table() -> RouteTable {
        RouteTable {
            links: vec![
                link(&["127.0.0.1/8", "::1/128"], None),
                link(&["10.0.0.5/24", "fe80::5/64", "2001:db8::5/64"], Some("10.0.0.1")),
                link(&["192.168.7.5/24", "fe80::6/64"], None),
            ],
        }
    }

    fn way(to: &str, from: Option<&str>) -> Result<(usize, String)> {
        let from = from.map(|from| from.parse().expect("an address"));
        table().path(to.parse().expect("an address"), from, None).map(|path| (path.link.0, path.source.to_string()))
    }

    fn way_by(link: usize, to: &str) -> Result<String> {
        let to = to.parse().expect("an address");
        table().path(to, None, Some(LinkId(link))).map(|path| {
            assert_eq!(path.link, LinkId(link), "{to}");
            path.source.to_string()
        })
    }

    #[test]
    fn a_binding_to_an_interface_leaves_no_other_way() {
        assert_eq!(way_by(1, "8.8.8.8:53"), Ok("10.0.0.5".into()));
        assert_eq!(way_by(2, "192.168.7.9:53"), Ok("192.168.7.5".into()));
        assert_eq!(way_by(2, "[fe80::9]:80"), Ok("fe80::6".into()));
        assert_eq!(way_by(2, "255.255.255.255:9"), Ok("192.168.7.5".into()));
        assert_eq!(way_by(0, "10.0.0.5:80"), Ok("10.0.0.5".into()));
        for (link, to) in [(0, "8.8.8.8:53"), (2, "8.8.8.8:53"), (1, "127.0.0.1:80"), (1, "10.0.0.5:80")] {
            assert_eq!(way_by(link, to), Err(Errno::ENETUNREACH), "{to}");
        }
        for (link, to) in [(1, "[fe80::9%3]:80"), (0, "224.0.0.1:9")] {
            assert_eq!(way_by(link, to), Err(Errno::ENETUNREACH), "{to}");
        }
    }

    #[test]
    fn the_longest_prefix_decides() {
        assert_eq!(way("8.8.8.8:53", None), Ok((1, "10.0.0.5".into())));
        assert_eq!(way("192.168.7.9:53", None), Ok((2, "192.168.7.5".into())));
        assert_eq!(way("[2001:db8::9]:53", None), Ok((1, "2001:db8::5".into())));
        assert_eq!(way("[2001:4860::1]:53", None), Err(Errno::ENETUNREACH));
    }

    #[test]
    fn own_addresses_go_through_loopback() {
        assert_eq!(way("10.0.0.5:80", None), Ok((0, "10.0.0.5".into())));
        assert_eq!(way("127.1.2.3:80", None), Ok((0, "127.0.0.1".into())));
        assert_eq!(way("[::1]:80", None), Ok((0, "::1".into())));
    }

    #[test]
    fn link_local_addresses_follow_their_scope() {
        assert_eq!(way("[fe80::9%3]:80", None), Ok((2, "fe80::6".into())));
        assert_eq!(way("[fe80::9%9]:80", None), Err(Errno::ENETUNREACH));
        assert_eq!(way("[fe80::9]:80", Some("fe80::6")), Ok((2, "fe80::6".into())));
    }

    #[test]
    fn broadcast_goes_where_the_network_is() {
        let path = table().path("192.168.7.255:9".parse().expect("an address"), None, None).expect("a path");
        assert_eq!((path.link.0, path.cast), (2, Cast::Everyone));
        let path = table().path("255.255.255.255:9".parse().expect("an address"), None, None).expect("a path");
        assert_eq!((path.link.0, path.cast), (1, Cast::Everyone));
    }

    #[test]
    fn networks_are_parsed_with_care() {
        assert_eq!(net("10.1.2.3").prefix, 32);
        assert!("10.1.2.3/33".parse::<IpNet>().is_err());
        assert!("::1/129".parse::<IpNet>().is_err());
        assert!("10.1.2/8".parse::<IpNet>().is_err());
        assert!(net("0.0.0.0/0").contains([1, 2, 3, 4].into()));
    }
}
