//! A captured frame taken apart, as far as filters and summaries look into it.

use net::{CapturedFrame, LinkType};
use smoltcp::wire::{
    ArpPacket, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, Ipv6ExtHeader, Ipv6Packet, TcpPacket, UdpPacket,
};
use std::net::IpAddr;

/// Extension headers that are looked behind (RFC 8200, section 4.1).
const MAX_EXTENSIONS: usize = 8;

/// What filters tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Arp,
    Ip,
    Ip6,
    Tcp,
    Udp,
    Icmp,
    Icmp6,
}

impl Protocol {
    pub(super) fn by_name(name: &str) -> Option<Protocol> {
        Some(match name {
            "arp" => Protocol::Arp,
            "ip" => Protocol::Ip,
            "ip6" => Protocol::Ip6,
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "icmp" => Protocol::Icmp,
            "icmp6" => Protocol::Icmp6,
            _ => return None,
        })
    }
}

/// A frame.
pub(super) struct Packet<'a> {
    /// The bytes behind the link's header, and what they are (by its Ethernet type).
    pub(super) body: &'a [u8],
    pub(super) kind: EthernetProtocol,
    pub(super) content: Content<'a>,
}

/// What it carries.
pub(super) enum Content<'a> {
    Arp(ArpPacket<&'a [u8]>),
    Ip(IpContent<'a>),
    /// Something else, or damaged.
    Other,
}

/// An IP packet.
pub(super) struct IpContent<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: IpProtocol,
    /// Where in the whole packet these bytes belong, of a piece that is not the first.
    pub(super) fragment_offset: u16,
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    pub(super) fn new(frame: &'a CapturedFrame) -> Packet<'a> {
        let (kind, body) = match frame.link_type {
            LinkType::Ethernet => match EthernetFrame::new_checked(&*frame.bytes) {
                Ok(ethernet) => (ethernet.ethertype(), EthernetFrame::payload(&ethernet)),
                Err(_) => (EthernetProtocol::Unknown(0), &*frame.bytes),
            },
            // smoltcp's own look at the version takes it for granted that there is a byte.
            LinkType::Ip => match frame.bytes.first().map(|byte| byte >> 4) {
                Some(4) => (EthernetProtocol::Ipv4, &*frame.bytes),
                Some(6) => (EthernetProtocol::Ipv6, &*frame.bytes),
                _ => (EthernetProtocol::Unknown(0), &*frame.bytes),
            },
        };
        let content = match kind {
            EthernetProtocol::Arp => ArpPacket::new_checked(body).ok().map(Content::Arp),
            EthernetProtocol::Ipv4 => ipv4(body).map(Content::Ip),
            EthernetProtocol::Ipv6 => ipv6(body).map(Content::Ip),
            EthernetProtocol::Unknown(_) => None,
        };
        Packet { body, kind, content: content.unwrap_or(Content::Other) }
    }

    /// Source and destination.
    pub(super) fn hosts(&self) -> Option<(IpAddr, IpAddr)> {
        match &self.content {
            Content::Ip(ip) => Some((ip.source, ip.destination)),
            Content::Arp(arp) => {
                let address = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
                Some((address(arp.source_protocol_addr())?, address(arp.target_protocol_addr())?))
            }
            Content::Other => None,
        }
    }

    /// The ports of a packet that has some.
    pub(super) fn ports(&self) -> Option<(u16, u16)> {
        let Content::Ip(ip) = &self.content else { return None };
        if ip.fragment_offset > 0 {
            return None;
        }
        match ip.protocol {
            IpProtocol::Tcp => TcpPacket::new_checked(ip.payload).ok().map(|tcp| (tcp.src_port(), tcp.dst_port())),
            IpProtocol::Udp => UdpPacket::new_checked(ip.payload).ok().map(|udp| (udp.src_port(), udp.dst_port())),
            _ => None,
        }
    }

    pub(super) fn is(&self, protocol: Protocol) -> bool {
        let carries = |wanted| matches!(&self.content, Content::Ip(ip) if ip.protocol == wanted);
        match protocol {
            Protocol::Arp => self.kind == EthernetProtocol::Arp,
            Protocol::Ip => self.kind == EthernetProtocol::Ipv4,
            Protocol::Ip6 => self.kind == EthernetProtocol::Ipv6,
            Protocol::Tcp => carries(IpProtocol::Tcp),
            Protocol::Udp => carries(IpProtocol::Udp),
            Protocol::Icmp => carries(IpProtocol::Icmp),
            Protocol::Icmp6 => carries(IpProtocol::Icmpv6),
        }
    }
}

fn ipv4(body: &[u8]) -> Option<IpContent<'_>> {
    let packet = Ipv4Packet::new_checked(body).ok()?;
    Some(IpContent {
        source: packet.src_addr().into(),
        destination: packet.dst_addr().into(),
        protocol: packet.next_header(),
        fragment_offset: packet.frag_offset(),
        payload: packet.payload(),
    })
}

fn ipv6(body: &[u8]) -> Option<IpContent<'_>> {
    let packet = Ipv6Packet::new_checked(body).ok()?;
    let (mut protocol, mut payload) = (packet.next_header(), packet.payload());
    for _ in 0..MAX_EXTENSIONS {
        let is_extension = matches!(protocol, IpProtocol::HopByHop | IpProtocol::Ipv6Route | IpProtocol::Ipv6Opts);
        if !is_extension {
            break;
        }
        let header = Ipv6ExtHeader::new_checked(payload).ok()?;
        // In units of eight bytes behind the first eight.
        let length = (usize::from(header.header_len()) + 1) * 8;
        protocol = header.next_header();
        payload = payload.get(length..)?;
    }
    let (source, destination) = (packet.src_addr().into(), packet.dst_addr().into());
    Some(IpContent { source, destination, protocol, fragment_offset: 0, payload })
}
