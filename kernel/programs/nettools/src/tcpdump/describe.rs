//! A line for each packet, in tcpdump's form.

use super::packet::{Content, IpContent, Packet};
use net::{CapturedFrame, Direction};
use smoltcp::wire::{
    ArpOperation, ArpPacket, EthernetAddress, Icmpv4Message, Icmpv4Packet, Icmpv6Message, Icmpv6Packet, IpProtocol,
    TcpPacket, UdpPacket,
};
use std::net::{IpAddr, Ipv4Addr};

/// The line: time (UTC), interface, way, what it is.
pub(super) fn line(frame: &CapturedFrame, interface: &str, packet: &Packet<'_>) -> String {
    let way = match frame.direction {
        Direction::In => "In",
        Direction::Out => "Out",
    };
    format!("{} {interface} {way:<3} {}\n", time_of_day(frame.time_ns), describe(packet))
}

fn time_of_day(time_ns: u64) -> String {
    let (seconds, micros) = (time_ns / 1_000_000_000, time_ns / 1000 % 1_000_000);
    format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

fn describe(packet: &Packet<'_>) -> String {
    match &packet.content {
        Content::Arp(arp) => describe_arp(arp),
        Content::Ip(ip) => describe_ip(ip),
        Content::Other => format!("ethertype {:#06x}, length {}", u16::from(packet.kind), packet.body.len()),
    }
}

fn describe_arp(arp: &ArpPacket<&[u8]>) -> String {
    let address = |bytes: &[u8]| match <[u8; 4]>::try_from(bytes) {
        Ok(octets) => Ipv4Addr::from(octets).to_string(),
        Err(_) => "?".to_owned(),
    };
    let (source, target) = (address(arp.source_protocol_addr()), address(arp.target_protocol_addr()));
    match arp.operation() {
        ArpOperation::Request => format!("ARP, Request who-has {target} tell {source}"),
        ArpOperation::Reply => {
            let hardware = <[u8; 6]>::try_from(arp.source_hardware_addr()).map(EthernetAddress);
            let hardware = hardware.map_or_else(|_| "?".to_owned(), |hardware| hardware.to_string());
            format!("ARP, Reply {source} is-at {hardware}")
        }
        ArpOperation::Unknown(code) => format!("ARP, operation {code}"),
    }
}

fn describe_ip(ip: &IpContent<'_>) -> String {
    let name = if ip.source.is_ipv4() { "IP" } else { "IP6" };
    let between = |ports: Option<(u16, u16)>| match ports {
        Some((from, to)) => format!("{name} {} > {}", with_port(ip.source, from), with_port(ip.destination, to)),
        None => format!("{name} {} > {}", ip.source, ip.destination),
    };
    if ip.fragment_offset > 0 {
        let (offset, length) = (ip.fragment_offset, ip.payload.len());
        return format!("{}: {}, fragment at {offset}, length {length}", between(None), ip.protocol);
    }
    let text = match ip.protocol {
        IpProtocol::Tcp => TcpPacket::new_checked(ip.payload)
            .ok()
            .map(|tcp| format!("{}: {}", between(Some((tcp.src_port(), tcp.dst_port()))), describe_tcp(&tcp))),
        IpProtocol::Udp => UdpPacket::new_checked(ip.payload).ok().map(|udp| {
            format!("{}: UDP, length {}", between(Some((udp.src_port(), udp.dst_port()))), udp.payload().len())
        }),
        IpProtocol::Icmp => describe_icmp(ip.payload).map(|text| format!("{}: {text}", between(None))),
        IpProtocol::Icmpv6 => describe_icmp6(ip.payload).map(|text| format!("{}: {text}", between(None))),
        _ => None,
    };
    text.unwrap_or_else(|| format!("{}: {}, length {}", between(None), ip.protocol, ip.payload.len()))
}

/// As tcpdump writes it: the port behind a dot.
fn with_port(ip: IpAddr, port: u16) -> String {
    format!("{ip}.{port}")
}

fn describe_tcp(tcp: &TcpPacket<&[u8]>) -> String {
    let letters = [(tcp.syn(), 'S'), (tcp.fin(), 'F'), (tcp.rst(), 'R'), (tcp.psh(), 'P'), (tcp.urg(), 'U')];
    let mut flags: String = letters.into_iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect();
    if tcp.ack() {
        flags.push('.');
    }
    let (start, length) = (tcp.seq_number().0.cast_unsigned(), tcp.payload().len());
    // Below 64 KiB.
    let end = start.wrapping_add(length as u32);
    let mut text = format!("Flags [{flags}], seq {start}");
    if length > 0 {
        text += &format!(":{end}");
    }
    if tcp.ack() {
        text += &format!(", ack {}", tcp.ack_number().0.cast_unsigned());
    }
    text + &format!(", win {}, length {length}", tcp.window_len())
}

fn describe_icmp(payload: &[u8]) -> Option<String> {
    let icmp = Icmpv4Packet::new_checked(payload).ok()?;
    let length = payload.len();
    Some(match icmp.msg_type() {
        Icmpv4Message::EchoRequest => {
            format!("ICMP echo request, id {}, seq {}, length {length}", icmp.echo_ident(), icmp.echo_seq_no())
        }
        Icmpv4Message::EchoReply => {
            format!("ICMP echo reply, id {}, seq {}, length {length}", icmp.echo_ident(), icmp.echo_seq_no())
        }
        other => format!("ICMP {other}, code {}, length {length}", icmp.msg_code()),
    })
}

fn describe_icmp6(payload: &[u8]) -> Option<String> {
    let icmp = Icmpv6Packet::new_checked(payload).ok()?;
    let length = payload.len();
    Some(match icmp.msg_type() {
        Icmpv6Message::EchoRequest => {
            format!("ICMP6, echo request, id {}, seq {}, length {length}", icmp.echo_ident(), icmp.echo_seq_no())
        }
        Icmpv6Message::EchoReply => {
            format!("ICMP6, echo reply, id {}, seq {}, length {length}", icmp.echo_ident(), icmp.echo_seq_no())
        }
        other => format!("ICMP6, {other}, length {length}"),
    })
}
