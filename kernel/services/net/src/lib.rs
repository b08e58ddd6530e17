//! The network stack: interfaces, sockets, configuration, name lookup and time, on smoltcp.
//!
//! [`Net::start`] gets network cards (`interfaces::NetDevice`), clock, entropy, the kernel command line and a place for log
//! lines, and gives the system its [`Network`](vfs::socket::Network). One thread, the net thread, owns smoltcp whole
//! (`engine`, `thread`). Programs' threads never touch it: a socket (`sockets`) is shared state (`state`) with a queue in each
//! direction and a doorbell (`doorbell`) for the net thread, which sleeps until a deadline, a card or a socket calls.
//!
//! ```text
//! card -> ingress -> smoltcp -> engine::streams, engine::datagrams -> state -> sockets -> program
//! ```
//!
//! `ports`, `routes` and `index` are what both sides look up; `dns`, `ntp` and `time` are clients above the sockets;
//! `status`, `listing` and `proc_net` tell what is; `capture` copies frames. The words of the command line are in `config`.
//!
//! Invariants: nothing that comes from a wire, a program or the command line panics; every list that a stranger can make grow
//! is bounded, the memory of all sockets together is (`buffers`); locks are taken in the order socket, `state`, table, and none is held by who waits.
//!
//! What smoltcp does not have is not there either: fragmentation of IPv6, path MTU discovery, retransmission by SACK.

#![forbid(unsafe_code)]

mod address;
mod buffers;
mod capture;
mod config;
mod dns;
mod doorbell;
mod engine;
mod index;
mod listing;
mod loopback;
mod neighbours;
mod ntp;
mod options;
mod ports;
mod proc_net;
mod routes;
mod service;
mod shared;
mod sockets;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod thread;
mod time;

pub use buffers::FreeMemory;
pub use capture::{Capture, CapturedFrame, Direction, LinkType};
pub use dns::{Answer, HostsFile, Names, Source};
pub use doorbell::Change;
pub use ntp::Correction;
pub use proc_net::FILES as PROC_FILES;
pub use routes::IpNet;
pub use service::{Net, Settings};
pub use shared::{Log, Owner};
pub use status::{AddressStatus, InterfaceStatus, NeighbourStatus, Origin, RouteStatus, SocketStatus};
