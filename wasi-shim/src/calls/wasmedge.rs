//! Sockets that a guest makes itself: WasmEdge's additions to preview 1, as the crate `wasmedge_wasi_socket` calls them.
//!
//! They stand beside the calls of `sock`, under the same module name. WasmEdge has two generations of some of them, which
//! differ in the number of arguments: here are those that the crate uses, in `wasmedge_short` the others. Options are in
//! `sockopt`, names in `addrinfo`. Blocking, `O_NONBLOCK` and time-outs are those of `vfs::socket`.

pub(super) mod address;

pub(super) use address::{INET4, INET6, UNSPECIFIED};

use crate::abi::{Buffer, FdFlags, ReceiveFlags};
use crate::calls::sock::{accept, receive, send, socket};
use crate::context::Context;
use crate::descriptors::Descriptor;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};
use crate::rights::Rights;
use address::Place;
use interfaces::Errno;
use std::net::SocketAddr;
use vfs::socket::{Family, Socket, SocketKind, socket_of};

/// `__wasi_sock_type_t`.
pub(super) const DATAGRAM: u8 = 1;
/// `__wasi_sock_type_t`.
pub(super) const STREAM: u8 = 2;

/// The longest queue of connections that a guest gets (Linux's `SOMAXCONN`); also for a number that is negative.
const MAX_BACKLOG: u32 = 4096;

pub(crate) fn sock_open(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    family: u32,
    kind: u32,
    opened: GuestPtr<u32>,
) -> Result<()> {
    opened.check(memory)?;
    let family = match u8::try_from(family) {
        Ok(INET4) => Family::V4,
        Ok(INET6) => Family::V6,
        _ => return Err(Errno::EAFNOSUPPORT.into()),
    };
    let kind = match u8::try_from(kind) {
        Ok(DATAGRAM) => SocketKind::Datagram,
        Ok(STREAM) => SocketKind::Stream,
        _ => return Err(Errno::EPROTONOSUPPORT.into()),
    };
    // Without a network no family is supported.
    let network = ctx.network.as_ref().ok_or(Errno::EAFNOSUPPORT)?;
    let file = vfs::socket::open(network.socket(family, kind)?);
    opened.write(memory, ctx.files.insert(Descriptor::new(file))?)
}

pub(crate) fn sock_bind(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    address: GuestPtr<Buffer>,
    port: u32,
) -> Result<()> {
    let socket = socket_of(socket(ctx, fd, Rights::empty())?)?;
    Ok(socket.bind(address::read(memory, address, port)?)?)
}

pub(crate) fn sock_listen(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32, backlog: u32) -> Result<()> {
    let socket = socket_of(socket(ctx, fd, Rights::SOCK_ACCEPT)?)?;
    let backlog = usize::try_from(backlog.min(MAX_BACKLOG)).map_err(|_| Errno::EINVAL)?;
    Ok(socket.listen(backlog)?)
}

/// The standard's has flags; see `sock`.
pub(crate) fn sock_accept(ctx: &mut Context, memory: &mut Memory<'_>, fd: u32, accepted: GuestPtr<u32>) -> Result<()> {
    accept(ctx, memory, fd, FdFlags::empty(), accepted)
}

pub(crate) fn sock_connect(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    address: GuestPtr<Buffer>,
    port: u32,
) -> Result<()> {
    let file = socket(ctx, fd, Rights::empty())?;
    Ok(vfs::socket::connect(file, address::read(memory, address, port)?)?)
}

#[expect(clippy::too_many_arguments, reason = "WasmEdge's")]
pub(crate) fn sock_recv_from(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    address: GuestPtr<Buffer>,
    flags: u32,
    port: GuestPtr<u32>,
    received: GuestPtr<u32>,
    result: GuestPtr<u16>,
) -> Result<()> {
    let answers = Answers { address, port: Some(port), received, result };
    receive_from(ctx, memory, fd, (buffers, count), flags, &answers)
}

/// Where a guest wants what was received, but for the bytes.
pub(super) struct Answers {
    pub(super) address: GuestPtr<Buffer>,
    pub(super) port: Option<GuestPtr<u32>>,
    pub(super) received: GuestPtr<u32>,
    pub(super) result: GuestPtr<u16>,
}

/// Receives, and tells the guest from whom.
pub(super) fn receive_from(
    ctx: &Context,
    memory: &mut Memory<'_>,
    fd: u32,
    (buffers, count): (GuestPtr<Buffer>, u32),
    flags: u32,
    answers: &Answers,
) -> Result<()> {
    let file = socket(ctx, fd, Rights::FD_READ)?;
    let socket = socket_of(file)?;
    let flags = ReceiveFlags::from_bits(flags).ok_or(Errno::EINVAL)?;
    let place = Place::new(memory, answers.address, socket.family())?;
    answers.port.map_or(Ok(()), |port| port.check(memory))?;
    answers.result.check(memory)?;
    let message = receive(memory, file, buffers, count, flags, answers.received)?;
    // A stream has one sender.
    let from = message.from.or_else(|| socket.peer_address().ok());
    place.write(memory, from)?;
    if let Some(port) = answers.port {
        port.write(memory, from.map_or(0, |from| from.port().into()))?;
    }
    answers.received.write(memory, message.count)?;
    answers.result.write(memory, message.flags)
}

#[expect(clippy::too_many_arguments, reason = "WasmEdge's")]
pub(crate) fn sock_send_to(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    address: GuestPtr<Buffer>,
    port: u32,
    flags: u32,
    sent: GuestPtr<u32>,
) -> Result<()> {
    socket(ctx, fd, Rights::FD_WRITE)?;
    let to = address::read(memory, address, port)?;
    send(ctx, memory, fd, (buffers, count), Some(to), flags, sent)
}

pub(crate) fn sock_getlocaladdr(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    address: GuestPtr<Buffer>,
    version: GuestPtr<u32>,
    port: GuestPtr<u32>,
) -> Result<()> {
    tell(ctx, memory, fd, address, Some(version), port, Socket::local_address)
}

pub(crate) fn sock_getpeeraddr(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    address: GuestPtr<Buffer>,
    version: GuestPtr<u32>,
    port: GuestPtr<u32>,
) -> Result<()> {
    tell(ctx, memory, fd, address, Some(version), port, Socket::peer_address)
}

/// Tells the guest an address of a socket: the octets, the protocol's version, the port.
pub(super) fn tell(
    ctx: &Context,
    memory: &mut Memory<'_>,
    fd: u32,
    address: GuestPtr<Buffer>,
    version: Option<GuestPtr<u32>>,
    port: GuestPtr<u32>,
    ask: impl Fn(&(dyn Socket + 'static)) -> interfaces::Result<SocketAddr>,
) -> Result<()> {
    let socket = socket_of(socket(ctx, fd, Rights::empty())?)?;
    let place = Place::new(memory, address, socket.family())?;
    version.map_or(Ok(()), |version| version.check(memory))?;
    port.check(memory)?;
    let told = ask(&**socket)?;
    place.write(memory, Some(told))?;
    if let Some(version) = version {
        version.write(memory, if told.is_ipv4() { 4 } else { 6 })?;
    }
    port.write(memory, told.port().into())
}
