//! How connections end: nothing that came is lost, and who is slow or silent is not taken for dead.

use super::trouble::connected;
use super::world::{OWN, World, pattern, receive_some, send_some};
use interfaces::Errno;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::State;
use std::net::Shutdown;
use std::sync::Arc;
use vfs::socket::{OptionValue, Socket, SocketOption, TcpState};

/// More than a socket's queue holds: the rest waits in smoltcp's ring.
const MUCH: usize = 100_000;

/// The peer sends all of it.
fn send_from_peer(world: &mut World, handle: SocketHandle, data: &[u8]) {
    let mut sent = 0;
    world.until(10, |world| {
        let peer = world.peer.tcp(handle);
        sent += peer.send_slice(&data[sent..]).expect("an open connection");
        sent == data.len() && peer.send_queue() == 0
    });
}

fn read_all(server: &dyn Socket) -> (Vec<u8>, Result<bool, Errno>) {
    let mut received = Vec::new();
    let end = receive_some(server, &mut received);
    (received, end)
}

/// Reads this, and then an end in order; nothing is left of the connection.
fn assert_all_came(world: &mut World, server: Arc<dyn Socket>, data: &[u8]) {
    let (received, end) = read_all(&*server);
    assert!(received == data, "{} bytes, then {end:?}", received.len());
    assert_eq!(end, Ok(true));
    drop(server);
    world.assert_clean();
}

#[test]
fn what_came_is_read_after_both_sides_have_closed() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    let data = pattern(MUCH);
    assert_eq!(server.shutdown(Shutdown::Write), Ok(()));
    send_from_peer(&mut world, handle, &data);
    world.peer.tcp(handle).close();
    world.until(10, |world| world.peer.tcp(handle).state() == State::Closed);
    // Also when TIME-WAIT is over.
    world.pass(20);
    assert_all_came(&mut world, server, &data);
}

#[test]
fn what_came_is_read_after_the_peer_has_closed_first() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    let data = pattern(MUCH);
    send_from_peer(&mut world, handle, &data);
    world.peer.tcp(handle).close();
    world.pass(1);
    assert_eq!(server.shutdown(Shutdown::Write), Ok(()));
    world.pass(20);
    assert_all_came(&mut world, server, &data);
}

#[test]
fn an_end_in_order_is_no_error() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    world.peer.tcp(handle).close();
    world.pass(1);
    assert_eq!(read_all(&*server), (Vec::new(), Ok(true)));
    assert_eq!(server.shutdown(Shutdown::Write), Ok(()));
    world.pass(1);
    assert_eq!(server.take_error(), None);
    assert_eq!(read_all(&*server), (Vec::new(), Ok(true)));
    drop(server);
    world.pass(15);
    world.assert_clean();
}

#[test]
fn what_came_before_a_reset_is_read_before_the_error() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    let data = pattern(MUCH);
    send_from_peer(&mut world, handle, &data);
    world.peer.tcp(handle).abort();
    world.pass(1);
    assert!(read_all(&*server) == (data, Err(Errno::ECONNRESET)));
    drop(server);
    world.assert_clean();
}

#[test]
fn an_idle_connection_is_closed_in_order() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    world.pass(3600);
    drop(server);
    world.until(1, |world| world.peer.tcp(handle).state() == State::CloseWait);
    world.peer.tcp(handle).close();
    world.pass(15);
    world.assert_clean();
}

#[test]
fn half_a_connection_waits_for_a_late_answer() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    world.pass(3600);
    assert_eq!(server.shutdown(Shutdown::Write), Ok(()));
    world.until(1, |world| world.peer.tcp(handle).state() == State::CloseWait);
    world.pass(3600);
    send_from_peer(&mut world, handle, b"late");
    world.peer.tcp(handle).close();
    world.pass(15);
    assert_eq!(read_all(&*server), (b"late".to_vec(), Ok(true)));
    drop(server);
    world.assert_clean();
}

#[test]
fn half_a_connection_does_not_wait_for_the_dead() {
    let mut world = World::new(OWN);
    let (_, server) = connected(&mut world);
    world.pass(3600);
    world.connected = false;
    assert_eq!(server.shutdown(Shutdown::Write), Ok(()));
    world.until(400, |_| server.poll(vfs::Interest::default(), None).hangup);
    assert_eq!(server.take_error(), Some(Errno::ETIMEDOUT));
    drop(server);
    world.pass(5);
    world.assert_clean();
}

#[test]
fn what_was_written_arrives_however_slowly_the_peer_reads() {
    let mut world = World::new(OWN);
    let (handle, server) = connected(&mut world);
    server.set_option(SocketOption::SendBuffer, OptionValue::Number(2 * 1024 * 1024)).expect("an option");
    let data = pattern(600_000);
    let mut sent = 0;
    world.until(10, |_| {
        send_some(&*server, &data, &mut sent).expect("an open connection");
        sent == data.len()
    });
    drop(server);
    let mut came = Vec::new();
    while came.len() < data.len() {
        world.moment(500);
        let before = came.len();
        let _ = world.peer.tcp(handle).recv(|bytes| {
            let count = bytes.len().min(2000);
            came.extend_from_slice(&bytes[..count]);
            (count, ())
        });
        let state = crate::listing::sockets(&world.shared).first().map(|socket| socket.state);
        assert!(came.len() > before || state == Some(TcpState::FinWait1), "{} bytes came; {state:?}", came.len());
    }
    assert!(came == data);
    world.peer.tcp(handle).close();
    world.pass(15);
    world.assert_clean();
}
