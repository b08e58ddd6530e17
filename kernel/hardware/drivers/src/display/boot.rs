//! The picture that the boot loader set up (VBE under BIOS, GOP under UEFI): its size is fixed.

use super::Surface;
use super::direct::Direct;
use alloc::sync::Arc;
use alloc::vec::Vec;
use interfaces::{Area, Display, Errno, Frame, PixelFormat, Result, TextDisplay};
use machine::boot_info::PictureInfo;
use spin::Mutex;

/// The loader's picture.
pub struct BootDisplay {
    surface: Mutex<Surface>,
    direct: Arc<Direct>,
}

impl BootDisplay {
    /// Takes the picture over; `None` where its format is none that is known.
    #[must_use]
    pub fn new(picture: &PictureInfo) -> Option<Arc<BootDisplay>> {
        let (memory, size) = (picture.map()?, (picture.width, picture.height));
        let surface = Surface::new(memory, size, picture.pitch, picture.format)?;
        let direct = Direct::new(memory, picture.format);
        direct.set_size(size, picture.pitch);
        Some(Arc::new(BootDisplay { surface: Mutex::new(surface), direct }))
    }
}

impl Display for BootDisplay {
    fn driver(&self) -> &'static str {
        "boot"
    }

    fn size(&self) -> (usize, usize) {
        self.surface.lock().size()
    }

    fn format(&self) -> PixelFormat {
        self.surface.lock().format()
    }

    fn sizes(&self) -> Vec<(usize, usize)> {
        alloc::vec![self.size()]
    }

    fn set_size(&self, width: usize, height: usize) -> Result<()> {
        if (width, height) == self.size() { Ok(()) } else { Err(Errno::EOPNOTSUPP) }
    }

    fn show(&self, frame: Frame<'_>, damage: &[Area]) {
        self.surface.lock().show(frame, damage);
    }

    fn last_resort(&self) -> Option<Arc<dyn TextDisplay>> {
        Some(Arc::clone(&self.direct) as _)
    }
}
