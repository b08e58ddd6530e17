//! The network: cards, the stack on them, and the programs that show and use it.

use interfaces::NetDevice;
use machine::clock::MachineClock;
use machine::entropy::MachineEntropy;
use machine::heap;
use net::{Net, Settings};
use std::sync::Arc;
use vfs::Vfs;
use vfs::procfs::{ProcFs, TextFolder};

/// The largest `/etc/hosts` that is read, in bytes.
const HOSTS_LIMIT: usize = 1 << 20;

/// Starts the stack on every card; `None` (and a line in the log) when that is impossible.
pub(crate) fn start(cards: Vec<Arc<dyn NetDevice>>, command_line: &str, vfs: &Arc<Vfs>) -> Option<Arc<Net>> {
    let files = Arc::clone(vfs);
    let (_, free) = heap::statistics();
    let settings = Settings {
        devices: cards,
        clock: Arc::new(MachineClock),
        entropy: Arc::new(MachineEntropy),
        command_line: command_line.to_owned(),
        log: Arc::new(|line| machine::log!("{line}")),
        hosts: Arc::new(move || {
            let text = files.read_file(&files.root(), "/etc/hosts", HOSTS_LIMIT).ok()?;
            Some(String::from_utf8_lossy(&text).into_owned())
        }),
        owner: Arc::new(|| process::current().map(|process| process.pid())),
        buffer_limit: free as u64 / 4,
        free_memory: Arc::new(|| heap::statistics().1 as u64),
    };
    Net::start(settings).inspect_err(|error| machine::log!("net: {error}")).ok()
}

/// Shows the stack as `/proc/net`.
pub(crate) fn show(net: &Arc<Net>, facts: &ProcFs) {
    facts.add_folder("net", Arc::new(Listings(Arc::clone(net))));
}

/// The files of `/proc/net`.
struct Listings(Arc<Net>);

impl TextFolder for Listings {
    fn names(&self) -> &'static [&'static str] {
        net::PROC_FILES
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.proc_file(name)
    }
}
