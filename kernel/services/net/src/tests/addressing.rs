//! Where addresses come from: DHCP, routers, the command line; and what happens when they go.

use super::peer;
use super::world::{OWN, World, at, endpoint};
use crate::status::Origin;
use smoltcp::iface::SocketHandle;
use smoltcp::wire::{
    DhcpMessageType, DhcpOption, DhcpPacket, DhcpRepr, Icmpv6Packet, Icmpv6Repr, IpEndpoint, Ipv6Packet, Ipv6Repr,
    NdiscNeighborFlags, NdiscRepr,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use vfs::socket::{Family, Socket};

const OFFERED: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 15);

fn addresses(world: &World) -> Vec<(String, Origin)> {
    let board = world.shared.board();
    board.interfaces[1].addresses.iter().map(|known| (known.net.to_string(), known.origin)).collect()
}

fn has(world: &World, net: &str) -> bool {
    addresses(world).iter().any(|(known, _)| known == net)
}

fn logged(world: &World, part: &str) -> usize {
    world.log().iter().filter(|line| line.contains(part)).count()
}

/// Answers the DHCP messages that have come; the lease is for `seconds`. Returns how many requests were answered.
fn serve_dhcp(world: &mut World, handle: SocketHandle, seconds: u32) -> usize {
    let mut granted = 0;
    let mut answers = Vec::new();
    while let Ok((bytes, _)) = world.peer.udp(handle).recv() {
        let packet = DhcpPacket::new_checked(bytes).expect("a DHCP message");
        let question = DhcpRepr::parse(&packet).expect("a DHCP message");
        let message_type = match question.message_type {
            DhcpMessageType::Discover => DhcpMessageType::Offer,
            DhcpMessageType::Request => DhcpMessageType::Ack,
            _ => continue,
        };
        granted += usize::from(message_type == DhcpMessageType::Ack);
        let servers = [DhcpOption { kind: 42, data: &[10, 0, 0, 123] }];
        let answer = DhcpRepr {
            message_type,
            transaction_id: question.transaction_id,
            secs: 0,
            client_hardware_address: question.client_hardware_address,
            client_ip: Ipv4Addr::UNSPECIFIED,
            your_ip: OFFERED,
            server_ip: peer::V4,
            router: Some(peer::V4),
            subnet_mask: Some(Ipv4Addr::new(255, 255, 255, 0)),
            relay_agent_ip: Ipv4Addr::UNSPECIFIED,
            broadcast: false,
            requested_ip: None,
            client_identifier: None,
            server_identifier: Some(peer::V4),
            parameter_request_list: None,
            max_size: None,
            lease_duration: Some(seconds),
            renew_duration: None,
            rebind_duration: None,
            dns_servers: Some([Ipv4Addr::new(10, 0, 0, 53)].into_iter().collect()),
            additional_options: &servers,
        };
        let mut bytes = vec![0; answer.buffer_len()];
        answer.emit(&mut DhcpPacket::new_unchecked(&mut bytes[..])).expect("room");
        answers.push(bytes);
    }
    for bytes in answers {
        let to = IpEndpoint::new(Ipv4Addr::BROADCAST.into(), 68);
        world.peer.udp(handle).send_slice(&bytes, to).expect("room");
    }
    granted
}

#[test]
fn dhcp_gives_everything_and_renews() {
    let mut world = World::new("");
    let handle = world.peer.bind(67);
    world.until(5, |world| {
        serve_dhcp(world, handle, 600);
        has(world, "10.0.0.15/24")
    });
    let board = world.shared.board().clone();
    assert_eq!(board.name_servers, [IpAddr::from([10, 0, 0, 53])]);
    assert_eq!(board.time_servers, [IpAddr::from([10, 0, 0, 123])]);
    assert!(board.routes.iter().any(|route| route.to.prefix == 0 && route.via == Some(peer::V4.into())));
    assert_eq!(logged(&world, "10.0.0.15/24 by DHCP, router 10.0.0.1"), 1);
    // A connection survives renewals.
    let listener = world.tcp(Family::V4);
    listener.bind(at("0.0.0.0:80")).expect("a free port");
    listener.listen(1).expect("a free port");
    let connection = world.peer.connect(endpoint("10.0.0.15:80"));
    let mut granted = 0;
    let end = world.now() + smoltcp::time::Duration::from_secs(3000);
    world.until(3001, |world| {
        granted += serve_dhcp(world, handle, 600);
        world.now() >= end
    });
    assert!((8..=20).contains(&granted), "{granted} renewals");
    assert_eq!(world.peer.tcp(connection).state(), smoltcp::socket::tcp::State::Established);
    assert_eq!(logged(&world, "DHCP"), 1);
}

