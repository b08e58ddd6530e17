//! Text over the picture: the keys, the frame rate, what was just done.

use crate::play::keys::HELP;
use crate::play::pace::Pace;
use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::{MonoTextStyleBuilder, ascii::FONT_6X10};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};
use interfaces::Area;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// How long a message stays, and the keys at the start.
const MESSAGE_TIME: Duration = Duration::from_secs(2);
const HELP_TIME: Duration = Duration::from_secs(6);
const CELL_WIDTH: usize = 6;
const CELL_HEIGHT: usize = 11;

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

/// Pixels that the lines take, from the top.
pub(crate) fn lines_height(lines: &[Line]) -> usize {
    lines.len() * CELL_HEIGHT
}

/// Draws the line `number` in the upper left corner of `area`; what is too long for it is broken off.
pub(crate) fn draw_line(frame: &mut [u32], stride: usize, area: Area, number: usize, line: &str) {
    let text: String = line.chars().take(area.width / CELL_WIDTH).collect();
    let style = MonoTextStyleBuilder::new().font(&FONT_6X10).text_color(Rgb888::WHITE);
    let style = style.background_color(Rgb888::BLACK).build();
    let mut corner = Corner { frame, stride, area };
    let top = i32::try_from(number * CELL_HEIGHT).unwrap_or(i32::MAX);
    // Nothing is drawn where that is outside.
    let Ok(_) = Text::with_baseline(&text, Point::new(0, top), style, Baseline::Top).draw(&mut corner);
}

/// The area of the frame that text is drawn in.
struct Corner<'a> {
    frame: &'a mut [u32],
    stride: usize,
    area: Area,
}

impl OriginDimensions for Corner<'_> {
    fn size(&self) -> Size {
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Size::new(narrow(self.area.width), narrow(self.area.height))
    }
}

impl DrawTarget for Corner<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, colour) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { continue };
            if x >= self.area.width || y >= self.area.height {
                continue;
            }
            let at = (self.area.y + y) * self.stride + self.area.x + x;
            if let Some(pixel) = self.frame.get_mut(at) {
                *pixel = u32::from_be_bytes([0, colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}
