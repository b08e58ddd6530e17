//! Strangers who know the addresses of a connection and not its numbers (RFC 5961).

use super::flood::numbered;
use super::peer;
use super::trouble::connected;
use super::world::{OWN, World, pattern, receive_some, send_some};
use interfaces::Errno;
use smoltcp::socket::tcp::State;
use smoltcp::wire::{EthernetFrame, Ipv4Packet, TcpControl, TcpPacket, TcpSeqNumber};
use vfs::socket::Socket;

/// What the stack acknowledged last.
fn acknowledged(world: &World) -> TcpSeqNumber {
    let number = |frame: &Vec<u8>| {
        let ethernet = EthernetFrame::new_checked(&frame[..]).ok()?;
        let ip = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
        Some(TcpPacket::new_checked(ip.payload()).ok()?.ack_number())
    };
    world.seen.iter().rev().find_map(number).expect("a segment")
}

/// A connection, the peer's port and the number of its next byte.
fn under_attack(world: &mut World) -> (smoltcp::iface::SocketHandle, std::sync::Arc<dyn Socket>, u16, TcpSeqNumber) {
    world.keep_seen = true;
    let (handle, server) = connected(world);
    let port = world.peer.tcp(handle).local_endpoint().expect("an open connection").port;
    let next = acknowledged(world);
    (handle, server, port, next)
}

#[test]
fn a_forged_answer_to_a_syn_stops_no_connection() {
    let mut world = World::new(OWN);
    let (handle, server, port, next) = under_attack(&mut world);
    for distance in [70_000, 1_000_000, 4_000_000] {
        let forged = (next + distance, Some(TcpSeqNumber(77)));
        world.inject(numbered(peer::V4, port, TcpControl::Syn, forged));
    }
    world.pass(1);
    let data = pattern(300_000);
    let (mut sent, mut came) = (0, Vec::new());
    world.until(20, |world| {
        send_some(&*server, &data, &mut sent).expect("an open connection");
        let _ = world.peer.tcp(handle).recv(|bytes| {
            came.extend_from_slice(bytes);
            (bytes.len(), ())
        });
        came.len() == data.len()
    });
    assert!(came == data);
}

#[test]
fn a_forged_reset_does_not_tell_how_it_ends() {
    let mut world = World::new(OWN);
    let (handle, server, port, next) = under_attack(&mut world);
    world.inject(numbered(peer::V4, port, TcpControl::Rst, (next + 1_000_000, None)));
    world.pass(1);
    assert_eq!(world.peer.tcp(handle).state(), State::Established);
    world.peer.tcp(handle).close();
    world.pass(1);
    assert_eq!(receive_some(&*server, &mut Vec::new()), Ok(true));
    assert_eq!(server.shutdown(std::net::Shutdown::Write), Ok(()));
    world.pass(15);
    assert_eq!(server.take_error(), None::<Errno>);
}
