//! What a driver of a screen of pixels offers to the services above it.
//!
//! Whoever draws does so in a frame of its own, in ordinary memory, whose pixels are 0x00RRGGBB; the driver copies what has
//! changed to the screen, and into the screen's own format.

use crate::{Result, TextDisplay};
use alloc::sync::Arc;

/// A rectangle of pixels; (0, 0) is the upper left one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Its left edge.
    pub x: usize,
    /// Its upper edge.
    pub y: usize,
    /// Its width.
    pub width: usize,
    /// Its height.
    pub height: usize,
}

impl Area {
    /// The part of it that lies in `outer`; no pixel where they do not meet.
    #[must_use]
    pub fn within(self, outer: Area) -> Area {
        let x = self.x.max(outer.x);
        let y = self.y.max(outer.y);
        let right = self.x.saturating_add(self.width).min(outer.x.saturating_add(outer.width));
        let bottom = self.y.saturating_add(self.height).min(outer.y.saturating_add(outer.height));
        Area { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
    }

    /// The smallest area that holds both; an area without pixels adds nothing.
    #[must_use]
    pub fn union(self, other: Area) -> Area {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = self.x.saturating_add(self.width).max(other.x.saturating_add(other.width));
        let bottom = self.y.saturating_add(self.height).max(other.y.saturating_add(other.height));
        Area { x, y, width: right - x, height: bottom - y }
    }

    /// Whether it has no pixel.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }
}

/// A frame to be shown: rows of pixels 0x00RRGGBB.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The pixels, row by row.
    pub pixels: &'a [u32],
    /// Pixels from the start of a row to the start of the next.
    pub stride: usize,
}

/// Where a colour stands in a pixel of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its lowest bit.
    pub position: u8,
    /// How many bits it has.
    pub size: u8,
}

/// How the screen stores a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    /// Bytes of a pixel, little endian: 2, 3 or 4.
    pub bytes: usize,
    /// Red.
    pub red: Channel,
    /// Green.
    pub green: Channel,
    /// Blue.
    pub blue: Channel,
}

impl PixelFormat {
    /// 0x00RRGGBB, the format of a [`Frame`].
    pub const RGB_32: PixelFormat = PixelFormat {
        bytes: 4,
        red: Channel { position: 16, size: 8 },
        green: Channel { position: 8, size: 8 },
        blue: Channel { position: 0, size: 8 },
    };
}

/// A screen of pixels.
pub trait Display: Send + Sync {
    /// The driver's name, for instance `"bochs"`.
    fn driver(&self) -> &'static str;

    /// Width and height in pixels; (0, 0) while it does not show pixels yet, which [`set_size`](Self::set_size) begins.
    fn size(&self) -> (usize, usize);

    /// How the screen stores pixels.
    fn format(&self) -> PixelFormat;

    /// The sizes that [`set_size`](Self::set_size) takes for certain, the smallest first; the present one alone where it cannot
    /// be changed.
    fn sizes(&self) -> alloc::vec::Vec<(usize, usize)>;

    /// Changes width and height; what the screen shows then is black.
    ///
    /// # Errors
    /// `EINVAL` for a size that this screen cannot have; `EOPNOTSUPP` where the size is fixed.
    fn set_size(&self, width: usize, height: usize) -> Result<()>;

    /// Copies the areas `damage` of `frame` to the same places of the screen. What lies outside of either is left out.
    fn show(&self, frame: Frame<'_>, damage: &[Area]);

    /// Characters on the screen, past everything else: for a kernel that stops. They take no lock and no memory. `None`
    /// where there is no such way.
    fn last_resort(&self) -> Option<Arc<dyn TextDisplay>> {
        None
    }
}
