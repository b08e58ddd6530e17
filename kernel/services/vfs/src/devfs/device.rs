//! Nodes of `/dev` other than directories.

use crate::node::{Directory, File, Kind, Metadata, Node};
use interfaces::{Errno, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) fn metadata(inode: u64, kind: Kind, mode: u16, made_ns: u64) -> Metadata {
    let links = if kind == Kind::Directory { 2 } else { 1 };
    let (accessed_ns, modified_ns, changed_ns) = (made_ns, made_ns, made_ns);
    Metadata { inode, links, accessed_ns, modified_ns, changed_ns, ..Metadata::bare(kind, mode) }
}

/// A character device that gives the same file to everyone.
pub(super) struct Device {
    file: Arc<dyn File>,
    made_ns: u64,
    accessed_ns: AtomicU64,
    modified_ns: AtomicU64,
}

impl Device {
    pub(super) fn new(file: Arc<dyn File>, now: u64) -> Device {
        Device { file, made_ns: now, accessed_ns: AtomicU64::new(now), modified_ns: AtomicU64::new(now) }
    }
}

impl Node for Device {
    fn metadata(&self) -> Metadata {
        Metadata {
            accessed_ns: self.accessed_ns.load(Ordering::Relaxed),
            modified_ns: self.modified_ns.load(Ordering::Relaxed),
            ..metadata(0, Kind::CharDevice, 0o666, self.made_ns)
        }
    }

    fn set_times(&self, accessed_ns: Option<u64>, modified_ns: Option<u64>) -> Result<()> {
        for (time, new) in [(&self.accessed_ns, accessed_ns), (&self.modified_ns, modified_ns)] {
            if let Some(new) = new {
                time.store(new, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        Ok(Arc::clone(&self.file))
    }
}

/// A symbolic link.
pub(super) struct LinkNode {
    target: String,
    made_ns: u64,
}

impl LinkNode {
    pub(super) fn new(target: &str, now: u64) -> LinkNode {
        LinkNode { target: target.to_owned(), made_ns: now }
    }
}

impl Node for LinkNode {
    fn metadata(&self) -> Metadata {
        Metadata { size: self.target.len() as u64, ..metadata(0, Kind::Symlink, 0o777, self.made_ns) }
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        Err(Errno::ELOOP)
    }

    fn read_link(&self) -> Result<String> {
        Ok(self.target.clone())
    }
}

/// A registered node under the number that it has in this file system: its maker cannot know which ones are free.
pub(super) struct Numbered {
    number: u64,
    node: Arc<dyn Node>,
}

impl Numbered {
    pub(super) fn new(number: u64, node: Arc<dyn Node>) -> Numbered {
        Numbered { number, node }
    }
}

impl Node for Numbered {
    fn metadata(&self) -> Metadata {
        Metadata { inode: self.number, ..self.node.metadata() }
    }

    fn inode(&self) -> u64 {
        self.number
    }

    fn kind(&self) -> Kind {
        self.node.kind()
    }

    fn set_times(&self, accessed_ns: Option<u64>, modified_ns: Option<u64>) -> Result<()> {
        self.node.set_times(accessed_ns, modified_ns)
    }

    fn set_mode(&self, mode: u16) -> Result<()> {
        self.node.set_mode(mode)
    }

    fn open(self: Arc<Self>, write: bool) -> Result<Arc<dyn File>> {
        Arc::clone(&self.node).open(write)
    }

    fn as_directory(&self) -> Option<&dyn Directory> {
        self.node.as_directory()
    }

    fn read_link(&self) -> Result<String> {
        self.node.read_link()
    }
}
