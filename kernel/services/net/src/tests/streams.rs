//! TCP on a good wire.

use super::world::{OWN, World, at, endpoint, pattern, receive_some, send_some};
use interfaces::Errno;
use smoltcp::socket::tcp::State;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use vfs::socket::{Family, OptionValue, Socket, SocketOption, Take, TcpState};

/// Waits until a connection is made or fails.
fn finish_connect(world: &mut World, socket: &dyn Socket, to: SocketAddr) -> Result<(), Errno> {
    let mut outcome = socket.connect(to);
    world.until(200, |_| {
        if matches!(outcome, Err(Errno::EINPROGRESS | Errno::EALREADY)) {
            outcome = socket.connect(to);
        }
        !matches!(outcome, Err(Errno::EINPROGRESS | Errno::EALREADY))
    });
    outcome
}

fn accept(world: &mut World, listener: &dyn Socket) -> (Arc<dyn Socket>, SocketAddr) {
    let mut accepted = None;
    world.until(10, |_| {
        accepted = listener.accept().ok();
        accepted.is_some()
    });
    accepted.expect("a connection")
}

fn listener(world: &World, family: Family, address: &str) -> impl Socket + use<> {
    let listener = world.tcp(family);
    listener.set_option(SocketOption::ReuseAddress, OptionValue::Flag(true)).expect("an option");
    listener.bind(at(address)).expect("a free port");
    listener.listen(16).expect("a free port");
    listener
}

#[test]
fn loopback_carries_both_families() {
    let mut world = World::new(OWN);
    for (family, bind, connect, peer) in [
        (Family::V4, "127.0.0.1:80", "127.0.0.1:80", "127.0.0.1"),
        (Family::V4, "0.0.0.0:80", "10.0.0.5:80", "10.0.0.5"),
        (Family::V6, "[::]:80", "[::1]:80", "::1"),
        (Family::V6, "[::]:80", "[fd00::5]:80", "fd00::5"),
        (Family::V6, "[::]:80", "[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1"),
    ] {
        let listener = listener(&world, family, bind);
        let client = world.tcp(family);
        assert_eq!(finish_connect(&mut world, &client, at(connect)), Ok(()));
        let (server, from) = accept(&mut world, &listener);
        assert_eq!(from.ip().to_string(), peer);
        assert_eq!(client.local_address(), Ok(from));
        assert_eq!(client.peer_address(), Ok(at(connect)));
        let data = pattern(300_000);
        let (mut sent, mut received) = (0, Vec::new());
        let start = world.now();
        world.until(10, |_| {
            send_some(&client, &data, &mut sent).expect("an open connection");
            receive_some(&*server, &mut received).expect("an open connection");
            received.len() == data.len()
        });
        assert!(received == data);
        assert!((world.now() - start).total_millis() < 100, "loopback waits for timers");
        drop((client, server, listener));
        world.until(30, |world| world.engine.counts() == (0, 0));
    }
    world.pass(1);
    world.assert_clean();
}

#[test]
fn data_goes_both_ways_to_a_peer() {
    let mut world = World::new(OWN);
    for (family, to) in [(Family::V4, "10.0.0.1:7"), (Family::V6, "[fd00::1]:7")] {
        let handle = world.peer.listen(7);
        let client = world.tcp(family);
        assert_eq!(client.connect(at(to)), Err(Errno::EINPROGRESS));
        assert_eq!(client.connect(at(to)), Err(Errno::EALREADY));
        assert!(!client.poll(vfs::Interest { read: true, write: true }, None).writable);
        assert_eq!(finish_connect(&mut world, &client, at(to)), Ok(()));
        assert_eq!(client.connect(at(to)), Err(Errno::EISCONN));
        let data = pattern(1_000_000);
        let (mut sent, mut received) = (0, Vec::new());
        world.until(60, |world| {
            send_some(&client, &data, &mut sent).expect("an open connection");
            echo(world, handle);
            receive_some(&client, &mut received).expect("an open connection");
            received.len() == data.len()
        });
        assert!(received == data);
        client.shutdown(Shutdown::Write).expect("an open connection");
        assert_eq!(client.send(b"x", None), Err(Errno::EPIPE));
        world.until(10, |world| world.peer.tcp(handle).state() == State::CloseWait);
        world.peer.tcp(handle).close();
        world.until(10, |_| receive_some(&client, &mut received) == Ok(true));
        drop(client);
        world.pass(11);
        world.peer.sockets.remove(handle);
    }
    world.assert_clean();
}