#[test]
fn a_dhcp_server_that_is_gone_costs_the_address_in_the_end() {
    let mut world = World::new("");
    let handle = world.peer.bind(67);
    world.until(5, |world| {
        serve_dhcp(world, handle, 600);
        has(world, "10.0.0.15/24")
    });
    world.pass(590);
    assert!(has(&world, "10.0.0.15/24"));
    world.pass(20);
    assert!(!has(&world, "10.0.0.15/24"));
    assert_eq!(logged(&world, "the DHCP lease is lost"), 1);
    assert!(world.shared.board().name_servers.is_empty());
    // It comes back, and so does the address.
    world.until(20, |world| {
        serve_dhcp(world, handle, 600);
        has(world, "10.0.0.15/24")
    });
}

#[test]
fn no_dhcp_server_is_said_once() {
    let mut world = World::new("");
    world.pass(3600);
    assert_eq!(logged(&world, "no DHCP server answers"), 1);
    assert!(has(&world, "fe80::ff:fe00:5/64"));
    assert!(world.steps_in(3600) < 5000, "asking takes more steps than it should");
}

#[test]
fn no_carrier_is_said_once_and_a_cable_brings_everything() {
    let mut world = World::new("");
    world.nic.set_up(false);
    let handle = world.peer.bind(67);
    world.pass(60);
    assert_eq!((logged(&world, "link down"), logged(&world, "DHCP")), (1, 0));
    world.nic.set_up(true);
    world.until(10, |world| {
        serve_dhcp(world, handle, 6000);
        has(world, "10.0.0.15/24")
    });
    // Pulled for a moment, the address stays; for longer, it must be asked for again.
    world.nic.set_up(false);
    world.pass(2);
    world.nic.set_up(true);
    world.pass(1);
    assert!(has(&world, "10.0.0.15/24"));
    world.nic.set_up(false);
    world.pass(20);
    world.nic.set_up(true);
    world.pass(1);
    assert!(!has(&world, "10.0.0.15/24"));
    world.until(10, |world| {
        serve_dhcp(world, handle, 6000);
        has(world, "10.0.0.15/24")
    });
}

#[test]
fn static_settings_hold() {
    let world = World::new("ip=10.0.0.5/24,gw=10.0.0.1,dns=10.0.0.53 ip6=fd00::5/64,gw=fd00::1 dns=9.9.9.9");
    assert_eq!(
        addresses(&world),
        [
            ("fe80::ff:fe00:5/64".into(), Origin::LinkLocal),
            ("10.0.0.5/24".into(), Origin::Static),
            ("fd00::5/64".into(), Origin::Static),
        ]
    );
    let board = world.shared.board();
    assert_eq!(board.name_servers, [IpAddr::from([9, 9, 9, 9]), [10, 0, 0, 53].into()]);
    let routers: Vec<_> = board.routes.iter().filter_map(|route| route.via).map(|via| via.to_string()).collect();
    assert_eq!(routers, ["10.0.0.1", "fd00::1"]);
}

/// Sends an ICMPv6 message with the hop limit that shows that it was not forwarded.
fn say(world: &mut World, from: Ipv6Addr, to: Ipv6Addr, message: &[u8]) {
    let header = Ipv6Repr {
        src_addr: from,
        dst_addr: to,
        next_header: smoltcp::wire::IpProtocol::Icmpv6,
        payload_len: message.len(),
        hop_limit: 255,
    };
    let mut frame = vec![0; 14 + 40 + message.len()];
    frame[..6].copy_from_slice(&[0x33, 0x33, 0, 0, 0, 1]);
    frame[6..12].copy_from_slice(&peer::MAC);
    frame[12..14].copy_from_slice(&[0x86, 0xdd]);
    header.emit(&mut Ipv6Packet::new_unchecked(&mut frame[14..54]));
    frame[54..].copy_from_slice(message);
    Icmpv6Packet::new_unchecked(&mut frame[54..]).fill_checksum(&from, &to);
    world.inject(frame);
}

