//! Datagrams: each arrives whole or not at all.

use super::claims::{Checked, LIMIT, V4, ensure, expect, fails, step};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// A group for documentation (RFC 5771, section 9.2).
const GROUP4: Ipv4Addr = Ipv4Addr::new(233, 252, 0, 7);
/// A temporary group of the link (RFC 4291, section 2.7).
const GROUP6: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0x7965, 0x6f6b);
/// The loopback interface's index.
const LOOPBACK: u32 = 1;

fn bind(host: IpAddr) -> Result<(UdpSocket, SocketAddr), String> {
    let socket = step("bind", UdpSocket::bind((host, 0)))?;
    step("time limit", socket.set_read_timeout(Some(LIMIT)))?;
    let address = step("local address", socket.local_addr())?;
    Ok((socket, address))
}

pub(super) fn exchange(host: IpAddr) -> Checked {
    let ((one, one_at), (two, two_at)) = (bind(host)?, bind(host)?);
    let mut buffer = [0; 64];
    step("send", one.send_to(b"hello", two_at))?;
    step("send", one.send_to(b"", two_at))?;
    expect("a look", step("peek", two.peek_from(&mut buffer))?, (5, one_at))?;
    expect("a datagram", step("receive", two.recv_from(&mut buffer))?, (5, one_at))?;
    expect("its content", &buffer[..5], b"hello")?;
    expect("an empty one", step("receive", two.recv_from(&mut buffer))?, (0, one_at))?;
    step("connect", two.connect(one_at))?;
    expect("the peer", step("peer address", two.peer_addr())?, one_at)?;
    step("send", two.send(b"back"))?;
    expect("an answer", step("receive", one.recv_from(&mut buffer))?, (4, two_at))?;
    let (stranger, _) = bind(host)?;
    step("send", stranger.send_to(b"stranger", two_at))?;
    step("send", one.send_to(b"friend", two_at))?;
    let count = step("receive", two.recv(&mut buffer))?;
    expect("a connected socket hears its peer alone", &buffer[..count], b"friend")
}

pub(super) fn cut() -> Checked {
    let ((one, _), (two, two_at)) = (bind(V4)?, bind(V4)?);
    step("send", one.send_to(b"a long one", two_at))?;
    step("send", one.send_to(b"next", two_at))?;
    let mut buffer = [0; 6];
    expect("as much as there is room", step("receive", two.recv(&mut buffer))?, 6)?;
    let count = step("receive", two.recv(&mut buffer))?;
    expect("the rest is lost", &buffer[..count], b"next")?;
    fails("longer than a packet", one.send_to(&vec![0; 70_000], two_at), &[ErrorKind::Other, uncategorized()])
}

/// The kind of errors that have no kind of their own; it cannot be named.
fn uncategorized() -> ErrorKind {
    std::io::Error::from_raw_os_error(i32::MAX).kind()
}

pub(super) fn nobody() -> Checked {
    let (socket, _) = bind(V4)?;
    let (gone, address) = bind(V4)?;
    drop(gone);
    step("connect", socket.connect(address))?;
    step("send", socket.send(b"anybody?"))?;
    fails("nobody is there", socket.recv(&mut [0; 8]), &[ErrorKind::ConnectionRefused])?;
    fails("no peer", bind(V4)?.0.peer_addr(), &[ErrorKind::NotConnected])
}

pub(super) fn groups() -> Checked {
    let (socket, _) = bind(IpAddr::V4(Ipv4Addr::UNSPECIFIED))?;
    step("join", socket.join_multicast_v4(&GROUP4, &Ipv4Addr::LOCALHOST))?;
    fails("twice", socket.join_multicast_v4(&GROUP4, &Ipv4Addr::LOCALHOST), &[ErrorKind::AddrInUse])?;
    step("leave", socket.leave_multicast_v4(&GROUP4, &Ipv4Addr::LOCALHOST))?;
    let again = socket.leave_multicast_v4(&GROUP4, &Ipv4Addr::LOCALHOST);
    fails("not a member", again, &[ErrorKind::AddrNotAvailable])?;
    let no_group = socket.join_multicast_v4(&Ipv4Addr::new(10, 0, 0, 1), &Ipv4Addr::LOCALHOST);
    fails("not a group", no_group, &[ErrorKind::InvalidInput])?;
    let (socket, _) = bind(IpAddr::V6(Ipv6Addr::UNSPECIFIED))?;
    step("join", socket.join_multicast_v6(&GROUP6, LOOPBACK))?;
    step("leave", socket.leave_multicast_v6(&GROUP6, LOOPBACK))?;
    ensure("not a member", socket.leave_multicast_v6(&GROUP6, LOOPBACK).is_err())
}
