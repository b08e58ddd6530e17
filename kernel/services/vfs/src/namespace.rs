//! The operations of a [`Vfs`] on names.
//!
//! Each takes a base directory, a path and a scope, as POSIX's `*at` functions do. Every path may fail as resolution
//! does: ENOENT, ENOTDIR, ELOOP (more than 40 symbolic links), ENAMETOOLONG, and EPERM where the scope forbids. The
//! order in which errors are found is Linux's.

use crate::mount::{Location, Vfs};
use crate::node::{Kind, Metadata, Node};
use crate::path::{Follow, Last, Scope, Slashes, check_path};
use crate::walk::Walk;
use interfaces::{Errno, Result};
use std::sync::Arc;

impl Vfs {
    /// The place that `path` leads to.
    ///
    /// # Errors
    /// Those of path resolution. An empty path is ENOENT.
    pub fn resolve(&self, base: &Location, path: &str, scope: Scope, follow: Follow) -> Result<Location> {
        let mut walk = Walk::new(self, base, path, scope)?;
        loop {
            let (last, slashes) = walk.advance_to_last()?;
            let Last::Name(name) = last else {
                return walk.end(&last);
            };
            let child = walk.child(&name)?;
            let kind = child.node().kind();
            if kind == Kind::Symlink && (follow == Follow::Yes || slashes == Slashes::Trailing) {
                walk.follow(&child)?;
            } else if kind != Kind::Directory && slashes == Slashes::Trailing {
                return Err(Errno::ENOTDIR);
            } else {
                return Ok(child);
            }
        }
    }

    /// The attributes of what `path` leads to.
    ///
    /// # Errors
    /// Those of path resolution.
    pub fn metadata(&self, base: &Location, path: &str, scope: Scope, follow: Follow) -> Result<Metadata> {
        Ok(self.resolve(base, path, scope, follow)?.metadata())
    }

    /// Changes the access and modification times that are given (nanoseconds since the epoch).
    ///
    /// # Errors
    /// Those of path resolution; EPERM from file systems that keep no times.
    pub fn set_times(
        &self,
        base: &Location,
        path: &str,
        scope: Scope,
        follow: Follow,
        accessed_ns: Option<u64>,
        modified_ns: Option<u64>,
    ) -> Result<()> {
        self.resolve(base, path, scope, follow)?.node().set_times(accessed_ns, modified_ns)
    }

    /// Changes the permission bits of what `path` leads to, following symbolic links.
    ///
    /// # Errors
    /// Those of path resolution; EPERM from file systems that keep none.
    pub fn set_mode(&self, base: &Location, path: &str, scope: Scope, mode: u16) -> Result<()> {
        self.resolve(base, path, scope, Follow::Yes)?.node().set_mode(mode)
    }

    /// Makes a directory (POSIX `mkdirat`; the path may end in slashes).
    ///
    /// # Errors
    /// Those of path resolution; EEXIST, EROFS, ENOSPC.
    pub fn create_directory(&self, base: &Location, path: &str, scope: Scope, mode: u16) -> Result<()> {
        let place = self.place(base, path, scope)?;
        let name = place.new_name(Kind::Directory)?;
        place.directory.directory()?.create_directory(name, mode).map(drop)
    }

    /// Makes a symbolic link to `target` at `path` (POSIX `symlinkat`).
    ///
    /// # Errors
    /// Those of path resolution; EEXIST; ENOENT for an empty target; EPERM for an absolute target where the scope is
    /// [`Scope::Beneath`]; EROFS, ENOSPC.
    pub fn create_symlink(&self, target: &str, base: &Location, path: &str, scope: Scope) -> Result<()> {
        check_path(target)?;
        if scope == Scope::Beneath && target.starts_with('/') {
            return Err(Errno::EPERM);
        }
        let place = self.place(base, path, scope)?;
        let name = place.new_name(Kind::Symlink)?;
        place.directory.directory()?.create_symlink(name, target)
    }

    /// The target of the symbolic link at `path`.
    ///
    /// # Errors
    /// Those of path resolution; EINVAL when it is no symbolic link.
    pub fn read_link(&self, base: &Location, path: &str, scope: Scope) -> Result<String> {
        self.resolve(base, path, scope, Follow::No)?.node().read_link()
    }

    /// Makes `new_path` a second name of what `old_path` leads to (POSIX `linkat`).
    ///
    /// # Errors
    /// Those of path resolution; EEXIST, EPERM (a directory), EXDEV (another mount), EMLINK, EROFS, ENOSPC.
    pub fn link(
        &self,
        old_base: &Location,
        old_path: &str,
        follow: Follow,
        new_base: &Location,
        new_path: &str,
        scope: Scope,
    ) -> Result<()> {
        let old = self.resolve(old_base, old_path, scope, follow)?;
        let place = self.place(new_base, new_path, scope)?;
        // A directory is refused below, and until then treated like anything else.
        let name = place.new_name(Kind::Regular)?;
        if !old.is_same_mount(&place.directory) {
            return Err(Errno::EXDEV);
        }
        if old.is_directory() {
            return Err(Errno::EPERM);
        }
        place.directory.directory()?.link(name, old.node())
    }

