//! UDP and ping.

use super::world::{OWN, World, at, endpoint, pattern};
use interfaces::{Errno, Result};
use smoltcp::wire::IpEndpoint;
use std::net::{IpAddr, Shutdown, SocketAddr};
use vfs::Interest;
use vfs::socket::{Family, GroupInterface, OptionValue, Received, Socket, SocketOption, Take};

fn receive(world: &mut World, socket: &dyn Socket) -> Result<(Vec<u8>, SocketAddr)> {
    let mut buffer = vec![0; 70_000];
    let mut outcome = Err(Errno::EAGAIN);
    world.until(10, |_| {
        outcome = socket.receive(&mut buffer, Take::Remove);
        outcome != Err(Errno::EAGAIN)
    });
    outcome.map(|got| (buffer[..got.count].to_vec(), got.from.expect("a sender")))
}

fn bound(world: &World, family: Family, address: &str) -> impl Socket + use<> {
    let socket = world.udp(family);
    socket.bind(at(address)).expect("a free port");
    socket
}

#[test]
fn datagrams_of_all_sizes_go_both_ways() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let socket = bound(&world, Family::V4, "0.0.0.0:7000");
    // Twice each: the second of two fragmented ones must not disturb the first.
    for length in [0, 1, 1472, 1473, 9000, 65000, 65507] {
        let data = pattern(length);
        for _ in 0..2 {
            assert_eq!(socket.send(&data, Some(at("10.0.0.1:7"))), Ok(length));
        }
        for _ in 0..2 {
            world.until(10, |world| world.peer.udp(handle).can_recv());
            let (bytes, from) = world.peer.udp(handle).recv().expect("a datagram");
            assert!(bytes == data, "{length} bytes out");
            assert_eq!(SocketAddr::from(from.endpoint), at("10.0.0.5:7000"));
        }
        world.peer.udp(handle).send_slice(&data, IpEndpoint::from(at("10.0.0.5:7000"))).expect("room");
        let (bytes, from) = receive(&mut world, &socket).expect("a datagram");
        assert!(bytes == data, "{length} bytes in");
        assert_eq!(from, at("10.0.0.1:7"));
    }
    assert_eq!(socket.send(&pattern(65508), Some(at("10.0.0.1:7"))), Err(Errno::EMSGSIZE));
    drop(socket);
    world.pass(1);
    world.assert_clean();
}

#[test]
fn ipv6_and_mapped_addresses() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let socket = bound(&world, Family::V6, "[::]:7000");
    for (to, from) in [("[fd00::1]:7", "[fd00::5]:7000"), ("[::ffff:10.0.0.1]:7", "10.0.0.5:7000")] {
        socket.send(b"six", Some(at(to))).expect("room");
        world.until(10, |world| world.peer.udp(handle).can_recv());
        let (_, meta) = world.peer.udp(handle).recv().expect("a datagram");
        assert_eq!(SocketAddr::from(meta.endpoint), at(from));
        world.peer.udp(handle).send_slice(b"back", meta.endpoint).expect("room");
        assert_eq!(receive(&mut world, &socket), Ok((b"back".to_vec(), at(to))));
    }
    // A link-local peer is shown with its interface.
    let own: SocketAddr = "[fe80::ff:fe00:5]:7000".parse().expect("an address");
    world.peer.udp(handle).send_slice(b"near", IpEndpoint::from(own)).expect("room");
    let (_, from) = receive(&mut world, &socket).expect("a datagram");
    assert_eq!(from, at("[fe80::1%2]:7"));
    assert_eq!(socket.send(b"near", Some(from)), Ok(4));
    world.until(10, |world| world.peer.udp(handle).can_recv());
    assert_eq!(socket.send(&[0; 1453], Some(at("[fd00::1]:7"))), Err(Errno::EMSGSIZE));
    assert_eq!(socket.send(&[0; 60_000], Some(at("[::1]:7"))), Ok(60_000));
}

