//! An HTTP/1.1 server.
//!
//! `http` is the protocol, bytes in and bytes out. `site` is what is served. `server` is the loop that moves bytes
//! between sockets and connections, one thread for all of them. `options` is the command line.

#![forbid(unsafe_code)]

mod http;
mod options;
mod random;
mod server;
mod site;

use cli::{App, Stop, lexopt};
use options::{HELP, Options};
use server::Server;
use site::Site;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

const APP: App = App { name: "httpd", help: HELP };

fn main() -> ExitCode {
    APP.run(httpd)
}

fn httpd(args: lexopt::Parser) -> Result<(), Stop> {
    let options = Options::read(args)?;
    let metadata = fs::metadata(&options.root).map_err(|error| Stop::failed(options.root.display(), error))?;
    if !metadata.is_dir() {
        return Err(Stop::failed(options.root.display(), "is no directory"));
    }
    let log = options.log.as_deref().map(open_log).transpose()?;
    let listeners = listeners(&options)?;
    let site = Site::new(options.root, options.token, log);
    Server::new(listeners, site, options.limits, options.connections)
        .run()
        .map_err(|error| Stop::failed("waiting for clients", error))
}

/// Inherited listeners, and those that the command line asks for; without either the default one.
fn listeners(options: &Options) -> Result<Vec<TcpListener>, Stop> {
    let root = options.root.display();
    let mut listeners = sockets::inherited().map_err(|error| Stop::failed("LISTEN_FDS", error))?;
    if !listeners.is_empty() {
        APP.complain(format_args!("serving {root} on {} inherited listeners", listeners.len()));
    }
    let addresses = if listeners.is_empty() { options.addresses_or_default() } else { options.addresses.clone() };
    for address in addresses {
        let listener = sockets::listen(address).map_err(|error| Stop::failed(address, error))?;
        // For port 0 the system chose one; preview 1 does not tell which.
        let address = listener.local_addr().unwrap_or(address);
        APP.complain(format_args!("serving {root} on {address}"));
        listeners.push(listener);
    }
    Ok(listeners)
}

fn open_log(path: &Path) -> Result<Box<dyn Write>, Stop> {
    if path == "-" {
        return Ok(Box::new(io::stdout()));
    }
    let open = || File::options().append(true).create(true).open(path);
    let file = open().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Stop::failed(path.display(), "its directory does not exist"),
        _ => Stop::failed(path.display(), error),
    })?;
    Ok(Box::new(file))
}
