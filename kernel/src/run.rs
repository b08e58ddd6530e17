//! The program `run`: starts WebAssembly programs.

use interfaces::{Clock, Entropy, Errno};
use machine::heap;
use process::{Context, ExitStatus, Program};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use vfs::socket::{Family, Network, OptionValue, SocketKind, SocketOption};
use vfs::{Follow, Kind, Location, OpenFile, OpenOptions, Scope};
use wasi_shim::{Guest, Outcome};

const USAGE: &str =
    "[--dir DIR[::GUEST]]... [--no-dir] [--env NAME=VALUE]... [--listen ADDRESS]... [--mem LIMIT] FILE [ARGS...]";
const DETAILS: &str = "\
FILE is a WebAssembly module (.wasm, WASI preview 1) or the text of one (.wat).

  --dir DIR[::GUEST]  the directory DIR, which the program sees as GUEST (as DIR where GUEST is left out)
  --no-dir            no directory at all
  --env NAME=VALUE    a variable in the program's environment, besides the exported ones
  --listen ADDRESS    a socket that listens there (0.0.0.0:80, [::]:80), as a descriptor behind those of the directories;
                      LISTEN_FDS says how many there are
  --mem LIMIT         the most memory it may take, in bytes or with K, M or G (256M, or what the machine has)

Without --dir and --no-dir a program sees the whole tree, as any command of this shell does, and its relative paths start at
the working directory. A file in /bin runs by its name without .wasm.

The status is the program's own; 134 after a trap, 137 after `kill`, 130 after ^C.";

/// Stack of a program's thread: the interpreter keeps the guest's stack elsewhere.
const STACK_SIZE: usize = 2 << 20;
/// Connections that wait at a listener.
const BACKLOG: usize = 128;
/// The largest module that is read.
const MODULE_LIMIT: usize = 1 << 30;

/// What programs get besides what their process has.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Where sockets come from, on a machine with a network stack.
    pub(crate) network: Option<Arc<dyn Network>>,
}

/// The row of the program table.
pub(crate) fn program(host: Host) -> Program {
    Program {
        name: "run",
        usage: USAGE,
        summary: "run a WebAssembly program",
        details: DETAILS,
        stack_size: STACK_SIZE,
        main: Arc::new(move |context| main(context, &host)),
    }
}

/// What the command line says.
#[derive(Default)]
struct Arguments {
    directories: Vec<(String, String)>,
    no_directories: bool,
    variables: Vec<(String, String)>,
    listeners: Vec<SocketAddr>,
    memory_limit: Option<usize>,
    /// The file, then the program's arguments.
    command: Vec<String>,
}

fn parse(words: &[String]) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, inline) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || inline.clone().or_else(|| words.next().cloned()).ok_or(format!("{option} needs a value"));
        match option {
            "--dir" => arguments.directories.push(directory(&value()?)),
            "--no-dir" => arguments.no_directories = true,
            "--env" => arguments.variables.push(variable(&value()?)?),
            "--listen" => arguments.listeners.push(address(&value()?)?),
            "--mem" => arguments.memory_limit = Some(size(&value()?)?),
            "--" => {
                arguments.command.extend(words.cloned());
                break;
            }
            _ if option.starts_with('-') && option.len() > 1 => return Err(format!("unknown option {option}")),
            _ => {
                arguments.command.push(word.clone());
                arguments.command.extend(words.cloned());
                break;
            }
        }
    }
    if arguments.command.is_empty() {
        return Err(format!("no file given; usage: run {USAGE}"));
    }
    Ok(arguments)
}

fn directory(value: &str) -> (String, String) {
    let (host, guest) = value.split_once("::").unwrap_or((value, value));
    (host.to_owned(), guest.to_owned())
}

