//! WasmEdge's sockets, on a network in memory. The records in memory are laid out as the crate `wasmedge_wasi_socket` does.

use super::super::{addrinfo, io, poll, sock, sockopt, wasmedge, wasmedge_short};
use super::network::Loopback;
use super::*;
use crate::errno;
use std::result::Result;
use std::time::Duration;

const INET4: u32 = 1;
const INET6: u32 = 2;
const DATAGRAM: u32 = 1;
const STREAM: u32 = 2;

/// Where an address's buffer is described, and where it lies.
const ADDRESS: u32 = 256;
const OCTETS: u32 = 300;

const LOCALHOST: &[u8] = &[127, 0, 0, 1];
const LOCALHOST_6: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

fn machine() -> Machine {
    Machine::with(|guest| guest.network = Some(Loopback::new()))
}

impl Machine {
    fn socket(&mut self, family: u32, kind: u32) -> Result<u32, Errno> {
        self.call(|ctx, memory| wasmedge::sock_open(ctx, memory, family, kind, RESULT.into()))?;
        Ok(self.value(RESULT))
    }

    fn address(&mut self, octets: &[u8]) -> GuestPtr<crate::abi::Buffer> {
        self.put(OCTETS, octets);
        self.place(u32::try_from(octets.len()).unwrap())
    }

    /// An empty place for an address.
    fn place(&mut self, len: u32) -> GuestPtr<crate::abi::Buffer> {
        self.put(ADDRESS, &OCTETS.to_le_bytes());
        self.put(ADDRESS + 4, &len.to_le_bytes());
        ADDRESS.into()
    }

    fn bind(&mut self, fd: u32, octets: &[u8], port: u32) -> Result<(), Errno> {
        let address = self.address(octets);
        self.call(|ctx, memory| wasmedge::sock_bind(ctx, memory, fd, address, port))
    }

    fn connect(&mut self, fd: u32, octets: &[u8], port: u32) -> Result<(), Errno> {
        let address = self.address(octets);
        self.call(|ctx, memory| wasmedge::sock_connect(ctx, memory, fd, address, port))
    }

    fn accept(&mut self, fd: u32) -> Result<u32, Errno> {
        self.call(|ctx, memory| wasmedge::sock_accept(ctx, memory, fd, RESULT.into()))?;
        Ok(self.value(RESULT))
    }

    fn listener(&mut self, family: u32, octets: &[u8], port: u32) -> u32 {
        let fd = self.socket(family, STREAM).unwrap();
        self.bind(fd, octets, port).unwrap();
        self.call(|ctx, memory| wasmedge::sock_listen(ctx, memory, fd, 128)).unwrap();
        fd
    }

    fn send(&mut self, fd: u32, bytes: &[u8]) -> Result<(), Errno> {
        self.put(DATA, bytes);
        let (list, count) = self.buffers(&[(DATA, u32::try_from(bytes.len()).unwrap())]);
        self.call(|ctx, memory| sock::sock_send(ctx, memory, fd, list, count, 0, RESULT.into()))
    }

    fn received(&mut self, fd: u32) -> Result<Vec<u8>, Errno> {
        let (list, count) = self.buffers(&[(DATA, 100)]);
        self.call(|ctx, memory| sock::sock_recv(ctx, memory, fd, list, count, 0, RESULT.into(), (RESULT + 4).into()))?;
        let count: u32 = self.value(RESULT);
        Ok(self.bytes(DATA, usize::try_from(count).unwrap()).to_vec())
    }

    fn set_nonblocking(&mut self, fd: u32) {
        self.call(|ctx, memory| super::super::fd::fd_fdstat_set_flags(ctx, memory, fd, 4)).unwrap();
    }

    /// An option's bytes.
    fn option(&mut self, fd: u32, name: u32, room: u32) -> Result<Vec<u8>, Errno> {
        self.put(RESULT, &room.to_le_bytes());
        self.call(|ctx, memory| sockopt::sock_getsockopt(ctx, memory, fd, 0, name, DATA.into(), RESULT.into()))?;
        let len: u32 = self.value(RESULT);
        Ok(self.bytes(DATA, usize::try_from(len).unwrap()).to_vec())
    }

    fn set_option(&mut self, fd: u32, name: u32, value: &[u8]) -> Result<(), Errno> {
        self.put(DATA, value);
        let len = u32::try_from(value.len()).unwrap();
        self.call(|ctx, memory| sockopt::sock_setsockopt(ctx, memory, fd, 0, name, DATA.into(), len))
    }
}

