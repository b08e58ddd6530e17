//! The dial and its hands.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_10X20;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{Drawable, OriginDimensions, Point, Primitive, Size};
use embedded_graphics::primitives::{Circle, Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use picture::Picture;
use std::f64::consts::TAU;

const BACKGROUND: Rgb888 = Rgb888::new(16, 24, 40);
const FACE: Rgb888 = Rgb888::new(240, 240, 230);
const INK: Rgb888 = Rgb888::new(30, 30, 40);
const SECOND: Rgb888 = Rgb888::new(200, 40, 30);

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    hours: u32,
    minutes: u32,
    seconds: u32,
}

impl Time {
    /// Of a number of seconds since 1970.
    pub(crate) fn of(seconds: u64) -> Time {
        let of_day = (seconds % 86_400) as u32;
        Time { hours: of_day / 3600, minutes: of_day / 60 % 60, seconds: of_day % 60 }
    }

    /// Reads `HH:MM:SS`.
    pub(crate) fn parse(text: &str) -> Option<Time> {
        let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        match parts.as_slice() {
            &[hours @ 0..24, minutes @ 0..60, seconds @ 0..60] => Some(Time { hours, minutes, seconds }),
            _ => None,
        }
    }
}

/// Draws the dial, as large as the picture allows.
pub(crate) fn draw(picture: &mut Picture, time: Time) {
    let Ok(()) = picture.clear(BACKGROUND);
    let Size { width, height } = picture.size();
    let middle = Rectangle::new(Point::zero(), picture.size()).center();
    let radius = f64::from(width.min(height)) * 0.46;
    let at = |part: f64, length: f64| {
        let (sine, cosine) = (part * TAU).sin_cos();
        middle + Point::new((radius * length * sine).round() as i32, (-radius * length * cosine).round() as i32)
    };
    let face = Circle::with_center(middle, (2.0 * radius) as u32);
    let Ok(()) = face.into_styled(PrimitiveStyle::with_fill(FACE)).draw(picture);
    let mut stroke = |from: Point, to: Point, width: f64, colour: Rgb888| {
        let style = PrimitiveStyle::with_stroke(colour, (radius * width).max(1.0) as u32);
        let Ok(()) = Line::new(from, to).into_styled(style).draw(picture);
    };
    for minute in 0..60 {
        let (inner, width) = if minute % 5 == 0 { (0.86, 0.025) } else { (0.93, 0.008) };
        let part = f64::from(minute) / 60.0;
        stroke(at(part, inner), at(part, 0.97), width, INK);
    }
    let minutes = f64::from(time.minutes) + f64::from(time.seconds) / 60.0;
    let hours = f64::from(time.hours % 12) + minutes / 60.0;
    stroke(at(hours / 12.0, -0.08), at(hours / 12.0, 0.55), 0.05, INK);
    stroke(at(minutes / 60.0, -0.1), at(minutes / 60.0, 0.82), 0.03, INK);
    let seconds = f64::from(time.seconds) / 60.0;
    stroke(at(seconds, -0.15), at(seconds, 0.88), 0.012, SECOND);
    let text = format!("{:02}:{:02}:{:02} UTC", time.hours, time.minutes, time.seconds);
    let layout = TextStyleBuilder::new().alignment(Alignment::Center).baseline(Baseline::Middle).build();
    let style = MonoTextStyle::new(&FONT_10X20, INK);
    let Ok(_) = Text::with_text_style(&text, at(0.5, 0.4), style, layout).draw(picture);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The direction, in parts of a turn, in which a colour reaches furthest from the middle.
    fn direction(picture: &Picture, colour: Rgb888) -> f64 {
        let middle = 100;
        let mut furthest = (0, 0.0);
        for (x, y) in (0..201).flat_map(|y| (0..201).map(move |x| (x, y))) {
            if picture.pixel(Point::new(x, y)) == Some(colour) {
                let (right, up) = (x - middle, middle - y);
                let distance = right * right + up * up;
                let turn = (f64::from(right).atan2(f64::from(up)) / TAU).rem_euclid(1.0);
                if distance > furthest.0 {
                    furthest = (distance, turn);
                }
            }
        }
        furthest.1
    }

    #[test]
    fn the_second_hand_points_where_it_should() {
        let mut picture = Picture::new(201, 201);
        for second in [0, 7, 15, 31, 45, 59] {
            draw(&mut picture, Time::of(second));
            let turn = direction(&picture, SECOND);
            let difference = (turn - second as f64 / 60.0 + 0.5).rem_euclid(1.0) - 0.5;
            assert!(difference.abs() < 0.01, "{second}: {turn}");
        }
    }

    #[test]
    fn times_are_read() {
        assert_eq!(Time::parse("10:08:42"), Some(Time { hours: 10, minutes: 8, seconds: 42 }));
        assert_eq!(Time::of(86_400 + 3600 + 61), Time { hours: 1, minutes: 1, seconds: 1 });
        for wrong in ["", "10:08", "24:00:00", "1:2:60", "a:b:c", "1:2:3:4"] {
            assert_eq!(Time::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn any_size_is_survived() {
        for (width, height) in [(1, 1), (3, 500), (500, 3)] {
            draw(&mut Picture::new(width, height), Time::of(12345));
        }
    }
}
