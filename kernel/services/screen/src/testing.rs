//! Devices for the tests: a display, a keyboard and a mouse whose other side the test holds.

use crate::{Inputs, Screen, lock};
use interfaces::{Area, Clock, Display, Errno, Frame, InputSource, PixelFormat, PointerDevice, PointerEvent, Result};
use process::{ExitStatus, Process, ProcessTable, Spawn, Stdio};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};
use vfs::{Access, File, Kind, OpenFile, RamFs, Vfs};
use wait::WaitList;

/// Long enough for the slowest machine; reached only by a failure.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A display of which the test sees the pixels.
pub(crate) struct FakeDisplay(Mutex<Shown>, WaitList);

pub(crate) struct Shown {
    pub(crate) size: (usize, usize),
    pub(crate) pixels: Vec<u32>,
    pub(crate) damage: Vec<Area>,
}

impl FakeDisplay {
    pub(crate) fn new(width: usize, height: usize) -> Arc<FakeDisplay> {
        let pixels = vec![0; width * height];
        Arc::new(FakeDisplay(Mutex::new(Shown { size: (width, height), pixels, damage: Vec::new() }), WaitList::new()))
    }

    pub(crate) fn pixel(&self, x: usize, y: usize) -> u32 {
        let shown = lock(&self.0);
        shown.pixels[y * shown.size.0 + x]
    }

    /// Waits until the pixel has this colour.
    pub(crate) fn wait_for(&self, (x, y): (usize, usize), colour: u32) {
        let waited = wait::wait_for(Some(Instant::now() + LIMIT), |waiter| {
            self.1.register(waiter);
            if self.pixel(x, y) == colour { Poll::Ready(()) } else { Poll::Pending }
        });
        assert!(waited.is_ok(), "pixel {x},{y} is {:x}", self.pixel(x, y));
    }

    pub(crate) fn pixels(&self) -> Vec<u32> {
        lock(&self.0).pixels.clone()
    }

    /// What was sent since this was last asked.
    pub(crate) fn take_damage(&self) -> Vec<Area> {
        std::mem::take(&mut lock(&self.0).damage)
    }
}

impl Display for FakeDisplay {
    fn driver(&self) -> &'static str {
        "fake"
    }

    fn size(&self) -> (usize, usize) {
        lock(&self.0).size
    }

    fn format(&self) -> PixelFormat {
        PixelFormat::RGB_32
    }

    fn sizes(&self) -> Vec<(usize, usize)> {
        vec![(90, 54), (180, 90)]
    }

    fn set_size(&self, width: usize, height: usize) -> Result<()> {
        if width > 1000 {
            return Err(Errno::EINVAL);
        }
        let mut shown = lock(&self.0);
        shown.size = (width, height);
        shown.pixels = vec![0; width * height];
        Ok(())
    }

    fn show(&self, frame: Frame<'_>, damage: &[Area]) {
        let mut shown = lock(&self.0);
        let width = shown.size.0;
        for area in damage {
            for (y, x) in
                (area.y..area.y + area.height).flat_map(|y| (area.x..area.x + area.width).map(move |x| (y, x)))
            {
                shown.pixels[y * width + x] = frame.pixels[y * frame.stride + x];
            }
        }
        shown.damage.extend(damage);
        drop(shown);
        self.1.wake_all();
    }
}

/// A device whose events the test makes.
#[derive(Default)]
pub(crate) struct Fake<T>(Mutex<(VecDeque<T>, Option<Waker>)>);

impl<T: Clone> Fake<T> {
    pub(crate) fn happen(&self, events: &[T]) {
        let mut state = lock(&self.0);
        state.0.extend(events.iter().cloned());
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    fn next(&self) -> Option<T> {
        lock(&self.0).0.pop_front()
    }

    fn wake(&self, waker: &Waker) {
        lock(&self.0).1 = Some(waker.clone());
    }
}

impl InputSource for Fake<u8> {
    fn next_byte(&self) -> Option<u8> {
        self.next()
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.wake(waker);
    }
}

impl PointerDevice for Fake<PointerEvent> {
    fn next_event(&self) -> Option<PointerEvent> {
        self.next()
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.wake(waker);
    }
}

/// A screen of 10 by 5 characters, with its devices.
pub(crate) struct Desk {
    pub(crate) display: Arc<FakeDisplay>,
    pub(crate) keyboard: Arc<Fake<u8>>,
    pub(crate) pointer: Arc<Fake<PointerEvent>>,
    pub(crate) screen: Arc<Screen>,
}

pub(crate) fn desk() -> Desk {
    let (display, keyboard, pointer) = (FakeDisplay::new(90, 90), Arc::new(Fake::default()), Arc::new(Fake::default()));
    let inputs = Inputs {
        keyboard: Some(Arc::clone(&keyboard) as Arc<dyn InputSource>),
        pointer: Some(Arc::clone(&pointer) as Arc<dyn PointerDevice>),
        ..Inputs::default()
    };
    let screen = Screen::new(Arc::clone(&display) as Arc<dyn Display>, inputs).expect("a screen");
    screen.start().expect("a thread");
    Desk { display, keyboard, pointer, screen }
}

struct StoppedClock;

impl Clock for StoppedClock {
    fn monotonic_ns(&self) -> u64 {
        0
    }

    fn realtime_ns(&self) -> u64 {
        0
    }

    fn set_realtime_ns(&self, _now: u64) {}

    fn resolution_ns(&self) -> u64 {
        1
    }
}

struct Nothing;

impl File for Nothing {}

/// Starts a process that does `what`.
pub(crate) fn start(what: impl FnOnce() -> ExitStatus + Send + 'static) -> Arc<Process> {
    let vfs = Vfs::new(RamFs::new(Arc::new(StoppedClock)).root(), "ramfs");
    let table = ProcessTable::new(Arc::clone(&vfs));
    let file = OpenFile::anonymous(Arc::new(Nothing), Kind::CharDevice, Access::READ_WRITE);
    let stdio = Stdio { stdin: Arc::clone(&file), stdout: Arc::clone(&file), stderr: file };
    table.spawn(Spawn::new(vec!["test".into()], vfs.root(), stdio), move |_| what()).expect("a process")
}

/// The status of a process that does `what`.
pub(crate) fn spawn(what: impl FnOnce() -> Result<()> + Send + 'static) -> ExitStatus {
    let process = start(|| match what() {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) => panic!("{error}"),
    });
    process.wait().expect("it ends")
}
