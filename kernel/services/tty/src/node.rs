//! Names for terminals in `/dev`: the nodes that `vfs::devfs` registers.
//!
//! A terminal that is one file for all who open it (`/dev/console`) needs no node of its own:
//! `DevFs::register_file("console", tty)`.

use crate::pty::{Pty, PtySlave};
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{File, Kind, Metadata, Node};

/// `/dev/tty`: the controlling terminal of the process that opens it; ENXIO for one without.
pub struct ControllingTty;

impl Node for ControllingTty {
    fn metadata(&self) -> Metadata {
        character_device()
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        let process = process::current().ok_or(Errno::ENXIO)?;
        let terminal = process.terminal().ok_or(Errno::ENXIO)?;
        Ok(Arc::clone(terminal.file()))
    }
}

/// What is to happen on the slave of a new pseudo terminal: for instance, a shell is started on it.
pub type StartOnPty = dyn Fn(Arc<PtySlave>) -> Result<()> + Send + Sync;

/// `/dev/pty`: each opening makes a pseudo terminal, starts a session on its slave, and gives the master.
pub struct PtyNode {
    start: Arc<StartOnPty>,
}

impl PtyNode {
    /// The node; `start` is called with each new slave.
    #[must_use]
    pub fn new(start: Arc<StartOnPty>) -> Arc<PtyNode> {
        Arc::new(PtyNode { start })
    }
}

impl Node for PtyNode {
    fn metadata(&self) -> Metadata {
        character_device()
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        let (master, slave) = Pty::pair();
        (self.start)(slave)?;
        Ok(master)
    }
}

/// The directory that the node is registered in knows nothing more either.
pub(crate) fn character_device() -> Metadata {
    Metadata {
        device: 0,
        inode: 0,
        kind: Kind::CharDevice,
        links: 1,
        size: 0,
        allocated: 0,
        mode: 0o666,
        accessed_ns: 0,
        modified_ns: 0,
        changed_ns: 0,
    }
}
