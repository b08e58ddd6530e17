//! TCP when things go wrong: lost frames, lost peers, lost sockets.

use super::world::{OWN, World, at, endpoint, pattern, receive_some, send_some};
use interfaces::Errno;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::State;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use vfs::socket::{Family, OptionValue, Socket, SocketOption, TcpState};

/// A connection that the peer opened: its end and ours.
pub(super) fn connected(world: &mut World) -> (SocketHandle, Arc<dyn Socket>) {
    let listener = world.tcp(Family::V4);
    listener.set_option(SocketOption::ReuseAddress, OptionValue::Flag(true)).expect("an option");
    listener.bind(at("10.0.0.5:80")).expect("a free port");
    listener.listen(1).expect("a free port");
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    let mut accepted = None;
    world.until(30, |_| {
        accepted = listener.accept().ok();
        accepted.is_some()
    });
    (handle, accepted.expect("a connection").0)
}

fn established(world: &World) -> usize {
    let sockets = crate::listing::sockets(&world.shared);
    sockets.iter().filter(|socket| socket.state == TcpState::Established).count()
}

#[test]
fn a_bad_wire_loses_no_byte() {
    (0..20).for_each(goes_over_a_bad_wire);
}

fn goes_over_a_bad_wire(seed: u64) {
    let mut world = World::seeded(OWN, seed);
    world.faults.loss = 10;
    world.faults.duplication = 5;
    world.faults.corruption = 3;
    world.faults.reordering = 20;
    let (handle, server) = connected(&mut world);
    let data = pattern(150_000);
    let (mut sent, mut came) = (0, Vec::new());
    let (mut peer_sent, mut peer_came) = (0, Vec::new());
    world.until(3000, |world| {
        send_some(&*server, &data, &mut sent).expect("an open connection");
        receive_some(&*server, &mut came).expect("an open connection");
        let peer = world.peer.tcp(handle);
        peer_sent += peer.send_slice(&data[peer_sent..]).expect("an open connection");
        let _ = peer.recv(|bytes| {
            peer_came.extend_from_slice(bytes);
            (bytes.len(), ())
        });
        came.len() == data.len() && peer_came.len() == data.len()
    });
    assert!(came == data && peer_came == data);
    drop(server);
    world.peer.tcp(handle).close();
    world.pass(400);
    world.assert_clean();
}

#[test]
fn a_reset_is_reported_once_to_reader_and_writer() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    world.peer.tcp(handle).send_slice(b"before").expect("an open connection");
    world.pass(1);
    world.peer.tcp(handle).abort();
    world.pass(1);
    let mut received = Vec::new();
    assert_eq!(receive_some(&*server, &mut received), Err(Errno::ECONNRESET));
    assert_eq!(received, b"before");
    assert_eq!(receive_some(&*server, &mut received), Ok(true));
    assert_eq!(server.send(b"x", None), Err(Errno::EPIPE));
    assert!(server.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(server.shutdown(Shutdown::Both), Err(Errno::ENOTCONN));
    drop(server);
    world.assert_clean();
}

#[test]
fn closing_with_unread_data_or_without_lingering_resets() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    world.peer.tcp(handle).send_slice(b"nobody reads this").expect("an open connection");
    world.pass(1);
    drop(server);
    world.until(1, |world| world.peer.tcp(handle).state() == State::Closed);
    let (handle, server) = connected(&mut world);
    server.set_option(SocketOption::Linger, OptionValue::Time(Some(Duration::ZERO))).expect("an option");
    drop(server);
    world.until(1, |world| world.peer.tcp(handle).state() == State::Closed);
    world.pass(1);
    world.assert_clean();
}

#[test]
fn data_for_a_socket_that_is_gone_is_answered_by_a_reset() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    drop(server);
    world.until(1, |world| world.peer.tcp(handle).state() == State::CloseWait);
    world.peer.tcp(handle).send_slice(b"too late").expect("half open");
    world.until(1, |world| world.peer.tcp(handle).state() == State::Closed);
    world.pass(1);
    world.assert_clean();
}

