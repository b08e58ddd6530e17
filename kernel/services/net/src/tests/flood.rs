//! Strangers: floods, forgeries and frames that are no frames.

use super::peer;
use super::world::{OWN, World, at, endpoint};
use crate::doorbell::{Change, Request};
use crate::routes::LinkId;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::socket::tcp::State;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, Ipv4Repr, TcpControl, TcpPacket, TcpRepr,
    TcpSeqNumber,
};
use std::net::Ipv4Addr;
use std::sync::Arc;
use vfs::Interest;
use vfs::socket::{Family, Socket};

const OWN_MAC: [u8; 6] = [2, 0, 0, 0, 0, 5];
const OWN_V4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);

fn ethernet(protocol: EthernetProtocol, payload: &[u8]) -> Vec<u8> {
    let mut frame = EthernetFrame::new_unchecked(vec![0; 14 + payload.len()]);
    frame.set_src_addr(EthernetAddress(peer::MAC));
    frame.set_dst_addr(EthernetAddress(OWN_MAC));
    frame.set_ethertype(protocol);
    frame.payload_mut().copy_from_slice(payload);
    frame.into_inner()
}

fn segment(from: Ipv4Addr, port: u16, control: TcpControl, ack: Option<TcpSeqNumber>) -> Vec<u8> {
    numbered(from, port, control, (TcpSeqNumber(1000), ack))
}

/// A segment for port 80 with its sequence number and perhaps an acknowledgement.
pub(super) fn numbered(
    from: Ipv4Addr,
    port: u16,
    control: TcpControl,
    (seq_number, ack_number): (TcpSeqNumber, Option<TcpSeqNumber>),
) -> Vec<u8> {
    let tcp = TcpRepr {
        src_port: port,
        dst_port: 80,
        control,
        seq_number,
        ack_number,
        window_len: 1000,
        window_scale: None,
        max_seg_size: None,
        sack_permitted: false,
        sack_ranges: [None, None, None],
        timestamp: None,
        payload: &[],
    };
    let ip = Ipv4Repr {
        src_addr: from,
        dst_addr: OWN_V4,
        next_header: IpProtocol::Tcp,
        payload_len: tcp.buffer_len(),
        hop_limit: 64,
    };
    let mut packet = vec![0; 20 + tcp.buffer_len()];
    let checks = ChecksumCapabilities::default();
    ip.emit(&mut Ipv4Packet::new_unchecked(&mut packet[..]), &checks);
    tcp.emit(&mut TcpPacket::new_unchecked(&mut packet[20..]), &from.into(), &OWN_V4.into(), &checks);
    ethernet(EthernetProtocol::Ipv4, &packet)
}

#[test]
fn a_syn_flood_leaves_room_for_friends() {
    let mut world = World::new(OWN);
    let listener = world.tcp(Family::V4);
    listener.bind(at("10.0.0.5:80")).expect("a free port");
    listener.listen(8).expect("a free port");
    let mut friends = Vec::new();
    for n in 0..5000u32 {
        let from = Ipv4Addr::from_bits(0x0b00_0000 | world.dice.next() as u32 & 0xff_ffff);
        world.inject(segment(from, 1024 + (n % 60000) as u16, TcpControl::Syn, None));
        if n % 50 == 0 {
            // 5000 in a second.
            world.moment(10);
            assert!(world.engine.counts().0 <= 256 + 8, "{} connections", world.engine.counts().0);
        }
        if n % 1000 == 500 {
            friends.push(world.peer.connect(endpoint("10.0.0.5:80")));
        }
    }
    world.until(20, |_| listener.poll(Interest::default(), None).available == 5);
    assert!(friends.iter().all(|friend| world.peer.tcp(*friend).state() == State::Established));
    // The half-open ones are forgotten, and nothing of them remains.
    world.pass(20);
    assert_eq!(world.engine.counts().0, 5);
    drop(listener);
    world.pass(5);
    world.assert_clean();
}

