//! Addresses in guest memory (WasmEdge's `__wasi_address_t`: a buffer).
//!
//! The buffer's length tells what is in it: 4 or 16 octets of an address, or 128 bytes that begin with the family. The port
//! travels beside it.

use crate::abi::Buffer;
use crate::failure::Result;
use crate::memory::{GuestPtr, GuestSlice, Memory, field, set_field};
use interfaces::Errno;
use std::net::{IpAddr, SocketAddr};
use vfs::socket::Family;

/// `__wasi_address_family_t`.
pub(crate) const UNSPECIFIED: u8 = 0;
/// `__wasi_address_family_t`.
pub(crate) const INET4: u8 = 1;
/// `__wasi_address_family_t`.
pub(crate) const INET6: u8 = 2;

/// Bytes of a buffer that holds an address of any family.
const STORAGE: usize = 128;

/// Bytes of the family before the octets in such a buffer.
const OCTETS: usize = 2;

/// The address that a guest passes. EINVAL (the buffer's length, the port), EAFNOSUPPORT.
pub(crate) fn read(memory: &Memory<'_>, at: GuestPtr<Buffer>, port: u32) -> Result<SocketAddr> {
    let bytes = at.read(memory)?.0.bytes(memory)?;
    let port = u16::try_from(port).map_err(|_| Errno::EINVAL)?;
    let ip = match bytes.len() {
        STORAGE => {
            let octets = bytes.get(OCTETS..).unwrap_or_default();
            let family = field::<u16>(bytes, 0).and_then(|family| u8::try_from(family).ok());
            match family {
                Some(INET4) => octets.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
                Some(INET6) => octets.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
                _ => return Err(Errno::EAFNOSUPPORT.into()),
            }
        }
        4 => bytes.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        16 => bytes.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
        _ => None,
    };
    Ok(SocketAddr::new(ip.ok_or(Errno::EINVAL)?, port))
}

/// Where a guest wants an address.
pub(crate) struct Place(GuestSlice<u8>);

impl Place {
    /// Checks that an address of the family has room. EINVAL.
    pub(crate) fn new(memory: &Memory<'_>, at: GuestPtr<Buffer>, family: Family) -> Result<Place> {
        let place = at.read(memory)?.0;
        match (place.bytes(memory)?.len(), family) {
            (STORAGE | 16, _) | (4, Family::V4) => Ok(Place(place)),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    /// Writes an address without its port; without one, that its family is none.
    pub(crate) fn write(&self, memory: &mut Memory<'_>, address: Option<SocketAddr>) -> Result<()> {
        let bytes = self.0.bytes_mut(memory)?;
        let (family, v4, v6);
        let octets: &[u8] = match address.map(|address| address.ip()) {
            Some(IpAddr::V4(ip)) => {
                (family, v4) = (INET4, ip.octets());
                &v4
            }
            Some(IpAddr::V6(ip)) => {
                (family, v6) = (INET6, ip.octets());
                &v6
            }
            None => {
                family = UNSPECIFIED;
                &[]
            }
        };
        let mut start = 0;
        if bytes.len() == STORAGE {
            set_field(bytes, 0, u16::from(family)).ok_or(Errno::EFAULT)?;
            start = OCTETS;
        }
        let room = bytes.get_mut(start..).and_then(|room| room.get_mut(..octets.len()));
        room.ok_or(Errno::EINVAL)?.copy_from_slice(octets);
        Ok(())
    }
}
