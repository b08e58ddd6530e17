//! A router's advertisement (RFC 4861, section 4.2) of the network fd00::/64.

use std::net::Ipv6Addr;

use super::addresses::{LINK_LOCAL, MAC, V6};
use super::forge::icmpv6;

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// The group's hardware address (RFC 2464, section 7).
const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];

/// The router.
#[derive(Default)]
pub struct Router {
    is_asked: bool,
}

impl Router {
    /// Sends an advertisement soon.
    pub fn advertise(&mut self) {
        self.is_asked = true;
    }

    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.is_asked).then(advertisement)
    }
}

/// A frame that says: this is a router for half an hour; fd00::/64 is on this link, make your address from it; ask the
/// router for names (RFC 8106).
pub fn advertisement() -> Vec<u8> {
    let hour = 3600_u32.to_be_bytes();
    let mut message = vec![134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend([3, 4, 64, 0xc0]);
    message.extend(hour);
    message.extend(hour);
    message.extend([0; 4]);
    message.extend(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0).octets());
    message.extend([25, 3, 0, 0]);
    message.extend(hour);
    message.extend(V6.octets());
    icmpv6(MAC, ALL_NODES_MAC, LINK_LOCAL, ALL_NODES, &message)
}
