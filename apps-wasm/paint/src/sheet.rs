//! The sheet: what events do to a drawing.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_6X13;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{Dimensions, Drawable, OriginDimensions, Point, Primitive, Size};
use embedded_graphics::primitives::{Circle, Line, PrimitiveStyle, PrimitiveStyleBuilder, Rectangle, StrokeAlignment};
use embedded_graphics::text::{Baseline, Text};
use picture::{Event, Picture};

const PAPER: Rgb888 = Rgb888::new(250, 250, 245);
const COLOURS: [Rgb888; 8] = [
    Rgb888::new(30, 30, 30),
    Rgb888::new(220, 50, 47),
    Rgb888::new(133, 153, 0),
    Rgb888::new(38, 139, 210),
    Rgb888::new(181, 137, 0),
    Rgb888::new(211, 54, 130),
    Rgb888::new(42, 161, 152),
    Rgb888::new(203, 75, 22),
];
const LEFT: u32 = 1;
const RIGHT: u32 = 2;
const LARGEST: u32 = 64;
/// The palette at the upper edge: the side of a colour's square.
const SQUARE: u32 = 20;
/// Said at first.
const HINT: &str = "1-8 colour   + - brush   c clear   s save   q quit";
const SAID_PLACE: Point = Point::new(6, SQUARE as i32 + 6);

/// What the app has to do after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Nothing,
    Save,
    Leave,
}

/// A drawing, with the pointer and the palette over it.
pub(crate) struct Sheet {
    drawing: Picture,
    /// The drawing with what lies over it.
    shown: Picture,
    pointer: Point,
    colour: usize,
    brush: u32,
    /// What is said below the palette.
    said: Option<String>,
}

impl Sheet {
    pub(crate) fn new(width: usize, height: usize) -> Sheet {
        let mut drawing = Picture::new(width, height);
        let Ok(()) = drawing.clear(PAPER);
        let pointer = Rectangle::new(Point::zero(), drawing.size()).center();
        let said = Some(HINT.to_owned());
        let mut sheet = Sheet { shown: drawing.clone(), drawing, pointer, colour: 0, brush: 5, said };
        sheet.draw_over();
        sheet
    }

    /// The drawing alone.
    pub(crate) fn drawing(&self) -> &Picture {
        &self.drawing
    }

    /// What a screen shows.
    pub(crate) fn picture(&mut self) -> &mut Picture {
        &mut self.shown
    }

    /// Says something below the palette, until something is drawn.
    pub(crate) fn say(&mut self, text: &str) {
        self.uncover();
        self.be_silent();
        self.said = Some(text.to_owned());
        self.draw_over();
    }

    pub(crate) fn apply(&mut self, event: &Event) -> Step {
        self.uncover();
        let step = match event {
            Event::Press { key, text } => self.press(key, *text),
            Event::Release { .. } => Step::Nothing,
            Event::Mouse { right, down, wheel, buttons } => {
                self.size_brush(*wheel);
                self.move_to(self.pointer + Point::new(*right, *down), *buttons);
                Step::Nothing
            }
        };
        self.draw_over();
        step
    }

    fn press(&mut self, key: &str, text: Option<char>) -> Step {
        match text {
            Some('q') => return Step::Leave,
            Some('s') => return Step::Save,
            Some('c') => self.fill(Rectangle::new(Point::zero(), self.drawing.size()), PAPER),
            Some('+' | '=') => self.size_brush(1),
            Some('-') => self.size_brush(-1),
            Some(digit @ '1'..='8') => self.colour = digit as usize - '1' as usize,
            _ if key == "Escape" => return Step::Leave,
            _ => {}
        }
        Step::Nothing
    }

    fn size_brush(&mut self, steps: i32) {
        self.brush = self.brush.saturating_add_signed(steps.saturating_mul(2)).clamp(1, LARGEST);
    }

    /// Moves the pointer; with a button it leaves a line.
    fn move_to(&mut self, to: Point, buttons: u32) {
        let Size { width, height } = self.drawing.size();
        let to = Point::new(to.x.clamp(0, width as i32 - 1), to.y.clamp(0, height as i32 - 1));
        let colour = match buttons {
            _ if buttons & LEFT != 0 => Some(self.colour()),
            _ if buttons & RIGHT != 0 => Some(PAPER),
            _ => None,
        };
        if let Some(colour) = colour {
            self.be_silent();
            let from = std::mem::replace(&mut self.pointer, to);
            for picture in [&mut self.drawing, &mut self.shown] {
                let Ok(()) =
                    Line::new(from, to).into_styled(PrimitiveStyle::with_stroke(colour, self.brush)).draw(picture);
                // Lines have no round ends of their own.
                for end in [from, to] {
                    let dot = Circle::with_center(end, self.brush);
                    let Ok(()) = dot.into_styled(PrimitiveStyle::with_fill(colour)).draw(picture);
                }
            }
        }
        self.pointer = to;
    }

    fn colour(&self) -> Rgb888 {
        COLOURS.get(self.colour).copied().unwrap_or(PAPER)
    }

    fn fill(&mut self, area: Rectangle, colour: Rgb888) {
        for picture in [&mut self.drawing, &mut self.shown] {
            let Ok(()) = picture.fill_solid(&area, colour);
        }
    }

