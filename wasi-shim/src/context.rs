//! What a guest is given, and what its calls know of the world.
//!
//! Nothing here knows an engine. The assembler fills in a [`Guest`]; the engine's binding turns it into a [`Context`]
//! that every call gets.

use crate::descriptors::{Descriptor, Descriptors};
use crate::failure::{End, Result};
use interfaces::{Clock, Entropy, Errno};
use std::sync::Arc;
use vfs::socket::Network;
use vfs::{Location, OpenFile, OpenOptions, Vfs};
use wait::Cancel;

/// How much memory a guest gets when nothing else is said, in bytes.
pub const DEFAULT_MEMORY_LIMIT: usize = 256 << 20;

/// What a guest is given.
pub struct Guest {
    /// Its arguments; the first is the program's name.
    pub args: Vec<String>,
    /// Its environment, as names and values.
    pub env: Vec<(String, String)>,
    /// Descriptor 0.
    pub stdin: Arc<OpenFile>,
    /// Descriptor 1.
    pub stdout: Arc<OpenFile>,
    /// Descriptor 2.
    pub stderr: Arc<OpenFile>,
    /// The directories that it may use, with its own names for them; descriptors 3 and up.
    pub preopens: Vec<(Location, String)>,
    /// Sockets that listen for it; their descriptors follow those of the directories.
    pub listeners: Vec<Arc<OpenFile>>,
    /// Where the sockets come from that it opens. Without it there are none.
    pub network: Option<Arc<dyn Network>>,
    /// The file system that the directories lie in.
    pub vfs: Arc<Vfs>,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// The CPU time that its process used so far, in nanoseconds. Without it the CPU-time clocks are EINVAL.
    pub cpu_time: Option<Arc<dyn Fn() -> u64 + Send + Sync>>,
    /// Where its random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// The most that its memories and tables may take, in bytes.
    pub memory_limit: usize,
    /// Ends it: a guest that computes within milliseconds, one that waits at once.
    pub cancel: Arc<Cancel>,
}

/// What calls know of the world, for the length of one run.
pub(crate) struct Context {
    pub(crate) args: Vec<String>,
    /// `NAME=VALUE`.
    pub(crate) env: Vec<String>,
    pub(crate) files: Descriptors,
    pub(crate) network: Option<Arc<dyn Network>>,
    pub(crate) vfs: Arc<Vfs>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cpu_time: Option<Arc<dyn Fn() -> u64 + Send + Sync>>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) cancel: Arc<Cancel>,
}

impl Context {
    /// Opens what `guest` starts with. The error names the directory that does not open.
    pub(crate) fn new(guest: Guest) -> std::result::Result<Context, (String, Errno)> {
        let mut files = Descriptors::default();
        let mut add = |name: &str, descriptor: interfaces::Result<Descriptor>| {
            descriptor.and_then(|descriptor| files.insert(descriptor)).map_err(|errno| (name.to_owned(), errno))
        };
        for stream in [guest.stdin, guest.stdout, guest.stderr] {
            add("standard stream", Ok(Descriptor::new(stream)))?;
        }
        for (location, name) in &guest.preopens {
            add(name, preopen(&guest.vfs, location, name))?;
        }
        for listener in guest.listeners {
            add("listener", Ok(Descriptor::new(listener)))?;
        }
        Ok(Context {
            args: guest.args,
            env: guest.env.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
            files,
            network: guest.network,
            vfs: guest.vfs,
            clock: guest.clock,
            cpu_time: guest.cpu_time,
            entropy: guest.entropy,
            cancel: guest.cancel,
        })
    }

    /// Ends a call that takes long when its guest was killed.
    pub(crate) fn check_cancel(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(End::Cancelled.into()) } else { Ok(()) }
    }
}

fn preopen(vfs: &Vfs, location: &Location, name: &str) -> interfaces::Result<Descriptor> {
    let options = OpenOptions { directory: true, ..OpenOptions::read() };
    let descriptor = Descriptor::new(vfs.open_location(location, &options)?);
    Ok(Descriptor { preopen: Some(name.to_owned()), ..descriptor })
}
