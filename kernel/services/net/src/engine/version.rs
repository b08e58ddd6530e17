//! Which IP version a packet claims to be.

use smoltcp::wire::IpVersion;

/// The version by the first four bits. smoltcp's own function panics when there are none.
pub(super) fn version(packet: &[u8]) -> Option<IpVersion> {
    match packet.first()? >> 4 {
        4 => Some(IpVersion::Ipv4),
        6 => Some(IpVersion::Ipv6),
        _ => None,
    }
}
