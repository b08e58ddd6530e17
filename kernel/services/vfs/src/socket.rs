//! Sockets: what one offers ([`Socket`]), the file that it is ([`SocketFile`]), and the blocking calls made of both.
//!
//! `net` implements [`Socket`] and [`Network`]; `std-abi` and `wasi-shim` call the functions of this module, which add
//! blocking, `O_NONBLOCK` and the time-outs once for both. Semantics: POSIX.1-2017, XSH 2.10 (sockets); where POSIX leaves
//! a choice, Linux's. Addresses are std's; a link-local IPv6 address carries the interface's index as its scope.

use crate::flags::Access;
use crate::node::{File, Interest, Kind, Readiness};
use crate::open_file::OpenFile;
use interfaces::{Errno, Result};
use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use wait::Waiter;

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4 (`AF_INET`).
    V4,
    /// IPv6 (`AF_INET6`); unless `OnlyV6` is set also IPv4, in mapped addresses.
    V6,
}

/// What a socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketKind {
    /// A byte stream over TCP.
    Stream,
    /// Datagrams over UDP.
    Datagram,
    /// ICMP echo messages from the type field on (Linux's ping socket). The socket fills in identifier and checksum.
    Echo,
}

/// An option of a socket, by what it says; the value's kind stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketOption {
    /// `SO_REUSEADDR`: flag.
    ReuseAddress,
    /// `SO_BROADCAST`: flag.
    Broadcast,
    /// `SO_KEEPALIVE`: flag.
    KeepAlive,
    /// `TCP_KEEPIDLE`: time until the first probe, and between probes.
    KeepAliveInterval,
    /// `TCP_NODELAY`: flag.
    NoDelay,
    /// `IPV6_V6ONLY`: flag.
    OnlyV6,
    /// `IP_TTL`, `IPV6_UNICAST_HOPS`: number, 1 to 255.
    HopLimit,
    /// `IP_MULTICAST_TTL`, `IPV6_MULTICAST_HOPS`: number, 1 to 255.
    MulticastHopLimit,
    /// `IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP`: flag.
    MulticastLoop,
    /// `SO_RCVBUF`: number of bytes.
    ReceiveBuffer,
    /// `SO_SNDBUF`: number of bytes.
    SendBuffer,
    /// `SO_RCVTIMEO`: time; none is for ever.
    ReceiveTimeout,
    /// `SO_SNDTIMEO`: time; none is for ever.
    SendTimeout,
    /// `SO_BINDTOIFINDEX`, `SO_BINDTODEVICE`: number, the index of the only interface that it sends and receives on; 0 is any.
    Device,
    /// `SO_LINGER`: time; none is off. Zero makes close reset the connection; close itself never blocks.
    Linger,
}

/// The value of a [`SocketOption`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// On or off.
    Flag(bool),
    /// A count.
    Number(u32),
    /// A duration, or none.
    Time(Option<Duration>),
}

/// What receiving does with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// Removes it.
    Remove,
    /// Leaves it (`MSG_PEEK`).
    Peek,
}

/// What was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes put into the buffer.
    pub count: usize,
    /// Bytes of the whole datagram; the rest of it is lost. Of a stream: the same as `count`.
    pub length: usize,
    /// Who sent it.
    pub from: Option<SocketAddr>,
    /// How many hops a datagram could have gone on (`IP_RECVTTL`, `IPV6_RECVHOPLIMIT`).
    pub hop_limit: Option<u8>,
}

/// Which interface a multicast group is joined on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupInterface {
    /// The one that the routes lead to.
    Any,
    /// The one that has this address.
    Address(Ipv4Addr),
    /// The one with this index.
    Index(u32),
}

/// The state of a connection or a listener (RFC 9293, section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The RFC's names.
pub enum TcpState {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

/// The socket operations. None blocks; see the functions of this module for those that do.
pub trait Socket: Send + Sync {
    /// Its address family.
    fn family(&self) -> Family;

