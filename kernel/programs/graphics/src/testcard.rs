//! `testcard`: a picture to judge a screen by, with the mouse's place and the last event; and what a program may do wrong
//! while it has the screen.

use embedded_graphics::draw_target::DrawTargetExt;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, Drawable, OriginDimensions, Point, Primitive, Size};
use embedded_graphics::primitives::{Circle, Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::Text;
use embedded_graphics_unicodefonts::MONO_9X18;
use interfaces::Result;
use process::{Context, ExitStatus};
use screen::{Canvas, InputEvent, KeyAction, KeyCode, KeyEvent, Lease, Screen};
use std::convert::Infallible;
use std::sync::Arc;

const BARS: [Rgb888; 8] = [
    Rgb888::WHITE,
    Rgb888::YELLOW,
    Rgb888::CYAN,
    Rgb888::GREEN,
    Rgb888::MAGENTA,
    Rgb888::RED,
    Rgb888::BLUE,
    Rgb888::BLACK,
];
const BACKGROUND: Rgb888 = Rgb888::new(24, 24, 40);
const SAMPLES: [&str; 4] = [
    "The quick brown fox jumps over the lazy dog 0123456789 {}[]()<>#$%&@",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Çà et là, façade, œuvre",
    "Příliš žluťoučký kůň úpěl ďábelské ódy · Zażółć gęślą jaźń · αβγδε · Съешь же ещё",
    "┌──┬──┐ ╔══╦══╗ ▀▄█▌▐░▒▓ ←↑→↓ ✓✗★ ♠♥♦♣ ≤≥≠∞ €£¥ ⠋⠙⠹",
];
/// Half the width of the pointer.
const ARM: i32 = 10;
/// The height of a line of text.
const LINE: i32 = 18;

pub(crate) fn main(context: &Context, screen: &Arc<Screen>) -> ExitStatus {
    let words: Vec<&str> = context.arguments().iter().map(String::as_str).collect();
    let fault: fn() = match words.as_slice() {
        [] => || (),
        ["timing"] => return crate::timing::main(context, screen),
        ["panic"] => || panic!("as asked"),
        // Not even a kill ends this: it is no wait of the kernel's.
        ["hang"] => || loop {
            std::thread::park();
        },
        _ => {
            context.fail("nothing, panic, hang or timing is wanted");
            return ExitStatus::USAGE;
        }
    };
    match screen.lease().and_then(|lease| show(&lease, fault)) {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) => context.fail(error),
    }
}

/// The mouse's place, and the text on what happened last.
struct State {
    pointer: Point,
    wheel: i32,
    text: String,
}

/// Shows the card until q or escape is pressed. The fault comes with the space bar.
fn show(lease: &Lease, fault: fn()) -> Result<()> {
    let mut canvas = Canvas::of(lease)?;
    let size = canvas.size();
    let pointer = Rectangle::new(Point::zero(), size).center();
    let mut state = State { pointer, wheel: 0, text: "q or Esc leaves; keys and mouse show here".to_owned() };
    draw_card(&mut canvas, size);
    loop {
        draw_state(&mut canvas, &state);
        canvas.flush(lease)?;
        let Some(event) = lease.wait_event(None)? else { continue };
        match event {
            InputEvent::Key(KeyEvent { key: KeyCode::Q | KeyCode::Escape, action: KeyAction::Press, .. }) => {
                return Ok(());
            }
            InputEvent::Key(KeyEvent { key: KeyCode::Spacebar, action: KeyAction::Press, .. }) => fault(),
            _ => {}
        }
        // The pointer leaves its place as it was.
        draw_card(&mut canvas.clipped(&pointer_area(state.pointer)), size);
        state.note(event, size);
    }
}

impl State {
    fn note(&mut self, event: InputEvent, size: Size) {
        match event {
            // The key that started this goes up sooner or later.
            InputEvent::Key(KeyEvent { action: KeyAction::Release, .. }) => {}
            InputEvent::Key(event) => {
                let text = event.text.map_or(String::new(), |text| format!(" {text:?}"));
                self.text = format!("{:?} {}{text}", event.action, event.name());
            }
            InputEvent::Pointer(event) => {
                let last = |length: u32| i32::try_from(length).unwrap_or(i32::MAX) - 1;
                self.pointer.x = (self.pointer.x + i32::from(event.right)).clamp(0, last(size.width));
                self.pointer.y = (self.pointer.y + i32::from(event.down)).clamp(0, last(size.height));
                self.wheel = self.wheel.saturating_add(event.wheel.into());
                let Point { x, y } = self.pointer;
                self.text = format!("mouse {x},{y} wheel {} buttons {:05b}", self.wheel, event.buttons.0);
            }
        }
    }
}

fn pointer_area(at: Point) -> Rectangle {
    Rectangle::with_center(at, Size::new_equal(2 * ARM as u32 + 1))
}

fn fill(target: &mut impl Target, x: u32, y: u32, width: u32, height: u32, colour: Rgb888) {
    let Ok(()) = target.fill_solid(&Rectangle::new(Point::new(x as i32, y as i32), Size::new(width, height)), colour);
}

/// What the card is drawn on.
trait Target: DrawTarget<Color = Rgb888, Error = Infallible> {}

impl<T: DrawTarget<Color = Rgb888, Error = Infallible>> Target for T {}

/// Bars, a grey ramp, a circle in a frame, and text.
fn draw_card(target: &mut impl Target, size: Size) {
    fill(target, 0, 0, size.width, size.height, BACKGROUND);
    let (bar, third) = (size.width / 8, size.height / 3);
    for (x, colour) in (0..).step_by(bar.max(1) as usize).zip(BARS) {
        fill(target, x, 0, bar, third, colour);
    }
    let step = (size.width / 64).max(1);
    for grey in 0..64_u8 {
        fill(target, u32::from(grey) * step, third, step, third / 4, Rgb888::new(4 * grey, 4 * grey, 4 * grey));
    }
    let white = PrimitiveStyle::with_stroke(Rgb888::WHITE, 1);
    let Ok(()) = Rectangle::new(Point::zero(), size).into_styled(white).draw(target);
    let middle = Rectangle::new(Point::zero(), size).center();
    let Ok(()) = Circle::with_center(middle, size.height.saturating_sub(2)).into_styled(white).draw(target);
    let style = MonoTextStyle::new(&MONO_9X18, Rgb888::WHITE);
    for (line, sample) in (0..).zip(SAMPLES) {
        let place = Point::new(16, (size.height - third) as i32 + LINE * (line + 1));
        let Ok(_) = Text::new(sample, place, style).draw(target);
    }
}

/// The pointer, and the line of text at the bottom.
fn draw_state(canvas: &mut Canvas, state: &State) {
    let size = canvas.size();
    let style = PrimitiveStyle::with_stroke(Rgb888::new(255, 128, 0), 1);
    for arm in [Point::new(ARM, 0), Point::new(0, ARM)] {
        let Ok(()) = Line::new(state.pointer - arm, state.pointer + arm).into_styled(style).draw(canvas);
    }
    let top = size.height.saturating_sub(2 * LINE as u32);
    fill(canvas, 1, top, size.width.saturating_sub(2), LINE as u32 + 4, Rgb888::BLACK);
    let style = MonoTextStyle::new(&MONO_9X18, Rgb888::YELLOW);
    let Ok(_) = Text::new(&state.text, Point::new(16, top as i32 + LINE - 2), style).draw(canvas);
}
