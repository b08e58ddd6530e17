//! The peer's addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Its hardware address.
pub const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
/// Its IPv4 address, in a network of 24 bits.
pub const V4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// Its IPv6 address, in a network of 64 bits.
pub const V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
/// Its link-local address.
pub const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
