//! The in-memory file system, with full POSIX semantics.
//!
//! `inode` is what a node consists of; `file` and `directory` are what it does as the one or the other; `content` is
//! what a regular file holds; `quota` bounds the memory of all. A file's content may be borrowed from the initrd
//! ([`RamFs::lend`]), which is how `/` is the initrd below a writable layer. Invariant: links point down only (strong
//! references), so what has no name and is not open is freed.

mod content;
mod directory;
mod file;
mod inode;
mod quota;
mod shared;

pub use quota::{Charge, SpaceQuota};

use crate::node::Node;
use crate::ramfs::inode::Inode;
use crate::ramfs::shared::Shared;
use interfaces::{Clock, Errno, Result};
use std::any::Any;
use std::sync::Arc;

/// Bytes of a file system that was given no quota.
const DEFAULT_LIMIT: u64 = 1 << 30;

/// A file system in memory.
pub struct RamFs {
    root: Arc<Inode>,
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
        Arc::new(RamFs { root: Inode::root(&Shared::new(clock, quota)) })
    }

    /// The root directory, for [`Vfs::new`](crate::Vfs::new) and [`Vfs::mount`](crate::Vfs::mount).
    #[must_use]
    pub fn root(&self) -> Arc<dyn Node> {
        Arc::clone(&self.root) as Arc<dyn Node>
    }

    /// Makes `content` what the empty regular file `node` (one of this kind of file system) starts with. It is
    /// borrowed: it takes memory only where the file is written to later, a page at a time.
    ///
    /// # Errors
    /// EINVAL when `node` is no empty regular file in memory.
    pub fn lend(node: &Arc<dyn Node>, content: &'static [u8]) -> Result<()> {
        let any: Arc<dyn Any + Send + Sync> = Arc::clone(node) as _;
        any.downcast::<Inode>().map_err(|_| Errno::EINVAL)?.lend(content)
    }
}
