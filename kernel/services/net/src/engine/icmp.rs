//! ICMP messages: what those that come say to sockets and to the net thread, and those that the net thread sends itself.
//!
//! Echo requests are answered by smoltcp. Messages are IP packets as smoltcp's raw sockets give and take them. RFC 792, RFC
//! 4443, RFC 4861.

use super::version::version;
use interfaces::{Errno, MacAddress};
use smoltcp::phy::{ChecksumCapabilities, Medium};
use smoltcp::wire::{
    EthernetAddress, HardwareAddress, IPV4_MIN_MTU, IPV6_LINK_LOCAL_ALL_ROUTERS, IPV6_MIN_MTU, Icmpv4DstUnreachable,
    Icmpv4Packet, Icmpv4Repr, Icmpv6DstUnreachable, Icmpv6Message, Icmpv6Packet, Icmpv6Repr, IpEndpoint, IpProtocol,
    IpRepr, IpVersion, Ipv4Packet, Ipv4Repr, Ipv6Packet, Ipv6Repr, NdiscRepr, RawHardwareAddress,
};
use std::net::{IpAddr, Ipv6Addr};

/// The hop limit that shows that a message was not forwarded (RFC 4861, section 11.2).
const ON_LINK: u8 = 255;
const HOP_LIMIT: u8 = 64;
const ICMP_HEADER: usize = 8;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// An answer to a ping: identifier, what is left of the hop limit, and whole message.
    Echo { from: IpAddr, to: IpAddr, identifier: u16, hop_limit: u8, message: Vec<u8> },
    /// A packet that this machine sent did not arrive.
    Failed(Failure),
    /// A router's advertisement: the whole message.
    Router { from: Ipv6Addr, message: Vec<u8> },
    /// Who has an address on the link.
    Neighbour { address: IpAddr, mac: MacAddress, is_claim: bool },
}

/// Which packet did not arrive, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) protocol: IpProtocol,
    /// This machine's side; of an echo the port is the identifier.
    pub(super) local: IpEndpoint,
    pub(super) remote: IpEndpoint,
    pub(super) error: Errno,
}

/// Reads a message; `None` for one that is broken or says nothing new.
pub(super) fn read(packet: &[u8]) -> Option<Notice> {
    match version(packet)? {
        IpVersion::Ipv4 => read_v4(packet),
        IpVersion::Ipv6 => read_v6(packet),
    }
}

fn read_v4(packet: &[u8]) -> Option<Notice> {
    let ip = Ipv4Packet::new_checked(packet).ok()?;
    let icmp = Icmpv4Packet::new_checked(ip.payload()).ok()?;
    match Icmpv4Repr::parse(&icmp, &ChecksumCapabilities::default()).ok()? {
        Icmpv4Repr::EchoReply { ident, .. } => Some(Notice::Echo {
            from: ip.src_addr().into(),
            to: ip.dst_addr().into(),
            identifier: ident,
            hop_limit: ip.hop_limit(),
            message: ip.payload().into(),
        }),
        Icmpv4Repr::DstUnreachable { reason, header, data } => failure(header.into(), data, error_v4(reason)),
        Icmpv4Repr::TimeExceeded { header, data, .. } => failure(header.into(), data, Errno::EHOSTUNREACH),
        Icmpv4Repr::EchoRequest { .. } => None,
        _ => None,
    }
}

fn read_v6(packet: &[u8]) -> Option<Notice> {
    let ip = Ipv6Packet::new_checked(packet).ok()?;
    let (from, to) = (ip.src_addr(), ip.dst_addr());
    let icmp = Icmpv6Packet::new_checked(ip.payload()).ok()?;
    if icmp.msg_type() == Icmpv6Message::RouterAdvert {
        // smoltcp's reader refuses the whole for one option that it does not like.
        let sound = icmp.verify_checksum(&from, &to) && ip.hop_limit() == ON_LINK && from.is_unicast_link_local();
        return sound.then(|| Notice::Router { from, message: ip.payload().into() });
    }
    match Icmpv6Repr::parse(&from, &to, &icmp, &ChecksumCapabilities::default()).ok()? {
        Icmpv6Repr::EchoReply { ident, .. } => Some(Notice::Echo {
            from: from.into(),
            to: to.into(),
            identifier: ident,
            hop_limit: ip.hop_limit(),
            message: ip.payload().into(),
        }),
        Icmpv6Repr::DstUnreachable { reason, header, data } => failure(header.into(), data, error_v6(reason)),
        Icmpv6Repr::TimeExceeded { header, data, .. } => failure(header.into(), data, Errno::EHOSTUNREACH),
        Icmpv6Repr::Ndisc(ndisc) if ip.hop_limit() == ON_LINK => read_ndisc(from, &ndisc),
        _ => None,
    }
}

