//! Clients and tools of the network: programs for the shell, a file and a row of the table each.
//!
//! They talk over `std::net`, as any program does, and ask [`net::Net`] for what only it knows: interfaces, sockets, names,
//! frames. `call` is what a program is given, `table` says how each is used.

#![forbid(unsafe_code)]

mod call;
mod hosts;
mod table;

mod http;
mod ip;
mod nc;
mod nslookup;
mod ntpdate;
mod ping;
mod ss;
mod tcpdump;

use net::Net;
use process::Program;
use std::sync::Arc;

/// The programs' rows, on this stack.
#[must_use]
pub fn programs(net: &Arc<Net>) -> Vec<Program> {
    table::TABLE.iter().map(|row| call::program(row, net)).collect()
}
