//! Screens of pixels: [`bochs`] sets its own mode, [`boot`] is what the loader left. Both show through a [`Surface`], and a
//! kernel that stops through [`direct`].

pub mod bochs;
pub mod boot;
mod direct;

use alloc::vec::Vec;
use interfaces::{Area, Channel, Frame, PixelFormat};
use machine::mmio::Mmio;

/// Pixels in a device's memory.
pub(crate) struct Surface {
    memory: Mmio,
    /// Bytes from one row to the next.
    pitch: usize,
    width: usize,
    height: usize,
    format: PixelFormat,
    /// A row in the screen's format.
    row: Vec<u8>,
}

impl Surface {
    /// The surface in `memory`; `None` where it is larger than that, or its format is none that is known.
    pub(crate) fn new(
        memory: Mmio,
        (width, height): (usize, usize),
        pitch: usize,
        format: PixelFormat,
    ) -> Option<Surface> {
        let row_length = width.checked_mul(format.bytes)?;
        let length = pitch.checked_mul(height)?;
        let known = (2..=4).contains(&format.bytes) && [format.red, format.green, format.blue].iter().all(is_known);
        (known && row_length <= pitch && length <= memory.len()).then_some(Surface {
            memory,
            pitch,
            width,
            height,
            format,
            row: Vec::with_capacity(row_length),
        })
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    pub(crate) fn format(&self) -> PixelFormat {
        self.format
    }

    pub(crate) fn show(&mut self, frame: Frame<'_>, damage: &[Area]) {
        let all = Area { x: 0, y: 0, width: self.width.min(frame.stride), height: self.height };
        for area in damage.iter().map(|area| area.within(all)).filter(|area| !area.is_empty()) {
            for y in area.y..area.y + area.height {
                let start = y * frame.stride + area.x;
                let Some(pixels) = frame.pixels.get(start..start + area.width) else { break };
                self.show_row(y * self.pitch + area.x * self.format.bytes, pixels);
            }
        }
    }

    fn show_row(&mut self, offset: usize, pixels: &[u32]) {
        if self.format == PixelFormat::RGB_32 {
            self.memory.copy_in(offset, pixels);
            return;
        }
        self.row.clear();
        for pixel in pixels {
            let value = encode(self.format, *pixel).to_le_bytes();
            self.row.extend(value.iter().take(self.format.bytes));
        }
        self.memory.copy_in(offset, &self.row);
    }
}

fn is_known(channel: &Channel) -> bool {
    (1..=8).contains(&channel.size) && channel.position <= 24
}

/// A pixel 0x00RRGGBB in the screen's format.
fn encode(format: PixelFormat, pixel: u32) -> u32 {
    let [blue, green, red, _] = pixel.to_le_bytes();
    let put = |channel: Channel, value: u8| u32::from(value >> (8 - channel.size)) << channel.position;
    put(format.red, red) | put(format.green, green) | put(format.blue, blue)
}