#[test]
fn a_connection_goes_both_ways() {
    for (family, octets, version) in [(INET4, LOCALHOST, 4), (INET6, LOCALHOST_6, 6)] {
        let mut machine = machine();
        let listener = machine.listener(family, octets, 1234);
        let client = machine.socket(family, STREAM).unwrap();
        machine.connect(client, octets, 1234).unwrap();
        let server = machine.accept(listener).unwrap();
        machine.send(client, b"hello").unwrap();
        assert_eq!(machine.received(server).unwrap(), b"hello");
        machine.send(server, b"olleh").unwrap();
        assert_eq!(machine.received(client).unwrap(), b"olleh");

        let (version_at, port_at) = (RESULT, RESULT + 4);
        let place = machine.place(16);
        machine
            .call(|ctx, memory| {
                wasmedge::sock_getpeeraddr(ctx, memory, client, place, version_at.into(), port_at.into())
            })
            .unwrap();
        assert_eq!((machine.value::<u32>(version_at), machine.value::<u32>(port_at)), (version, 1234));
        assert_eq!(machine.bytes(OCTETS, octets.len()), octets);
        let place = machine.place(128);
        machine
            .call(|ctx, memory| wasmedge_short::sock_getlocaladdr(ctx, memory, server, place, port_at.into()))
            .unwrap();
        assert_eq!(
            (machine.value::<u16>(OCTETS), machine.value::<u32>(port_at)),
            (u16::try_from(family).unwrap(), 1234)
        );
        assert_eq!(machine.bytes(OCTETS + 2, octets.len()), octets);

        machine.call(|ctx, memory| sock::sock_shutdown(ctx, memory, client, 3)).unwrap();
        assert_eq!(machine.received(server).unwrap(), b"", "the end");
        let unconnected = machine.socket(family, STREAM).unwrap();
        let place = machine.place(16);
        let peer = machine.call(|ctx, memory| {
            wasmedge::sock_getpeeraddr(ctx, memory, unconnected, place, version_at.into(), port_at.into())
        });
        assert_eq!(peer, Err(Errno::ENOTCONN));
    }
}

#[test]
fn datagrams_come_with_their_sender() {
    for (family, octets) in [(INET4, LOCALHOST), (INET6, LOCALHOST_6)] {
        let mut machine = machine();
        let [one, two] = [3000, 3001].map(|port| {
            let fd = machine.socket(family, DATAGRAM).unwrap();
            machine.bind(fd, octets, port).unwrap();
            fd
        });
        let sent = |machine: &mut Machine, address| {
            machine.put(DATA, b"abcdef");
            let (list, count) = machine.buffers(&[(DATA, 6)]);
            machine.call(|ctx, memory| {
                wasmedge::sock_send_to(ctx, memory, one, list, count, address, 3001, 0, RESULT.into())
            })
        };
        let address = machine.address(octets);
        assert_eq!(sent(&mut machine, address), Ok(()));
        let mut whole = u16::try_from(family).unwrap().to_le_bytes().to_vec();
        whole.extend_from_slice(octets);
        whole.resize(128, 0);
        let address = machine.address(&whole);
        assert_eq!(sent(&mut machine, address), Ok(()), "with the family in the buffer");

        let place = machine.place(128);
        let (list, count) = machine.buffers(&[(DATA, 4)]);
        let (port, received, flags) = (RESULT, RESULT + 4, RESULT + 8);
        machine.put(OCTETS, &[0xff; 18]);
        machine
            .call(|ctx, memory| {
                wasmedge::sock_recv_from(
                    ctx,
                    memory,
                    two,
                    list,
                    count,
                    place,
                    0,
                    port.into(),
                    received.into(),
                    flags.into(),
                )
            })
            .unwrap();
        let numbers = [port, received, flags].map(|at| machine.value::<u32>(at));
        assert_eq!(numbers, [3000, 4, 1], "the rest of it is lost");
        assert_eq!(machine.value::<u16>(OCTETS), u16::try_from(family).unwrap());
        assert_eq!(machine.bytes(OCTETS + 2, octets.len()), octets);

        let place = machine.place(u32::try_from(octets.len()).unwrap());
        let (list, count) = machine.buffers(&[(DATA, 100)]);
        machine
            .call(|ctx, memory| {
                wasmedge_short::sock_recv_from(ctx, memory, two, list, count, place, 0, received.into(), flags.into())
            })
            .unwrap();
        assert_eq!(machine.value::<u32>(received), 6);
        assert_eq!(machine.bytes(OCTETS, octets.len()), octets);
    }
}

