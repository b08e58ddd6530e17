//! A picture in memory.

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::primitives::Rectangle;
use std::convert::Infallible;
use std::io::{self, Write};
use std::ops::Range;

/// Bytes of a pixel: blue, green, red, and one without meaning.
pub(crate) const BYTES: usize = 4;

/// A picture in memory that remembers which rows have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
    changed: Range<usize>,
}

impl Picture {
    /// A black picture.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Picture {
        Picture { width, height, bytes: vec![0; width * height * BYTES], changed: 0..height }
    }

    /// The pixel at a place; `None` outside.
    #[must_use]
    pub fn pixel(&self, at: Point) -> Option<Rgb888> {
        let (x, y) = self.place(at)?;
        match self.bytes.get((y * self.width + x) * BYTES..)? {
            [blue, green, red, ..] => Some(Rgb888::new(*red, *green, *blue)),
            _ => None,
        }
    }

    /// Writes the picture as a PPM file (netpbm, "PPM Format Specification").
    ///
    /// # Errors
    /// Those of `output`.
    pub fn write_ppm(&self, output: &mut dyn Write) -> io::Result<()> {
        write!(output, "P6\n{} {}\n255\n", self.width, self.height)?;
        let pixels: Vec<u8> =
            self.bytes.chunks_exact(BYTES).flat_map(|pixel| pixel.iter().take(3).rev()).copied().collect();
        output.write_all(&pixels)?;
        // What a buffer cannot write when it is dropped, nobody would hear of.
        output.flush()
    }

    /// The rows that have changed since this was last asked, with the number of the first.
    pub(crate) fn take_changes(&mut self) -> (usize, &[u8]) {
        let rows = std::mem::replace(&mut self.changed, self.height..0);
        let stride = self.width * BYTES;
        let bytes = self.bytes.get(rows.start * stride..rows.end * stride).unwrap_or_default();
        (rows.start, bytes)
    }

    fn place(&self, at: Point) -> Option<(usize, usize)> {
        let (x, y) = (usize::try_from(at.x).ok()?, usize::try_from(at.y).ok()?);
        (x < self.width && y < self.height).then_some((x, y))
    }

    fn note_change(&mut self, rows: Range<usize>) {
        self.changed = self.changed.start.min(rows.start)..self.changed.end.max(rows.end);
    }
}

fn bytes(colour: Rgb888) -> [u8; BYTES] {
    [colour.b(), colour.g(), colour.r(), 0]
}

impl OriginDimensions for Picture {
    fn size(&self) -> Size {
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Size::new(narrow(self.width), narrow(self.height))
    }
}

impl DrawTarget for Picture {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            let Some((x, y)) = self.place(at) else { continue };
            if let Some(slot) = self.bytes.get_mut((y * self.width + x) * BYTES..).and_then(<[u8]>::first_chunk_mut) {
                *slot = bytes(colour);
            }
            self.note_change(y..y + 1);
        }
        Ok(())
    }

    /// Row by row, which is much faster than pixel by pixel.
    fn fill_solid(&mut self, area: &Rectangle, colour: Rgb888) -> Result<(), Infallible> {
        let inside = area.intersection(&Rectangle::new(Point::zero(), self.size()));
        let Some((x, y)) = self.place(inside.top_left).filter(|_| !inside.is_zero_sized()) else { return Ok(()) };
        let (width, height) = (inside.size.width as usize, inside.size.height as usize);
        let line = bytes(colour).repeat(width);
        for y in y..y + height {
            let start = (y * self.width + x) * BYTES;
            if let Some(row) = self.bytes.get_mut(start..start + line.len()) {
                row.copy_from_slice(&line);
            }
        }
        self.note_change(y..y + height);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_inside_is_there_and_the_rest_does_no_harm() {
        let mut picture = Picture::new(4, 3);
        picture.take_changes();
        let Ok(()) = picture.fill_solid(&Rectangle::new(Point::new(-5, 1), Size::new(7, 9)), Rgb888::new(1, 2, 3));
        let Ok(()) = picture.draw_iter([(9, 9), (-1, 0), (3, 1)].map(|(x, y)| Pixel(Point::new(x, y), Rgb888::RED)));
        let Ok(()) = picture.fill_solid(&Rectangle::new(Point::new(10, 10), Size::new(1, 1)), Rgb888::RED);
        assert_eq!(picture.pixel(Point::new(1, 2)), Some(Rgb888::new(1, 2, 3)));
        assert_eq!(picture.pixel(Point::new(3, 1)), Some(Rgb888::RED));
        assert_eq!(picture.pixel(Point::new(2, 2)), Some(Rgb888::BLACK));
        assert_eq!(picture.pixel(Point::new(4, 0)), None);
        let (first, bytes) = picture.take_changes();
        assert_eq!((first, bytes.len(), &bytes[..4]), (1, 2 * 4 * BYTES, &[3, 2, 1, 0][..]));
        assert_eq!(picture.take_changes().1.len(), 0);
    }

    #[test]
    fn a_file_has_a_head_and_the_pixels() {
        let mut picture = Picture::new(2, 1);
        let Ok(()) = picture.draw_iter([Pixel(Point::new(1, 0), Rgb888::new(1, 2, 3))]);
        let mut file = Vec::new();
        picture.write_ppm(&mut file).expect("written");
        assert_eq!(file, b"P6\n2 1\n255\n\0\0\0\x01\x02\x03");
    }
}