    /// What it carries.
    fn kind(&self) -> SocketKind;

    /// Gives it a local address; port 0 chooses one. EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL (it has one).
    fn bind(&self, address: SocketAddr) -> Result<()>;

    /// Starts to take connections, of which up to `backlog` wait to be accepted. EADDRINUSE, EOPNOTSUPP.
    fn listen(&self, backlog: usize) -> Result<()> {
        let _ = backlog;
        Err(Errno::EOPNOTSUPP)
    }

    /// The next connection that waits. EAGAIN; EINVAL (not listening).
    fn accept(&self) -> Result<(Arc<dyn Socket>, SocketAddr)> {
        Err(Errno::EOPNOTSUPP)
    }

    /// Whether it listens (`SO_ACCEPTCONN`).
    fn is_listening(&self) -> bool {
        false
    }

    /// Starts to connect a stream: EINPROGRESS, then EALREADY, at the end once `Ok` or the reason, from then on EISCONN.
    /// Fixes the peer of a datagram socket. ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT.
    fn connect(&self, peer: SocketAddr) -> Result<()>;

    /// Sends `buf`, a stream perhaps only its beginning, a datagram whole. EAGAIN, ENOTCONN, EPIPE, EMSGSIZE, EACCES
    /// (broadcast without the option), EDESTADDRREQ, EISCONN (a stream with `to`).
    fn send(&self, buf: &[u8], to: Option<SocketAddr>) -> Result<usize>;

    /// Receives into `buf`. A stream's end is a count of 0. EAGAIN, ENOTCONN, ECONNRESET, ETIMEDOUT.
    fn receive(&self, buf: &mut [u8], take: Take) -> Result<Received>;

    /// Ends sending, receiving or both. ENOTCONN.
    fn shutdown(&self, how: Shutdown) -> Result<()>;

    /// Its own address (`getsockname`); unspecified and port 0 before it has one.
    fn local_address(&self) -> Result<SocketAddr>;

    /// The peer's address (`getpeername`). ENOTCONN.
    fn peer_address(&self) -> Result<SocketAddr>;

    /// What can be done at once; registers `waiter` (when given) for changes, before it looks. A connection that failed, and
    /// a stream socket that never connected, hang up.
    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness;

    /// Takes the error that waits to be reported (`SO_ERROR`).
    fn take_error(&self) -> Option<Errno>;

    /// An option's value. ENOPROTOOPT.
    fn option(&self, option: SocketOption) -> Result<OptionValue>;

    /// Changes an option. ENOPROTOOPT; EINVAL (not a value for it, or not now); ENODEV (there is no such interface).
    fn set_option(&self, option: SocketOption, value: OptionValue) -> Result<()>;

    /// Joins a multicast group. EADDRINUSE (joined), ENODEV, EOPNOTSUPP.
    fn join_group(&self, group: IpAddr, interface: GroupInterface) -> Result<()> {
        let _ = (group, interface);
        Err(Errno::EOPNOTSUPP)
    }

    /// Leaves a multicast group. EADDRNOTAVAIL (not joined).
    fn leave_group(&self, group: IpAddr, interface: GroupInterface) -> Result<()> {
        let _ = (group, interface);
        Err(Errno::EOPNOTSUPP)
    }
}

/// Where sockets come from.
pub trait Network: Send + Sync {
    /// A new socket. EAFNOSUPPORT, EPROTONOSUPPORT.
    fn socket(&self, family: Family, kind: SocketKind) -> Result<Arc<dyn Socket>>;

    /// The addresses of a host by name or literal, the best first; blocks. ENOENT (there is no such host), EAGAIN (nobody
    /// answered), EINVAL (not a name), ECANCELED.
    fn lookup(&self, host: &str) -> Result<Vec<IpAddr>>;

