//! `std::net` on the files of sockets: the calls that make, join and use them.
//!
//! Blocking, time-outs and the end of a killed process's waits are those of [`vfs::socket`]. `socket_address` has the form of
//! addresses, `socket_options` the options, `lookup` finds hosts. Where sockets come from is the assembler's choice
//! ([`set_network`]).

use crate::socket_address::{read_address, write_address};
use crate::{count, descriptor, process, status};
use hermit_abi::{
    AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, MSG_PEEK, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_CLOEXEC, SOCK_DGRAM,
    SOCK_NONBLOCK, SOCK_STREAM, c_void, sockaddr, socklen_t,
};
use interfaces::{Errno, Result};
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, OnceLock};
use vfs::OpenFile;
use vfs::socket::{Family, Network, Received, SocketKind, Take, socket_of};

/// std's calls are plain functions and can be given nothing.
static NETWORK: OnceLock<Arc<dyn Network>> = OnceLock::new();

/// Makes `network` the one that std's sockets and names come from. Later calls have no effect.
pub fn set_network(network: Arc<dyn Network>) {
    NETWORK.get_or_init(|| network);
}

/// Where sockets come from: ENETDOWN on a machine without a network stack.
pub(crate) fn network() -> Result<&'static dyn Network> {
    NETWORK.get().map(|network| &**network).ok_or(Errno::ENETDOWN)
}

/// The open file of a socket.
pub(crate) fn socket_file(fd: i32) -> Result<Arc<OpenFile>> {
    let file = process()?.files().get(fd)?;
    socket_of(&file)?;
    Ok(file)
}

/// Makes a socket.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_socket(domain: i32, kind: i32, protocol: i32) -> i32 {
    descriptor(make(domain, kind, protocol))
}

fn make(domain: i32, kind: i32, protocol: i32) -> Result<i32> {
    let process = process()?;
    let family = match domain {
        AF_INET => Family::V4,
        AF_INET6 => Family::V6,
        _ => return Err(Errno::EAFNOSUPPORT),
    };
    let (kind, own) = match kind & !(SOCK_NONBLOCK | SOCK_CLOEXEC) {
        SOCK_STREAM => (SocketKind::Stream, IPPROTO_TCP),
        SOCK_DGRAM => (SocketKind::Datagram, IPPROTO_UDP),
        _ => return Err(Errno::EPROTOTYPE),
    };
    if protocol != 0 && protocol != own {
        return Err(Errno::EPROTONOSUPPORT);
    }
    let file = vfs::socket::open(network()?.socket(family, kind)?);
    process.files().insert(file)
}

/// Gives a socket a local address.
///
/// # Safety
/// `address` is null or can be read for `length` bytes.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_bind(fd: i32, address: *const sockaddr, length: socklen_t) -> i32 {
    // SAFETY: the caller's contract.
    let address = unsafe { read_address(address, length) };
    status(address.and_then(|address| socket_of(&*socket_file(fd)?)?.bind(address)))
}

/// Starts to take connections.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_listen(fd: i32, backlog: i32) -> i32 {
    // POSIX, `listen`: a negative backlog counts as 0.
    let backlog = usize::try_from(backlog).unwrap_or(0);
    status(socket_file(fd).and_then(|file| socket_of(&file)?.listen(backlog)))
}

/// Waits for a connection; the descriptor of its socket.
///
/// # Safety
/// `address` is null, or `length` can be read and written and `address` has room for as many bytes as it says.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_accept(fd: i32, address: *mut sockaddr, length: *mut socklen_t) -> i32 {
    let accept = || {
        let process = process()?;
        let (file, peer) = vfs::socket::accept(&*socket_file(fd)?)?;
        Ok((process.files().insert(file)?, peer))
    };
    descriptor(accept().map(|(accepted, peer)| {
        // SAFETY: the caller's contract.
        unsafe { write_address(peer, address, length) };
        accepted
    }))
}

/// Connects, or fixes the peer of a datagram socket.
///
/// # Safety
/// As [`sys_bind`].
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_connect(fd: i32, address: *const sockaddr, length: socklen_t) -> i32 {
    // SAFETY: the caller's contract.
    let address = unsafe { read_address(address, length) };
    status(address.and_then(|address| vfs::socket::connect(&*socket_file(fd)?, address)))
}

