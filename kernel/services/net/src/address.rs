//! Addresses as sockets see them: families, wildcard hosts, IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2).
//!
//! Inside the stack an address is canonical: IPv4 is never written as IPv6. Only what a program gives or gets is mapped.

use interfaces::{Errno, Result};
use smoltcp::wire::{IpAddress, IpEndpoint};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use vfs::socket::Family;

/// The families that a wildcard address stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Families {
    V4,
    V6,
    Both,
}

/// The host part of a socket's own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Any(Families),
    One(IpAddr),
}

impl Host {
    /// What a socket of `family` may be bound to by `address`: EAFNOSUPPORT for an address of another family, EINVAL for a
    /// mapped one on a socket that is IPv6 only.
    pub(crate) fn parse(family: Family, only_v6: bool, address: SocketAddr) -> Result<Host> {
        match (family, address.ip()) {
            (Family::V4, IpAddr::V4(ip)) if ip.is_unspecified() => Ok(Host::Any(Families::V4)),
            (Family::V4, IpAddr::V4(ip)) => Ok(Host::One(ip.into())),
            (Family::V6, IpAddr::V6(ip)) if ip.is_unspecified() => Ok(Host::wildcard(family, only_v6)),
            (Family::V6, IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
                None => Ok(Host::One(ip.into())),
                Some(_) if only_v6 => Err(Errno::EINVAL),
                Some(mapped) if mapped.is_unspecified() => Ok(Host::Any(Families::V4)),
                Some(mapped) => Ok(Host::One(mapped.into())),
            },
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }

    /// Every address that a socket of `family` can have.
    pub(crate) fn wildcard(family: Family, only_v6: bool) -> Host {
        Host::Any(match (family, only_v6) {
            (Family::V4, _) => Families::V4,
            (Family::V6, true) => Families::V6,
            (Family::V6, false) => Families::Both,
        })
    }

    pub(crate) fn covers(self, ip: IpAddr) -> bool {
        match self {
            Host::One(one) => one == ip,
            Host::Any(Families::Both) => true,
            Host::Any(Families::V4) => ip.is_ipv4(),
            Host::Any(Families::V6) => ip.is_ipv6(),
        }
    }

    pub(crate) fn overlaps(self, other: Host) -> bool {
        match (self, other) {
            (Host::One(one), host) | (host, Host::One(one)) => host.covers(one),
            (Host::Any(left), Host::Any(right)) => left == right || left == Families::Both || right == Families::Both,
        }
    }

    /// The one address, where it is one.
    pub(crate) fn one(self) -> Option<IpAddr> {
        match self {
            Host::One(ip) => Some(ip),
            Host::Any(_) => None,
        }
    }

    /// The address that stands for it in a canonical socket address.
    pub(crate) fn ip(self) -> IpAddr {
        match self {
            Host::One(ip) => ip,
            Host::Any(Families::V4) => Ipv4Addr::UNSPECIFIED.into(),
            Host::Any(_) => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}

/// A program's address of a peer, made canonical: EAFNOSUPPORT when a socket of `family` cannot speak to it. The unspecified
/// address means this machine, as on every Unix.
pub(crate) fn peer(family: Family, only_v6: bool, address: SocketAddr) -> Result<SocketAddr> {
    let address = canonical(address);
    let reachable = match (family, address.ip()) {
        (Family::V4, IpAddr::V4(_)) | (Family::V6, IpAddr::V6(_)) => true,
        (Family::V6, IpAddr::V4(_)) => !only_v6,
        (Family::V4, IpAddr::V6(_)) => false,
    };
    if !reachable {
        return Err(Errno::EAFNOSUPPORT);
    }
    Ok(match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    })
}

/// The address without its mapping.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => (ip, v6.port()).into(),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}

/// A canonical address as a program on a socket of `family` sees it.
pub(crate) fn present(address: SocketAddr, family: Family) -> SocketAddr {
    match (family, address) {
        (Family::V6, SocketAddr::V4(v4)) if v4.ip().is_unspecified() => (Ipv6Addr::UNSPECIFIED, v4.port()).into(),
        (Family::V6, SocketAddr::V4(v4)) => (v4.ip().to_ipv6_mapped(), v4.port()).into(),
        _ => address,
    }
}

/// A socket address from the stack's form; a link-local one gets its interface's index as scope.
pub(crate) fn scoped(endpoint: IpEndpoint, interface: u32) -> SocketAddr {
    match endpoint.addr {
        IpAddress::Ipv4(ip) => (ip, endpoint.port).into(),
        IpAddress::Ipv6(ip) if ip.is_unicast_link_local() => {
            std::net::SocketAddrV6::new(ip, endpoint.port, 0, interface).into()
        }
        IpAddress::Ipv6(ip) => (ip, endpoint.port).into(),
    }
}

/// The unspecified address of a family.
pub(crate) fn unspecified(family: Family) -> SocketAddr {
    match family {
        Family::V4 => (Ipv4Addr::UNSPECIFIED, 0).into(),
        Family::V6 => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_dual_stack_wildcard_overlaps_both_families() {
        let both = Host::parse(Family::V6, false, at("[::]:80")).expect("a host");
        let v4 = Host::parse(Family::V4, false, at("0.0.0.0:80")).expect("a host");
        let only = Host::parse(Family::V6, true, at("[::]:80")).expect("a host");
        assert!(both.overlaps(v4) && both.overlaps(only) && !v4.overlaps(only));
        assert!(both.covers(IpAddr::from([10, 0, 0, 1])) && !only.covers(IpAddr::from([10, 0, 0, 1])));
    }

    #[test]
    fn mapped_addresses_are_ipv4_inside_and_ipv6_outside() {
        let mapped = at("[::ffff:10.0.0.1]:80");
        assert_eq!(peer(Family::V6, false, mapped), Ok(at("10.0.0.1:80")));
        assert_eq!(peer(Family::V6, true, mapped), Err(Errno::EAFNOSUPPORT));
        assert_eq!(present(at("10.0.0.1:80"), Family::V6), mapped);
        assert_eq!(Host::parse(Family::V6, true, mapped), Err(Errno::EINVAL));
        assert_eq!(Host::parse(Family::V4, false, at("[::1]:1")), Err(Errno::EAFNOSUPPORT));
    }

    #[test]
    fn the_unspecified_peer_is_this_machine() {
        assert_eq!(peer(Family::V4, false, at("0.0.0.0:7")), Ok(at("127.0.0.1:7")));
        assert_eq!(peer(Family::V6, false, at("[::]:7")), Ok(at("[::1]:7")));
    }
}