#[test]
fn a_connected_socket_hears_its_peer_alone() {
    let mut world = World::new(OWN);
    let (right, wrong) = (world.peer.bind(7), world.peer.bind(8));
    let any = bound(&world, Family::V4, "0.0.0.0:7000");
    any.set_option(SocketOption::ReuseAddress, OptionValue::Flag(true)).expect("an option");
    let socket = world.udp(Family::V4);
    assert_eq!(socket.send(b"x", None), Err(Errno::EDESTADDRREQ));
    socket.connect(at("10.0.0.1:7")).expect("a route");
    let own = socket.local_address().expect("bound by connecting");
    assert_eq!(own.ip().to_string(), "10.0.0.5");
    assert_eq!(socket.send(b"x", None), Ok(1));
    for handle in [wrong, right] {
        world.peer.udp(handle).send_slice(&[if handle == right { 1 } else { 2 }], IpEndpoint::from(own)).expect("room");
    }
    assert_eq!(receive(&mut world, &socket), Ok((vec![1], at("10.0.0.1:7"))));
    world.pass(1);
    assert_eq!(socket.receive(&mut [0], Take::Remove), Err(Errno::EAGAIN));
    socket.shutdown(Shutdown::Both).expect("connected");
    assert_eq!(socket.send(b"x", None), Err(Errno::EPIPE));
    assert_eq!(
        socket.receive(&mut [0], Take::Remove),
        Ok(Received { count: 0, length: 0, from: None, hop_limit: None })
    );
}

#[test]
fn a_socket_bound_to_an_interface_hears_and_uses_no_other() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let socket = bound(&world, Family::V4, "0.0.0.0:7000");
    let device = |index| socket.set_option(SocketOption::Device, OptionValue::Number(index));
    assert_eq!(device(3), Err(Errno::ENODEV));
    device(2).expect("eth0");
    assert_eq!(socket.option(SocketOption::Device), Ok(OptionValue::Number(2)));
    let sender = world.udp(Family::V4);
    sender.send(b"from within", Some(at("127.0.0.1:7000"))).expect("room");
    world.peer.udp(handle).send_slice(b"from outside", endpoint("10.0.0.5:7000")).expect("room");
    assert_eq!(receive(&mut world, &socket), Ok((b"from outside".to_vec(), at("10.0.0.1:7"))));
    world.pass(1);
    assert_eq!(socket.receive(&mut [0], Take::Remove), Err(Errno::EAGAIN));
    assert_eq!(socket.send(b"x", Some(at("127.0.0.1:7"))), Err(Errno::ENETUNREACH));
    device(1).expect("lo");
    assert_eq!(socket.send(b"x", Some(at("10.0.0.1:7"))), Err(Errno::ENETUNREACH));
    assert_eq!(socket.send(b"x", Some(at("127.0.0.1:7000"))), Ok(1));
    assert_eq!(receive(&mut world, &socket), Ok((b"x".to_vec(), at("127.0.0.1:7000"))));
    device(0).expect("any");
    assert_eq!(socket.send(b"x", Some(at("10.0.0.1:7"))), Ok(1));
}

#[test]
fn unreachable_ports_are_told_in_both_directions() {
    let mut world = World::new(OWN);
    for (family, to) in [(Family::V4, "10.0.0.1:9"), (Family::V6, "[fd00::1]:9")] {
        let socket = world.udp(family);
        socket.connect(at(to)).expect("a route");
        socket.send(b"anybody?", None).expect("room");
        world.until(10, |_| socket.poll(Interest::default(), None).readable);
        assert_eq!(socket.send(b"again", None), Err(Errno::ECONNREFUSED));
        assert_eq!(socket.send(b"again", None), Ok(5));
        assert_eq!(receive(&mut world, &socket), Err(Errno::ECONNREFUSED));
    }
    // The peer asks a port that nobody has here, and the stack says so: ICMP type 3 code 3, ICMPv6 type 1 code 4.
    let handle = world.peer.bind(7);
    world.keep_seen = true;
    for to in ["10.0.0.5:9", "[fd00::5]:9"] {
        world.peer.udp(handle).send_slice(b"anybody?", IpEndpoint::from(at(to))).expect("room");
    }
    world.until(10, |world| {
        let v4 = world.seen.iter().any(|frame| frame[12..14] == [8, 0] && frame[23] == 1 && frame[34..36] == [3, 3]);
        let v6 = world.seen.iter().any(|frame| frame[12] == 0x86 && frame[20] == 58 && frame[54..56] == [1, 4]);
        v4 && v6
    });
    world.pass(5);
    world.assert_clean();
}

