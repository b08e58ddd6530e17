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
use options::{HELP, Options, USUAL_PLACE};
use server::Server;
use site::Site;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
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
    let root = options.root.display();
    let listeners = sockets::listeners(&options.places, USUAL_PLACE, |place| {
        APP.complain(format_args!("serving {root} {place}"));
    })
    .map_err(|(what, error)| Stop::failed(what, error))?;
    let site = Site::new(options.root, options.token, log);
    Server::new(listeners, site, options.limits, options.connections)
        .run()
        .map_err(|error| Stop::failed("waiting for clients", error))
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