    /// Draws pointer and palette over what is shown.
    fn draw_over(&mut self) {
        let ring = PrimitiveStyleBuilder::new()
            .stroke_color(self.colour())
            .stroke_width(1)
            .stroke_alignment(StrokeAlignment::Outside)
            .build();
        let Ok(()) = Circle::with_center(self.pointer, self.brush + 2).into_styled(ring).draw(&mut self.shown);
        for (number, colour) in COLOURS.into_iter().enumerate() {
            let place = Rectangle::new(Point::new((number as u32 * SQUARE) as i32, 0), Size::new_equal(SQUARE));
            let edge = if number == self.colour { Rgb888::WHITE } else { Rgb888::BLACK };
            let style = PrimitiveStyleBuilder::new().fill_color(colour).stroke_color(edge).stroke_width(2);
            let inside = style.stroke_alignment(StrokeAlignment::Inside).build();
            let Ok(()) = place.into_styled(inside).draw(&mut self.shown);
        }
        if let Some(said) = &self.said {
            let Ok(_) = line(said).draw(&mut self.shown);
        }
    }

    fn be_silent(&mut self) {
        if let Some(said) = self.said.take() {
            self.uncover_area(line(&said).bounding_box());
        }
    }

    /// Takes the pointer away; what else lies over the drawing is drawn anew in its place.
    fn uncover(&mut self) {
        self.uncover_area(Rectangle::with_center(self.pointer, Size::new_equal(self.brush + 6)));
    }

    fn uncover_area(&mut self, area: Rectangle) {
        let visible = area.intersection(&Rectangle::new(Point::zero(), self.drawing.size()));
        let drawing = &self.drawing;
        let Ok(()) = self.shown.fill_contiguous(&visible, visible_pixels(drawing, visible));
    }
}

fn line(text: &str) -> Text<'_, MonoTextStyle<'static, Rgb888>> {
    Text::with_baseline(text, SAID_PLACE, MonoTextStyle::new(&FONT_6X13, Rgb888::new(120, 120, 115)), Baseline::Top)
}

fn visible_pixels(drawing: &Picture, area: Rectangle) -> impl Iterator<Item = Rgb888> + '_ {
    use embedded_graphics::primitives::PointsIter;
    area.points().map(|at| drawing.pixel(at).unwrap_or(PAPER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::primitives::PointsIter;

    fn play(lines: &[&str]) -> Sheet {
        let mut sheet = Sheet::new(100, 80);
        for line in lines {
            sheet.apply(&Event::parse(line).expect("an event"));
        }
        sheet
    }

    fn at(sheet: &Sheet, x: i32, y: i32) -> Option<Rgb888> {
        sheet.drawing().pixel(Point::new(x, y))
    }

    #[test]
    fn the_left_button_draws_and_the_right_one_erases() {
        let drawn = play(&["press Digit2 U+0032", "10 5 0 1"]);
        let red = Some(COLOURS[1]);
        assert_eq!((at(&drawn, 49, 39), at(&drawn, 59, 44), at(&drawn, 70, 40)), (red, red, Some(PAPER)));
        let erased = play(&["press Digit2 U+0032", "10 5 0 1", "-10 -5 0 2"]);
        assert_eq!(at(&erased, 54, 42), Some(PAPER));
    }

    #[test]
    fn a_move_without_buttons_leaves_no_trace() {
        let mut sheet = play(&["20 20 0 0", "-20 -20 3 0", "1 1 0 0"]);
        let paper = (0..80).flat_map(|y| (0..100).map(move |x| (x, y))).all(|(x, y)| at(&sheet, x, y) == Some(PAPER));
        assert!(paper, "a trace");
        let last = Point::new(70, 60);
        assert_eq!(sheet.picture().pixel(last), Some(PAPER), "nor on the screen");
    }

    #[test]
    fn the_hint_goes_with_the_first_line() {
        let hinted = |sheet: &mut Sheet| {
            let area = line(HINT).bounding_box();
            area.points().any(|at| sheet.picture().pixel(at).is_some_and(|colour| colour != PAPER))
        };
        let mut sheet = Sheet::new(400, 200);
        assert!(hinted(&mut sheet));
        sheet.apply(&Event::parse("10 0 0 0").expect("an event"));
        assert!(hinted(&mut sheet));
        sheet.apply(&Event::parse("10 0 0 1").expect("an event"));
        assert!(!hinted(&mut sheet));
        sheet.say("not saved");
        assert!(hinted(&mut sheet));
        sheet.apply(&Event::parse("0 10 0 1").expect("an event"));
        assert!(!hinted(&mut sheet));
    }

    #[test]
    fn the_pointer_stays_on_the_sheet() {
        let sheet = play(&["-30000 -30000 0 1", "30000 30000 0 1", "32767 32767 127 1", "5 5 -128 1"]);
        assert_eq!(sheet.pointer, Point::new(99, 79));
        assert_eq!(sheet.brush, 1);
    }

    #[test]
    fn keys_clear_save_and_leave() {
        let mut sheet = play(&["10 5 0 1", "press KeyC U+0063"]);
        assert_eq!(at(&sheet, 54, 42), Some(PAPER));
        assert_eq!(sheet.apply(&Event::parse("press KeyS U+0073").expect("an event")), Step::Save);
        assert_eq!(sheet.apply(&Event::parse("press Escape U+001B").expect("an event")), Step::Leave);
        assert_eq!(sheet.apply(&Event::parse("press KeyA U+0071").expect("an event")), Step::Leave, "by layout");
    }
}
