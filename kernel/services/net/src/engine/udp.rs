//! UDP packets that came: read, and who they are for.

use super::link::is_own;
use super::version::version;
use crate::index::Audience;
use crate::routes::{Cast, LinkId};
use crate::shared::Shared;
use smoltcp::iface::Interface;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpEndpoint, IpProtocol, IpRepr, IpVersion, Ipv4Packet, Ipv6Packet, UdpPacket, UdpRepr};
use std::net::IpAddr;

/// A UDP packet that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct UdpDatagram<'a> {
    pub(super) from: IpEndpoint,
    pub(super) to: IpEndpoint,
    pub(super) hop_limit: u8,
    pub(super) bytes: &'a [u8],
}

/// Reads an IP packet that carries UDP; `None` if it is broken.
pub(super) fn parse(packet: &[u8]) -> Option<UdpDatagram<'_>> {
    let checks = ChecksumCapabilities::default();
    let (header, payload) = match version(packet)? {
        IpVersion::Ipv4 => {
            let ip = Ipv4Packet::new_checked(packet).ok()?;
            let header = smoltcp::wire::Ipv4Repr::parse(&ip, &checks).ok()?;
            (IpRepr::Ipv4(header), ip.payload())
        }
        IpVersion::Ipv6 => {
            let ip = Ipv6Packet::new_checked(packet).ok()?;
            (IpRepr::Ipv6(smoltcp::wire::Ipv6Repr::parse(&ip).ok()?), ip.payload())
        }
    };
    if header.next_header() != IpProtocol::Udp {
        return None;
    }
    let (from, to) = (header.src_addr(), header.dst_addr());
    let packet = UdpPacket::new_checked(payload).ok()?;
    let udp = UdpRepr::parse(&packet, &from, &to, &checks).ok()?;
    Some(UdpDatagram {
        from: IpEndpoint::new(from, udp.src_port),
        to: IpEndpoint::new(to, udp.dst_port),
        hop_limit: header.hop_limit(),
        bytes: packet.payload(),
    })
}

/// Whom a datagram for `to` on an interface is for; `None`: not for this machine.
pub(super) fn audience(shared: &Shared, interface: &Interface, link: LinkId, to: IpAddr) -> Option<Audience> {
    match shared.routes().cast(to) {
        Cast::Group => interface.has_multicast_group(to).then_some(Audience::Everyone),
        Cast::Everyone => Some(Audience::Everyone),
        // Only this machine itself sends through the loopback interface.
        Cast::One => (link == LinkId::LOOPBACK || is_own(interface, to)).then_some(Audience::Best),
    }
}