/// Sends back what came.
fn echo(world: &mut World, handle: smoltcp::iface::SocketHandle) {
    let socket = world.peer.tcp(handle);
    while socket.can_recv() && socket.can_send() {
        let room = socket.send_capacity() - socket.send_queue();
        let bytes = socket.recv(|bytes| {
            let count = bytes.len().min(room);
            (count, bytes[..count].to_vec())
        });
        let bytes = bytes.expect("data");
        if bytes.is_empty() {
            break;
        }
        assert_eq!(socket.send_slice(&bytes), Ok(bytes.len()));
    }
}

#[test]
fn many_connections_wait_in_the_backlog() {
    let mut world = World::new(OWN);
    let listener = listener(&world, Family::V6, "[::]:80");
    let handles: Vec<_> = (0..16).map(|_| world.peer.connect(endpoint("10.0.0.5:80"))).collect();
    world.until(10, |_| listener.poll(vfs::Interest::default(), None).available == 16);
    // The backlog is full: another one waits for room, and gets it.
    let late = world.peer.connect(endpoint("10.0.0.5:80"));
    world.pass(2);
    assert_eq!(world.peer.tcp(late).state(), State::SynSent);
    let mut accepted = Vec::new();
    world.until(10, |world| {
        accepted.extend(listener.accept().ok());
        accepted.len() == 17 && world.peer.tcp(late).state() == State::Established
    });
    assert_eq!(listener.accept().err(), Some(Errno::EAGAIN));
    assert!(accepted.iter().all(|(_, peer)| peer.ip().to_string() == "::ffff:10.0.0.1"));
    let states: Vec<_> = crate::listing::sockets(&world.shared).iter().map(|socket| socket.state).collect();
    assert_eq!(states.iter().filter(|state| **state == TcpState::Established).count(), 17);
    drop(accepted);
    drop(listener);
    world.pass(5);
    for handle in handles.into_iter().chain([late]) {
        world.peer.tcp(handle).close();
    }
    world.pass(15);
    world.assert_clean();
}

#[test]
fn a_closed_port_refuses_and_the_socket_can_try_again() {
    let mut world = World::new(OWN);
    let client = world.tcp(Family::V4);
    assert_eq!(finish_connect(&mut world, &client, at("10.0.0.1:7")), Err(Errno::ECONNREFUSED));
    let handle = world.peer.listen(7);
    assert_eq!(finish_connect(&mut world, &client, at("10.0.0.1:7")), Ok(()));
    drop(client);
    world.peer.sockets.remove(handle);
    world.pass(70);
    // The way of std's connect_timeout: poll, then SO_ERROR.
    let client = world.tcp(Family::V4);
    assert_eq!(client.connect(at("10.0.0.1:7")), Err(Errno::EINPROGRESS));
    world.until(10, |_| client.poll(vfs::Interest { read: false, write: true }, None).hangup);
    assert_eq!(client.take_error(), Some(Errno::ECONNREFUSED));
    assert_eq!(client.take_error(), None);
    drop(client);
    world.pass(1);
    world.assert_clean();
}

#[test]
fn bad_addresses_are_refused_at_once() {
    let world = World::new(OWN);
    let socket = world.tcp(Family::V4);
    assert_eq!(socket.connect(at("[::1]:80")), Err(Errno::EAFNOSUPPORT));
    assert_eq!(socket.connect(at("224.0.0.1:80")), Err(Errno::ENETUNREACH));
    assert_eq!(socket.connect(at("10.0.0.1:0")), Err(Errno::EADDRNOTAVAIL));
    assert_eq!(socket.bind(at("10.0.0.77:80")), Err(Errno::EADDRNOTAVAIL));
    assert_eq!(socket.accept().err(), Some(Errno::EINVAL));
    assert_eq!(socket.send(b"x", None), Err(Errno::ENOTCONN));
    assert_eq!(socket.receive(&mut [0], Take::Remove), Err(Errno::ENOTCONN));
    assert_eq!(socket.shutdown(Shutdown::Both), Err(Errno::ENOTCONN));
    assert_eq!(socket.peer_address(), Err(Errno::ENOTCONN));
    assert_eq!(socket.local_address(), Ok(at("0.0.0.0:0")));
    let six = world.tcp(Family::V6);
    six.set_option(SocketOption::OnlyV6, OptionValue::Flag(true)).expect("not bound yet");
    assert_eq!(six.connect(at("[::ffff:10.0.0.1]:80")), Err(Errno::EAFNOSUPPORT));
    let nowhere = World::new("ip=off ip6=off");
    assert_eq!(nowhere.tcp(Family::V4).connect(at("10.0.0.1:80")), Err(Errno::ENETUNREACH));
}

