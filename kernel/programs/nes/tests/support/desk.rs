//! A screen on which a test sees what is played, with a keyboard that it types at.

use interfaces::{Area, Display, Errno, Frame, InputSource, PixelFormat, Result};
use screen::{Inputs, Screen};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Waker;
use std::time::Duration;

/// The size of the screen: the NES's picture as it is.
pub(crate) const SIZE: (usize, usize) = (256, 240);
/// Long enough for the slowest machine; reached only by a failure.
const LIMIT: Duration = Duration::from_secs(60);

/// See the module.
pub(crate) struct Desk {
    pub(crate) display: Arc<FakeDisplay>,
    pub(crate) screen: Arc<Screen>,
    keyboard: Arc<Keyboard>,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let display = Arc::new(FakeDisplay::default());
        display.pixels.lock().expect("whole").resize(SIZE.0 * SIZE.1, 0);
        let keyboard = Arc::new(Keyboard::default());
        let inputs = Inputs { keyboard: Some(Arc::clone(&keyboard) as Arc<dyn InputSource>), ..Inputs::default() };
        let screen = Screen::new(Arc::clone(&display) as Arc<dyn Display>, inputs).expect("a screen");
        screen.start().expect("a thread");
        Desk { display, screen, keyboard }
    }

    /// Puts a key down, by the code of its place (scan code set 1).
    pub(crate) fn down(&self, code: u8) {
        self.keyboard.happen(code);
    }

    /// Lets it go.
    pub(crate) fn up(&self, code: u8) {
        self.keyboard.happen(code | 0x80);
    }

    /// Both, as quickly as can be.
    pub(crate) fn press(&self, code: u8) {
        self.down(code);
        self.up(code);
    }
}

/// A display that keeps its pixels, and panics once when it is told to.
#[derive(Default)]
pub(crate) struct FakeDisplay {
    pixels: Mutex<Vec<u32>>,
    shown: Condvar,
    breaks: AtomicBool,
}

impl FakeDisplay {
    /// Waits until the pixels are as `wanted` says.
    pub(crate) fn wait_for(&self, what: &str, wanted: impl Fn(&[u32]) -> bool) {
        let pixels = self.pixels.lock().expect("whole");
        let (_pixels, waited) = self.shown.wait_timeout_while(pixels, LIMIT, |pixels| !wanted(pixels)).expect("whole");
        assert!(!waited.timed_out(), "the display does not show {what}");
    }

    pub(crate) fn pixels(&self) -> Vec<u32> {
        self.pixels.lock().expect("whole").clone()
    }

    /// The next thing that is to be shown makes the display panic.
    pub(crate) fn break_once(&self) {
        self.breaks.store(true, Ordering::SeqCst);
    }
}

impl Display for FakeDisplay {
    fn driver(&self) -> &'static str {
        "fake"
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

    fn set_size(&self, _width: usize, _height: usize) -> Result<()> {
        Err(Errno::EOPNOTSUPP)
    }

    fn show(&self, frame: Frame<'_>, damage: &[Area]) {
        assert!(!self.breaks.swap(false, Ordering::SeqCst), "as the test wants it");
        let mut pixels = self.pixels.lock().expect("whole");
        for area in damage {
            for y in area.y..area.y + area.height {
                let part = &frame.pixels[y * frame.stride + area.x..][..area.width];
                pixels[y * SIZE.0 + area.x..][..area.width].copy_from_slice(part);
            }
        }
        drop(pixels);
        self.shown.notify_all();
    }
}

#[derive(Default)]
struct Keyboard(Mutex<(VecDeque<u8>, Option<Waker>)>);

impl Keyboard {
    fn happen(&self, code: u8) {
        let mut state = self.0.lock().expect("whole");
        state.0.push_back(code);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl InputSource for Keyboard {
    fn next_byte(&self) -> Option<u8> {
        self.0.lock().expect("whole").0.pop_front()
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.0.lock().expect("whole").1 = Some(waker.clone());
    }
}