#[test]
fn a_hundred_friends_at_once_are_let_in_at_once() {
    let mut world = World::new(OWN);
    let listener = world.tcp(Family::V4);
    listener.bind(at("10.0.0.5:80")).expect("a free port");
    listener.listen(128).expect("a free port");
    let friends: Vec<_> = (0..100).map(|_| world.peer.connect(endpoint("10.0.0.5:80"))).collect();
    // Before any of them tries again (RFC 6298 has them wait for a second).
    let is_in = |world: &mut World, friend| world.peer.tcp(friend).state() == State::Established;
    world.moment(500);
    assert_eq!(friends.iter().filter(|friend| is_in(&mut world, **friend)).count(), 100);
}

#[test]
fn more_friends_than_the_queue_holds_wait_for_their_turn() {
    let mut world = World::new(OWN);
    let listener = world.tcp(Family::V4);
    listener.bind(at("10.0.0.5:80")).expect("a free port");
    listener.listen(5).expect("a free port");
    let friends: Vec<_> = (0..200).map(|_| world.peer.connect(endpoint("10.0.0.5:80"))).collect();
    let mut accepted = Vec::new();
    world.until(10, |world| {
        // One every ten milliseconds, and each is spoken to.
        if let Ok((socket, _)) = listener.accept() {
            assert_eq!(socket.send(b"welcome", None), Ok(7));
            accepted.push(socket);
        }
        world.moment(10);
        accepted.len() == friends.len()
    });
    world.pass(1);
    for handle in friends {
        let socket = world.peer.tcp(handle);
        assert_eq!((socket.state(), socket.recv_queue()), (State::Established, 7));
    }
}

#[test]
fn forged_segments_open_nothing() {
    let mut world = World::new(OWN);
    let listener = world.tcp(Family::V4);
    listener.bind(at("0.0.0.0:80")).expect("a free port");
    listener.listen(8).expect("a free port");
    let mut broken = segment(peer::V4, 5000, TcpControl::Syn, None);
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let forged = [
        broken,
        segment(OWN_V4, 80, TcpControl::Syn, None),
        segment(Ipv4Addr::LOCALHOST, 5000, TcpControl::Syn, None),
        segment(Ipv4Addr::BROADCAST, 5000, TcpControl::Syn, None),
        segment(Ipv4Addr::UNSPECIFIED, 5000, TcpControl::Syn, None),
        segment(Ipv4Addr::new(224, 0, 0, 1), 5000, TcpControl::Syn, None),
        segment(peer::V4, 0, TcpControl::Syn, None),
        segment(peer::V4, 5000, TcpControl::None, Some(TcpSeqNumber(7))),
        segment(peer::V4, 5000, TcpControl::Rst, None),
    ];
    for frame in forged {
        world.inject(frame);
        world.pass(1);
        assert_eq!(world.engine.counts(), (0, 0));
    }
    drop(listener);
    world.assert_clean();
}

#[test]
fn a_handshake_reset_in_the_middle_is_forgotten() {
    let mut world = World::new(OWN);
    let listener = world.tcp(Family::V4);
    listener.bind(at("10.0.0.5:80")).expect("a free port");
    listener.listen(8).expect("a free port");
    world.inject(segment(Ipv4Addr::new(10, 0, 0, 9), 5000, TcpControl::Syn, None));
    world.until(1, |world| world.engine.counts().0 == 1);
    let mut reset = segment(Ipv4Addr::new(10, 0, 0, 9), 5000, TcpControl::Rst, None);
    // The sequence number after the SYN.
    TcpPacket::new_unchecked(&mut reset[34..]).set_seq_number(TcpSeqNumber(1001));
    let checks = (Ipv4Addr::new(10, 0, 0, 9).into(), OWN_V4.into());
    TcpPacket::new_unchecked(&mut reset[34..]).fill_checksum(&checks.0, &checks.1);
    world.inject(reset);
    // smoltcp expects an acknowledgement in every segment but the first; the time limit ends it at the latest.
    world.pass(16);
    assert_eq!(world.engine.counts(), (0, 0));
    drop(listener);
    world.assert_clean();
}

