//! The records of `sock_getaddrinfo` in guest memory (WasmEdge's `__wasi_addrinfo_t` and `__wasi_sockaddr_t`).

use crate::memory::{GuestPtr, Layout, Load, Store, field, set_field};
use std::net::SocketAddr;

/// `__wasi_addrinfo_t`: a hint, or a result.
pub(crate) struct AddrInfo {
    pub(super) flags: u16,
    pub(super) family: u8,
    pub(super) kind: u8,
    pub(super) protocol: u8,
    pub(super) address_len: u32,
    pub(super) address: GuestPtr<SockAddr>,
    pub(super) name: GuestPtr<u8>,
    /// Bytes of the buffer at `name`; in a result, of the name without its NUL.
    pub(super) name_len: u32,
    /// The address of the next record, or 0.
    pub(super) next: u32,
}

impl Layout for AddrInfo {
    const SIZE: u32 = 28;
}

impl Load for AddrInfo {
    fn load(bytes: &[u8]) -> Option<Self> {
        Some(AddrInfo {
            flags: field(bytes, 0)?,
            family: field(bytes, 2)?,
            kind: field(bytes, 3)?,
            // One byte, with three of padding that guests do not set.
            protocol: field(bytes, 4)?,
            address_len: field(bytes, 8)?,
            address: field::<u32>(bytes, 12)?.into(),
            name: field::<u32>(bytes, 16)?.into(),
            name_len: field(bytes, 20)?,
            next: field(bytes, 24)?,
        })
    }
}

impl Store for AddrInfo {
    fn store(&self, bytes: &mut [u8]) -> Option<()> {
        set_field(bytes, 0, self.flags)?;
        set_field(bytes, 2, self.family)?;
        set_field(bytes, 3, self.kind)?;
        set_field(bytes, 4, u32::from(self.protocol))?;
        set_field(bytes, 8, self.address_len)?;
        set_field(bytes, 12, self.address.address())?;
        set_field(bytes, 16, self.name.address())?;
        set_field(bytes, 20, self.name_len)?;
        set_field(bytes, 24, self.next)
    }
}

/// `__wasi_sockaddr_t`.
pub(crate) struct SockAddr {
    pub(super) family: u8,
    pub(super) data_len: u32,
    pub(super) data: GuestPtr<u8>,
}

impl Layout for SockAddr {
    const SIZE: u32 = 12;
}

impl Load for SockAddr {
    fn load(bytes: &[u8]) -> Option<Self> {
        let data = field::<u32>(bytes, 8)?.into();
        Some(SockAddr { family: field(bytes, 0)?, data_len: field(bytes, 4)?, data })
    }
}

impl Store for SockAddr {
    fn store(&self, bytes: &mut [u8]) -> Option<()> {
        set_field(bytes, 0, u32::from(self.family))?;
        set_field(bytes, 4, self.data_len)?;
        set_field(bytes, 8, self.data.address())
    }
}

/// What stands behind the family in `sockaddr_in` (14 bytes: port, octets, padding) and in `sockaddr_in6` (26 bytes: port,
/// flow, octets, scope). The port is in network byte order.
pub(super) fn data(address: SocketAddr) -> Vec<u8> {
    let port = address.port().to_be_bytes();
    match address {
        SocketAddr::V4(address) => [&port[..], &address.ip().octets(), &[0; 8]].concat(),
        SocketAddr::V6(address) => {
            [&port[..], &[0; 4], &address.ip().octets(), &address.scope_id().to_le_bytes()].concat()
        }
    }
}