#[test]
fn ports_are_shared_by_the_rules() {
    let mut world = World::new(OWN);
    let first = listener(&world, Family::V4, "0.0.0.0:80");
    let rival = world.tcp(Family::V4);
    assert_eq!(rival.bind(at("10.0.0.5:80")), Err(Errno::EADDRINUSE));
    let six = world.tcp(Family::V6);
    assert_eq!(six.bind(at("[::]:80")), Err(Errno::EADDRINUSE));
    six.set_option(SocketOption::OnlyV6, OptionValue::Flag(true)).expect("not bound yet");
    assert_eq!(six.bind(at("[::]:80")), Ok(()));
    drop(six);
    // A connection that this side closed first stays in TIME-WAIT.
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    let (server, _) = accept(&mut world, &first);
    drop(server);
    world.until(5, |world| world.peer.tcp(handle).state() == State::CloseWait);
    world.peer.tcp(handle).close();
    world.until(5, |world| world.peer.tcp(handle).state() == State::Closed);
    drop(first);
    world.pass(1);
    assert_eq!(world.tcp(Family::V4).bind(at("0.0.0.0:80")), Err(Errno::EADDRINUSE));
    let second = listener(&world, Family::V4, "0.0.0.0:80");
    drop(second);
    world.pass(11);
    assert_eq!(world.tcp(Family::V4).bind(at("0.0.0.0:80")), Ok(()));
    world.assert_clean();
}

#[test]
fn a_slow_reader_stops_the_sender_and_loses_nothing() {
    let mut world = World::new(OWN);
    let listener = listener(&world, Family::V4, "10.0.0.5:80");
    listener.set_option(SocketOption::ReceiveBuffer, OptionValue::Number(16 * 1024)).expect("an option");
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    let (server, _) = accept(&mut world, &listener);
    let data = pattern(200_000);
    let mut sent = 0;
    let feed = |world: &mut World, sent: &mut usize| {
        *sent += world.peer.tcp(handle).send_slice(&data[*sent..]).expect("an open connection");
    };
    feed(&mut world, &mut sent);
    world.pass(20);
    let waiting = server.poll(vfs::Interest::default(), None).available;
    assert_eq!(waiting, 8 * 1024, "half of the buffer is in the queue, half in the window");
    let mut peeked = [0; 100];
    assert_eq!(server.receive(&mut peeked, Take::Peek).map(|got| got.count), Ok(100));
    assert_eq!(peeked[..], data[..100]);
    let mut received: Vec<u8> = Vec::new();
    world.until(60, |world| {
        feed(world, &mut sent);
        let mut small = [0; 1000];
        if let Ok(got) = server.receive(&mut small, Take::Remove) {
            received.extend(&small[..got.count]);
        }
        received.len() == data.len()
    });
    assert!(received == data);
}

#[test]
fn large_buffers_use_window_scaling() {
    let mut world = World::new(OWN);
    world.faults.delay_us = 50_000;
    let listener = listener(&world, Family::V4, "10.0.0.5:80");
    listener.set_option(SocketOption::ReceiveBuffer, OptionValue::Number(2 * 1024 * 1024)).expect("an option");
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    let (server, _) = accept(&mut world, &listener);
    // Nobody reads; more than an unscaled window arrives nevertheless.
    let data = pattern(300_000);
    let mut sent = 0;
    world.until(60, |world| {
        sent += world.peer.tcp(handle).send_slice(&data[sent..]).expect("an open connection");
        server.poll(vfs::Interest::default(), None).available == 300_000
    });
}

