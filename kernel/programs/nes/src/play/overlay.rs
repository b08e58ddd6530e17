//! Text over the picture: the keys, the frame rate, what was just done.

use crate::play::keys::HELP;
use crate::play::pace::Pace;
use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::ascii::{FONT_6X10, FONT_9X18_BOLD};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyleBuilder};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};
use interfaces::Area;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// How long a message stays, and the keys at the start.
const MESSAGE_TIME: Duration = Duration::from_secs(2);
const HELP_TIME: Duration = Duration::from_secs(6);
/// Characters that the longest line of the keys has.
const COLUMNS: usize = 72;

/// A line of text.
pub(crate) type Line = String;

/// What is shown, and for how long.
pub(crate) struct Overlay {
    help_until: Option<Instant>,
    rate: bool,
    paused: bool,
    message: Option<(String, Instant)>,
}

impl Overlay {
    /// One that shows the keys first.
    pub(crate) fn with_help(now: Instant) -> Overlay {
        Overlay { help_until: Some(now + HELP_TIME), rate: false, paused: false, message: None }
    }

    pub(crate) fn toggle_help(&mut self, now: Instant) {
        self.help_until = if self.help_until.is_some_and(|until| until > now) { None } else { Some(now + HELP_TIME) };
    }

    pub(crate) fn toggle_rate(&mut self) {
        self.rate = !self.rate;
    }

    pub(crate) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    pub(crate) fn say(&mut self, now: Instant, message: &str) {
        self.message = Some((message.to_owned(), now + MESSAGE_TIME));
    }

    /// The lines to be shown now.
    pub(crate) fn lines(&self, now: Instant, pace: &Pace) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.rate {
            let (run, drawn) = pace.rates();
            lines.push(format!("{run} frames/s, {drawn} drawn"));
        }
        if self.paused {
            lines.push("paused: P goes on".to_owned());
        }
        if let Some((message, until)) = &self.message
            && (*until > now || self.paused)
        {
            lines.push(message.clone());
        }
        if self.help_until.is_some_and(|until| until > now) {
            lines.extend(HELP.lines().map(str::to_owned));
        }
        lines
    }
}

/// How text looks over a picture of some width.
#[derive(Clone, Copy)]
pub(crate) struct Lettering {
    font: &'static MonoFont<'static>,
    /// The side of a square that stands for a pixel of the font.
    unit: usize,
}

impl Lettering {
    /// The largest one in which the keys fit.
    pub(crate) fn for_width(width: usize) -> Lettering {
        let unit = width / COLUMNS / cell(&FONT_9X18_BOLD).0;
        if unit == 0 { Lettering { font: &FONT_6X10, unit: 1 } } else { Lettering { font: &FONT_9X18_BOLD, unit } }
    }

    /// Pixels of a character on the screen, with what is between the lines.
    fn cell(self) -> (usize, usize) {
        let (width, height) = cell(self.font);
        (width * self.unit, (height + 1) * self.unit)
    }

    /// Pixels that the lines take, from the top.
    pub(crate) fn height(self, lines: &[Line]) -> usize {
        lines.len() * self.cell().1
    }

    /// Draws the line `number` in the upper left corner of `area`; what is too long for it is broken off.
    pub(crate) fn draw_line(self, frame: &mut [u32], stride: usize, area: Area, number: usize, line: &str) {
        let (width, height) = self.cell();
        let text: String = line.chars().take(area.width / width).collect();
        let style = MonoTextStyleBuilder::new().font(self.font).text_color(Rgb888::WHITE);
        let style = style.background_color(Rgb888::BLACK).build();
        let mut corner = Corner { frame, stride, area, unit: self.unit };
        let top = i32::try_from(number * height / self.unit).unwrap_or(i32::MAX);
        // Nothing is drawn where that is outside.
        let Ok(_) = Text::with_baseline(&text, Point::new(0, top), style, Baseline::Top).draw(&mut corner);
    }
}

fn cell(font: &MonoFont<'_>) -> (usize, usize) {
    let Size { width, height } = font.character_size;
    (width as usize, height as usize)
}

/// The area of the frame that text is drawn in, as a target of fewer pixels, each a square of the frame's.
struct Corner<'a> {
    frame: &'a mut [u32],
    stride: usize,
    area: Area,
    unit: usize,
}

impl Corner<'_> {
    fn fill_square(&mut self, x: usize, y: usize, colour: u32) {
        let square = Area {
            x: self.area.x + x * self.unit,
            y: self.area.y + y * self.unit,
            width: self.unit,
            height: self.unit,
        };
        let square = square.within(self.area);
        for row in square.y..square.y + square.height {
            let start = row * self.stride + square.x;
            if let Some(pixels) = self.frame.get_mut(start..start + square.width) {
                pixels.fill(colour);
            }
        }
    }
}

impl OriginDimensions for Corner<'_> {
    fn size(&self) -> Size {
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Size::new(narrow(self.area.width / self.unit), narrow(self.area.height / self.unit))
    }
}

impl DrawTarget for Corner<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) {
                let colour = u32::from_be_bytes([0, colour.r(), colour.g(), colour.b()]);
                self.fill_square(x.into(), y.into(), colour);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_fit_over_pictures_of_all_sizes() {
        let longest = HELP.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(COLUMNS), "{longest:?}");
        for (scale, cell) in [(1, (6, 11)), (2, (6, 11)), (3, (9, 19)), (6, (18, 38))] {
            assert_eq!(Lettering::for_width(256 * scale).cell(), cell, "{scale}");
        }
    }

    #[test]
    fn text_stays_in_its_area_also_in_large_letters() {
        let (stride, area) = (2000, Area { x: 100, y: 3, width: 1400, height: 30 });
        let mut frame = vec![7; stride * 60];
        let lettering = Lettering::for_width(area.width);
        lettering.draw_line(&mut frame, stride, area, 0, &"#".repeat(500));
        let changed: Vec<usize> = (0..frame.len()).filter(|at| frame[*at] != 7).collect();
        let white = changed.iter().filter(|at| frame[**at] == 0xff_ffff).count();
        assert!(white > 1000, "{white}");
        assert!(changed.iter().all(|at| (100..1500).contains(&(at % stride)) && (3..33).contains(&(at / stride))));
    }
}