#[test]
fn what_does_not_block_says_so() {
    let mut machine = machine();
    let listener = machine.listener(INET4, LOCALHOST, 1234);
    machine.set_nonblocking(listener);
    assert_eq!(machine.accept(listener), Err(Errno::EAGAIN));
    let client = machine.socket(INET4, STREAM).unwrap();
    machine.connect(client, LOCALHOST, 1234).unwrap();
    let server = machine.accept(listener).unwrap();
    machine.set_nonblocking(server);
    assert_eq!(machine.received(server), Err(Errno::EAGAIN));
    let second = 1_u64.to_le_bytes();
    let time = [second, 5000_u64.to_le_bytes()].concat();
    machine.set_option(client, 11, &[0_u64.to_le_bytes(), 1000_u64.to_le_bytes()].concat()).unwrap();
    assert_eq!(machine.received(client), Err(Errno::EAGAIN), "after the time limit");
    machine.set_option(client, 11, &time).unwrap();
    assert_eq!(machine.option(client, 11, 16).unwrap(), time);
}

#[test]
fn a_wait_for_a_connection_ends_with_it() {
    let network = Loopback::new();
    let [mut machine, mut other] = [(); 2].map(|()| {
        let network = Arc::clone(&network);
        Machine::with(|guest| guest.network = Some(network))
    });
    let listener = machine.listener(INET4, LOCALHOST, 1234);
    let thread = std::thread::spawn(move || {
        let client = other.socket(INET4, STREAM).unwrap();
        other.connect(client, LOCALHOST, 1234).unwrap();
        other.received(client).unwrap()
    });
    let server = machine.accept(listener).unwrap();
    machine.send(server, b"x").unwrap();
    assert_eq!(thread.join().unwrap(), b"x");
}

#[test]
fn a_killed_guest_waits_for_no_connection() {
    let cancel = Arc::new(Cancel::new());
    let (ready, is_ready) = std::sync::mpsc::channel();
    let thread = std::thread::spawn({
        let cancel = Arc::clone(&cancel);
        move || {
            wait::enter(Some(cancel));
            let mut machine = machine();
            let listener = machine.listener(INET4, LOCALHOST, 1234);
            ready.send(()).unwrap();
            let accept = |ctx: &mut Context, memory: &mut Memory<'_>| {
                wasmedge::sock_accept(ctx, memory, listener, RESULT.into())
            };
            accept(&mut machine.ctx, &mut Memory::new(&mut machine.bytes, None))
        }
    });
    is_ready.recv_timeout(Duration::from_secs(10)).unwrap();
    cancel.cancel();
    assert_eq!(thread.join().unwrap(), Err(Failure::End(crate::failure::End::Cancelled)));
}

#[test]
fn sockets_and_clocks_are_waited_for_together() {
    let mut machine = machine();
    let listener = machine.listener(INET4, LOCALHOST, 1234);
    // Reading the listener with user data 1; a monotonic clock in a millisecond with user data 2.
    let mut subscriptions = [0; 96];
    subscriptions[0] = 1;
    subscriptions[8] = 1;
    subscriptions[16..20].copy_from_slice(&listener.to_le_bytes());
    subscriptions[48] = 2;
    subscriptions[64] = 1;
    subscriptions[72..80].copy_from_slice(&1_000_000_u64.to_le_bytes());
    machine.put(LIST, &subscriptions);
    let first = |machine: &mut Machine| {
        machine.call(|ctx, memory| poll::poll_oneoff(ctx, memory, LIST.into(), DATA.into(), 2, RESULT.into())).unwrap();
        (machine.value::<u64>(DATA), machine.value::<u16>(DATA + 8))
    };
    assert_eq!(first(&mut machine), (2, errno::SUCCESS), "nobody calls");
    let client = machine.socket(INET4, STREAM).unwrap();
    machine.connect(client, LOCALHOST, 1234).unwrap();
    machine.put(LIST, &subscriptions);
    assert_eq!(first(&mut machine), (1, errno::SUCCESS));
}

