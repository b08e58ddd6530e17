//! Sockets by the calls that WasmEdge added to preview 1.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

/// Values of an address's type, as hosts give it: the version of the protocol, or WasmEdge's number of the family.
const IPV4: [u32; 2] = [4, 1];
const IPV6: [u32; 2] = [6, 2];

/// Where an address goes.
#[repr(C)]
struct Buffer {
    start: *mut u8,
    length: usize,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn sock_getpeeraddr(socket: i32, address: *mut Buffer, address_type: *mut u32, port: *mut u32) -> u32;
}

pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = wasmedge_wasi_socket::TcpListener::bind(address, true)?;
    // SAFETY: `into_raw_fd` gives the descriptor away.
    let descriptor = unsafe { OwnedFd::from_raw_fd(listener.into_raw_fd()) };
    Ok(TcpListener::from(descriptor))
}

/// Preview 1's `sock_accept` tells no address; this call does. It is made directly: `wasmedge_wasi_socket` 0.5.5 hands the host
/// a buffer that it declares immutable, and optimised code reads zeros from it.
pub(crate) fn peer(stream: &TcpStream, _: SocketAddr) -> Option<SocketAddr> {
    let mut octets = [0; 16];
    let mut buffer = Buffer { start: octets.as_mut_ptr(), length: octets.len() };
    let (mut address_type, mut port) = (0, 0);
    // SAFETY: the call writes at most `length` bytes to `start`, and the two numbers.
    let errno = unsafe { sock_getpeeraddr(stream.as_raw_fd(), &raw mut buffer, &raw mut address_type, &raw mut port) };
    let ip = match octets {
        _ if errno != 0 => return None,
        [a, b, c, d, ..] if IPV4.contains(&address_type) => IpAddr::from([a, b, c, d]),
        octets if IPV6.contains(&address_type) => IpAddr::from(octets),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::try_from(port).ok()?))
}
