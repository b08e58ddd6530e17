//! `/dev`: the devices that are files.
//!
//! The devices that need no hardware are in `devfs::basic`; the assembler and other services register theirs. Programs
//! can add and remove nothing here (EROFS).

mod basic;
mod device;

use crate::devfs::device::{Device, LinkNode, Numbered};
use crate::entries::Entries;
use crate::node::{DirEntry, Directory, File, Kind, Metadata, Node};
use crate::path::{Last, NAME_MAX};
use crate::sync::{read, write};
use interfaces::{Clock, Entropy, Errno, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, Weak};

/// The root directory's number.
const ROOT: u64 = 1;

/// The file system of device nodes: `null zero full random urandom` and what is registered.
pub struct DevFs {
    root: Arc<Folder>,
    clock: Arc<dyn Clock>,
    last_inode: AtomicU64,
}

impl DevFs {
    /// A file system with the devices that need no hardware.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Arc<DevFs> {
        let root = Folder::new(ROOT, None, clock.realtime_ns());
        let devfs = DevFs { root, clock, last_inode: AtomicU64::new(ROOT) };
        for (name, file) in basic::devices(&entropy) {
            // The names are plain and different: this cannot fail.
            let _ = devfs.register_file(name, file);
        }
        Arc::new(devfs)
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> Arc<dyn Node> {
        Arc::clone(&self.root) as Arc<dyn Node>
    }

    /// Adds `node` at `path`, a name or names joined by slashes (`"tty"`, `"input/event0"`); directories are made.
    /// For a device that is one [`File`] see [`register_file`](Self::register_file).
    ///
    /// # Errors
    /// EEXIST, EINVAL (not a relative path of plain names), ENOTDIR.
    pub fn register(&self, path: &str, node: Arc<dyn Node>) -> Result<()> {
        let (folder, name) = self.folder_of(path)?;
        folder.insert(name, Child::Node(Arc::new(Numbered::new(self.new_number(), node))))
    }

    /// Adds a character device at `path` that gives `file` to everyone who opens it.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn register_file(&self, path: &str, file: Arc<dyn File>) -> Result<()> {
        self.register(path, Arc::new(Device::new(file, self.clock.realtime_ns())))
    }

    /// Adds a symbolic link at `path`.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn register_link(&self, path: &str, target: &str) -> Result<()> {
        self.register(path, Arc::new(LinkNode::new(target, self.clock.realtime_ns())))
    }

    /// Removes what is at `path`. Who has it open keeps it.
    ///
    /// # Errors
    /// ENOENT, EINVAL, ENOTDIR.
    pub fn unregister(&self, path: &str) -> Result<()> {
        let (folder, name) = self.folder_of(path)?;
        // Dropped behind the lock.
        let removed = write(&folder.entries).remove(name);
        removed.map(drop).ok_or(Errno::ENOENT)
    }

    /// The directory of the last name in `path`, made where it is not there; and that name.
    fn folder_of<'a>(&self, path: &'a str) -> Result<(Arc<Folder>, &'a str)> {
        let mut names: Vec<&str> = path.split('/').collect();
        if !names.iter().all(|name| is_plain(name)) {
            return Err(Errno::EINVAL);
        }
        let last = names.pop().ok_or(Errno::EINVAL)?;
        let mut here = Arc::clone(&self.root);
        for name in names {
            here = here.folder(name, || self.new_number(), self.clock.realtime_ns())?;
        }
        Ok((here, last))
    }

    fn new_number(&self) -> u64 {
        self.last_inode.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn is_plain(name: &str) -> bool {
    matches!(Last::from(name), Last::Name(_)) && name.len() <= NAME_MAX && !name.contains('\0')
}

#[derive(Clone)]
enum Child {
    Node(Arc<dyn Node>),
    Folder(Arc<Folder>),
}

impl Child {
    fn node(&self) -> Arc<dyn Node> {
        match self {
            Child::Node(node) => Arc::clone(node),
            Child::Folder(folder) => Arc::clone(folder) as Arc<dyn Node>,
        }
    }
}

/// A directory of devices.
struct Folder {
    number: u64,
    parent: Option<Weak<Folder>>,
    me: Weak<Folder>,
    made_ns: u64,
    entries: RwLock<Entries<Child>>,
}

impl Folder {
    fn new(number: u64, parent: Option<Weak<Folder>>, made_ns: u64) -> Arc<Folder> {
        let entries = RwLock::default();
        Arc::new_cyclic(|me| Folder { number, parent, me: Weak::clone(me), made_ns, entries })
    }

    fn insert(&self, name: &str, child: Child) -> Result<()> {
        write(&self.entries).insert(name, child)
    }

    /// The directory `name` in this one, made where there is none; ENOTDIR.
    fn folder(&self, name: &str, number: impl FnOnce() -> u64, now: u64) -> Result<Arc<Folder>> {
        let mut entries = write(&self.entries);
        match entries.get(name) {
            Some(Child::Folder(folder)) => return Ok(Arc::clone(folder)),
            Some(Child::Node(_)) => return Err(Errno::ENOTDIR),
            None => {}
        }
        let folder = Folder::new(number(), Some(Weak::clone(&self.me)), now);
        entries.insert(name, Child::Folder(Arc::clone(&folder)))?;
        Ok(folder)
    }
}

impl Node for Folder {
    fn metadata(&self) -> Metadata {
        device::metadata(self.number, Kind::Directory, 0o755, self.made_ns)
    }

    fn inode(&self) -> u64 {
        self.number
    }

    fn kind(&self) -> Kind {
        Kind::Directory
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        Ok(self)
    }

    fn as_directory(&self) -> Option<&dyn Directory> {
        Some(self)
    }
}

/// Directories are read through [`Directory::entries`]; as files they have nothing to offer.
impl File for Folder {}

impl Directory for Folder {
    fn lookup(&self, name: &str) -> Result<Arc<dyn Node>> {
        read(&self.entries).get(name).map(Child::node).ok_or(Errno::ENOENT)
    }

    fn parent(&self) -> Result<Arc<dyn Node>> {
        let parent = self.parent.as_ref().unwrap_or(&self.me);
        Ok(parent.upgrade().ok_or(Errno::ENOENT)?)
    }

    fn entries(&self, cookie: u64, limit: usize) -> Result<Vec<DirEntry>> {
        let above = self.parent()?.inode();
        let describe = |child: &Child| {
            let node = child.node();
            (node.inode(), node.kind())
        };
        Ok(read(&self.entries).page(cookie, limit, [self.number, above], describe))
    }
}

#[cfg(test)]
mod tests;