fn variable(value: &str) -> Result<(String, String), String> {
    let (name, value) = value.split_once('=').ok_or(format!("--env wants NAME=VALUE, not {value}"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn address(value: &str) -> Result<SocketAddr, String> {
    value.parse().map_err(|_| format!("--listen wants an address and a port (0.0.0.0:80, [::]:80), not {value}"))
}

fn size(value: &str) -> Result<usize, String> {
    let (digits, shift) = match value.char_indices().next_back() {
        Some((end, 'k' | 'K')) => (value.get(..end), 10),
        Some((end, 'm' | 'M')) => (value.get(..end), 20),
        Some((end, 'g' | 'G')) => (value.get(..end), 30),
        _ => (Some(value), 0),
    };
    let number: Option<usize> = digits.and_then(|digits| digits.parse().ok());
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or(format!("--mem wants a number of bytes, or one with K, M or G, not {value}"))
}

fn main(context: &Context, host: &Host) -> ExitStatus {
    let arguments = match parse(context.arguments()) {
        Ok(arguments) => arguments,
        Err(message) => {
            context.fail(message);
            return ExitStatus::USAGE;
        }
    };
    match start(context, host, arguments) {
        Ok(Outcome::Exited(status)) => ExitStatus::Exited(status.cast_signed()),
        Ok(Outcome::Trapped(trap)) => {
            // The stream may be closed; the status says it too.
            let _ = writeln!(context.err(), "{}: trap: {trap}", context.name());
            ExitStatus::Trapped
        }
        // Who killed it knows why: the process has the reason.
        Ok(Outcome::Cancelled) => ExitStatus::Killed,
        Err(message) => context.fail(message),
    }
}

fn start(context: &Context, host: &Host, arguments: Arguments) -> Result<Outcome, String> {
    let Some(file) = arguments.command.first().cloned() else { return Err("no file given".to_owned()) };
    let content =
        context.vfs().read_file(&context.cwd(), &file, MODULE_LIMIT).map_err(|error| format!("{file}: {error}"))?;
    let program = wasi_shim::Program::load(content).map_err(|error| format!("{file}: {error}"))?;
    let preopens = preopens(context, &arguments)?;
    let process = Arc::clone(&context.process);
    let mut env: Vec<_> = context.process.env().into_iter().collect();
    env.retain(|(name, _)| !arguments.variables.iter().any(|(other, _)| other == name));
    env.extend(arguments.variables);
    let listeners = listen(host, &arguments.listeners)?;
    if !listeners.is_empty() {
        env.push(("LISTEN_FDS".to_owned(), listeners.len().to_string()));
    }
    let guest = Guest {
        args: arguments.command,
        env,
        stdin: Arc::clone(&context.stdin),
        stdout: Arc::clone(&context.stdout),
        stderr: Arc::clone(&context.stderr),
        preopens,
        listeners,
        network: host.network.clone(),
        vfs: Arc::clone(context.vfs()),
        clock: Arc::clone(&host.clock),
        cpu_time: Some(Arc::new(move || u64::try_from(process.cpu_time().as_nanos()).unwrap_or(u64::MAX))),
        entropy: Arc::clone(&host.entropy),
        memory_limit: arguments.memory_limit.unwrap_or_else(default_memory_limit),
        cancel: Arc::clone(context.process.cancel()),
    };
    program.run(guest).map_err(|error| format!("{file}: {error}"))
}

/// Makes the sockets that a guest is to find open.
fn listen(host: &Host, addresses: &[SocketAddr]) -> Result<Vec<Arc<OpenFile>>, String> {
    let make = |address: &SocketAddr| {
        let network = host.network.as_ref().ok_or(Errno::ENETDOWN)?;
        let family = if address.is_ipv4() { Family::V4 } else { Family::V6 };
        let socket = network.socket(family, SocketKind::Stream)?;
        socket.set_option(SocketOption::ReuseAddress, OptionValue::Flag(true))?;
        socket.bind(*address)?;
        socket.listen(BACKLOG)?;
        Ok(vfs::socket::open(socket))
    };
    let named = |address| make(address).map_err(|error: Errno| format!("{address}: {error}"));
    addresses.iter().map(named).collect()
}

/// What a guest may take when nobody said: not so much that the kernel has nothing left.
fn default_memory_limit() -> usize {
    let (_, free) = heap::statistics();
    wasi_shim::DEFAULT_MEMORY_LIMIT.min(free / 4 * 3)
}

fn preopens(context: &Context, arguments: &Arguments) -> Result<Vec<(Location, String)>, String> {
    let cwd = context.cwd();
    if arguments.directories.is_empty() {
        return Ok(if arguments.no_directories { Vec::new() } else { whole_tree(context) });
    }
    let open = |(host, guest): &(String, String)| {
        let location = context
            .vfs()
            .resolve(&cwd, host, Scope::Anywhere, Follow::Yes)
            .map_err(|error| format!("{host}: {error}"))?;
        if !location.is_directory() {
            return Err(format!("{host}: not a directory"));
        }
        Ok((location, guest.clone()))
    };
    arguments.directories.iter().map(open).collect()
}

/// The whole tree: the working directory, and each directory in the root by its path.
///
/// Not the root itself: to the C library of a guest the names `/` and `.` are one, and relative paths are to start at the
/// working directory. The longer of two names that fit wins there, so that `/etc/motd` is found below `/etc`.
fn whole_tree(context: &Context) -> Vec<(Location, String)> {
    let vfs = context.vfs();
    let root = vfs.root();
    let mut preopens = vec![(context.cwd(), ".".to_owned())];
    let entries = vfs
        .open_location(&root, &OpenOptions { directory: true, ..OpenOptions::read() })
        .and_then(|directory| directory.read_dir(0, usize::MAX))
        .unwrap_or_default();
    for entry in entries.into_iter().filter(|entry| entry.kind == Kind::Directory && !entry.name.starts_with('.')) {
        let path = format!("/{}", entry.name);
        if let Ok(location) = vfs.resolve(&root, &path, Scope::Anywhere, Follow::Yes) {
            preopens.push((location, path));
        }
    }
    preopens
}