#[test]
fn what_is_no_address_is_refused() {
    let mut machine = machine();
    assert_eq!([0, 3, 9].map(|family| machine.socket(family, STREAM)), [Err(Errno::EAFNOSUPPORT); 3]);
    assert_eq!([0, 3].map(|kind| machine.socket(INET4, kind)), [Err(Errno::EPROTONOSUPPORT); 2]);
    let fd = machine.socket(INET4, STREAM).unwrap();
    assert_eq!(machine.bind(fd, &[1, 2, 3], 80), Err(Errno::EINVAL));
    assert_eq!(machine.bind(fd, LOCALHOST, 65_536), Err(Errno::EINVAL));
    assert_eq!(machine.bind(fd, LOCALHOST_6, 80), Err(Errno::EAFNOSUPPORT));
    assert_eq!(machine.bind(fd, &[3; 128], 80), Err(Errno::EAFNOSUPPORT));
    assert_eq!(machine.connect(fd, LOCALHOST, 80), Err(Errno::ECONNREFUSED));
    assert_eq!(machine.option(fd, 2, 4).unwrap(), 14_u32.to_le_bytes(), "ECONNREFUSED");
    assert_eq!(machine.option(fd, 2, 4).unwrap(), [0; 4], "told once");
    let six = machine.socket(INET6, DATAGRAM).unwrap();
    let place = machine.place(4);
    let short = machine
        .call(|ctx, memory| wasmedge::sock_getlocaladdr(ctx, memory, six, place, RESULT.into(), (RESULT + 4).into()));
    assert_eq!(short, Err(Errno::EINVAL), "no room for its address");
    assert_eq!(machine.bind(0, LOCALHOST, 80), Err(Errno::ENOTSOCK));
    assert_eq!(Machine::new().socket(INET4, STREAM), Err(Errno::EAFNOSUPPORT), "no network");
}

#[test]
fn options_are_set_and_told() {
    let mut machine = machine();
    let fd = machine.socket(INET4, STREAM).unwrap();
    let word = |value: u32| value.to_le_bytes().to_vec();
    for (name, initial) in [(0, 0), (1, 2), (3, 0), (4, 0), (5, 65_536), (6, 65_536), (7, 0), (8, 0), (10, 1), (13, 0)]
    {
        assert_eq!(machine.option(fd, name, 4), Ok(word(initial)), "option {name}");
    }
    for (name, value) in [(0, 1), (4, 1), (5, 4096), (6, 8192), (7, 1)] {
        machine.set_option(fd, name, &word(value)).unwrap();
        assert_eq!(machine.option(fd, name, 8), Ok(word(value)), "option {name}");
    }
    assert_eq!(machine.option(fd, 9, 8), Ok(vec![0; 8]));
    let linger = [word(1), word(7)].concat();
    machine.set_option(fd, 9, &linger).unwrap();
    assert_eq!(machine.option(fd, 9, 8), Ok(linger));
    assert_eq!(machine.option(fd, 14, 16), Ok(Vec::new()), "bound to no interface");
    machine.set_option(fd, 14, b"lo").unwrap();
    assert_eq!(machine.option(fd, 14, 3), Ok(b"lo\0".to_vec()));
    assert_eq!(machine.option(fd, 14, 2), Err(Errno::EINVAL));
    assert_eq!(machine.set_option(fd, 14, b""), Ok(()));
    assert_eq!(machine.option(fd, 14, 16), Ok(Vec::new()), "bound to none again");
    for (name, value, expected) in [
        (14, &b"none0"[..], Errno::ENODEV),
        (14, &[b'l', 255], Errno::ENODEV),
        (13, &[1, 0, 0, 0], Errno::ENOPROTOOPT),
        (8, &[1, 0, 0, 0], Errno::ENOPROTOOPT),
        (15, &[1, 0, 0, 0], Errno::ENOPROTOOPT),
        (0, &[1], Errno::EINVAL),
        (5, &[255; 4], Errno::EINVAL),
        (11, &[0; 8], Errno::EINVAL),
        (11, &[255; 16], Errno::EDOM),
    ] {
        assert_eq!(machine.set_option(fd, name, value), Err(expected), "option {name}");
    }
    assert_eq!(machine.option(fd, 0, 3), Err(Errno::EINVAL));
    assert_eq!(machine.option(fd, 99, 4), Err(Errno::ENOPROTOOPT));
    machine.call(|ctx, memory| wasmedge::sock_listen(ctx, memory, fd, u32::MAX)).unwrap();
    assert_eq!(machine.option(fd, 13, 4), Ok(word(1)));
    let mut sent = machine.socket(INET4, DATAGRAM).unwrap();
    assert_eq!(machine.option(sent, 1, 4), Ok(word(1)));
    sent = machine.socket(INET6, STREAM).unwrap();
    let (list, count) = machine.buffers(&[(DATA, 1)]);
    let unconnected = machine.call(|ctx, memory| io::fd_write(ctx, memory, sent, list, count, RESULT.into()));
    assert_eq!(unconnected, Err(Errno::ENOTCONN));
}

/// A record that was found: family, type of socket, length of the data, data.
type Found = (u8, u8, u32, Vec<u8>);

