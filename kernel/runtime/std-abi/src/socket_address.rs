//! Addresses of sockets in the ABI's form (`sockaddr_in`, `sockaddr_in6`): ports and addresses in network byte order.

use hermit_abi::{AF_INET, AF_INET6, in_addr, in6_addr, sockaddr, sockaddr_in, sockaddr_in6, socklen_t};
use interfaces::{Errno, Result};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Bytes before an address that say what it is.
const HEADER: usize = std::mem::offset_of!(sockaddr, sa_data);

/// Where among them the family is, a byte.
const FAMILY: usize = std::mem::offset_of!(sockaddr, sa_family);

/// An address in the ABI's form.
pub(crate) enum RawAddress {
    V4(sockaddr_in),
    V6(sockaddr_in6),
}

impl RawAddress {
    pub(crate) fn new(address: SocketAddr) -> RawAddress {
        match address {
            SocketAddr::V4(v4) => RawAddress::V4(sockaddr_in {
                sin_len: size_of::<sockaddr_in>() as u8,
                sin_family: AF_INET as u8,
                sin_port: v4.port().to_be(),
                sin_addr: in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                sin_zero: [0; 8],
            }),
            SocketAddr::V6(v6) => RawAddress::V6(sockaddr_in6 {
                sin6_len: size_of::<sockaddr_in6>() as u8,
                sin6_family: AF_INET6 as u8,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: in6_addr { s6_addr: v6.ip().octets() },
                sin6_scope_id: v6.scope_id(),
            }),
        }
    }

    /// Where its bytes are, and how many.
    pub(crate) fn bytes(&self) -> (*const u8, usize) {
        match self {
            RawAddress::V4(raw) => ((&raw const *raw).cast(), size_of::<sockaddr_in>()),
            RawAddress::V6(raw) => ((&raw const *raw).cast(), size_of::<sockaddr_in6>()),
        }
    }
}

/// Reads an address: EFAULT, EINVAL (too short), EAFNOSUPPORT.
///
/// # Safety
/// `address` is null or can be read for `length` bytes.
pub(crate) unsafe fn read_address(address: *const sockaddr, length: socklen_t) -> Result<SocketAddr> {
    let length = length as usize;
    if address.is_null() {
        return Err(Errno::EFAULT);
    }
    if length < HEADER {
        return Err(Errno::EINVAL);
    }
    // SAFETY: the caller's contract; the field is a byte of the header.
    let family = unsafe { *address.cast::<u8>().wrapping_add(FAMILY) };
    match i32::from(family) {
        AF_INET if length >= size_of::<sockaddr_in>() => {
            // SAFETY: the caller's contract, for this many bytes.
            let raw = unsafe { address.cast::<sockaddr_in>().read_unaligned() };
            let ip = Ipv4Addr::from(raw.sin_addr.s_addr.to_ne_bytes());
            Ok(SocketAddrV4::new(ip, u16::from_be(raw.sin_port)).into())
        }
        AF_INET6 if length >= size_of::<sockaddr_in6>() => {
            // SAFETY: the caller's contract, for this many bytes.
            let raw = unsafe { address.cast::<sockaddr_in6>().read_unaligned() };
            let (ip, port) = (Ipv6Addr::from(raw.sin6_addr.s6_addr), u16::from_be(raw.sin6_port));
            Ok(SocketAddrV6::new(ip, port, raw.sin6_flowinfo, raw.sin6_scope_id).into())
        }
        AF_INET | AF_INET6 => Err(Errno::EINVAL),
        _ => Err(Errno::EAFNOSUPPORT),
    }
}

/// Writes an address, as much of it as there is room for, and its whole length (POSIX, `accept`).
///
/// # Safety
/// `to` is null, or `length` can be read and written and `to` has room for as many bytes as it says.
pub(crate) unsafe fn write_address(address: SocketAddr, to: *mut sockaddr, length: *mut socklen_t) {
    if to.is_null() || length.is_null() {
        return;
    }
    let raw = RawAddress::new(address);
    let (from, whole) = raw.bytes();
    // SAFETY: the caller's contract.
    let room = unsafe { length.read() } as usize;
    // SAFETY: `raw` has `whole` bytes, `to` has `room`.
    unsafe { std::ptr::copy_nonoverlapping(from, to.cast::<u8>(), whole.min(room)) };
    // SAFETY: the caller's contract; an address has a few dozen bytes.
    unsafe { length.write(whole as socklen_t) };
}
