//! An SSH server.
//!
//! `server` is the loop that moves bytes between sockets and connections, one thread for all of them. `connection` is one
//! client's protocol, on the crate `sunset`; `channel` one session of it; `shell` what runs in a session: a shell or a
//! command, by `/dev/session` on Yolk and by processes on the host; `sftp` the subsystem. `door` knows who may enter,
//! `check` looks at a password without keeping others waiting, `throttle` knows what a failure costs, `host_key` who the
//! server is, `house` holds what all share. `options` is the command line, `boot` the kernel's.

#![forbid(unsafe_code)]

mod boot;
mod channel;
mod check;
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
use options::{HELP, Options, Task, USUAL_PLACE};
use server::Server;
use std::process::ExitCode;

const APP: App = App { name: "sshd", help: HELP };

fn main() -> ExitCode {
    APP.run(sshd)
}

fn sshd(args: lexopt::Parser) -> Result<(), Stop> {
    let options = match Options::read(args)? {
        Task::HashPassword { passes } => return password::print_hash(passes),
        Task::CheckPassword => return check::answer().map_err(|error| Stop::failed("standard input", error)),
        Task::Serve(options) => options,
    };
    let boot = options.boot_options.as_deref().map(BootOptions::read).unwrap_or_default();
    let key = host_key::load_or_make(&options.folder)?;
    APP.complain(format_args!("host key {}", host_key::fingerprint(&key)));
    let (door, complaints) = Door::open(&options.folder, &options.user, &boot);
    complaints.iter().for_each(|complaint| APP.complain(complaint));
    APP.complain(door.summary(&options.folder));
    let listeners = sockets::listeners(&options.places, USUAL_PLACE, |place| {
        APP.complain(format_args!("listening {place}"));
    })
    .map_err(|(what, error)| Stop::failed(what, error))?;
    Server::new(listeners, House::new(options, boot, key))
        .run()
        .map_err(|error| Stop::failed("waiting for clients", error))
}
