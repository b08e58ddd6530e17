//! `/dev/fb0`: the pixels. Opening it for writing takes the screen, closing it gives the screen back.

use super::offset::index;
use crate::lease::Lease;
use crate::screen::Screen;
use crate::surface::BYTES;
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{File, Kind, Metadata, Node};

pub(super) struct FramebufferNode(Arc<Screen>);

impl FramebufferNode {
    pub(super) fn new(screen: Arc<Screen>) -> FramebufferNode {
        FramebufferNode(screen)
    }
}

impl Node for FramebufferNode {
    fn metadata(&self) -> Metadata {
        let (width, height) = self.0.size();
        Metadata { size: (width * height * BYTES) as u64, ..Metadata::bare(Kind::CharDevice, 0o666) }
    }

    fn open(self: Arc<Self>, write: bool) -> Result<Arc<dyn File>> {
        let lease = if write { Some(self.0.lease()?) } else { None };
        Ok(Arc::new(Framebuffer { screen: Arc::clone(&self.0), lease }))
    }
}

struct Framebuffer {
    screen: Arc<Screen>,
    lease: Option<Lease>,
}

impl File for Framebuffer {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        Ok(self.screen.picture.read_bytes(index(offset)?, buf))
    }

    fn write_at(&self, offset: u64, buf: &[u8]) -> Result<usize> {
        let lease = self.lease.as_ref().ok_or(Errno::EBADF)?;
        match lease.write_bytes(index(offset)?, buf)? {
            0 if !buf.is_empty() => Err(Errno::ENOSPC),
            count => Ok(count),
        }
    }

    /// The end of the picture does not move: appending finds no room.
    fn append(&self, _buf: &[u8]) -> Result<(usize, u64)> {
        Err(Errno::ENOSPC)
    }

    fn is_seekable(&self) -> bool {
        true
    }
}