    /// Removes the name of what is not a directory (POSIX `unlinkat`).
    ///
    /// # Errors
    /// Those of path resolution; EISDIR; EBUSY for a mount point; EROFS.
    pub fn unlink(&self, base: &Location, path: &str, scope: Scope) -> Result<()> {
        let place = self.place(base, path, scope)?;
        let Last::Name(name) = &place.last else {
            return Err(Errno::EISDIR);
        };
        let child = place.directory.child(name)?;
        if child.is_directory() {
            return Err(Errno::EISDIR);
        }
        if place.slashes == Slashes::Trailing {
            return Err(Errno::ENOTDIR);
        }
        place.directory.directory()?.unlink(name)
    }

    /// Removes an empty directory (POSIX `unlinkat` with `AT_REMOVEDIR`).
    ///
    /// # Errors
    /// Those of path resolution; ENOTDIR; ENOTEMPTY (also for `..`); EINVAL for `.`; EBUSY for a mount point; EROFS.
    pub fn remove_directory(&self, base: &Location, path: &str, scope: Scope) -> Result<()> {
        let place = self.place(base, path, scope)?;
        let name = match &place.last {
            Last::Root => return Err(Errno::EBUSY),
            Last::Dot => return Err(Errno::EINVAL),
            Last::DotDot => return Err(Errno::ENOTEMPTY),
            Last::Name(name) => name,
        };
        let child = place.directory.child(name)?;
        if !child.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        let table = self.mount_table();
        table.check_not_covered(&child)?;
        place.directory.directory()?.remove_directory(name)
    }

    /// Gives what is at `old_path` the name `new_path`, replacing what is there (POSIX `renameat`).
    ///
    /// # Errors
    /// Those of path resolution; EXDEV (another mount); EINVAL (into its own subtree); EISDIR, ENOTDIR, ENOTEMPTY by
    /// what would be replaced; EBUSY for a mount point, `.` and `..`; EROFS, ENOSPC.
    pub fn rename(
        &self,
        old_base: &Location,
        old_path: &str,
        new_base: &Location,
        new_path: &str,
        scope: Scope,
    ) -> Result<()> {
        let old = self.place(old_base, old_path, scope)?;
        let new = self.place(new_base, new_path, scope)?;
        if !old.directory.is_same_mount(&new.directory) {
            return Err(Errno::EXDEV);
        }
        let (Last::Name(old_name), Last::Name(new_name)) = (&old.last, &new.last) else {
            return Err(Errno::EBUSY);
        };
        let source = old.directory.child(old_name)?;
        if !source.is_directory() && (old.slashes == Slashes::Trailing || new.slashes == Slashes::Trailing) {
            return Err(Errno::ENOTDIR);
        }
        let target = new.directory.child(new_name);
        // Under the guard only file systems that hold names run: others might ask for the mounts.
        let table = self.mount_table();
        table.check_not_covered(&source)?;
        if let Ok(target) = target {
            table.check_not_covered(&target)?;
        }
        old.directory.directory()?.rename(old_name, new.directory.node(), new_name)
    }

    /// Mounts the file system whose root directory is `root` over the directory at the absolute `path`; `kind` is what
    /// [`mounts`](Self::mounts) calls it.
    ///
    /// # Errors
    /// Those of path resolution; ENOTDIR.
    pub fn mount(&self, path: &str, root: Arc<dyn Node>, kind: &str) -> Result<()> {
        let point = self.resolve(&self.root(), path, Scope::Anywhere, Follow::Yes)?;
        self.mount_over(&point, root, kind)
    }

    /// Unmounts what is mounted at `path`. Files that are open there stay usable.
    ///
    /// # Errors
    /// Those of path resolution; EINVAL where nothing is mounted; EBUSY while something is mounted below it, and for
    /// the root.
    pub fn unmount(&self, path: &str) -> Result<()> {
        let location = self.resolve(&self.root(), path, Scope::Anywhere, Follow::Yes)?;
        self.unmount_root(&location)
    }

    /// Where `path` ends: the directory of its last component, which need not exist.
    fn place(&self, base: &Location, path: &str, scope: Scope) -> Result<Place> {
        let mut walk = Walk::new(self, base, path, scope)?;
        let (last, slashes) = walk.advance_to_last()?;
        Ok(Place { directory: walk.here().clone(), last, slashes })
    }
}

/// A name in a directory.
struct Place {
    directory: Location,
    last: Last,
    slashes: Slashes,
}

impl Place {
    /// The name, for a node of the kind `kind` that is about to be made; EEXIST where something is. Only a directory's
    /// name may have slashes behind it: what does not exist is not a directory, hence ENOENT.
    fn new_name(&self, kind: Kind) -> Result<&str> {
        let Last::Name(name) = &self.last else {
            return Err(Errno::EEXIST);
        };
        match self.directory.child(name) {
            Ok(_) => Err(Errno::EEXIST),
            Err(Errno::ENOENT) if self.slashes == Slashes::None || kind == Kind::Directory => Ok(name),
            Err(error) => Err(error),
        }
    }
}
