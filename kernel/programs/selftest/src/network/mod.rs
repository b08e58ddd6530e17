//! `std::net` put to the test over the loopback interface: what a program may rely on, a check each.
//!
//! It is plain std, so that the host can run the same: what its own network does not do is not asked for here.

mod claims;
mod connections;
mod datagrams;
mod endings;
mod options;

use claims::{Checked, V4, V6, ensure, expect, step};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;

/// A check by its name.
type Check = (&'static str, fn() -> Checked);

/// Every check.
const CHECKS: &[Check] = &[
    ("echo over IPv4", || connections::echo(V4)),
    ("echo over IPv6", || connections::echo(V6)),
    ("a long transfer", connections::long_transfer),
    ("many connections", connections::many),
    ("peek", connections::peek),
    ("copies of a socket", connections::copies),
    ("addresses", connections::addresses),
    ("a connection with a time limit", connections::connect_in_time),
    ("datagrams over IPv4", || datagrams::exchange(V4)),
    ("datagrams over IPv6", || datagrams::exchange(V6)),
    ("a datagram too long for its buffer", datagrams::cut),
    ("a port without a reader", datagrams::nobody),
    ("groups", datagrams::groups),
    ("refused", endings::refused),
    ("half a shutdown", endings::half),
    ("reset", endings::reset),
    ("time limits", endings::time_limits),
    ("without blocking", endings::without_blocking),
    ("options of connections", options::of_connections),
    ("options of datagrams", options::of_datagrams),
    ("names", names),
];

/// Runs every check; a line for each, and whether all are well.
#[must_use]
pub fn report() -> (String, bool) {
    let mut text = String::new();
    let mut is_well = true;
    for (name, check) in CHECKS {
        match check() {
            Ok(()) => text += &format!("ok: {name}\n"),
            Err(reason) => {
                is_well = false;
                text += &format!("FAILED: {name}: {reason}\n");
            }
        }
    }
    (text, is_well)
}

/// Waits for a connection that does not come; returns when a kill ends the wait, with what the wait said.
#[must_use]
pub fn accept_for_ever() -> io::Error {
    match connections::listen(V4) {
        Err(message) => io::Error::other(message),
        Ok((listener, _)) => match listener.accept() {
            Err(error) => error,
            Ok(_) => io::Error::other("somebody called"),
        },
    }
}

/// Ends the process with `status` while another of its threads waits for a connection.
pub fn exit_beside_a_wait(status: i32) -> ! {
    let (about_to_wait, is_about_to) = mpsc::channel();
    thread::spawn(move || {
        // Nobody is left who could be told.
        let _ = about_to_wait.send(());
        accept_for_ever()
    });
    // An error means that the thread has ended: all the better.
    let _ = is_about_to.recv();
    std::process::exit(status)
}

fn names() -> Checked {
    let found: Vec<SocketAddr> = step("localhost", ("localhost", 80).to_socket_addrs())?.collect();
    ensure("localhost is this machine", !found.is_empty() && found.iter().all(|address| address.ip().is_loopback()))?;
    ensure("the port is kept", found.iter().all(|address| address.port() == 80))?;
    let literal: Vec<SocketAddr> = step("a literal", "[::1]:8080".to_socket_addrs())?.collect();
    expect("a literal", literal, vec![SocketAddr::new(V6, 8080)])?;
    ensure("a name with a NUL is refused", ("a\0b", 80).to_socket_addrs().is_err())
}

#[cfg(test)]
mod tests {
    /// The host's network does what is asked for: a check that fails on Yolk is right.
    #[test]
    fn all_hold_on_the_host() {
        let (text, is_well) = super::report();
        assert!(is_well, "{text}");
    }
}