#[test]
fn a_dead_neighbour_holds_up_nobody_else() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let (dead, alive) = (bound(&world, Family::V4, "0.0.0.0:1"), bound(&world, Family::V4, "0.0.0.0:2"));
    // The stack knows the peer, then asks for somebody who is not there.
    alive.send(b"first", Some(at("10.0.0.1:7"))).expect("room");
    world.until(10, |world| world.peer.udp(handle).can_recv());
    for _ in 0..10 {
        dead.send(b"to nobody", Some(at("10.0.0.99:7"))).expect("room");
    }
    alive.send(b"second", Some(at("10.0.0.1:7"))).expect("room");
    let start = world.now();
    world.until(10, |world| world.peer.udp(handle).recv().is_ok_and(|(bytes, _)| bytes == b"second"));
    assert!((world.now() - start).total_millis() < 100);
    world.until(10, |_| dead.take_error() == Some(Errno::EHOSTUNREACH));
    dead.send(b"to the living", Some(at("10.0.0.1:7"))).expect("room");
    world.until(10, |world| world.peer.udp(handle).recv().is_ok_and(|(bytes, _)| bytes == b"to the living"));
    drop((dead, alive));
    world.pass(5);
    world.assert_clean();
}

#[test]
fn what_was_sent_before_closing_goes() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let socket = world.udp(Family::V4);
    for n in 0..5u8 {
        socket.send(&[n], Some(at("10.0.0.1:7"))).expect("room");
    }
    drop(socket);
    for n in 0..5u8 {
        world.until(10, |world| world.peer.udp(handle).can_recv());
        assert_eq!(world.peer.udp(handle).recv().expect("a datagram").0, [n]);
    }
    world.pass(5);
    world.assert_clean();
}

#[test]
fn broadcasts_need_leave_and_reach_everybody() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let one = bound(&world, Family::V4, "0.0.0.0:7000");
    assert_eq!(one.send(b"all", Some(at("10.0.0.255:7"))), Err(Errno::EACCES));
    one.set_option(SocketOption::Broadcast, OptionValue::Flag(true)).expect("an option");
    for to in ["10.0.0.255:7", "255.255.255.255:7"] {
        assert_eq!(one.send(b"all", Some(at(to))), Ok(3));
        world.until(10, |world| world.peer.udp(handle).recv().is_ok());
    }
    let specific = world.udp(Family::V4);
    assert_eq!(specific.bind(at("10.0.0.5:7000")), Err(Errno::EADDRINUSE));
    world.peer.udp(handle).send_slice(b"you", IpEndpoint::from(at("10.0.0.255:7000"))).expect("room");
    assert_eq!(receive(&mut world, &one), Ok((b"you".to_vec(), at("10.0.0.1:7"))));
}

#[test]
fn groups_are_heard_by_their_members() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let share = |socket: &dyn Socket| {
        socket.set_option(SocketOption::ReuseAddress, OptionValue::Flag(true)).expect("an option");
        socket.bind(at("0.0.0.0:5353")).expect("a shared port");
    };
    let sockets = [world.udp(Family::V4), world.udp(Family::V4), world.udp(Family::V4)];
    sockets.iter().for_each(|socket| share(socket));
    let group: IpAddr = "224.0.0.251".parse().expect("an address");
    for socket in &sockets[..2] {
        assert_eq!(socket.join_group(group, GroupInterface::Any), Ok(()));
        assert_eq!(socket.join_group(group, GroupInterface::Any), Err(Errno::EADDRINUSE));
    }
    world.pass(1);
    world.peer.udp(handle).send_slice(b"mdns", IpEndpoint::from(at("224.0.0.251:5353"))).expect("room");
    for socket in &sockets[..2] {
        assert_eq!(receive(&mut world, socket), Ok((b"mdns".to_vec(), at("10.0.0.1:7"))));
    }
    assert_eq!(sockets[2].receive(&mut [0], Take::Remove), Err(Errno::EAGAIN));
    // Members on the same machine hear each other.
    assert_eq!(sockets[0].send(b"self", Some(at("224.0.0.251:5353"))), Ok(4));
    assert_eq!(receive(&mut world, &sockets[1]), Ok((b"self".to_vec(), at("10.0.0.5:5353"))));
    assert_eq!(sockets[1].leave_group(group, GroupInterface::Any), Ok(()));
    assert_eq!(sockets[1].leave_group(group, GroupInterface::Any), Err(Errno::EADDRNOTAVAIL));
    world.pass(1);
    drop(sockets);
    world.pass(1);
    world.peer.udp(handle).send_slice(b"mdns", IpEndpoint::from(at("224.0.0.251:5353"))).expect("room");
    world.pass(1);
    world.assert_clean();
}

