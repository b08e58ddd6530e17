//! An SSH server.
//!
//! `server` is the loop that moves bytes between sockets and connections, one thread for all of them. `connection` is one
//! client's protocol, on the crate `sunset`; `channel` one session of it; `shell` what runs in a session: a shell or a
//! command, by `/dev/session` on Yolk and by processes on the host; `sftp` the subsystem. `door` knows who may enter,
//! `throttle` what a failure costs, `host_key` who the server is, `house` holds what all share. `options` is the command
//! line, `boot` the kernel's.

#![forbid(unsafe_code)]

mod boot;
mod channel;
mod connection;
mod door;
mod host_key;
mod house;
mod options;
mod password;
mod server;
mod sftp;
mod shell;
mod throttle;

use boot::BootOptions;
use cli::{App, Stop, lexopt};
use door::Door;
use house::House;
use options::{HELP, Options, Task};
use server::Server;
use std::net::TcpListener;
use std::process::ExitCode;

const APP: App = App { name: "sshd", help: HELP };

fn main() -> ExitCode {
    APP.run(sshd)
}

fn sshd(args: lexopt::Parser) -> Result<(), Stop> {
    let options = match Options::read(args)? {
        Task::HashPassword => return password::print_hash(),
        Task::Serve(options) => options,
    };
    let boot = options.boot_options.as_deref().map(BootOptions::read).unwrap_or_default();
    let key = host_key::load_or_make(&options.folder)?;
    APP.complain(format_args!("host key {}", host_key::fingerprint(&key)));
    let (door, complaints) = Door::open(&options.folder, &options.user, &boot);
    complaints.iter().for_each(|complaint| APP.complain(complaint));
    APP.complain(door.summary(&options.folder));
    let listeners = listeners(&options)?;
    Server::new(listeners, House::new(options, boot, key))
        .run()
        .map_err(|error| Stop::failed("waiting for clients", error))
}

/// Inherited listeners, and those that the command line asks for; without either the default one.
fn listeners(options: &Options) -> Result<Vec<TcpListener>, Stop> {
    let mut listeners = sockets::inherited().map_err(|error| Stop::failed("LISTEN_FDS", error))?;
    if !listeners.is_empty() {
        APP.complain(format_args!("listening on {} inherited listeners", listeners.len()));
    }
    let addresses = if listeners.is_empty() { options.addresses_or_default() } else { options.addresses.clone() };
    for address in addresses {
        let listener = sockets::listen(address).map_err(|error| Stop::failed(address, error))?;
        // For port 0 the system chose one; preview 1 does not tell which.
        let address = listener.local_addr().unwrap_or(address);
        APP.complain(format_args!("listening on {address}"));
        listeners.push(listener);
    }
    Ok(listeners)
}