fn read_ndisc(from: Ipv6Addr, ndisc: &NdiscRepr<'_>) -> Option<Notice> {
    let (address, hardware, is_claim) = match ndisc {
        NdiscRepr::NeighborAdvert { target_addr, lladdr, .. } => (*target_addr, *lladdr, true),
        NdiscRepr::NeighborSolicit { lladdr, .. } => (from, *lladdr, false),
        _ => return None,
    };
    match hardware?.parse(Medium::Ethernet).ok()? {
        HardwareAddress::Ethernet(mac) => {
            Some(Notice::Neighbour { address: address.into(), mac: MacAddress(mac.0), is_claim })
        }
        HardwareAddress::Ip => None,
    }
}

/// The packet that an error message quotes: its header and the first bytes behind.
fn failure(quoted: IpRepr, data: &[u8], error: Errno) -> Option<Notice> {
    let (local_port, remote_port) = match (quoted.next_header(), data) {
        (IpProtocol::Tcp | IpProtocol::Udp, [a, b, c, d, ..]) => {
            (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]))
        }
        (IpProtocol::Icmp | IpProtocol::Icmpv6, [_, _, _, _, a, b, ..]) => (u16::from_be_bytes([*a, *b]), 0),
        _ => return None,
    };
    Some(Notice::Failed(Failure {
        protocol: quoted.next_header(),
        local: IpEndpoint::new(quoted.src_addr(), local_port),
        remote: IpEndpoint::new(quoted.dst_addr(), remote_port),
        error,
    }))
}

fn error_v4(reason: Icmpv4DstUnreachable) -> Errno {
    match reason {
        Icmpv4DstUnreachable::PortUnreachable | Icmpv4DstUnreachable::ProtoUnreachable => Errno::ECONNREFUSED,
        Icmpv4DstUnreachable::NetUnreachable | Icmpv4DstUnreachable::DstNetUnknown => Errno::ENETUNREACH,
        _ => Errno::EHOSTUNREACH,
    }
}

fn error_v6(reason: Icmpv6DstUnreachable) -> Errno {
    match reason {
        Icmpv6DstUnreachable::PortUnreachable => Errno::ECONNREFUSED,
        Icmpv6DstUnreachable::NoRoute => Errno::ENETUNREACH,
        Icmpv6DstUnreachable::AdminProhibit => Errno::EACCES,
        _ => Errno::EHOSTUNREACH,
    }
}

/// The answer to a UDP packet for a port that nobody has (RFC 1122, section 4.1.3.1). The packet was for this machine alone.
pub(super) fn port_unreachable(packet: &[u8]) -> Option<Vec<u8>> {
    match version(packet)? {
        IpVersion::Ipv4 => {
            let ip = Ipv4Packet::new_checked(packet).ok()?;
            let header = Ipv4Repr::parse(&ip, &ChecksumCapabilities::default()).ok()?;
            let room = IPV4_MIN_MTU - 2 * header.buffer_len() - ICMP_HEADER;
            let data = ip.payload().get(..room).unwrap_or(ip.payload());
            let reason = Icmpv4DstUnreachable::PortUnreachable;
            let icmp = Icmpv4Repr::DstUnreachable { reason, header, data };
            let answer = Ipv4Repr {
                src_addr: header.dst_addr,
                dst_addr: header.src_addr,
                next_header: IpProtocol::Icmp,
                payload_len: icmp.buffer_len(),
                hop_limit: HOP_LIMIT,
            };
            Some(build(answer.into(), |bytes| {
                icmp.emit(&mut Icmpv4Packet::new_unchecked(bytes), &ChecksumCapabilities::default());
            }))
        }
        IpVersion::Ipv6 => {
            let ip = Ipv6Packet::new_checked(packet).ok()?;
            let header = Ipv6Repr::parse(&ip).ok()?;
            let room = IPV6_MIN_MTU - 2 * header.buffer_len() - ICMP_HEADER;
            let data = ip.payload().get(..room).unwrap_or(ip.payload());
            let reason = Icmpv6DstUnreachable::PortUnreachable;
            let icmp = Icmpv6Repr::DstUnreachable { reason, header, data };
            Some(build_v6(header.dst_addr, header.src_addr, HOP_LIMIT, &icmp))
        }
    }
}

