//! Sockets, against one that is made up.

use super::super::{io, sock};
use super::descriptors::CREAT;
use super::*;
use crate::rights::Rights;
use std::collections::VecDeque;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::Mutex;
use vfs::socket::{self, Family, OptionValue, Received, Socket, SocketKind, SocketOption, Take};
use vfs::{Interest, Readiness};
use wait::Waiter;

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7);

/// Gives what it was filled with, and remembers what was sent.
struct Fake {
    kind: SocketKind,
    /// What comes when all was given.
    then: Option<Errno>,
    incoming: Mutex<VecDeque<Vec<u8>>>,
    sent: Mutex<Vec<Vec<u8>>>,
    shut: Mutex<Option<Shutdown>>,
}

impl Fake {
    fn new(kind: SocketKind, incoming: &[&[u8]]) -> Arc<Fake> {
        Fake::ending(kind, incoming, None)
    }

    fn ending(kind: SocketKind, incoming: &[&[u8]], then: Option<Errno>) -> Arc<Fake> {
        let incoming = Mutex::new(incoming.iter().map(|bytes| bytes.to_vec()).collect());
        Arc::new(Fake { kind, then, incoming, sent: Mutex::default(), shut: Mutex::default() })
    }
}

impl Socket for Fake {
    fn family(&self) -> Family {
        Family::V4
    }

    fn kind(&self) -> SocketKind {
        self.kind
    }

    fn bind(&self, _address: SocketAddr) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    fn accept(&self) -> Result<(Arc<dyn Socket>, SocketAddr), Errno> {
        let first = self.incoming.lock().unwrap().pop_front().ok_or(Errno::EAGAIN)?;
        Ok((Fake::new(SocketKind::Stream, &[&first]), PEER))
    }

    fn connect(&self, _peer: SocketAddr) -> Result<(), Errno> {
        Err(Errno::EISCONN)
    }

    fn send(&self, buf: &[u8], _to: Option<SocketAddr>) -> Result<usize, Errno> {
        self.sent.lock().unwrap().push(buf.to_vec());
        Ok(buf.len())
    }

    fn receive(&self, buf: &mut [u8], take: Take) -> Result<Received, Errno> {
        let mut incoming = self.incoming.lock().unwrap();
        let Some(first) = incoming.front_mut() else {
            let end = Received { count: 0, length: 0, from: None, hop_limit: None };
            return self.then.map_or(Ok(end), Err);
        };
        let count = first.len().min(buf.len());
        buf[..count].copy_from_slice(&first[..count]);
        let length = if self.kind == SocketKind::Datagram { first.len() } else { count };
        if take == Take::Remove {
            first.drain(..length);
            if first.is_empty() {
                incoming.pop_front();
            }
        }
        Ok(Received { count, length, from: Some(PEER), hop_limit: None })
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), Errno> {
        *self.shut.lock().unwrap() = Some(how);
        Ok(())
    }

    fn local_address(&self) -> Result<SocketAddr, Errno> {
        Ok(PEER)
    }

    fn peer_address(&self) -> Result<SocketAddr, Errno> {
        Ok(PEER)
    }

    fn poll(&self, _interest: Interest, _waiter: Option<&Waiter>) -> Readiness {
        Readiness { readable: true, writable: true, hangup: false, available: 0 }
    }

    fn take_error(&self) -> Option<Errno> {
        None
    }

    fn option(&self, _option: SocketOption) -> Result<OptionValue, Errno> {
        Err(Errno::ENOPROTOOPT)
    }

    fn set_option(&self, _option: SocketOption, _value: OptionValue) -> Result<(), Errno> {
        Err(Errno::ENOPROTOOPT)
    }
}

use std::result::Result;

/// The descriptor of the socket, behind the directory.
const SOCKET: u32 = 4;

fn machine(fake: &Arc<Fake>) -> Machine {
    let file = socket::open(Arc::clone(fake) as Arc<dyn Socket>);
    Machine::with(|guest| guest.listeners = vec![file])
}

impl Machine {
    /// Received bytes and `$roflags`.
    fn receive(&mut self, buffers: &[(u32, u32)], flags: u32) -> Result<(u32, u16), Errno> {
        let (list, count) = self.buffers(buffers);
        let (received, result) = (RESULT.into(), (RESULT + 4).into());
        self.call(|ctx, memory| sock::sock_recv(ctx, memory, SOCKET, list, count, flags, received, result))?;
        Ok((self.value(RESULT), self.value(RESULT + 4)))
    }
}

#[test]
fn what_is_no_socket_says_so() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    for (fd, expected) in [(0, Errno::ENOTSOCK), (3, Errno::ENOTSOCK), (file, Errno::ENOTSOCK), (99, Errno::EBADF)] {
        let (list, count) = machine.buffers(&[(DATA, 1)]);
        let answers = [
            machine.call(|ctx, memory| sock::sock_accept(ctx, memory, fd, 0, RESULT.into())),
            machine.call(|ctx, memory| sock::sock_recv(ctx, memory, fd, list, count, 0, RESULT.into(), 0.into())),
            machine.call(|ctx, memory| sock::sock_send(ctx, memory, fd, list, count, 0, RESULT.into())),
            machine.call(|ctx, memory| sock::sock_shutdown(ctx, memory, fd, 1)),
        ];
        assert_eq!(answers, [Err(expected); 4], "descriptor {fd}");
    }
}

