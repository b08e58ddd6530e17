//! What drawing costs: the same code on a machine's screen and, on the host, on a screen in memory.

use interfaces::{Area, Display, Frame, PixelFormat, Result};
use process::{Context, ExitStatus};
use screen::{Canvas, Inputs, Lease, Screen};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::DrawTarget;

/// The size in which it is measured.
const SIZE: (usize, usize) = (1024, 768);
const FILLS: u32 = 50;
const LINES: u32 = 200;

pub(crate) fn main(context: &Context, screen: &Arc<Screen>) -> ExitStatus {
    match screen.lease().and_then(|lease| measure(&lease)) {
        Ok(text) => match context.stdout.write_all(text.as_bytes()) {
            Ok(()) => ExitStatus::SUCCESS,
            Err(error) => context.fail(error),
        },
        Err(error) => context.fail(error),
    }
}

/// The same on a screen in memory.
///
/// # Errors
/// ENOMEM.
pub fn in_memory() -> Result<String> {
    let screen = Screen::new(Arc::new(Memory(Mutex::new(vec![0; SIZE.0 * SIZE.1]))), Inputs::default())?;
    measure(&screen.lease()?)
}

/// Lines of a name, a tab and nanoseconds.
fn measure(lease: &Lease) -> Result<String> {
    if lease.size() != SIZE {
        lease.set_size(SIZE.0, SIZE.1)?;
    }
    let mut text = String::new();
    for (name, nanoseconds) in [("fill", fill(lease)?), ("scroll", scroll(lease))] {
        // A String takes everything.
        let _ = writeln!(text, "{name}\t{nanoseconds}");
    }
    Ok(text)
}

/// To fill a canvas of the screen's size and show it.
fn fill(lease: &Lease) -> Result<u128> {
    let mut canvas = Canvas::of(lease)?;
    let colours = [Rgb888::BLUE, Rgb888::GREEN];
    let start = Instant::now();
    for (_, colour) in (0..FILLS).zip(colours.into_iter().cycle()) {
        let Ok(()) = canvas.clear(colour);
        canvas.flush(lease)?;
    }
    Ok(start.elapsed().as_nanos() / u128::from(FILLS))
}

/// To scroll a screen full of text by a line, and show it.
fn scroll(lease: &Lease) -> u128 {
    let display = Arc::new(lease.text());
    let mut terminal = tty::Screen::new(Arc::clone(&display) as Arc<dyn interfaces::TextDisplay>);
    let line = |number: u32| format!("{number} {}\r\n", "The quick brown fox jumps over the lazy dog. ".repeat(2));
    for number in 0..LINES {
        black_box(terminal.write(line(number).as_bytes()));
    }
    display.flush();
    let start = Instant::now();
    for number in 0..LINES {
        black_box(terminal.write(line(number).as_bytes()));
        display.flush();
    }
    start.elapsed().as_nanos() / u128::from(LINES)
}

/// A display in memory.
struct Memory(Mutex<Vec<u32>>);

impl Display for Memory {
    fn driver(&self) -> &'static str {
        "memory"
    }

    fn size(&self) -> (usize, usize) {
        SIZE
    }

    fn format(&self) -> PixelFormat {
        PixelFormat::RGB_32
    }

    fn sizes(&self) -> Vec<(usize, usize)> {
        vec![SIZE]
    }

    fn set_size(&self, width: usize, height: usize) -> Result<()> {
        if (width, height) == SIZE { Ok(()) } else { Err(interfaces::Errno::EOPNOTSUPP) }
    }

    fn show(&self, frame: Frame<'_>, damage: &[Area]) {
        let mut pixels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for area in damage {
            for y in area.y..area.y + area.height {
                let source = frame.pixels.get(y * frame.stride + area.x..).and_then(|row| row.get(..area.width));
                let target = pixels.get_mut(y * SIZE.0 + area.x..).and_then(|row| row.get_mut(..area.width));
                if let (Some(source), Some(target)) = (source, target) {
                    target.copy_from_slice(source);
                }
            }
        }
        black_box(&*pixels);
    }
}