    /// The index of the interface with this name (`if_nametoindex`). ENODEV.
    fn interface_index(&self, name: &str) -> Result<u32> {
        let _ = name;
        Err(Errno::ENODEV)
    }

    /// The name of the interface with this index (`if_indextoname`). ENODEV.
    fn interface_name(&self, index: u32) -> Result<String> {
        let _ = index;
        Err(Errno::ENODEV)
    }
}

/// A socket as a file: reading receives, writing sends.
pub struct SocketFile(Arc<dyn Socket>);

impl File for SocketFile {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.0.receive(buf, Take::Remove).map(|received| received.count)
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        self.0.send(buf, None)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        self.0.poll(interest, waiter)
    }

    fn time_limit(&self, interest: Interest) -> Option<Duration> {
        let option = if interest.read { SocketOption::ReceiveTimeout } else { SocketOption::SendTimeout };
        match self.0.option(option) {
            Ok(OptionValue::Time(limit)) => limit,
            _ => None,
        }
    }
}

/// The open file of a socket, for a descriptor table.
#[must_use]
pub fn open(socket: Arc<dyn Socket>) -> Arc<OpenFile> {
    let kind = match socket.kind() {
        SocketKind::Stream => Kind::StreamSocket,
        SocketKind::Datagram | SocketKind::Echo => Kind::DatagramSocket,
    };
    OpenFile::anonymous(Arc::new(SocketFile(socket)), kind, Access::READ_WRITE)
}

/// The socket below an open file.
///
/// # Errors
/// ENOTSOCK.
pub fn socket_of(open: &OpenFile) -> Result<&Arc<dyn Socket>> {
    let file: &dyn Any = &**open.file();
    file.downcast_ref::<SocketFile>().map(|file| &file.0).ok_or(Errno::ENOTSOCK)
}

/// Waits for a connection and accepts it; EAGAIN at the receive time-out or when the file is non-blocking.
///
/// # Errors
/// ENOTSOCK, ECANCELED and those of [`Socket::accept`].
pub fn accept(listener: &OpenFile) -> Result<(Arc<OpenFile>, SocketAddr)> {
    let socket = socket_of(listener)?;
    let (accepted, peer) = listener.block(READ, || socket.accept())?;
    Ok((open(accepted), peer))
}

/// Connects, and waits until that has succeeded or failed. EINPROGRESS at the send time-out or when the file is
/// non-blocking.
///
/// # Errors
/// ENOTSOCK, ECANCELED and those of [`Socket::connect`].
pub fn connect(open: &OpenFile, peer: SocketAddr) -> Result<()> {
    let socket = socket_of(open)?;
    let first = socket.connect(peer);
    if first != Err(Errno::EINPROGRESS) {
        return first;
    }
    let outcome = open.block(WRITE, || match socket.connect(peer) {
        Err(Errno::EALREADY | Errno::EINPROGRESS) => Err(Errno::EAGAIN),
        other => other,
    });
    if outcome == Err(Errno::EAGAIN) { Err(Errno::EINPROGRESS) } else { outcome }
}

/// Sends, as soon as some of it can go; EAGAIN at the send time-out or when the file is non-blocking.
///
/// # Errors
/// ENOTSOCK, ECANCELED and those of [`Socket::send`].
pub fn send(open: &OpenFile, buf: &[u8], to: Option<SocketAddr>) -> Result<usize> {
    let socket = socket_of(open)?;
    open.block(WRITE, || socket.send(buf, to))
}

/// Receives, as soon as something is there; EAGAIN at the receive time-out or when the file is non-blocking.
///
/// # Errors
/// ENOTSOCK, ECANCELED and those of [`Socket::receive`].
pub fn receive(open: &OpenFile, buf: &mut [u8], take: Take) -> Result<Received> {
    let socket = socket_of(open)?;
    open.block(READ, || socket.receive(buf, take))
}

const READ: Interest = Interest { read: true, write: false };
const WRITE: Interest = Interest { read: false, write: true };
