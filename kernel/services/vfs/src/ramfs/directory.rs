//! Directories of the in-memory file system.
//!
//! Locks: each directory has one, and so has where it hangs (`Place`, a leaf lock). Who needs the locks of several
//! directories (`remove_directory`, `rename`) first takes the file system's `restructure`; since everybody else holds
//! one at a time, no order can deadlock. Under `restructure` the shape of the tree stands still, except for new
//! directories.

use super::content::Content;
use super::inode::{Body, Folder, Inode, Place};
use crate::node::{DirEntry, Directory, Node};
use crate::sync::{lock, read, write};
use interfaces::{Errno, Result};
use std::any::Any;
use std::sync::{Arc, RwLock, Weak};

impl Inode {
    fn folder(&self) -> Result<&Folder> {
        match &self.body {
            Body::Directory(folder) => Ok(folder),
            Body::Regular(_) | Body::Symlink(_) => Err(Errno::ENOTDIR),
        }
    }

    fn is_folder(&self) -> bool {
        matches!(self.body, Body::Directory(_))
    }

    /// `node` as a node of this file system; EXDEV.
    fn neighbour(&self, node: &Arc<dyn Node>) -> Result<Arc<Inode>> {
        let any: Arc<dyn Any + Send + Sync> = Arc::clone(node) as _;
        let inode = any.downcast::<Inode>().map_err(|_| Errno::EXDEV)?;
        if Arc::ptr_eq(&inode.fs, &self.fs) { Ok(inode) } else { Err(Errno::EXDEV) }
    }

    /// Whether this is `other`, or a directory above it. The answer holds as long as `restructure` is held.
    fn is_at_or_above(&self, other: &Arc<Inode>) -> bool {
        let mut here = Some(Arc::clone(other));
        while let Some(inode) = here {
            if inode.number == self.number {
                return true;
            }
            here = inode.folder().ok().and_then(Folder::parent_inode);
        }
        false
    }

    fn myself(&self) -> Result<Arc<Inode>> {
        self.me.upgrade().ok_or(Errno::ENOENT)
    }

    /// Adds a new node; EEXIST, ENOSPC.
    fn add(&self, name: &str, mode: u16, body: Body) -> Result<Arc<Inode>> {
        let inode = Inode::new(&self.fs, mode, body)?;
        let mut listing = self.folder()?.write_listing()?;
        listing.insert(name, Arc::clone(&inode))?;
        if inode.is_folder() {
            self.add_links(1);
        }
        drop(listing);
        self.content_changed();
        Ok(inode)
    }
}

impl Directory for Inode {
    fn lookup(&self, name: &str) -> Result<Arc<dyn Node>> {
        let listing = read(&self.folder()?.listing);
        Ok(Arc::clone(listing.get(name)?) as Arc<dyn Node>)
    }

    fn parent(&self) -> Result<Arc<dyn Node>> {
        let parent = match &*lock(&self.folder()?.place) {
            Place::Root => self.myself()?,
            Place::Below(parent, _) => parent.upgrade().ok_or(Errno::ENOENT)?,
            Place::Removed => return Err(Errno::ENOENT),
        };
        Ok(parent)
    }

    fn entries(&self, cookie: u64, limit: usize) -> Result<Vec<DirEntry>> {
        let above = self.parent()?.inode();
        let listing = read(&self.folder()?.listing);
        self.accessed();
        Ok(listing.entries.page(cookie, limit, [self.number, above], |inode| (inode.number, inode.kind())))
    }

    fn name_of(&self, child: &Arc<dyn Node>) -> Result<String> {
        let child = self.neighbour(child)?;
        match &*lock(&child.folder()?.place) {
            Place::Below(parent, name) if Weak::ptr_eq(parent, &self.me) => Ok(name.as_ref().to_owned()),
            _ => Err(Errno::ENOENT),
        }
    }

    fn create_file(&self, name: &str, mode: u16) -> Result<Arc<dyn Node>> {
        let body = Body::Regular(RwLock::new(Content::new(self.fs.new_charge())));
        Ok(self.add(name, mode, body)?)
    }

    fn create_directory(&self, name: &str, mode: u16) -> Result<Arc<dyn Node>> {
        let place = Place::Below(Weak::clone(&self.me), Arc::from(name));
        let body = Body::Directory(Folder::new(place, self.fs.new_charge()));
        Ok(self.add(name, mode, body)?)
    }

