//! The picture that the boot loader set up (VBE under BIOS, GOP under UEFI): its size is fixed.

use super::Surface;
use alloc::sync::Arc;
use alloc::vec::Vec;
use interfaces::{Area, Display, Errno, Frame, PixelFormat, Result};
use machine::boot_info::PictureInfo;
use spin::Mutex;

/// The loader's picture.
pub struct BootDisplay {
    surface: Mutex<Surface>,
}

impl BootDisplay {
    /// Takes the picture over; `None` where its format is none that is known.
    #[must_use]
    pub fn new(picture: &PictureInfo) -> Option<Arc<BootDisplay>> {
        let surface = Surface::new(picture.map()?, (picture.width, picture.height), picture.pitch, picture.format)?;
        Some(Arc::new(BootDisplay { surface: Mutex::new(surface) }))
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
}
