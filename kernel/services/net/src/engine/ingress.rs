//! The first look at a frame, before smoltcp gets it: what no honest machine sends is refused here.
//!
//! A frame is a claim. [`inspect`] refuses what could only be forged or confuse (addresses of this machine as source,
//! loopback addresses on a wire, fragments beyond the longest packet, IPv6 packets for others) and finds the two things that the net thread must know
//! first: which connection a TCP segment belongs to, and who says where it lives (ARP). Checksums are smoltcp's to check.

use super::version::version;
use crate::capture::LinkType;
use interfaces::MacAddress;
use smoltcp::wire::{
    ArpPacket, ArpRepr, ETHERNET_HEADER_LEN, EthernetFrame, EthernetProtocol, IpAddress, IpEndpoint, IpProtocol,
    IpVersion, Ipv4Packet, Ipv6Packet, TcpPacket, TcpSeqNumber,
};
use std::net::{IpAddr, Ipv4Addr};

/// The longest IPv4 packet, reassembled (RFC 791, section 3.1).
const MAX_PACKET: usize = 65535;

/// What a frame is, as far as it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Not for the stack.
    Refused,
    /// For smoltcp.
    Plain,
    /// For smoltcp; a TCP segment.
    Tcp(Segment),
    /// For smoltcp; its sender says that this address is its own.
    Neighbour(IpAddr, MacAddress),
}

/// The head of a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) local: IpEndpoint,
    pub(super) remote: IpEndpoint,
    pub(super) sort: SegmentSort,
    pub(super) sequence: TcpSeqNumber,
    /// It has a SYN.
    pub(super) opens: bool,
    /// It has nothing but an acknowledgement.
    pub(super) is_bare: bool,
}

/// What a segment wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SegmentSort {
    /// A connection: SYN without ACK.
    Open,
    /// An end to one: RST.
    Reset,
    Other,
}

/// Looks at a frame of `link_type`; `is_own` says whether an address is this interface's.
pub(super) fn inspect(link_type: LinkType, frame: &[u8], is_own: impl Fn(IpAddr) -> bool) -> Frame {
    match link_type {
        LinkType::Ip => inspect_ip(frame, |_, _| true),
        LinkType::Ethernet => {
            let Ok(ethernet) = EthernetFrame::new_checked(frame) else { return Frame::Refused };
            let honest = |from: IpAddr, to: IpAddr| {
                // smoltcp takes an IPv6 address that ends like one of its own for its own.
                let mine = to.is_ipv4() || to.is_multicast() || is_own(to);
                mine && !from.is_loopback() && !to.is_loopback() && !from.is_multicast() && !is_own(from)
            };
            match ethernet.ethertype() {
                EthernetProtocol::Arp => inspect_arp(ethernet.payload(), is_own),
                EthernetProtocol::Ipv4 | EthernetProtocol::Ipv6 => inspect_ip(ethernet.payload(), honest),
                EthernetProtocol::Unknown(_) => Frame::Refused,
            }
        }
    }
}

fn inspect_arp(packet: &[u8], is_own: impl Fn(IpAddr) -> bool) -> Frame {
    let Ok(repr) = ArpPacket::new_checked(packet).and_then(|packet| ArpRepr::parse(&packet)) else {
        return Frame::Refused;
    };
    match repr {
        // smoltcp learns only from what is meant for this machine.
        ArpRepr::EthernetIpv4 { source_hardware_addr, source_protocol_addr, target_protocol_addr, .. }
            if is_own(target_protocol_addr.into()) =>
        {
            Frame::Neighbour(source_protocol_addr.into(), MacAddress(source_hardware_addr.0))
        }
        _ => Frame::Plain,
    }
}

fn inspect_ip(packet: &[u8], honest: impl Fn(IpAddr, IpAddr) -> bool) -> Frame {
    match version(packet) {
        Some(IpVersion::Ipv4) => inspect_ipv4(packet, honest),
        Some(IpVersion::Ipv6) => inspect_ipv6(packet, honest),
        None => Frame::Refused,
    }
}