/// Ends sending, receiving or both.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_shutdown(fd: i32, how: i32) -> i32 {
    let shutdown = || {
        let how = match how {
            SHUT_RD => Shutdown::Read,
            SHUT_WR => Shutdown::Write,
            SHUT_RDWR => Shutdown::Both,
            _ => return Err(Errno::EINVAL),
        };
        socket_of(&*socket_file(fd)?)?.shutdown(how)
    };
    status(shutdown())
}

/// Receives.
///
/// # Safety
/// `buffer` has room for `length` bytes.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_recv(fd: i32, buffer: *mut u8, length: usize, flags: i32) -> isize {
    // SAFETY: the caller's contract.
    count(unsafe { receive(fd, buffer, length, flags) }.map(|received| received.count))
}

/// Receives and tells from whom.
///
/// # Safety
/// As [`sys_recv`] and [`sys_accept`].
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_recvfrom(
    fd: i32,
    buffer: *mut u8,
    length: usize,
    flags: i32,
    address: *mut sockaddr,
    address_length: *mut socklen_t,
) -> isize {
    // SAFETY: the caller's contract.
    let received = unsafe { receive(fd, buffer, length, flags) };
    if let Ok(Received { from: Some(from), .. }) = received {
        // SAFETY: the caller's contract.
        unsafe { write_address(from, address, address_length) };
    }
    count(received.map(|received| received.count))
}

/// # Safety
/// `buffer` has room for `length` bytes.
unsafe fn receive(fd: i32, buffer: *mut u8, length: usize, flags: i32) -> Result<Received> {
    let take = match flags {
        0 => Take::Remove,
        MSG_PEEK => Take::Peek,
        _ => return Err(Errno::EOPNOTSUPP),
    };
    let buffer = if length == 0 {
        &mut []
    } else {
        // SAFETY: the caller's contract; sockets write to the buffer and do not read it.
        unsafe { std::slice::from_raw_parts_mut(buffer, length) }
    };
    vfs::socket::receive(&*socket_file(fd)?, buffer, take)
}

/// Sends.
///
/// # Safety
/// `buffer` holds `length` bytes.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_send(fd: i32, buffer: *const c_void, length: usize, flags: i32) -> isize {
    // SAFETY: the caller's contract.
    count(unsafe { send(fd, buffer, length, flags, None) })
}

/// Sends to an address; without one as [`sys_send`].
///
/// # Safety
/// As [`sys_send`] and [`sys_bind`].
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_sendto(
    fd: i32,
    buffer: *const c_void,
    length: usize,
    flags: i32,
    address: *const sockaddr,
    address_length: socklen_t,
) -> isize {
    let to = if address.is_null() {
        Ok(None)
    } else {
        // SAFETY: the caller's contract.
        unsafe { read_address(address, address_length) }.map(Some)
    };
    // SAFETY: the caller's contract.
    count(to.and_then(|to| unsafe { send(fd, buffer, length, flags, to) }))
}

/// # Safety
/// `buffer` holds `length` bytes.
unsafe fn send(fd: i32, buffer: *const c_void, length: usize, flags: i32, to: Option<SocketAddr>) -> Result<usize> {
    // The ABI names no flag for sending.
    if flags != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    let bytes = if length == 0 {
        &[]
    } else {
        // SAFETY: the caller's contract.
        unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), length) }
    };
    vfs::socket::send(&*socket_file(fd)?, bytes, to)
}

/// The peer's address.
///
/// # Safety
/// As [`sys_accept`].
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_getpeername(fd: i32, address: *mut sockaddr, length: *mut socklen_t) -> i32 {
    let peer = socket_file(fd).and_then(|file| socket_of(&file)?.peer_address());
    // SAFETY: the caller's contract.
    status(peer.map(|peer| unsafe { write_address(peer, address, length) }))
}

/// A socket's own address.
///
/// # Safety
/// As [`sys_accept`].
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_getsockname(fd: i32, address: *mut sockaddr, length: *mut socklen_t) -> i32 {
    let own = socket_file(fd).and_then(|file| socket_of(&file)?.local_address());
    // SAFETY: the caller's contract.
    status(own.map(|own| unsafe { write_address(own, address, length) }))
}
