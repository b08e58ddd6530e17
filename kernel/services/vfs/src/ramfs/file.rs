//! Inodes as nodes and as files. An inode is its own [`File`]: what is open is the inode, with or without a name.

use super::content::Content;
use super::inode::{Body, Inode, MODE_MASK};
use crate::node::{Directory, File, Kind, Metadata, Node};
use crate::sync::{read, write};
use interfaces::{Errno, Result};
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};

impl Inode {
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