const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// A router advertisement for fd00::/64 with a name server.
fn advertisement() -> Vec<u8> {
    let mut message = vec![134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend([3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0xfd]);
    message.extend([0; 15]);
    message.extend([25, 3, 0, 0, 0, 0, 0x0e, 0x10, 0xfd]);
    message.extend([0; 14]);
    message.push(0x53);
    message
}

#[test]
fn a_router_gives_an_address_and_takes_it_away() {
    let mut world = World::new("ip=off");
    world.pass(1);
    say(&mut world, ROUTER, ALL_NODES, &advertisement());
    world.until(1, |world| has(world, "fd00::ff:fe00:5/64"));
    assert_eq!(world.shared.board().name_servers, ["fd00::53".parse::<IpAddr>().expect("an address")]);
    let handle = world.peer.listen(7);
    let client = world.tcp(Family::V6);
    let _ = client.connect(at("[2001:db8::77:1234]:7"));
    assert_eq!(client.local_address().expect("a route").ip().to_string(), "fd00::ff:fe00:5");
    let client = world.tcp(Family::V6);
    let _ = client.connect(at("[fd00::1]:7"));
    world.until(5, |world| world.peer.tcp(handle).state() == smoltcp::socket::tcp::State::Established);
    // The router's word ends after half an hour, the prefix's after an hour.
    world.pass(1900);
    assert!(world.shared.board().routes.iter().all(|route| route.via.is_none()));
    assert!(has(&world, "fd00::ff:fe00:5/64"));
    world.pass(1800);
    assert!(!has(&world, "fd00::ff:fe00:5/64"));
}

#[test]
fn a_forwarded_or_forged_advertisement_is_ignored() {
    let mut world = World::new("ip=off");
    world.pass(1);
    say(&mut world, "fd00::1".parse().expect("an address"), ALL_NODES, &advertisement());
    let mut multicast = advertisement();
    multicast[32..34].copy_from_slice(&[0xff, 0x02]);
    say(&mut world, ROUTER, ALL_NODES, &multicast);
    world.pass(1);
    let made = addresses(&world).iter().filter(|(_, origin)| *origin == Origin::Router).count();
    assert_eq!(made, 0);
}

#[test]
fn an_address_that_somebody_has_is_not_used() {
    let mut world = World::new(OWN);
    let own: Ipv6Addr = "fd00::5".parse().expect("an address");
    let object = |world: &mut World| {
        let advert = Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert {
            flags: NdiscNeighborFlags::OVERRIDE,
            target_addr: own,
            lladdr: Some(smoltcp::wire::EthernetAddress([2, 0, 0, 0, 0, 99]).into()),
        });
        let mut message = vec![0; advert.buffer_len()];
        let checks = smoltcp::phy::ChecksumCapabilities::default();
        advert.emit(&ROUTER, &ALL_NODES, &mut Icmpv6Packet::new_unchecked(&mut message[..]), &checks);
        say(world, ROUTER, ALL_NODES, &message);
    };
    world.pass(10);
    object(&mut world);
    world.pass(1);
    assert!(has(&world, "fd00::5/64"), "an objection that late is an attack");
    let mut world = World::new(OWN);
    object(&mut world);
    world.pass(1);
    assert!(!has(&world, "fd00::5/64"));
    assert_eq!(logged(&world, "fd00::5 is 02:00:00:00:00:63's already"), 1);
}

#[test]
fn neighbours_are_listed() {
    let mut world = World::new(OWN);
    let socket = world.udp(Family::V6);
    for to in ["[::ffff:10.0.0.1]:7", "[fd00::1]:7"] {
        socket.send(b"hello", Some(at(to))).expect("room");
    }
    world.pass(2);
    let neighbours = crate::listing::neighbours(&world.shared);
    let known: Vec<_> = neighbours.iter().map(|known| (known.address.to_string(), known.mac.0)).collect();
    assert_eq!(known, [("10.0.0.1".into(), peer::MAC), ("fd00::1".into(), peer::MAC)]);
    assert!(neighbours.iter().all(|known| known.interface == "eth0"));
}

#[test]
fn captures_see_what_passes() {
    let mut world = World::new(OWN);
    let capture = world.shared.captures.open(None, 60);
    let other = world.shared.captures.open(Some(crate::routes::LinkId::LOOPBACK), 60);
    let socket = world.udp(Family::V4);
    socket.send(&[1; 1000], Some(at("10.0.0.1:7"))).expect("room");
    world.pass(2);
    let frames: Vec<_> = std::iter::from_fn(|| capture.try_next()).collect();
    let data = frames.iter().find(|frame| frame.length == 1042).expect("the datagram");
    assert_eq!((data.bytes.len(), data.direction, data.interface), (60, crate::Direction::Out, 2));
    assert!(frames.iter().any(|frame| frame.direction == crate::Direction::In));
    assert!(other.try_next().is_none());
    drop((capture, other));
    assert!(!world.shared.captures.is_active());
}
