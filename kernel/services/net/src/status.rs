//! What the stack tells about itself: plain values, taken at one moment, for `ip`, `ss` and `/proc/net`.

use crate::routes::IpNet;
use interfaces::{MacAddress, NetStatistics};
use std::net::{IpAddr, SocketAddr};
use vfs::socket::{Family, SocketKind, TcpState};

/// Where an address or a route comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The loopback interface has it by definition.
    Loopback,
    /// The kernel command line or a command.
    Static,
    /// A DHCP server.
    Dhcp,
    /// Made from the hardware address (RFC 4291).
    LinkLocal,
    /// A router's advertisement (RFC 4862).
    Router,
    /// The network of an address of the interface.
    Kernel,
}

impl Origin {
    /// The word that `ip route` shows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Loopback => "host",
            Origin::Static => "static",
            Origin::Dhcp => "dhcp",
            Origin::LinkLocal => "link",
            Origin::Router => "ra",
            Origin::Kernel => "kernel",
        }
    }
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressStatus {
    /// The address with its network's prefix length.
    pub net: IpNet,
    /// Where it comes from.
    pub origin: Origin,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceStatus {
    /// Its index, from 1; also the scope of link-local addresses.
    pub index: u32,
    /// Its name: `lo`, `eth0` ...
    pub name: String,
    /// The driver's name.
    pub driver: &'static str,
    /// Its hardware address.
    pub mac: MacAddress,
    /// The largest IP packet, in bytes.
    pub mtu: usize,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether it has carrier.
    pub carrier: bool,
    /// Its addresses.
    pub addresses: Vec<AddressStatus>,
    /// Counts of its device.
    pub statistics: NetStatistics,
    /// Frames that the stack refused before it looked at what they carry.
    pub refused: u64,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteStatus {
    /// Where it leads; prefix 0 is everywhere.
    pub to: IpNet,
    /// The router; `None`: the network is on the link.
    pub via: Option<IpAddr>,
    /// The interface's name.
    pub interface: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// A machine on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighbourStatus {
    /// Its IP address.
    pub address: IpAddr,
    /// Its hardware address.
    pub mac: MacAddress,
    /// The interface's name.
    pub interface: String,
    /// Seconds since it was heard of.
    pub age_seconds: u64,
}

/// A socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketStatus {
    /// What it carries.
    pub kind: SocketKind,
    /// Its family.
    pub family: Family,
    /// Its own address.
    pub local: SocketAddr,
    /// The peer's, if it has one.
    pub remote: Option<SocketAddr>,
    /// The state, of a stream.
    pub state: TcpState,
    /// Bytes that wait to be read; of a listener: connections.
    pub receive_queue: usize,
    /// Bytes not yet acknowledged (stream) or sent (datagram); of a listener: its backlog.
    pub send_queue: usize,
    /// Datagrams lost because nobody read.
    pub dropped: u64,
    /// The process that made or accepted it.
    pub owner: Option<u32>,
    /// A number that stays its own.
    pub id: u64,
}
