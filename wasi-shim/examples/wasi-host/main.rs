//! Runs a WebAssembly program on the host, with this machine's streams.
//!
//!     wasi-host [--dir HOST[::GUEST]]... [--env NAME=VALUE]... [--mem BYTES] FILE [ARGUMENT]...
//!
//! The same engine and the same calls as in the kernel, on the host's std: the reference that the benchmark compares
//! with. It has the host's TCP sockets. A folder is copied into memory and not written back, as `yolk run` does it. Exit status: the guest's; 134
//! after a trap, 125 when it cannot be run.

#[path = "../../tests/common/mod.rs"]
mod common;
mod network;

use common::{copy_folder, guest, ram_vfs};
use interfaces::{Entropy, Errno};
use std::fs::File as HostFile;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use vfs::{Access, File, Follow, Kind, OpenFile, Scope};
use wasi_shim::{Guest, Outcome, Program};

const USAGE: &str = "usage: wasi-host [--dir HOST[::GUEST]]... [--env NAME=VALUE]... [--mem BYTES] FILE [ARGUMENT]...";

fn main() -> ExitCode {
    match run() {
        Ok(Outcome::Exited(status)) => ExitCode::from(status.to_le_bytes()[0]),
        Ok(Outcome::Cancelled) => ExitCode::from(137),
        Ok(Outcome::Trapped(trap)) => {
            eprintln!("wasi-host: trap: {trap}");
            ExitCode::from(134)
        }
        Err(error) => {
            eprintln!("wasi-host: {error}");
            ExitCode::from(125)
        }
    }
}

fn run() -> Result<Outcome, String> {
    let mut guest = guest(&ram_vfs());
    guest.entropy = Arc::new(HostEntropy);
    guest.network = Some(network::HostNetwork::start().map_err(|error| error.to_string())?);
    guest.stdin = stdin();
    guest.stdout = stream(std::io::stdout().as_fd())?;
    guest.stderr = stream(std::io::stderr().as_fd())?;
    let mut words = std::env::args().skip(1);
    let file = loop {
        let word = words.next().ok_or(USAGE)?;
        let mut value = || words.next().ok_or(USAGE);
        match word.as_str() {
            "--dir" => preopen(&mut guest, &value()?)?,
            "--env" => guest
                .env
                .push(value()?.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or(USAGE)?),
            "--mem" => guest.memory_limit = value()?.parse().map_err(|_| USAGE)?,
            _ if word.starts_with('-') => return Err(USAGE.to_owned()),
            _ => break word,
        }
    };
    let content = std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
    guest.args = std::iter::once(file.clone()).chain(words).collect();
    let program = Program::load(content).map_err(|error| format!("{file}: {error}"))?;
    program.run(guest).map_err(|error| format!("{file}: {error}"))
}

fn preopen(guest: &mut Guest, folder: &str) -> Result<(), String> {
    let (host, name) = folder.split_once("::").unwrap_or((folder, folder));
    if !Path::new(host).is_dir() {
        return Err(format!("{host}: not a folder"));
    }
    let place = format!("{}", guest.preopens.len());
    let root = guest.vfs.root();
    let location = guest
        .vfs
        .create_directory(&root, &place, Scope::Anywhere, 0o755)
        .and_then(|()| guest.vfs.resolve(&root, &place, Scope::Anywhere, Follow::No))
        .map_err(|errno| format!("{host}: {errno}"))?;
    copy_folder(&guest.vfs, &location, Path::new(host));
    guest.preopens.push((location, name.to_owned()));
    Ok(())
}

/// A pipe that a thread fills from the host's standard input.
fn stdin() -> Arc<OpenFile> {
    let (read, write) = OpenFile::pipe(1 << 16);
    std::thread::spawn(move || {
        let mut buffer = [0; 1 << 14];
        while let Ok(count @ 1..) = std::io::stdin().read(&mut buffer) {
            if write.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
    });
    read
}

struct HostStream(HostFile);

impl File for HostStream {
    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize, Errno> {
        (&self.0).write(buf).map_err(|_| Errno::EPIPE)
    }
}

fn stream(fd: impl AsFd) -> Result<Arc<OpenFile>, String> {
    let fd = fd.as_fd().try_clone_to_owned().map_err(|error| error.to_string())?;
    Ok(OpenFile::anonymous(Arc::new(HostStream(fd.into())), Kind::Fifo, Access::WRITE))
}

struct HostEntropy;

impl Entropy for HostEntropy {
    fn fill(&self, buf: &mut [u8]) {
        HostFile::open("/dev/urandom").and_then(|mut source| source.read_exact(buf)).expect("the host's random bytes");
    }
}