/// Looks up with a hint of flags, family and type of socket; the error is WasmEdge's number.
fn lookup(host: &str, service: &str, hint: (u16, u8, u8), room: u32) -> Result<Vec<Found>, u16> {
    let (records, addresses, data) = (8192, 12_288, 16_384);
    let mut machine = machine();
    machine.put(DATA, &[&hint.0.to_le_bytes()[..], &[hint.1, hint.2]].concat());
    for index in 0..room {
        let record = records + 28 * index;
        machine.put(record + 12, &(addresses + 12 * index).to_le_bytes());
        let next = if index + 1 < room { record + 28 } else { 0 };
        machine.put(record + 24, &next.to_le_bytes());
        machine.put(addresses + 12 * index + 4, &14_u32.to_le_bytes());
        machine.put(addresses + 12 * index + 8, &(data + 26 * index).to_le_bytes());
    }
    let texts = [host, service].map(|text| format!("{text}\0"));
    let (node, service) = (TEXT, TEXT + 512);
    machine.put(node, texts[0].as_bytes());
    machine.put(service, texts[1].as_bytes());
    machine.put(RESULT, &records.to_le_bytes());
    let [node_len, service_len] = texts.map(|text| u32::try_from(text.len()).unwrap());
    let (results, found) = (RESULT, RESULT + 4);
    let (ctx, mut memory) = (&mut machine.ctx, Memory::new(&mut machine.bytes, None));
    let answer = addrinfo::sock_getaddrinfo(
        ctx,
        &mut memory,
        node.into(),
        node_len,
        service.into(),
        service_len,
        DATA.into(),
        results.into(),
        room,
        found.into(),
    );
    match answer {
        Ok(()) => {}
        Err(Failure::Lookup(error)) => return Err(error.number()),
        Err(other) => panic!("{other:?}"),
    }
    let found: u32 = machine.value(found);
    Ok((0..found)
        .map(|index| {
            let (record, address) = (records + 28 * index, addresses + 12 * index);
            let (family, len) = (machine.value::<u8>(address), machine.value::<u32>(address + 4));
            assert_eq!(machine.value::<u8>(record + 2), family);
            assert_eq!(machine.value::<u32>(record + 8), len + 2);
            let bytes = machine.bytes(data + 26 * index, usize::try_from(len).unwrap()).to_vec();
            (family, machine.value::<u8>(record + 3), len, bytes)
        })
        .collect())
}

#[test]
fn names_have_addresses() {
    let four = [&[0, 80, 127, 0, 0, 1][..], &[0; 8]].concat();
    let six = [&[0, 80, 0, 0, 0, 0][..], LOCALHOST_6, &[0; 4]].concat();
    // As the crate does: IPv4, streams.
    assert_eq!(lookup("localhost", "http", (0, 1, 2), 10), Ok(vec![(1, 2, 14, four.clone())]));
    assert_eq!(lookup("localhost", "80", (0, 2, 2), 10), Ok(vec![(2, 2, 26, six.clone())]));
    let both = lookup("localhost", "http", (0, 0, 0), 10).unwrap();
    assert_eq!(both.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(), [(2, 2), (2, 1), (1, 2), (1, 1)]);
    assert_eq!(lookup("localhost", "http", (0, 0, 0), 3).unwrap().len(), 3);
    assert_eq!(lookup("127.0.0.1", "http", (4, 1, 2), 1), Ok(vec![(1, 2, 14, four)]), "no lookup");
    assert_eq!(lookup("", "http", (0, 2, 2), 1), Ok(vec![(2, 2, 26, six)]), "this host");
    assert_eq!(lookup("old.test", "", (16, 2, 2), 1).unwrap()[0].3[16..22], [255, 255, 127, 0, 0, 1], "mapped");
}

#[test]
fn names_without_addresses_say_why() {
    for (host, service, hint, room, expected) in [
        ("nobody.test", "http", (0, 0, 0), 1, 84),
        ("silent.test", "http", (0, 0, 0), 1, 78),
        ("old.test", "http", (0, 2, 0), 1, 83),
        ("localhost", "nonsense", (0, 0, 0), 1, 85),
        ("localhost", "http", (8, 0, 0), 1, 84),
        ("localhost", "http", (4, 0, 0), 1, 84),
        ("localhost", "http", (128, 0, 0), 1, 79),
        ("", "http", (2, 0, 0), 1, 79),
        ("", "", (0, 0, 0), 1, 84),
        ("localhost", "http", (0, 7, 0), 1, 81),
        ("localhost", "http", (0, 0, 7), 1, 86),
        ("localhost", "http", (0, 0, 0), 0, 82),
    ] {
        assert_eq!(lookup(host, service, hint, room), Err(expected), "{host} {service} {hint:?} {room}");
    }
}
