//! Packets made by hand, as they are shown and chosen.

use super::describe::line;
use super::filter::Filter;
use super::packet::Packet;
use crate::call::Failure;
use net::{CapturedFrame, Direction, LinkType};

/// 12:34:56.789012 on some day.
const TIME_NS: u64 = (20_000 * 86_400 + 12 * 3600 + 34 * 60 + 56) * 1_000_000_000 + 789_012_345;

fn frame(link_type: LinkType, bytes: &[u8]) -> CapturedFrame {
    CapturedFrame {
        time_ns: TIME_NS,
        interface: 2,
        direction: Direction::Out,
        link_type,
        bytes: bytes.into(),
        length: bytes.len(),
    }
}

/// An IPv4 packet without options from 10.0.2.15 to 10.0.2.2.
fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = (20 + payload.len()) as u8;
    let header = [0x45, 0, 0, length, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2];
    [&header, payload].concat()
}

/// An IPv6 packet from ::1 to ::1.
fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0, 0, payload.len() as u8, next, 64];
    for _ in 0..2 {
        packet.extend([0; 15]);
        packet.push(1);
    }
    packet.extend(payload);
    packet
}

fn syn() -> Vec<u8> {
    ipv4(6, &[0xc0, 0, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0])
}

fn dns() -> Vec<u8> {
    ipv4(17, &[0xc0, 1, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4])
}

fn show(link_type: LinkType, bytes: &[u8]) -> String {
    let frame = frame(link_type, bytes);
    line(&frame, "eth0", &Packet::new(&frame))
}

#[test]
fn a_line_tells_time_way_and_ends() {
    assert_eq!(
        show(LinkType::Ip, &syn()),
        "12:34:56.789012 eth0 Out IP 10.0.2.15.49152 > 10.0.2.2.80: Flags [S], seq 7, win 64240, length 0\n"
    );
    let told = |bytes: &[u8]| show(LinkType::Ip, bytes)[25..].trim_end().to_owned();
    assert_eq!(told(&dns()), "IP 10.0.2.15.49153 > 10.0.2.2.53: UDP, length 4");
    let echo = ipv4(1, &[8, 0, 0, 0, 0, 3, 0, 4, 1, 1]);
    assert_eq!(told(&echo), "IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 3, seq 4, length 10");
    // Behind a hop-by-hop header.
    let echo6 = ipv6(0, &[58, 0, 1, 4, 0, 0, 0, 0, 129, 0, 0, 0, 0, 3, 0, 5]);
    assert_eq!(told(&echo6), "IP6 ::1 > ::1: ICMP6, echo reply, id 3, seq 5, length 8");
}

#[test]
fn frames_of_a_card() {
    let header = |kind: [u8; 2]| [&[0xff; 6][..], &[2, 0, 0, 0, 0, 1], &kind].concat();
    let arp =
        [header([8, 6]), vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2]];
    assert!(show(LinkType::Ethernet, &arp.concat()).ends_with("ARP, Request who-has 10.0.2.2 tell 10.0.2.15\n"));
    let tcp = [header([8, 0]), syn()].concat();
    assert!(show(LinkType::Ethernet, &tcp).contains("Flags [S]"));
    let other = [header([0x88, 0xcc]), vec![0; 46]].concat();
    assert!(show(LinkType::Ethernet, &other).ends_with("ethertype 0x88cc, length 46\n"));
}

#[test]
fn cut_and_damaged_packets_do_no_harm() {
    for whole in [syn(), dns(), ipv6(0, &[58, 0, 1, 4, 0, 0, 0, 0, 129, 0]), ipv6(58, &[135, 0, 0, 0])] {
        for length in 0..whole.len() {
            let cut = &whole[..length];
            for link_type in [LinkType::Ip, LinkType::Ethernet] {
                assert!(show(link_type, cut).ends_with('\n'));
            }
        }
        for place in 0..whole.len() {
            for value in [0, 1, 0x0f, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[place] = value;
                assert!(show(LinkType::Ip, &damaged).ends_with('\n'));
            }
        }
    }
}

#[test]
fn filters_choose() {
    let passes = |text: &str, bytes: &[u8]| {
        let find = |host: &str| host.parse().map(|ip| vec![ip]).map_err(|_| Failure::Error("no host".into()));
        let filter = Filter::parse(&[text.to_owned()], &find).expect("a filter");
        filter.passes(&Packet::new(&frame(LinkType::Ip, bytes)))
    };
    for yes in
        ["", "tcp", "ip", "port 80", "dst port 80", "src host 10.0.2.15", "host 10.0.2.2", "tcp port 80", "not udp"]
    {
        assert!(passes(yes, &syn()), "{yes}");
    }
    for no in ["udp", "ip6", "arp", "icmp", "src port 80", "dst host 10.0.2.15", "host ::1", "port 80 and udp", "! tcp"]
    {
        assert!(!passes(no, &syn()), "{no}");
    }
    assert!(passes("port 80 or port 53", &dns()));
    assert!(passes("icmp6 and host ::1", &ipv6(58, &[128, 0, 0, 0, 0, 0, 0, 0])));
}