#[test]
fn a_stream_is_received_as_it_comes_or_whole() {
    let mut machine = machine(&Fake::new(SocketKind::Stream, &[b"abc", b"def"]));
    assert_eq!(machine.receive(&[(DATA, 10)], 1), Ok((3, 0)), "a look");
    assert_eq!(machine.receive(&[(DATA, 10), (DATA, 10)], 0), Ok((3, 0)));
    assert_eq!(machine.receive(&[(DATA, 1), (DATA + 1, 1)], 2), Ok((2, 0)), "all that was asked for");
    assert_eq!(machine.receive(&[(DATA, 10)], 2), Ok((1, 0)), "until the end");
    assert_eq!(machine.receive(&[(DATA, 10)], 4), Err(Errno::EINVAL));
}

#[test]
fn what_came_is_not_lost_when_not_all_does() {
    let mut machine = machine(&Fake::ending(SocketKind::Stream, &[b"abc", b"de"], Some(Errno::ECONNRESET)));
    assert_eq!(machine.receive(&[(DATA, 10)], 2), Ok((5, 0)));
    assert_eq!(machine.bytes(DATA, 5), b"abcde");
    assert_eq!(machine.receive(&[(DATA, 10)], 2), Err(Errno::ECONNRESET));
}

#[test]
fn a_datagram_is_one_whatever_the_buffers() {
    let fake = Fake::new(SocketKind::Datagram, &[b"abcdef", b"ghijkl", b"mnopqr"]);
    let mut machine = machine(&fake);
    assert_eq!(machine.receive(&[(DATA, 2), (DATA + 10, 10)], 0), Ok((6, 0)));
    assert_eq!(
        (machine.value::<u16>(DATA), machine.bytes(DATA + 10, 4)),
        (u16::from_le_bytes(*b"ab"), &mut *b"cdef".to_vec())
    );
    assert_eq!(machine.receive(&[(DATA, 2), (DATA + 10, 2)], 0), Ok((4, 1)), "the rest is lost");
    let (list, count) = machine.buffers(&[(DATA, 3), (DATA + 20, 10)]);
    machine.call(|ctx, memory| io::fd_read(ctx, memory, SOCKET, list, count, RESULT.into())).unwrap();
    assert_eq!((machine.value::<u32>(RESULT), machine.bytes(DATA + 20, 3)), (6, &mut *b"pqr".to_vec()));

    machine.put(DATA, b"0123456789");
    let (list, count) = machine.buffers(&[(DATA, 3), (DATA + 5, 2)]);
    machine.call(|ctx, memory| sock::sock_send(ctx, memory, SOCKET, list, count, 0, RESULT.into())).unwrap();
    machine.call(|ctx, memory| sock::sock_send(ctx, memory, SOCKET, list, 0, 0, RESULT.into())).unwrap();
    assert_eq!(*fake.sent.lock().unwrap(), [b"01256".to_vec(), Vec::new()], "also an empty one");
    let (list, count) = machine.buffers(&[(0, 60_000), (0, 6_000)]);
    let too_long = machine.call(|ctx, memory| sock::sock_send(ctx, memory, SOCKET, list, count, 0, RESULT.into()));
    assert_eq!(too_long, Err(Errno::EMSGSIZE));
}

#[test]
fn a_connection_is_accepted_with_flags() {
    let mut machine = machine(&Fake::new(SocketKind::Stream, &[b"hello"]));
    machine.call(|ctx, memory| sock::sock_accept(ctx, memory, SOCKET, 4, RESULT.into())).unwrap();
    let accepted: u32 = machine.value(RESULT);
    assert_eq!(accepted, 5);
    assert!(machine.ctx.files.get(accepted).unwrap().file.flags().nonblock);
    let (list, count) = machine.buffers(&[(DATA, 10)]);
    machine.call(|ctx, memory| io::fd_read(ctx, memory, accepted, list, count, RESULT.into())).unwrap();
    assert_eq!(machine.bytes(DATA, 5), b"hello");
}

#[test]
fn a_socket_is_shut_down_one_way_or_both() {
    let fake = Fake::new(SocketKind::Stream, &[]);
    let mut machine = machine(&fake);
    let mut shutdown = |how| machine.call(|ctx, memory| sock::sock_shutdown(ctx, memory, SOCKET, how));
    assert_eq!([shutdown(0), shutdown(4)], [Err(Errno::EINVAL); 2]);
    assert_eq!(shutdown(2), Ok(()));
    assert_eq!(*fake.shut.lock().unwrap(), Some(Shutdown::Write));
    assert_eq!(shutdown(3), Ok(()));
    assert_eq!(*fake.shut.lock().unwrap(), Some(Shutdown::Both));
}
