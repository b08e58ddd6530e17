//! A machine's network in tests. Nothing of it leaves this host.
//!
//! [`host`] is this host's side of QEMU's user network: free ports, curl and nc as real clients; [`ssh`] has OpenSSH's. Everything else is at the
//! other end of a cable: [`cable`] carries frames between machines and a [`peer`], which is smoltcp with servers
//! ([`dhcp`], [`dns`], [`ntp`], [`router`]) and a client ([`http`]); it loses frames on demand and sends any bytes as a
//! frame ([`forge`] makes malformed ones).

pub mod addresses;
pub mod cable;
pub mod dhcp;
pub mod dice;
pub mod dns;
pub mod forge;
pub mod host;
pub mod http;
pub mod ntp;
pub mod peer;
pub mod router;
pub mod ssh;
mod udp_socket;