#[test]
fn what_was_written_before_closing_arrives() {
    let mut world = World::new(OWN);
    world.faults.delay_us = 20_000;
    let (handle, server) = connected(&mut world);
    let data = pattern(120_000);
    let mut sent = 0;
    send_some(&*server, &data, &mut sent).expect("an open connection");
    drop(server);
    let mut came = Vec::new();
    world.until(30, |world| {
        let _ = world.peer.tcp(handle).recv(|bytes| {
            came.extend_from_slice(bytes);
            (bytes.len(), ())
        });
        came.len() == sent
    });
    assert!(came == data[..sent]);
    world.peer.tcp(handle).close();
    world.pass(11);
    world.assert_clean();
}

#[test]
fn a_peer_that_never_answers_times_out() {
    let mut world = World::new(OWN);
    // It is known where the peer is, and then it is not there any more.
    let known = world.udp(Family::V4);
    known.send(b"hello", Some(at("10.0.0.1:7"))).expect("room");
    world.pass(1);
    drop(known);
    world.connected = false;
    let client = world.tcp(Family::V4);
    assert_eq!(client.connect(at("10.0.0.1:7")), Err(Errno::EINPROGRESS));
    world.until(90, |_| client.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(client.connect(at("10.0.0.1:7")), Err(Errno::ETIMEDOUT));
    drop(client);
    world.pass(5);
    world.assert_clean();
}

#[test]
fn a_neighbour_that_is_not_there_is_unreachable_and_in_nobodys_way() {
    let mut world = World::new(OWN);
    let handle = world.peer.listen(7);
    let dead = world.tcp(Family::V4);
    let also_dead = world.tcp(Family::V6);
    assert_eq!(dead.connect(at("10.0.0.99:7")), Err(Errno::EINPROGRESS));
    assert_eq!(also_dead.connect(at("[fd00::99]:7")), Err(Errno::EINPROGRESS));
    world.moment(10);
    let alive = world.tcp(Family::V4);
    let start = world.now();
    assert_eq!(alive.connect(at("10.0.0.1:7")), Err(Errno::EINPROGRESS));
    world.until(5, |world| world.peer.tcp(handle).state() == State::Established);
    assert!((world.now() - start).total_millis() < 100);
    for socket in [&dead, &also_dead] {
        world.until(5, |_| socket.poll(vfs::Interest::default(), None).hangup);
        assert_eq!(socket.take_error(), Some(Errno::EHOSTUNREACH));
    }
    // One that is closed while it waits leaves nothing.
    let gone = world.tcp(Family::V4);
    assert_eq!(gone.connect(at("10.0.0.98:7")), Err(Errno::EINPROGRESS));
    drop((dead, also_dead, alive, gone));
    world.peer.tcp(handle).close();
    world.pass(70);
    world.assert_clean();
}

#[test]
fn a_peer_that_vanishes_with_data_on_the_way_times_out() {
    let mut world = World::new(OWN);
    let (_, server) = connected(&mut world);
    world.connected = false;
    assert_eq!(server.send(b"hello?", None), Ok(6));
    world.until(400, |_| server.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(server.take_error(), Some(Errno::ETIMEDOUT));
    drop(server);
    world.pass(5);
    world.assert_clean();
}

#[test]
fn an_idle_connection_lives_and_keep_alive_finds_it_dead() {
    let mut world = World::new(OWN);
    let (_, quiet) = connected(&mut world);
    let (_, probed) = connected(&mut world);
    probed.set_option(SocketOption::KeepAlive, OptionValue::Flag(true)).expect("an option");
    let interval = OptionValue::Time(Some(Duration::from_secs(10)));
    probed.set_option(SocketOption::KeepAliveInterval, interval).expect("an option");
    world.pass(7200);
    assert_eq!(established(&world), 2);
    world.connected = false;
    world.until(60, |_| probed.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(probed.take_error(), Some(Errno::ETIMEDOUT));
    assert_eq!(established(&world), 1);
    drop((quiet, probed));
    world.pass(400);
    world.assert_clean();
}

#[test]
fn a_peer_that_never_closes_is_given_up() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    drop(server);
    world.until(1, |world| world.peer.tcp(handle).state() == State::CloseWait);
    world.until(1, |world| crate::listing::sockets(&world.shared)[0].state == TcpState::FinWait2);
    world.pass(65);
    world.assert_clean();
    assert_eq!(world.peer.tcp(handle).state(), State::Closed);
}

#[test]
fn many_short_connections_leave_little_behind() {
    let mut world = World::new(OWN);
    for n in 0..200 {
        let (handle, server) = connected(&mut world);
        drop(server);
        world.until(1, |world| world.peer.tcp(handle).state() == State::CloseWait);
        world.peer.tcp(handle).close();
        world.until(1, |world| world.peer.tcp(handle).state() == State::Closed);
        world.peer.sockets.remove(handle);
        assert!(world.engine.counts().0 <= 40, "{} connections after {n}", world.engine.counts().0);
    }
    world.pass(11);
    world.assert_clean();
}

#[test]
fn a_connection_ends_when_its_address_goes() {
    let mut world = World::new(OWN);
    let (_, server) = connected(&mut world);
    let change = crate::doorbell::Change::RemoveAddress([10, 0, 0, 5].into());
    world.shared.doorbell.ring(crate::doorbell::Request::Change {
        link: crate::routes::LinkId(1),
        change,
        pending: Arc::default(),
    });
    world.until(5, |_| server.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(server.take_error(), Some(Errno::ENETDOWN));
    drop(server);
    world.assert_clean();
}

#[test]
fn a_card_that_is_removed_hangs_nobody() {
    let mut world = World::new(OWN);
    let (_, server) = connected(&mut world);
    world.nic.set_up(false);
    assert_eq!(server.send(b"into the void", None), Ok(13));
    world.until(400, |_| server.poll(vfs::Interest::default(), None).hangup);
    let client = world.tcp(Family::V4);
    assert_eq!(client.connect(at("10.0.0.1:7")), Err(Errno::ENETUNREACH));
    drop((server, client));
    world.pass(5);
    world.assert_clean();
    assert!(world.log().iter().any(|line| line == "eth0: link down"), "{:?}", world.log());
}

#[test]
fn a_card_that_is_pulled_out_is_missed_when_it_is_used() {
    let mut world = World::new(OWN);
    let (_, server) = connected(&mut world);
    world.pass(5);
    world.nic.pull();
    world.pass(5);
    assert!(!server.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(server.send(b"into the void", None), Ok(13));
    world.until(5, |_| server.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(server.take_error(), Some(Errno::ENETDOWN));
    world.pass(400);
    let told = world.log().iter().filter(|line| line.as_str() == "eth0: the card is gone").count();
    assert_eq!(told, 1, "{:?}", world.log());
    drop(server);
    world.assert_clean();
}

#[test]
fn a_connection_to_the_dead_is_in_no_other_ones_way() {
    let mut world = World::new(OWN);
    let second = smoltcp::wire::IpCidr::new(std::net::Ipv4Addr::new(10, 0, 0, 2).into(), 24);
    world.peer.interface.update_ip_addrs(|addresses| addresses.push(second).expect("room"));
    let (dying, living) = (world.peer.listen(7), world.peer.listen(8));
    let (dead, alive) = (world.tcp(Family::V4), world.tcp(Family::V4));
    assert_eq!(dead.connect(at("10.0.0.2:7")), Err(Errno::EINPROGRESS));
    assert_eq!(alive.connect(at("10.0.0.1:8")), Err(Errno::EINPROGRESS));
    world.until(5, |world| [dying, living].iter().all(|handle| world.peer.tcp(*handle).state() == State::Established));
    world.peer.interface.update_ip_addrs(|addresses| addresses.retain(|cidr| *cidr != second));
    // Nobody knows any more where the others are.
    world.pass(120);
    assert_eq!(dead.send(b"hello?", None), Ok(6));
    world.pass(3);
    assert_eq!(alive.send(b"hello", None), Ok(5));
    let start = world.now();
    world.until(60, |world| world.peer.tcp(living).recv_queue() == 5);
    assert!((world.now() - start).total_millis() < 1500, "{}", world.now() - start);
}
