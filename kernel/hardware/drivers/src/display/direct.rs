//! Characters straight into a display's memory, without locks and without memory of their own: for a kernel that stops.

use super::encode;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use embedded_graphics::geometry::{OriginDimensions, Point};
use embedded_graphics::image::GetPixel;
use embedded_graphics::mono_font::ascii::FONT_9X18;
use embedded_graphics::pixelcolor::BinaryColor;
use interfaces::{Cell, Colour, PixelFormat, TextDisplay};
use machine::mmio::Mmio;

const WIDTH: usize = 9;
const HEIGHT: usize = 18;

/// See the module.
pub(crate) struct Direct {
    memory: Mmio,
    format: PixelFormat,
    /// Width, height and bytes of a row in 16, 16 and 32 bits: as one number, which changes at once.
    geometry: AtomicU64,
}

impl Direct {
    /// In a display's memory; of no size yet.
    pub(crate) fn new(memory: Mmio, format: PixelFormat) -> Arc<Direct> {
        Arc::new(Direct { memory, format, geometry: AtomicU64::new(0) })
    }

    /// The display has this size now.
    pub(crate) fn set_size(&self, (width, height): (usize, usize), pitch: usize) {
        let value = |length: usize, most: u64| (length as u64).min(most);
        let size = value(width, 0xffff) << 48 | value(height, 0xffff) << 32;
        self.geometry.store(size | value(pitch, 0xffff_ffff), Ordering::Relaxed);
    }

    fn size_and_pitch(&self) -> ((usize, usize), usize) {
        let geometry = self.geometry.load(Ordering::Relaxed);
        let size = ((geometry >> 48) as usize, (geometry >> 32 & 0xffff) as usize);
        (size, (geometry & 0xffff_ffff) as usize)
    }

    fn put_glyph(&self, left: usize, top: usize, cell: Cell) {
        let image = FONT_9X18.image;
        let columns = (image.size().width as usize / WIDTH).max(1);
        let index = FONT_9X18.glyph_mapping.index(cell.glyph);
        let corner = (index % columns * WIDTH, index / columns * HEIGHT);
        let pitch = self.size_and_pitch().1;
        let colours = [cell.background, cell.foreground].map(|colour| self.encoded(colour));
        for (y, x) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (y, x))) {
            let is_on = image.pixel(Point::new((corner.0 + x) as i32, (corner.1 + y) as i32)) == Some(BinaryColor::On);
            let bytes = colours[usize::from(is_on)];
            let bytes = bytes.get(..self.format.bytes).unwrap_or_default();
            let offset = (top + y) * pitch + (left + x) * self.format.bytes;
            // The size may be that of a moment ago.
            if offset + bytes.len() <= self.memory.len() {
                self.memory.copy_in(offset, bytes);
            }
        }
    }

    fn encoded(&self, colour: Colour) -> [u8; 4] {
        let [red, green, blue] = colour.rgb();
        encode(self.format, u32::from_be_bytes([0, red, green, blue])).to_le_bytes()
    }
}

impl TextDisplay for Direct {
    fn size(&self) -> (usize, usize) {
        let ((width, height), _) = self.size_and_pitch();
        (width / WIDTH, height / HEIGHT)
    }

    fn put(&self, column: usize, row: usize, cells: &[Cell]) {
        let (columns, rows) = self.size();
        if row < rows {
            for (column, cell) in (column..columns).zip(cells) {
                self.put_glyph(column * WIDTH, row * HEIGHT, *cell);
            }
        }
    }

    fn set_cursor(&self, _position: Option<(usize, usize)>) {}
}