#[test]
fn a_socket_that_nobody_reads_is_bounded() {
    let mut world = World::new(OWN);
    let handle = world.peer.bind(7);
    let socket = bound(&world, Family::V4, "10.0.0.5:7000");
    socket.set_option(SocketOption::ReceiveBuffer, OptionValue::Number(20_000)).expect("an option");
    for _ in 0..100 {
        world.peer.udp(handle).send_slice(&[0; 1000], IpEndpoint::from(at("10.0.0.5:7000"))).expect("room");
        world.until(1, |world| world.peer.udp(handle).send_queue() == 0);
    }
    world.pass(1);
    let status = crate::listing::sockets(&world.shared);
    assert!(status[0].receive_queue < 22_000 && status[0].dropped > 70, "{status:?}");
    // A short buffer gets the beginning, and is told the whole length.
    let mut short = [1; 10];
    assert_eq!(socket.receive(&mut short, Take::Peek).map(|got| (got.count, got.length)), Ok((10, 1000)));
    assert_eq!(socket.receive(&mut short, Take::Remove).map(|got| (got.count, got.length)), Ok((10, 1000)));
}

#[test]
fn pings_go_both_ways() {
    let mut world = World::new(OWN);
    for (family, to, request, reply) in [
        (Family::V4, "10.0.0.1:0", 8, 0),
        (Family::V6, "[fd00::1]:0", 128, 129),
        (Family::V4, "127.0.0.1:0", 8, 0),
        (Family::V6, "[::1]:0", 128, 129),
    ] {
        let socket = world.ping(family);
        for length in [8, 64, 1400, 4000] {
            if family == Family::V6 && length > 1400 && to != "[::1]:0" {
                continue;
            }
            let mut message = vec![request, 0, 0, 0, 0, 0, 0, 9];
            message.extend(pattern(length - 8));
            assert_eq!(socket.send(&message, Some(at(to))), Ok(length));
            let (answer, from) = receive(&mut world, &socket).expect("an answer");
            assert_eq!((answer[0], answer[7], from), (reply, 9, at(to)));
            assert!(answer[8..] == message[8..]);
        }
        assert_eq!(socket.send(&[request, 0, 0, 0, 0, 0, 0], Some(at(to))), Err(Errno::EINVAL));
        assert_eq!(socket.send(&[reply, 0, 0, 0, 0, 0, 0, 0], Some(at(to))), Err(Errno::EINVAL));
    }
    world.pass(5);
    world.assert_clean();
}

#[test]
fn a_hop_too_many_is_told_to_the_pinger() {
    let mut world = World::new(OWN);
    world.middleman = Some(time_exceeded);
    let socket = world.ping(Family::V4);
    socket.send(&[8, 0, 0, 0, 0, 0, 0, 1], Some(at("192.0.2.1:0"))).expect("a router");
    assert_eq!(receive(&mut world, &socket), Err(Errno::EHOSTUNREACH));
}

/// A router that forwards nothing.
fn time_exceeded(frame: &[u8]) -> Option<Vec<u8>> {
    use smoltcp::wire::{Icmpv4Packet, Icmpv4Repr, Icmpv4TimeExceeded, Ipv4Packet, Ipv4Repr};
    if frame[12..14] != [8, 0] || frame[30] != 192 {
        return None;
    }
    let checks = smoltcp::phy::ChecksumCapabilities::default();
    let ip = Ipv4Packet::new_checked(&frame[14..]).ok()?;
    let header = Ipv4Repr::parse(&ip, &checks).ok()?;
    let reason = Icmpv4TimeExceeded::TtlExpired;
    let icmp = Icmpv4Repr::TimeExceeded { reason, header, data: ip.payload() };
    let outer =
        Ipv4Repr { src_addr: super::peer::V4, dst_addr: header.src_addr, payload_len: icmp.buffer_len(), ..header };
    let mut answer = vec![0; 14 + 20 + icmp.buffer_len()];
    answer[..6].copy_from_slice(&frame[6..12]);
    answer[6..12].copy_from_slice(&super::peer::MAC);
    answer[12] = 8;
    outer.emit(&mut Ipv4Packet::new_unchecked(&mut answer[14..]), &checks);
    icmp.emit(&mut Icmpv4Packet::new_unchecked(&mut answer[34..]), &checks);
    Some(answer)
}