    fn create_symlink(&self, name: &str, target: &str) -> Result<()> {
        self.add(name, 0o777, Body::Symlink(target.into())).map(drop)
    }

    fn link(&self, name: &str, node: &Arc<dyn Node>) -> Result<()> {
        let inode = self.neighbour(node)?;
        if inode.is_folder() {
            return Err(Errno::EPERM);
        }
        let mut listing = self.folder()?.write_listing()?;
        // What has lost its last name meanwhile must not come back.
        inode.add_link_unless_gone()?;
        listing.insert(name, Arc::clone(&inode)).inspect_err(|_| inode.remove_links(1))?;
        drop(listing);
        inode.attributes_changed();
        self.content_changed();
        Ok(())
    }

    fn unlink(&self, name: &str) -> Result<()> {
        let mut listing = self.folder()?.write_listing()?;
        if listing.get(name)?.is_folder() {
            return Err(Errno::EISDIR);
        }
        let removed = listing.remove(name);
        drop(listing);
        if let Some(inode) = removed {
            inode.remove_links(1);
            inode.attributes_changed();
        }
        self.content_changed();
        Ok(())
    }

    fn remove_directory(&self, name: &str) -> Result<()> {
        let _restructure = lock(&self.fs.restructure);
        let mut listing = self.folder()?.write_listing()?;
        let child = Arc::clone(listing.get(name)?);
        child.remove_folder()?;
        listing.remove(name);
        self.remove_links(1);
        drop(listing);
        self.content_changed();
        Ok(())
    }

    fn rename(&self, name: &str, to: &Arc<dyn Node>, new_name: &str) -> Result<()> {
        let to = self.neighbour(to)?;
        let restructure = lock(&self.fs.restructure);
        let mut from_listing = self.folder()?.write_listing()?;
        let mut to_listing = if to.number == self.number { None } else { Some(to.folder()?.write_listing()?) };
        let source = Arc::clone(from_listing.get(name)?);
        if source.is_folder() && source.is_at_or_above(&to) {
            return Err(Errno::EINVAL);
        }
        let onto = to_listing.as_deref_mut().unwrap_or(&mut *from_listing);
        let victim = onto.entries.get(new_name).cloned();
        if victim.as_ref().is_some_and(|victim| victim.number == source.number) {
            return Ok(());
        }
        match &victim {
            Some(victim) => {
                self.replace_victim(victim, &source, &to)?;
                onto.entries.replace(new_name, Arc::clone(&source));
            }
            None => onto.insert(new_name, Arc::clone(&source))?,
        }
        from_listing.remove(name);
        if let Ok(folder) = source.folder() {
            *lock(&folder.place) = Place::Below(Weak::clone(&to.me), Arc::from(new_name));
            self.remove_links(1);
            to.add_links(1);
        }
        // Before the victim, which may take long to free.
        drop((to_listing, from_listing, restructure));
        source.attributes_changed();
        self.content_changed();
        to.content_changed();
        Ok(())
    }
}

impl Inode {
    /// Removes this empty directory from the tree, all but its name; ENOTDIR, ENOTEMPTY. Needs `restructure`.
    fn remove_folder(&self) -> Result<()> {
        let folder = self.folder()?;
        let mut listing = write(&folder.listing);
        if !listing.entries.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        listing.is_removed = true;
        *lock(&folder.place) = Place::Removed;
        self.remove_links(2);
        self.attributes_changed();
        Ok(())
    }

    /// What happens to `victim` in the directory `to` when `source`, which lies here, takes its name; EISDIR, ENOTDIR,
    /// ENOTEMPTY. Needs `restructure`.
    fn replace_victim(&self, victim: &Arc<Inode>, source: &Inode, to: &Inode) -> Result<()> {
        // Holds what is renamed, and this directory's lock is held: the check for emptiness would wait for ever.
        if victim.is_at_or_above(&self.myself()?) {
            return Err(Errno::ENOTEMPTY);
        }
        match (source.is_folder(), victim.is_folder()) {
            (true, false) => return Err(Errno::ENOTDIR),
            (false, true) => return Err(Errno::EISDIR),
            (true, true) => {
                victim.remove_folder()?;
                to.remove_links(1);
            }
            (false, false) => {
                victim.remove_links(1);
                victim.attributes_changed();
            }
        }
        Ok(())
    }
}
