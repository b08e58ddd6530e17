//! The mount table: file systems joined into one tree, and places in that tree.
//!
//! A mount covers a directory of another mount (its point). Going down, the walk in `walk` asks [`Vfs::cross`] at every
//! directory; going up, [`Vfs::parent_of`] leaves a mount's root through its point.

use crate::node::{Directory, Kind, Metadata, Node};
use crate::sync::{read, write};
use interfaces::{Errno, Result};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// One mounted file system, as `/proc/mounts` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountInfo {
    /// Where: an absolute path.
    pub path: String,
    /// What kind of file system, for instance `"ramfs"`.
    pub kind: String,
    /// Its number, which is `Metadata::device` of its nodes.
    pub device: u64,
}

struct Mount {
    number: u64,
    kind: String,
    root: Arc<dyn Node>,
    /// The directory that it covers; `None` for the root of the tree.
    point: Option<Location>,
}

/// A node together with the mount that it was reached through, so that `..` leads back across mounts.
#[derive(Clone)]
pub struct Location {
    node: Arc<dyn Node>,
    mount: Arc<Mount>,
}

impl Location {
    /// The node.
    #[must_use]
    pub fn node(&self) -> &Arc<dyn Node> {
        &self.node
    }

    /// The node's attributes, with the device number filled in.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata { device: self.mount.number, ..self.node.metadata() }
    }

    /// Whether both are the same node of the same mount.
    #[must_use]
    pub fn is_same(&self, other: &Location) -> bool {
        self.key() == other.key()
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.node.kind() == Kind::Directory
    }

    /// Its directory operations; ENOTDIR.
    pub(crate) fn directory(&self) -> Result<&dyn Directory> {
        self.node.as_directory().ok_or(Errno::ENOTDIR)
    }

    /// The node called `name` in it, whether or not something is mounted over that.
    pub(crate) fn child(&self, name: &str) -> Result<Location> {
        Ok(self.with(self.directory()?.lookup(name)?))
    }

    /// `node`, a neighbour in the same mount.
    pub(crate) fn with(&self, node: Arc<dyn Node>) -> Location {
        Location { node, mount: Arc::clone(&self.mount) }
    }

    pub(crate) fn is_same_mount(&self, other: &Location) -> bool {
        Arc::ptr_eq(&self.mount, &other.mount)
    }

    fn is_mount_root(&self) -> bool {
        self.node.inode() == self.mount.root.inode()
    }

    fn key(&self) -> (u64, u64) {
        (self.mount.number, self.node.inode())
    }
}

#[derive(Default)]
pub(crate) struct MountTable {
    /// By the number of the mount and of the node that is covered.
    by_point: HashMap<(u64, u64), Arc<Mount>>,
    last_number: u64,
}

impl MountTable {
    /// EBUSY for a directory that is covered.
    pub(crate) fn check_not_covered(&self, location: &Location) -> Result<()> {
        if self.by_point.contains_key(&location.key()) { Err(Errno::EBUSY) } else { Ok(()) }
    }
}

/// The file system tree of the machine: a root and what is mounted over its directories.
pub struct Vfs {
    root: Location,
    mounts: RwLock<MountTable>,
}

