//! Frames that are made by hand: good ones of each protocol, and what becomes of them when they are spoiled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, IpProtocol, Ipv4Packet, Ipv4Repr, Ipv6Packet, Ipv6Repr,
    TcpControl, TcpPacket, TcpRepr, TcpSeqNumber, UdpPacket, UdpRepr,
};

use super::addresses;
use super::dice::Dice;

const IPV4: [u8; 2] = [8, 0];
const IPV6: [u8; 2] = [0x86, 0xdd];
const ARP: [u8; 2] = [8, 6];
const ETHERNET_HEADER: usize = 14;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
/// The longest frame that is made.
const LONGEST: usize = 1514;

/// Who gets the frames.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its hardware address.
    pub mac: [u8; 6],
    /// Its address.
    pub v4: Ipv4Addr,
    /// Its address, too.
    pub v6: Ipv6Addr,
}

/// A frame of this protocol.
pub fn ethernet(from: [u8; 6], to: [u8; 6], protocol: [u8; 2], payload: &[u8]) -> Vec<u8> {
    [&to[..], &from, &protocol, payload].concat()
}

/// An IPv4 packet in a frame.
pub fn ipv4(from: Ipv4Addr, to: &Target, protocol: IpProtocol, payload: &[u8]) -> Vec<u8> {
    let header =
        Ipv4Repr { src_addr: from, dst_addr: to.v4, next_header: protocol, payload_len: payload.len(), hop_limit: 64 };
    let mut packet = vec![0; IPV4_HEADER];
    packet.extend(payload);
    header.emit(&mut Ipv4Packet::new_unchecked(&mut packet[..]), &ChecksumCapabilities::default());
    ethernet(addresses::MAC, to.mac, IPV4, &packet)
}

/// An IPv6 packet in a frame.
pub fn ipv6(macs: ([u8; 6], [u8; 6]), from: Ipv6Addr, to: Ipv6Addr, protocol: IpProtocol, payload: &[u8]) -> Vec<u8> {
    let header =
        Ipv6Repr { src_addr: from, dst_addr: to, next_header: protocol, payload_len: payload.len(), hop_limit: 255 };
    let mut packet = vec![0; IPV6_HEADER];
    packet.extend(payload);
    header.emit(&mut Ipv6Packet::new_unchecked(&mut packet[..]));
    ethernet(macs.0, macs.1, IPV6, &packet)
}

/// An ICMPv6 message in a frame; its checksum is filled in.
pub fn icmpv6(mac: [u8; 6], to_mac: [u8; 6], from: Ipv6Addr, to: Ipv6Addr, message: &[u8]) -> Vec<u8> {
    let mut frame = ipv6((mac, to_mac), from, to, IpProtocol::Icmpv6, message);
    repair(&mut frame);
    frame
}

/// A TCP segment of a stranger, as it is.
pub fn tcp(from: (IpAddr, u16), to: &Target, port: u16, control: TcpControl, numbers: (u32, Option<u32>)) -> Vec<u8> {
    let segment = TcpRepr {
        src_port: from.1,
        dst_port: port,
        control,
        seq_number: TcpSeqNumber(numbers.0.cast_signed()),
        ack_number: numbers.1.map(|number| TcpSeqNumber(number.cast_signed())),
        window_len: 64_000,
        window_scale: None,
        max_seg_size: (control == TcpControl::Syn).then_some(1460),
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: b"",
    };
    let mut bytes = vec![0; segment.buffer_len()];
    let destination = if from.0.is_ipv4() { to.v4.into() } else { to.v6.into() };
    let packet = &mut TcpPacket::new_unchecked(&mut bytes[..]);
    segment.emit(packet, &from.0.into(), &destination, &ChecksumCapabilities::default());
    match from.0 {
        IpAddr::V4(v4) => ipv4(v4, to, IpProtocol::Tcp, &bytes),
        IpAddr::V6(v6) => ipv6((addresses::MAC, to.mac), v6, to.v6, IpProtocol::Tcp, &bytes),
    }
}

/// A datagram in a frame.
pub fn udp(from: (Ipv4Addr, u16), to: &Target, port: u16, payload: &[u8]) -> Vec<u8> {
    let header = UdpRepr { src_port: from.1, dst_port: port };
    let mut bytes = vec![0; header.header_len() + payload.len()];
    header.emit(
        &mut UdpPacket::new_unchecked(&mut bytes[..]),
        &from.0.into(),
        &to.v4.into(),
        payload.len(),
        |buffer| buffer.copy_from_slice(payload),
        &ChecksumCapabilities::default(),
    );
    ipv4(from.0, to, IpProtocol::Udp, &bytes)
}