/// Asks routers to advertise themselves (RFC 4861, section 4.1).
pub(super) fn router_solicitation(from: Ipv6Addr, mac: MacAddress) -> Vec<u8> {
    let lladdr = Some(RawHardwareAddress::from(EthernetAddress(mac.0)));
    let icmp = Icmpv6Repr::Ndisc(NdiscRepr::RouterSolicit { lladdr });
    build_v6(from, IPV6_LINK_LOCAL_ALL_ROUTERS, ON_LINK, &icmp)
}

/// Asks where `target` is (RFC 4861, section 4.3).
pub(super) fn neighbour_solicitation(from: Ipv6Addr, target: Ipv6Addr, mac: MacAddress) -> Vec<u8> {
    let lladdr = Some(RawHardwareAddress::from(EthernetAddress(mac.0)));
    let icmp = Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit { target_addr: target, lladdr });
    build_v6(from, solicited_node(target), ON_LINK, &icmp)
}

/// Asks whether anybody else has `target` (RFC 4862, section 5.4.2).
pub(super) fn duplicate_probe(target: Ipv6Addr) -> Vec<u8> {
    let icmp = Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit { target_addr: target, lladdr: None });
    build_v6(Ipv6Addr::UNSPECIFIED, solicited_node(target), ON_LINK, &icmp)
}

/// The group to which everybody with such an address belongs (RFC 4291, section 2.7.1).
fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let prefix = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 0);
    Ipv6Addr::from_bits(prefix.to_bits() | address.to_bits() & 0xff_ffff)
}

fn build_v6(from: Ipv6Addr, to: Ipv6Addr, hop_limit: u8, icmp: &Icmpv6Repr<'_>) -> Vec<u8> {
    let header = Ipv6Repr {
        src_addr: from,
        dst_addr: to,
        next_header: IpProtocol::Icmpv6,
        payload_len: icmp.buffer_len(),
        hop_limit,
    };
    build(header.into(), |bytes| {
        icmp.emit(&from, &to, &mut Icmpv6Packet::new_unchecked(bytes), &ChecksumCapabilities::default());
    })
}

fn build(header: IpRepr, emit: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut packet = vec![0; header.buffer_len()];
    header.emit(&mut packet[..], &ChecksumCapabilities::default());
    if let Some(payload) = packet.get_mut(header.header_len()..) {
        emit(payload);
    }
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreachable_port_is_told_to_the_socket_that_asked() {
        let udp = [0x12, 0x34, 0, 53, 0, 9, 0, 0, b'x'];
        let header = Ipv4Repr {
            src_addr: [10, 0, 0, 1].into(),
            dst_addr: [10, 0, 0, 2].into(),
            next_header: IpProtocol::Udp,
            payload_len: udp.len(),
            hop_limit: 64,
        };
        let packet = build(header.into(), |bytes| bytes.copy_from_slice(&udp));
        let answer = port_unreachable(&packet).expect("an answer");
        let Some(Notice::Failed(failure)) = read(&answer) else { panic!("not understood") };
        assert_eq!(failure.error, Errno::ECONNREFUSED);
        assert_eq!(failure.local, IpEndpoint::from((std::net::Ipv4Addr::new(10, 0, 0, 1), 0x1234)));
        assert_eq!(failure.remote, IpEndpoint::from((std::net::Ipv4Addr::new(10, 0, 0, 2), 53)));
    }

    #[test]
    fn own_messages_are_sound() {
        let from: Ipv6Addr = "fe80::1".parse().expect("an address");
        let packet = router_solicitation(from, MacAddress([2, 0, 0, 0, 0, 1]));
        let ip = Ipv6Packet::new_checked(&packet[..]).expect("a packet");
        let icmp = Icmpv6Packet::new_checked(ip.payload()).expect("a message");
        assert!(icmp.verify_checksum(&ip.src_addr(), &ip.dst_addr()));
        let probe = duplicate_probe(from);
        assert_eq!(Ipv6Packet::new_checked(&probe[..]).expect("a packet").dst_addr().to_string(), "ff02::1:ff00:1");
    }

    #[test]
    fn no_prefix_of_a_message_confuses_the_reader() {
        let probe = duplicate_probe("fe80::1".parse().expect("an address"));
        for length in 0..probe.len() {
            assert_eq!(read(probe.get(..length).expect("a prefix")), None);
        }
    }
}