fn inspect_ipv4(packet: &[u8], honest: impl Fn(IpAddr, IpAddr) -> bool) -> Frame {
    let Ok(packet) = Ipv4Packet::new_checked(packet) else { return Frame::Refused };
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    if !honest(from.into(), to.into()) || from.is_broadcast() {
        return Frame::Refused;
    }
    let offset = usize::from(packet.frag_offset());
    if packet.more_frags() || offset != 0 {
        let header = usize::from(packet.header_len());
        let end = header + offset + packet.payload().len();
        // A fragment that is empty, or not a multiple of eight bytes before the last, is no fragment (RFC 791).
        let odd = packet.more_frags() && packet.payload().len() % 8 != 0;
        let sound = end <= MAX_PACKET && !packet.payload().is_empty() && !odd;
        return if sound { Frame::Plain } else { Frame::Refused };
    }
    match packet.next_header() {
        IpProtocol::Tcp => inspect_tcp(from.into(), to.into(), packet.payload()),
        // Only a machine without an address may say so, and only to get one (RFC 1122, section 3.2.1.3).
        _ if from == Ipv4Addr::UNSPECIFIED && packet.next_header() != IpProtocol::Udp => Frame::Refused,
        _ => Frame::Plain,
    }
}

fn inspect_ipv6(packet: &[u8], honest: impl Fn(IpAddr, IpAddr) -> bool) -> Frame {
    let Ok(packet) = Ipv6Packet::new_checked(packet) else { return Frame::Refused };
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    // Mapped addresses never appear on a wire (RFC 4942, section 2.2).
    let mapped = from.to_ipv4_mapped().is_some() || to.to_ipv4_mapped().is_some();
    if !honest(from.into(), to.into()) || mapped {
        return Frame::Refused;
    }
    match packet.next_header() {
        IpProtocol::Tcp => inspect_tcp(from.into(), to.into(), packet.payload()),
        _ => Frame::Plain,
    }
}

fn inspect_tcp(from: IpAddress, to: IpAddress, segment: &[u8]) -> Frame {
    let Ok(segment) = TcpPacket::new_checked(segment) else { return Frame::Refused };
    if from.is_unspecified() || !to.is_unicast() || segment.src_port() == 0 || segment.dst_port() == 0 {
        return Frame::Refused;
    }
    let sort = match (segment.rst(), segment.syn(), segment.ack()) {
        (true, ..) => SegmentSort::Reset,
        (false, true, false) => SegmentSort::Open,
        _ => SegmentSort::Other,
    };
    Frame::Tcp(Segment {
        local: IpEndpoint::new(to, segment.dst_port()),
        remote: IpEndpoint::new(from, segment.src_port()),
        sort,
        sequence: segment.seq_number(),
        opens: segment.syn(),
        is_bare: sort == SegmentSort::Other && segment.segment_len() == 0,
    })
}

/// A frame with a TCP segment that has another sequence number; `None` where its checksum is wrong.
pub(super) fn renumbered(link_type: LinkType, frame: &[u8], sequence: TcpSeqNumber) -> Option<Vec<u8>> {
    let mut frame = frame.to_vec();
    let packet = match link_type {
        LinkType::Ip => &mut frame[..],
        LinkType::Ethernet => frame.get_mut(ETHERNET_HEADER_LEN..)?,
    };
    match version(packet)? {
        IpVersion::Ipv4 => {
            let mut packet = Ipv4Packet::new_checked(packet).ok()?;
            let (from, to) = (packet.src_addr().into(), packet.dst_addr().into());
            renumber(packet.payload_mut(), from, to, sequence)?;
        }
        IpVersion::Ipv6 => {
            let mut packet = Ipv6Packet::new_checked(packet).ok()?;
            let (from, to) = (packet.src_addr().into(), packet.dst_addr().into());
            renumber(packet.payload_mut(), from, to, sequence)?;
        }
    }
    Some(frame)
}

fn renumber(segment: &mut [u8], from: IpAddress, to: IpAddress, sequence: TcpSeqNumber) -> Option<()> {
    let mut segment = TcpPacket::new_checked(segment).ok()?;
    if !segment.verify_checksum(&from, &to) {
        return None;
    }
    segment.set_seq_number(sequence);
    segment.fill_checksum(&from, &to);
    Some(())
}