/// An ARP message that says where `from` lives.
pub fn arp(operation: ArpOperation, from: Ipv4Addr, to: &Target) -> Vec<u8> {
    let message = ArpRepr::EthernetIpv4 {
        operation,
        source_hardware_addr: EthernetAddress(addresses::MAC),
        source_protocol_addr: from,
        target_hardware_addr: EthernetAddress(to.mac),
        target_protocol_addr: to.v4,
    };
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut ArpPacket::new_unchecked(&mut bytes[..]));
    ethernet(addresses::MAC, to.mac, ARP, &bytes)
}

/// A piece of an IPv4 packet: of which packet, where it stands in units of eight bytes, and its flags, of which the lowest
/// bit says that more follow.
pub fn fragment(to: &Target, protocol: IpProtocol, (id, offset, flags): (u16, u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut frame = ipv4(addresses::V4, to, protocol, payload);
    frame[18..20].copy_from_slice(&id.to_be_bytes());
    frame[20..22].copy_from_slice(&(flags << 13 | offset & 0x1fff).to_be_bytes());
    Ipv4Packet::new_unchecked(&mut frame[ETHERNET_HEADER..]).fill_checksum();
    frame
}

/// A good frame of each protocol that a machine knows; a router's comes from [`router`](super::router).
pub fn samples(to: &Target, advertisement: Vec<u8>) -> Vec<Vec<u8>> {
    let echo = [8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let echo6 = [128, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let macs = (addresses::MAC, to.mac);
    let solicitation = [&[135, 0, 0, 0, 0, 0, 0, 0], &to.v6.octets()[..], &[1, 1], &addresses::MAC].concat();
    let unreachable =
        [&[3, 3, 0, 0, 0, 0, 0, 0], &ipv4(to.v4, to, IpProtocol::Udp, &[0; 8])[ETHERNET_HEADER..]].concat();
    let too_big = [&[2, 0, 0, 0, 0, 0, 5, 0], &[0x60; 40][..]].concat();
    let listener_query = [&[130, 0, 0, 0, 0, 1, 0, 0], &[0; 20][..]].concat();
    let port_80 = |control, ack| tcp((addresses::V4.into(), 5000), to, 80, control, (9, ack));
    let mut samples = vec![
        arp(ArpOperation::Request, addresses::V4, to),
        arp(ArpOperation::Reply, addresses::V4, to),
        ipv4(addresses::V4, to, IpProtocol::Icmp, &echo),
        ipv4(addresses::V4, to, IpProtocol::Icmp, &unreachable),
        ipv4(addresses::V4, to, IpProtocol::Igmp, &[0x11, 100, 0, 0, 0, 0, 0, 0]),
        ipv6(macs, addresses::V6, to.v6, IpProtocol::Icmpv6, &echo6),
        ipv6(macs, addresses::V6, to.v6, IpProtocol::Icmpv6, &solicitation),
        ipv6(macs, addresses::V6, to.v6, IpProtocol::Icmpv6, &too_big),
        ipv6(macs, addresses::LINK_LOCAL, to.v6, IpProtocol::Icmpv6, &listener_query),
        ipv6(macs, addresses::V6, to.v6, IpProtocol::Ipv6Frag, &[58, 0, 0, 1, 0, 0, 0, 1, 128, 0, 0, 0, 0, 0, 0, 0]),
        ipv6(macs, addresses::V6, to.v6, IpProtocol::HopByHop, &[58, 0, 1, 4, 0, 0, 0, 0, 128, 0, 0, 0, 1, 1, 1, 1]),
        port_80(TcpControl::Syn, None),
        port_80(TcpControl::None, Some(77)),
        port_80(TcpControl::Psh, Some(77)),
        port_80(TcpControl::Fin, Some(77)),
        port_80(TcpControl::Rst, None),
        tcp((addresses::V6.into(), 5000), to, 80, TcpControl::Syn, (9, None)),
        tcp((addresses::V4.into(), 5000), to, 81, TcpControl::Syn, (9, None)),
        udp((addresses::V4, 53), to, 1024, &[0; 40]),
        udp((addresses::V4, 67), to, 68, &[2; 300]),
        udp((addresses::V4, 5353), to, 5353, b""),
    ];
    // A packet in three pieces.
    samples.extend((0..3).map(|n| fragment(to, IpProtocol::Udp, (7, 100 * n, u16::from(n < 2)), &[7; 800])));
    samples.push(advertisement);
    samples.iter_mut().for_each(|frame| repair(frame));
    samples
}

/// A frame that is almost right: one of `samples` cut off, grown or with some bytes changed, its checksums then mostly put
/// right, so that it gets further; or bytes without sense.
pub fn spoiled(samples: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut frame = samples[dice.below(samples.len())].clone();
    match dice.below(6) {
        0 => frame.truncate(dice.below(frame.len() + 1)),
        1 => frame.extend(std::iter::repeat_n(0xff, dice.below(LONGEST - frame.len()))),
        2 => frame = (0..dice.below(200)).map(|_| dice.byte()).collect(),
        _ => {
            for _ in 0..=dice.below(4) {
                let at = dice.below(frame.len());
                frame[at] = [0, 0xff, 0x80, 1, dice.byte()][dice.below(5)];
            }
        }
    }
    if !dice.hits(25) {
        repair(&mut frame);
    }
    if frame.is_empty() {
        // QEMU 7.2 stops to listen to a stream that brings a frame without a byte.
        frame.push(0);
    }
    frame
}

/// Puts checksums right where the headers still make sense.
pub fn repair(frame: &mut [u8]) {
    let Some(packet) = frame.get_mut(ETHERNET_HEADER..) else { return };
    let (protocol, start) = match packet.first() {
        Some(0x40..=0x4f) if Ipv4Packet::new_checked(&*packet).is_ok() => {
            let mut header = Ipv4Packet::new_unchecked(&mut *packet);
            header.fill_checksum();
            (header.next_header(), usize::from(header.header_len()))
        }
        Some(0x60..=0x6f) if packet.len() > IPV6_HEADER => (IpProtocol::from(packet[6]), IPV6_HEADER),
        _ => return,
    };
    let field = match protocol {
        IpProtocol::Tcp => 16,
        IpProtocol::Udp => 6,
        IpProtocol::Icmp | IpProtocol::Icmpv6 | IpProtocol::Igmp => 2,
        _ => return,
    };
    let addresses = if start == IPV6_HEADER { packet[8..40].to_vec() } else { packet[12..20].to_vec() };
    let payload = &mut packet[start..];
    if payload.len() < field + 2 {
        return;
    }
    payload[field..field + 2].fill(0);
    let mut summed = Vec::new();
    if !matches!(protocol, IpProtocol::Icmp | IpProtocol::Igmp) {
        summed.extend(addresses);
        summed.extend([0, protocol.into()]);
        summed.extend((payload.len() as u16).to_be_bytes());
    }
    summed.extend_from_slice(payload);
    let sum = checksum(&summed);
    payload[field..field + 2].copy_from_slice(&sum.to_be_bytes());
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::router;
    use smoltcp::wire::IpAddress;

    const TARGET: Target = Target {
        mac: [2, 0, 0, 0, 0, 9],
        v4: Ipv4Addr::new(10, 0, 0, 9),
        v6: Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 9),
    };

    #[test]
    fn good_frames_are_good() {
        let samples = samples(&TARGET, router::advertisement());
        let syn = tcp((addresses::V4.into(), 5000), &TARGET, 80, TcpControl::Syn, (9, None));
        assert!(samples.contains(&syn));
        let packet = Ipv4Packet::new_checked(&syn[ETHERNET_HEADER..]).expect("a packet");
        assert!(packet.verify_checksum());
        let segment = TcpPacket::new_checked(packet.payload()).expect("a segment");
        assert!(segment.verify_checksum(&IpAddress::from(addresses::V4), &IpAddress::from(TARGET.v4)));
    }

    #[test]
    fn spoiled_frames_are_the_same_in_every_run() {
        let samples = samples(&TARGET, router::advertisement());
        let some = |seed| {
            let mut dice = Dice::new(seed);
            (0..50).map(|_| spoiled(&samples, &mut dice)).collect::<Vec<_>>()
        };
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
        assert!(some(1).iter().all(|frame| frame.len() <= LONGEST));
    }
}