#[test]
fn half_a_connection_still_works() {
    let mut world = World::new(OWN);
    let listener = listener(&world, Family::V4, "10.0.0.5:80");
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    let (server, _) = accept(&mut world, &listener);
    world.peer.tcp(handle).send_slice(b"last words").expect("an open connection");
    world.peer.tcp(handle).close();
    let mut received = Vec::new();
    world.until(5, |_| receive_some(&*server, &mut received) == Ok(true));
    assert_eq!(received, b"last words");
    assert!(!server.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(server.send(b"answer", None), Ok(6));
    world.until(5, |world| world.peer.tcp(handle).recv_queue() == 6);
    drop(server);
    world.until(5, |world| world.peer.tcp(handle).state() == State::TimeWait);
    drop(listener);
    world.pass(1);
    world.assert_clean();
}

#[test]
fn a_listener_that_closes_takes_its_queue_along() {
    let mut world = World::new(OWN);
    let listener = listener(&world, Family::V4, "10.0.0.5:80");
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    world.until(5, |_| listener.poll(vfs::Interest::default(), None).readable);
    drop(listener);
    world.until(5, |world| world.peer.tcp(handle).state() == State::Closed);
    world.pass(1);
    world.assert_clean();
}

#[test]
fn nothing_to_do_costs_nothing() {
    let mut world = World::new(OWN);
    let _listener = listener(&world, Family::V6, "[::]:80");
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    world.until(5, |world| world.peer.tcp(handle).state() == State::Established);
    world.pass(300);
    assert!(world.steps_in(3600) < 20, "an idle hour takes many steps");
}

#[test]
fn a_listener_bound_to_an_interface_takes_connections_from_there_alone() {
    let mut world = World::new(OWN);
    let listener = listener(&world, Family::V4, "0.0.0.0:80");
    listener.set_option(SocketOption::Device, OptionValue::Number(2)).expect("eth0");
    let inside = world.tcp(Family::V4);
    assert_eq!(finish_connect(&mut world, &inside, at("127.0.0.1:80")), Err(Errno::ECONNREFUSED));
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    let (server, _) = accept(&mut world, &listener);
    world.until(10, |world| world.peer.tcp(handle).state() == State::Established);
    assert_eq!(server.option(SocketOption::Device), Ok(OptionValue::Number(2)));
    // A connection stays where it is.
    assert_eq!(server.set_option(SocketOption::Device, OptionValue::Number(1)), Err(Errno::EINVAL));
    let outside = world.tcp(Family::V4);
    outside.set_option(SocketOption::Device, OptionValue::Number(1)).expect("lo");
    assert_eq!(outside.connect(at("10.0.0.1:80")), Err(Errno::ENETUNREACH));
}

#[test]
fn no_listing_has_a_connection_that_is_closed() {
    let mut world = World::new(OWN);
    let listener = listener(&world, Family::V4, "0.0.0.0:80");
    let (inside, outside) = (world.tcp(Family::V4), world.peer.connect(endpoint("10.0.0.5:80")));
    assert_eq!(inside.connect(at("127.0.0.1:80")), Err(Errno::EINPROGRESS));
    let mut servers = Vec::new();
    let mut states = std::collections::BTreeSet::new();
    world.until(30, |world| {
        let listed = crate::listing::sockets(&world.shared);
        let connections = listed.iter().filter(|socket| socket.remote.is_some());
        states.extend(connections.map(|socket| format!("{:?}", socket.state)));
        servers.extend(listener.accept().map(|(server, _)| server));
        let _ = inside.connect(at("127.0.0.1:80"));
        if servers.len() == 2 {
            servers.iter().for_each(|server| {
                let _ = server.shutdown(Shutdown::Write);
            });
            let _ = inside.shutdown(Shutdown::Write);
            world.peer.tcp(outside).close();
        }
        states.contains("TimeWait") && listed.len() == 1
    });
    for state in ["SynReceived", "Established", "TimeWait"] {
        assert!(states.contains(state), "{states:?}");
    }
    assert!(!states.contains("Closed"), "{states:?}");
}