impl Vfs {
    /// A tree whose root is `root`, the root directory of a file system of the kind `kind`.
    #[must_use]
    pub fn new(root: Arc<dyn Node>, kind: &str) -> Arc<Vfs> {
        let mount = Mount { number: 1, kind: kind.to_owned(), root: Arc::clone(&root), point: None };
        let table = MountTable { by_point: HashMap::new(), last_number: mount.number };
        Arc::new(Vfs { root: Location { node: root, mount: Arc::new(mount) }, mounts: RwLock::new(table) })
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> Location {
        self.cross(self.root.clone())
    }

    /// Every mount, the root first, in the order of mounting.
    #[must_use]
    pub fn mounts(&self) -> Vec<MountInfo> {
        let mut mounts: Vec<_> = read(&self.mounts).by_point.values().cloned().collect();
        mounts.push(Arc::clone(&self.root.mount));
        mounts.sort_by_key(|mount| mount.number);
        let info = |mount: Arc<Mount>| {
            let path = match &mount.point {
                // A point whose path is gone can only belong to a mount that was hidden by another.
                Some(point) => self.path_of(point).ok()?,
                None => "/".to_owned(),
            };
            Some(MountInfo { path, kind: mount.kind.clone(), device: mount.number })
        };
        mounts.into_iter().filter_map(info).collect()
    }

    /// The absolute path of a directory.
    ///
    /// # Errors
    /// ENOENT once it was removed; ENOTDIR for what is not a directory, which may have any number of names.
    pub fn path_of(&self, location: &Location) -> Result<String> {
        // A directory on the way may be renamed between finding its parent and asking that for the name.
        const TRIES: usize = 16;
        (1..TRIES).find_map(|_| self.try_path_of(location).ok()).map_or_else(|| self.try_path_of(location), Ok)
    }

    fn try_path_of(&self, location: &Location) -> Result<String> {
        let mut names = Vec::new();
        let mut here = location.clone();
        loop {
            let directory = here.directory()?;
            if !here.is_mount_root() {
                let parent = directory.parent()?;
                names.push(parent.as_directory().ok_or(Errno::ENOTDIR)?.name_of(&here.node)?);
                here = here.with(parent);
            } else if let Some(point) = &here.mount.point {
                here = point.clone();
            } else {
                names.push(String::new());
                names.reverse();
                return Ok(if names.len() == 1 { "/".to_owned() } else { names.join("/") });
            }
        }
    }

    /// The directory above, across mounts; the root is above itself.
    pub(crate) fn parent_of(&self, location: &Location) -> Result<Location> {
        let mut here = location.clone();
        while here.is_mount_root() {
            match &here.mount.point {
                Some(point) => here = point.clone(),
                None => return Ok(self.cross(here)),
            }
        }
        let parent = here.directory()?.parent()?;
        Ok(self.cross(here.with(parent)))
    }

    /// The root of what is mounted over `location`; itself where nothing is.
    pub(crate) fn cross(&self, location: Location) -> Location {
        let table = read(&self.mounts);
        let mut here = location;
        while let Some(mount) = table.by_point.get(&here.key()) {
            here = Location { node: Arc::clone(&mount.root), mount: Arc::clone(mount) };
        }
        here
    }

    /// The mount table, held still: nothing is mounted as long as the guard lives.
    pub(crate) fn mount_table(&self) -> std::sync::RwLockReadGuard<'_, MountTable> {
        read(&self.mounts)
    }

    /// Mounts a file system over the directory `point`; ENOTDIR, EBUSY (something else was faster).
    pub(crate) fn mount_over(&self, point: &Location, root: Arc<dyn Node>, kind: &str) -> Result<()> {
        if !point.is_directory() || root.kind() != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let mut table = write(&self.mounts);
        table.check_not_covered(point)?;
        table.last_number += 1;
        let mount = Mount { number: table.last_number, kind: kind.to_owned(), root, point: Some(point.clone()) };
        table.by_point.insert(point.key(), Arc::new(mount));
        Ok(())
    }

    /// Unmounts what has its root at `location`; EINVAL, EBUSY.
    pub(crate) fn unmount_root(&self, location: &Location) -> Result<()> {
        if !location.is_mount_root() {
            return Err(Errno::EINVAL);
        }
        let point = location.mount.point.as_ref().ok_or(Errno::EBUSY)?;
        let mut table = write(&self.mounts);
        let is_below = |mount: &Arc<Mount>| mount.point.as_ref().is_some_and(|point| point.is_same_mount(location));
        if table.by_point.values().any(is_below) {
            return Err(Errno::EBUSY);
        }
        table.by_point.remove(&point.key()).map(drop).ok_or(Errno::EINVAL)
    }
}
