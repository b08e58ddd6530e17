//! The NES's picture on the screen: each of its pixels a square of the screen's, in the middle.
//!
//! A row is made only where it differs from what is shown, and only such rows go to the display.

use crate::console::{HEIGHT, WIDTH};
use crate::play::overlay::{Lettering, Line};
use interfaces::{Area, Frame};
use screen::Lease;
use tetanes_core::ppu::Ppu;

/// The picture as it is on the screen.
pub(crate) struct Picture {
    scale: usize,
    /// Where it lies on the screen.
    area: Area,
    /// What the screen is to show, and how many pixels its rows have.
    frame: Vec<u32>,
    stride: usize,
    /// What each row of the NES's picture shows, in its own colours; none for a row that has text over it.
    rows: Vec<Option<[u16; WIDTH]>>,
    /// What has changed since it was last shown.
    changed: Vec<Area>,
}

impl Picture {
    /// Whether a screen of this size has room.
    pub(crate) fn check((width, height): (usize, usize), scale: Option<usize>) -> Result<usize, String> {
        let best = (width / WIDTH).min(height / HEIGHT);
        let wanted = scale.unwrap_or(best.max(1));
        if wanted <= best {
            return Ok(wanted);
        }
        let needs = format!("{}x{}", WIDTH.saturating_mul(wanted), HEIGHT.saturating_mul(wanted));
        Err(format!("--scale {wanted} needs a screen of {needs}, this one has {width}x{height}"))
    }

    /// In the middle of the leased screen.
    pub(crate) fn new(lease: &Lease, scale: Option<usize>) -> Result<Picture, String> {
        let (stride, screen_height) = lease.size();
        let scale = Picture::check((stride, screen_height), scale)?;
        let (width, height) = (WIDTH * scale, HEIGHT * scale);
        let area = Area { x: (stride - width) / 2, y: (screen_height - height) / 2, width, height };
        let no_memory = |_| "no memory for a frame of the screen".to_owned();
        let mut frame = Vec::new();
        frame.try_reserve_exact(stride.saturating_mul(screen_height)).map_err(no_memory)?;
        frame.resize(stride * screen_height, 0);
        Ok(Picture { scale, area, frame, stride, rows: vec![None; HEIGHT], changed: Vec::new() })
    }

    /// Draws the NES's pixels, in its own colours, and lines of text over them.
    pub(crate) fn draw(&mut self, pixels: &[u16], lines: &[Line]) {
        for (number, row) in pixels.as_chunks::<WIDTH>().0.iter().enumerate() {
            if self.rows.get(number).is_some_and(|shown| shown.as_ref() != Some(row)) {
                self.draw_row(number, row);
            }
        }
        if lines.is_empty() {
            return;
        }
        // The rows below the text have to be drawn anew when it goes.
        let lettering = Lettering::for_width(self.area.width);
        let covered = lettering.height(lines).div_ceil(self.scale).min(HEIGHT);
        self.rows.iter_mut().take(covered).for_each(|row| *row = None);
        self.changed.push(Area { height: covered * self.scale, ..self.area });
        for (number, line) in lines.iter().enumerate() {
            lettering.draw_line(&mut self.frame, self.stride, self.area, number, line);
        }
    }

    fn draw_row(&mut self, number: usize, row: &[u16; WIDTH]) {
        let Area { x, y, width, .. } = self.area;
        let top = y + number * self.scale;
        let start = top * self.stride + x;
        let Some(target) = self.frame.get_mut(start..start + width) else { return };
        for (square, index) in target.chunks_exact_mut(self.scale).zip(row) {
            square.fill(colour(*index));
        }
        for copy in 1..self.scale {
            self.frame.copy_within(start..start + width, start + copy * self.stride);
        }
        if let Some(shown) = self.rows.get_mut(number) {
            *shown = Some(*row);
        }
        match self.changed.last_mut() {
            Some(last) if last.y + last.height == top => last.height += self.scale,
            _ => self.changed.push(Area { x, y: top, width, height: self.scale }),
        }
    }

    /// Shows what has changed.
    pub(crate) fn show(&mut self, lease: &Lease) -> interfaces::Result<()> {
        let frame = Frame { pixels: &self.frame, stride: self.stride };
        let result = lease.show(frame, &self.changed);
        self.changed.clear();
        result
    }
}

/// The colour that one of the NES's stands for, 0x00RRGGBB.
fn colour(index: u16) -> u32 {
    let at = usize::from(index) * 3;
    match Ppu::NTSC_PALETTE.get(at..at + 3) {
        Some([red, green, blue]) => u32::from_be_bytes([0, *red, *green, *blue]),
        _ => 0,
    }
}
