//! The in-memory file system, with full POSIX semantics.
//!
//! `inode` is a node and its attributes, `content` what a regular file holds, `directory` the names; `quota` bounds the memory
//! of all three. A file's content may be borrowed from the initrd ([`RamFs::lend`]), which is how `/` is the initrd below a
//! writable layer. Invariant: links point down only (strong references), so what has no name and is not open is freed.

mod content;
mod directory;
mod inode;
mod quota;

pub use quota::SpaceQuota;

use crate::node::Node;
use crate::ramfs::content::Content;
use crate::ramfs::directory::Folder;
use crate::ramfs::inode::{Body, Inode};
use crate::ramfs::quota::Charge;
use interfaces::{Clock, Errno, Result};
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Bytes of a file system that was given no quota.
const DEFAULT_LIMIT: u64 = 1 << 30;
/// Bytes that an inode is charged with besides content and names.
const INODE_COST: u64 = size_of::<Inode>() as u64 + 32;
/// The root directory's number.
const ROOT: u64 = 1;

/// A file system in memory.
pub struct RamFs {
    root: Arc<Inode>,
}

/// What the nodes of one file system share.
struct Shared {
    clock: Arc<dyn Clock>,
    quota: Arc<SpaceQuota>,
    last_inode: AtomicU64,
    /// Held by who changes several directories at once (see `directory`).
    restructure: Mutex<()>,
}

impl RamFs {
    /// An empty file system of at most 1 GiB.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Arc<RamFs> {
        RamFs::with_quota(clock, SpaceQuota::new(DEFAULT_LIMIT))
    }

    /// An empty file system that takes its memory from `quota`.
    #[must_use]
    pub fn with_quota(clock: Arc<dyn Clock>, quota: Arc<SpaceQuota>) -> Arc<RamFs> {
        let last_inode = AtomicU64::new(ROOT);
        let shared = Arc::new(Shared { clock, quota, last_inode, restructure: Mutex::new(()) });
        let body = Body::Directory(Folder::root(shared.new_charge()));
        // The root is not charged: there is no error to answer with.
        let root = Inode::new(&shared, ROOT, 0o755, body, shared.new_charge());
        Arc::new(RamFs { root })
    }

    /// The root directory, for [`Vfs::new`](crate::Vfs::new) and [`Vfs::mount`](crate::Vfs::mount).
    #[must_use]
    pub fn root(&self) -> Arc<dyn Node> {
        Arc::clone(&self.root) as Arc<dyn Node>
    }

    /// Makes `content` what the empty regular file `node` (one of this kind of file system) starts with. It is borrowed:
    /// it takes memory only where the file is written to later, a page at a time.
    ///
    /// # Errors
    /// EINVAL when `node` is no empty regular file in memory.
    pub fn lend(node: &Arc<dyn Node>, content: &'static [u8]) -> Result<()> {
        let any: Arc<dyn Any + Send + Sync> = Arc::clone(node) as _;
        any.downcast::<Inode>().map_err(|_| Errno::EINVAL)?.lend(content)
    }
}

impl Shared {
    fn now(&self) -> u64 {
        self.clock.realtime_ns()
    }

    fn new_charge(&self) -> Charge {
        Charge::none(&self.quota)
    }

    fn new_content(&self) -> Content {
        Content::new(self.new_charge())
    }

    /// ENOSPC.
    fn new_inode(self: &Arc<Self>, mode: u16, body: Body) -> Result<Arc<Inode>> {
        let mut charge = self.new_charge();
        let target = if let Body::Symlink(target) = &body { target.len() as u64 } else { 0 };
        charge.grow(INODE_COST + target)?;
        let number = self.last_inode.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Inode::new(self, number, mode, body, charge))
    }
}