/// A world with one of everything to hit, and what it looked like.
fn target() -> (World, Vec<Box<dyn Socket>>) {
    let mut world = World::new("ip=10.0.0.5/24,gw=10.0.0.1 ip6=auto");
    let tcp = world.tcp(Family::V6);
    tcp.bind(at("[::]:80")).expect("a free port");
    tcp.listen(8).expect("a free port");
    let udp = world.udp(Family::V6);
    udp.bind(at("[::]:7")).expect("a free port");
    let ping = world.ping(Family::V4);
    ping.send(&[8, 0, 0, 0, 0, 0, 0, 0], Some(at("10.0.0.1:0"))).expect("room");
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    world.until(5, |world| world.peer.tcp(handle).state() == State::Established);
    world.pass(5);
    (world, vec![Box::new(tcp), Box::new(udp), Box::new(ping)])
}

/// What an honest network carries: a seed for frames that are almost right.
fn samples() -> Vec<Vec<u8>> {
    let mut world = World::new("ip=10.0.0.5/24,gw=10.0.0.1 ip6=auto");
    let mut samples = vec![
        segment(peer::V4, 5000, TcpControl::Syn, None),
        segment(peer::V4, 5000, TcpControl::Fin, Some(TcpSeqNumber(9))),
        segment(peer::V4, 67, TcpControl::Psh, Some(TcpSeqNumber(9))),
    ];
    // What the stack itself sends, turned round: ARP, neighbour discovery, MLD, UDP, fragments, echoes.
    world.keep_seen = true;
    let udp = world.udp(Family::V6);
    for to in ["[::ffff:10.0.0.1]:7", "[fe80::1%2]:7", "[ff02::1]:7"] {
        udp.send(&[7; 100], Some(at(to))).expect("room");
    }
    udp.send(&[7; 4000], Some(at("[::ffff:10.0.0.1]:7"))).expect("room");
    for (family, kind, to) in [(Family::V4, 8, "10.0.0.1:0"), (Family::V6, 128, "[fe80::1%2]:0")] {
        world.ping(family).send(&[kind, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3], Some(at(to))).expect("room");
    }
    let group = "224.0.0.251".parse().expect("an address");
    udp.join_group(group, vfs::socket::GroupInterface::Any).expect("a link");
    world.pass(10);
    for mut frame in std::mem::take(&mut world.seen) {
        frame[..6].copy_from_slice(&OWN_MAC);
        frame[6..12].copy_from_slice(&peer::MAC);
        samples.push(frame);
    }
    assert!(samples.len() > 12, "{}", samples.len());
    samples
}

#[test]
fn malformed_frames_do_no_harm() {
    let samples = samples();
    let (mut world, sockets) = target();
    let before = world.engine.counts();
    for n in 0..60_000 {
        let mut frame = samples[world.dice.index(samples.len())].clone();
        match world.dice.below(6) {
            // Cut off, grown, or with a few bytes or bits changed; checksums then put right, or not.
            0 => frame.truncate(world.dice.index(frame.len() + 1)),
            1 => frame.extend(std::iter::repeat_n(0xff, world.dice.index(1600))),
            2 => frame = (0..world.dice.index(200)).map(|_| world.dice.next() as u8).collect(),
            _ => {
                for _ in 0..=world.dice.below(4) {
                    let at = world.dice.index(frame.len());
                    frame[at] = [0, 0xff, 0x80, 1, world.dice.next() as u8][world.dice.index(5)];
                }
            }
        }
        if world.dice.below(4) > 0 {
            repair(&mut frame);
        }
        world.inject(frame);
        if n % 20 == 0 {
            world.moment(1);
        }
    }
    // It still works, and what strangers opened ends by itself.
    world.pass(60);
    while let Ok((connection, _)) = sockets[0].accept() {
        drop(connection);
    }
    world.pass(400);
    let handle = world.peer.connect(endpoint("10.0.0.5:80"));
    world.until(10, |world| world.peer.tcp(handle).state() == State::Established);
    assert!(world.engine.counts().0 <= before.0 + 1, "{:?} before, {:?} after", before, world.engine.counts());
    drop(sockets);
    world.pass(400);
    world.assert_clean();
}

