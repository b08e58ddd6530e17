//! The memory of all sockets together has a limit.

use super::world::{OWN, World, at, endpoint, pattern, receive_some};
use interfaces::Errno;
use smoltcp::socket::tcp::State;
use smoltcp::wire::IpEndpoint;
use std::sync::Arc;
use vfs::Interest;
use vfs::socket::{Family, OptionValue, Socket, SocketOption};

const LIMIT: u64 = 4 << 20;

#[test]
fn a_program_gets_no_more_connections_than_there_is_memory_for() {
    let mut world = World::limited(OWN, LIMIT);
    let listener = world.tcp(Family::V4);
    listener.bind(at("127.0.0.1:80")).expect("a free port");
    listener.listen(4096).expect("a free port");
    let mut open = Vec::new();
    let refused = loop {
        let socket = world.tcp(Family::V4);
        match socket.connect(at("127.0.0.1:80")) {
            Err(Errno::EINPROGRESS) => {}
            other => break other,
        }
        world.moment(1);
        // What comes is dropped when there is room for one end alone.
        if socket.connect(at("127.0.0.1:80")) != Ok(()) {
            continue;
        }
        open.push(socket);
        assert!(open.len() < 1000, "there is no end");
    };
    assert_eq!(refused, Err(Errno::ENOBUFS));
    assert!(open.len() > 50 && world.shared.buffers.used() <= LIMIT, "{} connections", open.len());
    // They carry what they are given.
    let data = pattern(200_000);
    let (first, (last, _)) = (open.remove(0), listener.accept().expect("a connection"));
    let (mut sent, mut came) = (0, Vec::new());
    world.until(5, |_| {
        super::world::send_some(&first, &data, &mut sent).expect("open");
        receive_some(&*last, &mut came).expect("open");
        came.len() == data.len()
    });
    assert!(came == data);
    let more = last.set_option(SocketOption::ReceiveBuffer, OptionValue::Number(8 << 20));
    assert_eq!(more, Err(Errno::ENOBUFS));
    drop((listener, open, first, last));
    world.pass(65);
    world.assert_clean();
}

#[test]
fn strangers_get_no_more_than_there_is_and_a_friend_gets_in_after_them() {
    let mut world = World::limited(OWN, 1 << 20);
    let listener = world.tcp(Family::V4);
    listener.bind(at("10.0.0.5:80")).expect("a free port");
    listener.listen(4096).expect("a free port");
    let strangers: Vec<_> = (0..100).map(|_| world.peer.connect(endpoint("10.0.0.5:80"))).collect();
    world.pass(1);
    let inside = strangers.iter().filter(|handle| world.peer.tcp(**handle).state() == State::Established).count();
    assert!((20..100).contains(&inside) && world.shared.buffers.used() <= 1 << 20, "{inside} are inside");
    strangers.iter().for_each(|handle| world.peer.tcp(*handle).abort());
    let friend = world.peer.connect(endpoint("10.0.0.5:80"));
    world.until(30, |world| {
        while listener.accept().is_ok() {}
        world.peer.tcp(friend).state() == State::Established
    });
}

#[test]
fn datagrams_that_nobody_reads_are_bounded_together() {
    let mut world = World::limited(OWN, 200_000);
    let handle = world.peer.bind(7);
    let sockets: Vec<Arc<dyn Socket>> = (0..10)
        .map(|n| {
            let socket = world.udp(Family::V4);
            socket.set_option(SocketOption::ReceiveBuffer, OptionValue::Number(8 << 20)).expect("an option");
            socket.bind(at(&format!("10.0.0.5:{}", 7000 + n))).expect("a free port");
            Arc::new(socket) as Arc<dyn Socket>
        })
        .collect();
    for n in 0..500_u16 {
        let to = IpEndpoint::from(at(&format!("10.0.0.5:{}", 7000 + n % 10)));
        world.peer.udp(handle).send_slice(&[0; 1000], to).expect("room");
        world.until(1, |world| world.peer.udp(handle).send_queue() == 0);
    }
    world.pass(1);
    assert!((150_000..=200_000).contains(&world.shared.buffers.used()), "{}", world.shared.buffers.used());
    // Nor is there any to answer with, until somebody reads.
    assert_eq!(sockets[0].send(&[0; 60_000], Some(at("10.0.0.1:7"))), Err(Errno::ENOBUFS));
    for socket in &sockets {
        while receive_some(&**socket, &mut Vec::new()) != Ok(false) {}
    }
    assert_eq!(sockets[0].send(&[0; 1000], Some(at("10.0.0.1:7"))), Ok(1000));
    world.until(5, |world| world.peer.udp(handle).can_recv());
    assert!(!sockets[0].poll(Interest::default(), None).hangup);
    drop(sockets);
    world.pass(5);
    world.assert_clean();
}
