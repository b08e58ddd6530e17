//! What an inode consists of, and its bookkeeping: links, times, and for a directory its entries.
//!
//! What it does as a node or a file is in `file`, as a directory in `directory`, whose locks are explained there.

use super::content::Content;
use super::quota::Charge;
use super::shared::{ROOT, Shared};
use crate::entries::Entries;
use crate::path::NAME_MAX;
use crate::sync::{lock, read, write};
use interfaces::{Errno, Result};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockWriteGuard, Weak};

/// Bytes that an inode is charged with besides content and names.
const INODE_COST: u64 = size_of::<Inode>() as u64 + 32;
/// Bytes that an entry is charged with besides its name: its places in two maps, roughly.
const ENTRY_COST: u64 = 96;
/// The most names of a file (POSIX `LINK_MAX`).
const LINKS_MAX: u64 = u32::MAX as u64;
/// Permission bits with set-id and sticky bits.
pub(super) const MODE_MASK: u16 = 0o7777;

pub(super) struct Inode {
    pub(super) fs: Arc<Shared>,
    pub(super) me: Weak<Inode>,
    pub(super) number: u64,
    pub(super) body: Body,
    pub(super) links: AtomicU64,
    pub(super) mode: AtomicU16,
    pub(super) accessed_ns: AtomicU64,
    pub(super) modified_ns: AtomicU64,
    pub(super) changed_ns: AtomicU64,
    /// For the inode itself.
    _charge: Charge,
}

pub(super) enum Body {
    Regular(RwLock<Content>),
    Directory(Folder),
    Symlink(Box<str>),
}

impl Inode {
    /// The root directory. It is not charged: there would be no error to answer with.
    pub(super) fn root(fs: &Arc<Shared>) -> Arc<Inode> {
        let body = Body::Directory(Folder::new(Place::Root, fs.new_charge()));
        Inode::with_charge(fs, ROOT, 0o755, body, fs.new_charge())
    }

    /// A node that has no name yet; ENOSPC.
    pub(super) fn new(fs: &Arc<Shared>, mode: u16, body: Body) -> Result<Arc<Inode>> {
        let mut charge = fs.new_charge();
        let target = if let Body::Symlink(target) = &body { target.len() as u64 } else { 0 };
        charge.grow(INODE_COST + target)?;
        Ok(Inode::with_charge(fs, fs.new_number(), mode, body, charge))
    }

    fn with_charge(fs: &Arc<Shared>, number: u64, mode: u16, body: Body, charge: Charge) -> Arc<Inode> {
        let now = fs.now();
        // A directory's second name is its own `.`.
        let links = if matches!(body, Body::Directory(_)) { 2 } else { 1 };
        Arc::new_cyclic(|me| Inode {
            fs: Arc::clone(fs),
            me: Weak::clone(me),
            number,
            body,
            links: AtomicU64::new(links),
            mode: AtomicU16::new(mode & MODE_MASK),
            accessed_ns: AtomicU64::new(now),
            modified_ns: AtomicU64::new(now),
            changed_ns: AtomicU64::new(now),
            _charge: charge,
        })
    }

    pub(super) fn add_links(&self, count: u64) {
        self.links.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn remove_links(&self, count: u64) {
        self.links.fetch_sub(count, Ordering::Relaxed);
    }

    /// ENOENT when it has no name left; EMLINK.
    pub(super) fn add_link_unless_gone(&self) -> Result<()> {
        let add = |links: u64| (1..LINKS_MAX).contains(&links).then_some(links + 1);
        let update = self.links.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        update.map(drop).map_err(|links| if links == 0 { Errno::ENOENT } else { Errno::EMLINK })
    }

    pub(super) fn accessed(&self) {
        self.accessed_ns.store(self.fs.now(), Ordering::Relaxed);
    }

    pub(super) fn content_changed(&self) {
        let now = self.fs.now();
        self.modified_ns.store(now, Ordering::Relaxed);
        self.changed_ns.store(now, Ordering::Relaxed);
    }

    pub(super) fn attributes_changed(&self) {
        self.changed_ns.store(self.fs.now(), Ordering::Relaxed);
    }
}

/// A directory's part of an inode.
pub(super) struct Folder {
    pub(super) listing: RwLock<Listing>,
    pub(super) place: Mutex<Place>,
}

pub(super) struct Listing {
    pub(super) entries: Entries<Arc<Inode>>,
    pub(super) is_removed: bool,
    charge: Charge,
}

/// Where a directory hangs.
pub(super) enum Place {
    Root,
    Below(Weak<Inode>, Arc<str>),
    Removed,
}

impl Folder {
    pub(super) fn new(place: Place, charge: Charge) -> Folder {
        let listing = Listing { entries: Entries::default(), is_removed: false, charge };
        Folder { listing: RwLock::new(listing), place: Mutex::new(place) }
    }

    /// Bytes of memory taken.
    pub(super) fn allocated(&self) -> u64 {
        read(&self.listing).charge.bytes()
    }

    /// To change it; ENOENT once it is removed.
    pub(super) fn write_listing(&self) -> Result<RwLockWriteGuard<'_, Listing>> {
        let listing = write(&self.listing);
        if listing.is_removed { Err(Errno::ENOENT) } else { Ok(listing) }
    }

    pub(super) fn parent_inode(&self) -> Option<Arc<Inode>> {
        match &*lock(&self.place) {
            Place::Below(parent, _) => parent.upgrade(),
            Place::Root | Place::Removed => None,
        }
    }
}

impl Drop for Folder {
    /// Drops what is below without recursion, which a deep tree would overflow the stack with.
    fn drop(&mut self) {
        let mut doomed: Vec<Arc<Inode>> = write(&self.listing).entries.take_all().collect();
        while let Some(inode) = doomed.pop() {
            if let Some(Body::Directory(folder)) = Arc::into_inner(inode).as_ref().map(|inode| &inode.body) {
                doomed.extend(write(&folder.listing).entries.take_all());
            }
        }
    }
}

impl Listing {
    pub(super) fn get(&self, name: &str) -> Result<&Arc<Inode>> {
        self.entries.get(name).ok_or(Errno::ENOENT)
    }

    /// EEXIST, ENAMETOOLONG, ENOSPC, ENOMEM.
    pub(super) fn insert(&mut self, name: &str, inode: Arc<Inode>) -> Result<()> {
        if name.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let cost = entry_cost(name);
        self.charge.grow(cost)?;
        self.entries.insert(name, inode).inspect_err(|_| self.charge.shrink(cost))
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Arc<Inode>> {
        let removed = self.entries.remove(name)?;
        self.charge.shrink(entry_cost(name));
        Some(removed)
    }
}

fn entry_cost(name: &str) -> u64 {
    ENTRY_COST + name.len() as u64
}
