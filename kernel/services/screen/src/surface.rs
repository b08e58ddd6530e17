//! Pixels in ordinary memory, with the damage since they were last sent to the display.

use interfaces::{Area, Errno, Frame, Result};

/// Areas that are kept apart; of more, one area that holds all is made.
const MAX_AREAS: usize = 16;

/// Rows of pixels 0x00RRGGBB.
pub(crate) struct Surface {
    pixels: Vec<u32>,
    width: usize,
    height: usize,
    damage: Vec<Area>,
}

impl Surface {
    /// A black surface. EINVAL for no pixels, ENOMEM.
    pub(crate) fn new(width: usize, height: usize) -> Result<Surface> {
        let length = width.checked_mul(height).filter(|length| *length > 0).ok_or(Errno::EINVAL)?;
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
        pixels.resize(length, 0);
        Ok(Surface { pixels, width, height, damage: Vec::with_capacity(MAX_AREAS) })
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame { pixels: &self.pixels, stride: self.width }
    }

    pub(crate) fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    pub(crate) fn all(&self) -> Area {
        Area { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// The pixels of a row from `x` on, at most `width`.
    pub(crate) fn row_mut(&mut self, x: usize, y: usize, width: usize) -> &mut [u32] {
        let end = x.saturating_add(width).min(self.width);
        if x >= end || y >= self.height {
            return &mut [];
        }
        let start = y * self.width;
        self.pixels.get_mut(start + x..start + end).unwrap_or_default()
    }

    /// Fills `area`, and marks it as damaged.
    pub(crate) fn fill(&mut self, area: Area, colour: u32) {
        let area = area.within(self.all());
        for y in area.y..area.y + area.height {
            self.row_mut(area.x, y, area.width).fill(colour);
        }
        self.mark(area);
    }

    /// Copies `area` from the same place of `frame`, as far as both have it, and marks it as damaged.
    pub(crate) fn copy(&mut self, frame: Frame<'_>, area: Area) {
        let inside = Area { x: 0, y: 0, width: frame.stride, height: usize::MAX };
        let area = area.within(inside).within(self.all());
        for y in area.y..area.y + area.height {
            let source = y.checked_mul(frame.stride).and_then(|start| start.checked_add(area.x));
            let source = source.and_then(|start| frame.pixels.get(start..start.checked_add(area.width)?));
            let Some(source) = source else { break };
            self.row_mut(area.x, y, area.width).copy_from_slice(source);
        }
        self.mark(area);
    }

    /// Moves the pixels of the rows from `top + distance` to `bottom` up to `top`; those below stay as they are.
    pub(crate) fn move_up(&mut self, top: usize, bottom: usize, distance: usize) {
        let (top, bottom) = (top * self.width, bottom.min(self.height) * self.width);
        let from = top.saturating_add(distance * self.width);
        if from < bottom {
            self.pixels.copy_within(from..bottom, top);
        }
    }

    /// Marks `area` as damaged.
    pub(crate) fn mark(&mut self, area: Area) {
        let area = area.within(self.all());
        if area.is_empty() {
            return;
        }
        if self.damage.len() == MAX_AREAS {
            let whole = self.damage.drain(..).fold(area, Area::union);
            self.damage.push(whole);
        } else {
            self.damage.push(area);
        }
    }

    /// What is damaged; nothing is any more.
    pub(crate) fn take_damage(&mut self) -> Vec<Area> {
        std::mem::take(&mut self.damage)
    }
}
