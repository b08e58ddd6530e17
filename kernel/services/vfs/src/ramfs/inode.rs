//! Inodes of the in-memory file system. An inode is its own [`File`]: what is open is the inode, with or without a name.

use super::Shared;
use super::content::Content;
use super::directory::Folder;
use super::quota::Charge;
use crate::node::{Directory, File, Kind, Metadata, Node};
use crate::sync::{read, write};
use interfaces::{Errno, Result};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, RwLock, Weak};

/// The most names of a file (POSIX `LINK_MAX`).
const LINKS_MAX: u64 = u32::MAX as u64;
/// Permission bits with set-id and sticky bits.
const MODE_MASK: u16 = 0o7777;

pub(super) struct Inode {
    pub(super) fs: Arc<Shared>,
    pub(super) me: Weak<Inode>,
    pub(super) number: u64,
    pub(super) body: Body,
    links: AtomicU64,
    mode: AtomicU16,
    accessed_ns: AtomicU64,
    modified_ns: AtomicU64,
    changed_ns: AtomicU64,
    /// For the inode itself.
    _charge: Charge,
}

pub(super) enum Body {
    Regular(RwLock<Content>),
    Directory(Folder),
    Symlink(Box<str>),
}

impl Inode {
    pub(super) fn new(fs: &Arc<Shared>, number: u64, mode: u16, body: Body, charge: Charge) -> Arc<Inode> {
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

    fn content(&self) -> Result<&RwLock<Content>> {
        match &self.body {
            Body::Regular(content) => Ok(content),
            Body::Directory(_) => Err(Errno::EISDIR),
            Body::Symlink(_) => Err(Errno::EINVAL),
        }
    }

    pub(super) fn lend(&self, lent: &'static [u8]) -> Result<()> {
        write(self.content().map_err(|_| Errno::EINVAL)?).lend(lent)
    }
}

impl Node for Inode {
    fn metadata(&self) -> Metadata {
        let (size, allocated) = match &self.body {
            Body::Regular(content) => {
                let content = read(content);
                (content.size(), content.allocated())
            }
            Body::Directory(folder) => (folder.allocated(), folder.allocated()),
            Body::Symlink(target) => (target.len() as u64, target.len() as u64),
        };
        Metadata {
            device: 0,
            inode: self.number,
            kind: self.kind(),
            links: self.links.load(Ordering::Relaxed),
            size,
            allocated,
            mode: self.mode.load(Ordering::Relaxed),
            accessed_ns: self.accessed_ns.load(Ordering::Relaxed),
            modified_ns: self.modified_ns.load(Ordering::Relaxed),
            changed_ns: self.changed_ns.load(Ordering::Relaxed),
        }
    }

    fn inode(&self) -> u64 {
        self.number
    }

    fn kind(&self) -> Kind {
        match &self.body {
            Body::Regular(_) => Kind::Regular,
            Body::Directory(_) => Kind::Directory,
            Body::Symlink(_) => Kind::Symlink,
        }
    }

    fn set_times(&self, accessed_ns: Option<u64>, modified_ns: Option<u64>) -> Result<()> {
        for (time, new) in [(&self.accessed_ns, accessed_ns), (&self.modified_ns, modified_ns)] {
            if let Some(new) = new {
                time.store(new, Ordering::Relaxed);
            }
        }
        self.attributes_changed();
        Ok(())
    }

    fn set_mode(&self, mode: u16) -> Result<()> {
        self.mode.store(mode & MODE_MASK, Ordering::Relaxed);
        self.attributes_changed();
        Ok(())
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        match &self.body {
            Body::Regular(_) | Body::Directory(_) => Ok(self),
            Body::Symlink(_) => Err(Errno::ELOOP),
        }
    }

    fn as_directory(&self) -> Option<&dyn Directory> {
        matches!(self.body, Body::Directory(_)).then_some(self)
    }

    fn read_link(&self) -> Result<String> {
        match &self.body {
            Body::Symlink(target) => Ok(target.as_ref().to_owned()),
            Body::Regular(_) | Body::Directory(_) => Err(Errno::EINVAL),
        }
    }
}

impl File for Inode {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let count = read(self.content()?).read(offset, buf);
        self.accessed();
        Ok(count)
    }

    fn write_at(&self, offset: u64, buf: &[u8]) -> Result<usize> {
        let mut content = write(self.content()?);
        let count = content.write(offset, buf)?;
        self.content_changed();
        Ok(count)
    }

    fn append(&self, buf: &[u8]) -> Result<(usize, u64)> {
        let mut content = write(self.content()?);
        let end = content.size();
        let count = content.write(end, buf)?;
        self.content_changed();
        Ok((count, end + count as u64))
    }

    fn set_size(&self, size: u64) -> Result<()> {
        write(self.content()?).set_size(size)?;
        self.content_changed();
        Ok(())
    }

    fn allocate(&self, offset: u64, length: u64) -> Result<()> {
        write(self.content()?).allocate(offset, length)?;
        self.content_changed();
        Ok(())
    }

    fn is_seekable(&self) -> bool {
        true
    }
}
