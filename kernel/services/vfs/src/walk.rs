//! Path resolution (POSIX.1-2017, XBD 4.13): the walk from a base directory along a path, through symbolic links.
//!
//! `namespace` and `open` are its users. A walk stops before the last component, since what happens there differs: it
//! is looked up, followed, created, removed. Invariant: within [`Scope::Beneath`] the walk goes up only to directories
//! that it came down through, whatever is renamed meanwhile, and so never leaves the base.

use crate::mount::{Location, Vfs};
use crate::node::Kind;
use crate::path::{Last, NAME_MAX, Scope, Slashes, check_path, split};
use interfaces::{Errno, Result};
use std::sync::Arc;

/// The most symbolic links on a path.
const LINKS_MAX: usize = 40;

/// A walk along a path.
pub(crate) struct Walk<'a> {
    vfs: &'a Vfs,
    scope: Scope,
    here: Location,
    /// Within [`Scope::Beneath`]: the directories from the base to above `here`.
    way_back: Vec<Location>,
    path: Arc<str>,
    /// How much of `path` is walked.
    walked: usize,
    links: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(vfs: &'a Vfs, base: &Location, path: &str, scope: Scope) -> Result<Walk<'a>> {
        check_path(path)?;
        let (here, path) = (base.clone(), Arc::from(path));
        let mut walk = Walk { vfs, scope, here, way_back: Vec::new(), path, walked: 0, links: 0 };
        walk.start_at_root_if_absolute()?;
        Ok(walk)
    }

    /// Walks to the directory of the last component; tells that component, and whether slashes follow it.
    pub(crate) fn advance_to_last(&mut self) -> Result<(Last, Slashes)> {
        loop {
            let path = Arc::clone(&self.path);
            let (component, behind) = split(path.get(self.walked..).unwrap_or(""));
            self.walked += component.len();
            // A base that is no directory shows here, whatever the component is.
            self.here.directory()?;
            if component.len() > NAME_MAX {
                return Err(Errno::ENAMETOOLONG);
            }
            if behind.trim_start_matches('/').is_empty() {
                let slashes = if behind.is_empty() { Slashes::None } else { Slashes::Trailing };
                return Ok((Last::from(component), slashes));
            }
            match component {
                "" | "." => {}
                ".." => self.step_up()?,
                name => self.pass_through(name)?,
            }
            self.skip_slashes();
        }
    }

    /// Where the walk is.
    pub(crate) fn here(&self) -> &Location {
        &self.here
    }

    /// What `name` is here, and across a mount.
    pub(crate) fn child(&self, name: &str) -> Result<Location> {
        let child = self.here.child(name)?;
        Ok(if child.is_directory() { self.vfs.cross(child) } else { child })
    }

    /// Where the walk ends whose last component is `.`, `..` or the root.
    pub(crate) fn end(mut self, last: &Last) -> Result<Location> {
        if *last == Last::DotDot {
            self.step_up()?;
        }
        Ok(self.here)
    }

    /// Goes on along the target of the symbolic link `link`, which lies here; what is left of the path follows behind.
    pub(crate) fn follow(&mut self, link: &Location) -> Result<()> {
        self.links += 1;
        if self.links > LINKS_MAX {
            return Err(Errno::ELOOP);
        }
        let target = link.node().read_link()?;
        check_path(&target)?;
        let left = self.path.get(self.walked..).unwrap_or("");
        self.path = Arc::from(target + left);
        self.walked = 0;
        self.start_at_root_if_absolute()
    }

    fn pass_through(&mut self, name: &str) -> Result<()> {
        let child = self.child(name)?;
        if child.node().kind() == Kind::Symlink {
            return self.follow(&child);
        }
        let above = std::mem::replace(&mut self.here, child);
        if self.scope == Scope::Beneath {
            self.way_back.push(above);
        }
        Ok(())
    }

    fn step_up(&mut self) -> Result<()> {
        self.here = match self.scope {
            Scope::Anywhere => self.vfs.parent_of(&self.here)?,
            Scope::Beneath => self.way_back.pop().ok_or(Errno::EPERM)?,
        };
        Ok(())
    }

    fn start_at_root_if_absolute(&mut self) -> Result<()> {
        if self.path.starts_with('/') {
            if self.scope == Scope::Beneath {
                return Err(Errno::EPERM);
            }
            self.here = self.vfs.root();
            self.skip_slashes();
        }
        Ok(())
    }

    fn skip_slashes(&mut self) {
        let left = self.path.get(self.walked..).unwrap_or("");
        self.walked += left.len() - left.trim_start_matches('/').len();
    }
}
