//! A picture that a program draws by `embedded-graphics`, and then shows.

use crate::lease::Lease;
use crate::surface::Surface;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::primitives::{PointsIter, Rectangle};
use interfaces::{Area, Errno};
use std::convert::Infallible;

/// A picture in ordinary memory that remembers which parts of it were drawn since it was last shown.
pub struct Canvas {
    surface: Surface,
}

impl Canvas {
    /// A black canvas.
    ///
    /// # Errors
    /// EINVAL for no pixels, ENOMEM.
    pub fn new(width: usize, height: usize) -> Result<Canvas, Errno> {
        Ok(Canvas { surface: Surface::new(width, height)? })
    }

    /// A black canvas of the screen's size.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn of(lease: &Lease) -> Result<Canvas, Errno> {
        let (width, height) = lease.size();
        Canvas::new(width, height)
    }

    /// The pixels, 0x00RRGGBB, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u32] {
        self.surface.pixels()
    }

    /// Shows what was drawn since the last time.
    ///
    /// # Errors
    /// ECANCELED when the screen was taken away.
    pub fn flush(&mut self, lease: &Lease) -> Result<(), Errno> {
        let damage = self.surface.take_damage();
        lease.show(self.surface.frame(), &damage)
    }
}

fn pixel(colour: Rgb888) -> u32 {
    u32::from_be_bytes([0, colour.r(), colour.g(), colour.b()])
}

/// The part of a rectangle that has no negative places.
fn area(rectangle: &Rectangle) -> Area {
    let clip = |start: i32, length: u32| {
        let end = i64::from(start) + i64::from(length);
        let start = i64::from(start).max(0);
        (usize::try_from(start).unwrap_or(0), usize::try_from(end - start).unwrap_or(0))
    };
    let (x, width) = clip(rectangle.top_left.x, rectangle.size.width);
    let (y, height) = clip(rectangle.top_left.y, rectangle.size.height);
    Area { x, y, width, height }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        let (width, height) = self.surface.size();
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Size::new(narrow(width), narrow(height))
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let mut touched = Area::default();
        for Pixel(Point { x, y }, colour) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { continue };
            if let Some(slot) = self.surface.row_mut(x, y, 1).first_mut() {
                *slot = pixel(colour);
                touched = touched.union(Area { x, y, width: 1, height: 1 });
            }
        }
        self.surface.mark(touched);
        Ok(())
    }

    fn fill_contiguous<I: IntoIterator<Item = Rgb888>>(
        &mut self,
        rectangle: &Rectangle,
        colours: I,
    ) -> Result<(), Infallible> {
        // Points outside have their colours, too.
        self.draw_iter(rectangle.points().zip(colours).map(|(point, colour)| Pixel(point, colour)))
    }

    fn fill_solid(&mut self, rectangle: &Rectangle, colour: Rgb888) -> Result<(), Infallible> {
        self.surface.fill(area(rectangle), pixel(colour));
        Ok(())
    }
}
