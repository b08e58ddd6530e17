//! Pixels in ordinary memory, with the damage since they were last sent to the display.

use interfaces::{Area, Errno, Frame, Result};

/// Areas that are kept apart; of more, one area that holds all is made.
const MAX_AREAS: usize = 16;

/// Bytes of a pixel.
pub(crate) const BYTES: usize = 4;

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

    /// Writes pixels as bytes (little endian, the highest of four without meaning) from byte `offset` on, and marks them as
    /// damaged; returns how many bytes there was room for.
    pub(crate) fn write_bytes(&mut self, offset: usize, bytes: &[u8]) -> usize {
        let length = self.pixels.len() * BYTES;
        let end = offset.saturating_add(bytes.len()).min(length);
        let Some(bytes) = end.checked_sub(offset).and_then(|count| bytes.get(..count)) else { return 0 };
        if bytes.is_empty() {
            return 0;
        }
        // A pixel that begins before `offset`, whole pixels, and what is left.
        let head = (BYTES - offset % BYTES) % BYTES;
        let (head, rest) = bytes.split_at_checked(head).unwrap_or((bytes, &[]));
        self.write_part(offset, head);
        let first = offset.div_ceil(BYTES);
        let mut chunks = rest.chunks_exact(BYTES);
        let pixels = self.pixels.get_mut(first..).unwrap_or_default();
        for (pixel, chunk) in pixels.iter_mut().zip(&mut chunks) {
            *pixel = chunk.try_into().map_or(0, u32::from_le_bytes) & 0xff_ffff;
        }
        let tail = chunks.remainder();
        self.write_part(end - tail.len(), tail);
        self.mark_pixels(offset / BYTES, end.div_ceil(BYTES));
        bytes.len()
    }

    /// Writes bytes of one pixel.
    fn write_part(&mut self, offset: usize, bytes: &[u8]) {
        let Some(pixel) = self.pixels.get_mut(offset / BYTES) else { return };
        let mut whole = pixel.to_le_bytes();
        for (slot, byte) in whole.iter_mut().skip(offset % BYTES).zip(bytes) {
            *slot = *byte;
        }
        *pixel = u32::from_le_bytes(whole) & 0xff_ffff;
    }

    /// Reads pixels as bytes from byte `offset` on; returns how many there were.
    pub(crate) fn read_bytes(&self, offset: usize, buf: &mut [u8]) -> usize {
        let mut done = 0;
        while let (Some(pixel), Some(target)) = (self.pixels.get((offset + done) / BYTES), buf.get_mut(done..)) {
            let bytes = pixel.to_le_bytes();
            let part = bytes.get((offset + done) % BYTES..).unwrap_or_default();
            let count = part.len().min(target.len());
            if count == 0 {
                break;
            }
            for (slot, byte) in target.iter_mut().zip(part) {
                *slot = *byte;
            }
            done += count;
        }
        done
    }

    /// Marks the pixels of a range as damaged: within one row as they are, else as whole rows.
    fn mark_pixels(&mut self, first: usize, end: usize) {
        let (top, bottom) = (first / self.width, end.div_ceil(self.width));
        let area = if bottom == top + 1 {
            Area { x: first % self.width, y: top, width: end - first, height: 1 }
        } else {
            Area { x: 0, y: top, width: self.width, height: bottom - top }
        };
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