/// Makes checksums right where the headers still make sense, so that a wrong frame gets further.
fn repair(frame: &mut [u8]) {
    if frame.len() < 34 {
        return;
    }
    let v6 = frame[12..14] == [0x86, 0xdd];
    if frame[12..14] == [8, 0] && Ipv4Packet::new_checked(&frame[14..]).is_ok() {
        Ipv4Packet::new_unchecked(&mut frame[14..]).fill_checksum();
    }
    let (protocol, start, from, to) = match v6 {
        true if frame.len() > 58 => (frame[20], 54, frame[22..38].to_vec(), frame[38..54].to_vec()),
        false => (frame[23], 14 + usize::from(frame[14] & 15) * 4, frame[26..30].to_vec(), frame[30..34].to_vec()),
        _ => return,
    };
    let field = match protocol {
        6 => 16,
        17 => 6,
        1 | 58 => 2,
        _ => return,
    };
    let Some(payload) = frame.get_mut(start..) else { return };
    if payload.len() < field + 2 {
        return;
    }
    payload[field..field + 2].fill(0);
    let mut pseudo = Vec::new();
    if protocol != 1 {
        pseudo.extend(&from);
        pseudo.extend(&to);
        pseudo.extend([0, protocol]);
        pseudo.extend((payload.len() as u16).to_be_bytes());
    }
    pseudo.extend_from_slice(payload);
    let sum = !checksum(&pseudo);
    payload[field..field + 2].copy_from_slice(&sum.to_be_bytes());
}

fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[test]
fn fragments_that_never_fit_are_forgotten() {
    let (mut world, sockets) = target();
    for n in 0..5000u16 {
        let length = usize::from(n % 100) * 8;
        let offset = (world.dice.next() as u16) & 0x1fff;
        let more = if world.dice.below(3) > 0 { 0x2000 } else { 0 };
        let ip = Ipv4Repr {
            src_addr: peer::V4,
            dst_addr: OWN_V4,
            next_header: IpProtocol::Udp,
            payload_len: length,
            hop_limit: 64,
        };
        let mut packet = vec![1; 20 + length];
        ip.emit(&mut Ipv4Packet::new_unchecked(&mut packet[..]), &ChecksumCapabilities::default());
        packet[4..6].copy_from_slice(&(n % 13).to_be_bytes());
        packet[6..8].copy_from_slice(&(more | offset).to_be_bytes());
        Ipv4Packet::new_unchecked(&mut packet[..]).fill_checksum();
        world.inject(ethernet(EthernetProtocol::Ipv4, &packet));
        if n % 10 == 0 {
            world.moment(1);
        }
    }
    world.pass(70);
    // Fragments that do fit are put together again.
    let handle = world.peer.bind(9);
    let data = super::world::pattern(9000);
    world.peer.udp(handle).send_slice(&data, endpoint("10.0.0.5:7")).expect("room");
    world.until(5, |_| sockets[1].poll(Interest::default(), None).available == 9000);
}

#[test]
fn a_stopped_interface_hears_and_says_nothing() {
    let (mut world, sockets) = target();
    world.shared.doorbell.ring(Request::Change { link: LinkId(1), change: Change::Down, pending: Arc::default() });
    world.pass(1);
    world.keep_seen = true;
    for _ in 0..100 {
        world.inject(segment(peer::V4, 5000, TcpControl::Syn, None));
        world.pass(1);
    }
    assert!(world.seen.is_empty(), "{} frames", world.seen.len());
    drop(sockets);
}
