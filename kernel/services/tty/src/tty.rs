//! A terminal as programs see it: one line discipline, any number of devices, a vfs file.
//!
//! Built by the assembler with [`Tty::builder`] from `interfaces` devices. One thread, [`Tty::run_input`], feeds it
//! from them by way of `pump`. Locks are taken one at a time, and neither the interrupt handler nor a wake-up runs
//! under one.

use crate::discipline::{Accepted, LineDiscipline};
use crate::keymap::{Keymap, Layout};
use crate::lock;
use crate::output::{Output, Sink};
use crate::pump::Pump;
use crate::terminal::Screen;
use interfaces::{ByteDevice, Errno, InputSource, Result, TextDisplay};
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use vfs::{File, InputMode, Interest, Readiness, Terminal, WindowSize};
use wait::{WaitList, Waiter};

/// What a serial line has until someone says otherwise: the size of a VT100.
const DEFAULT_SIZE: WindowSize = WindowSize { columns: 80, rows: 24 };

type InterruptHandler = Arc<dyn Fn() + Send + Sync>;

/// A terminal.
pub struct Tty {
    input: Mutex<LineDiscipline>,
    output: Output,
    window: Mutex<WindowSize>,
    interrupt: Mutex<Option<InterruptHandler>>,
    hung_up: AtomicBool,
    /// Who waits for input.
    readers: WaitList,
    /// Who waits for room in the input queue.
    feeders: WaitList,
    pump: Pump,
}

/// Joins devices into a terminal.
#[derive(Default)]
pub struct Builder {
    sinks: Vec<Sink>,
    size: Option<WindowSize>,
    pump: Pump,
}

impl Builder {
    /// Adds a serial line, in both directions.
    #[must_use]
    pub fn serial(mut self, device: Arc<dyn ByteDevice>) -> Self {
        self.sinks.push(Sink::Serial(Arc::clone(&device)));
        self.pump.lines.push(device);
        self.fit(DEFAULT_SIZE)
    }

    /// Adds a text display.
    #[must_use]
    pub fn screen(mut self, display: Arc<dyn TextDisplay>) -> Self {
        let screen = Box::new(Screen::new(display));
        let size = screen.window_size();
        self.sinks.push(Sink::Screen(screen));
        self.fit(size)
    }

    /// Adds a keyboard.
    #[must_use]
    pub fn keyboard(mut self, source: Arc<dyn InputSource>, layout: Layout) -> Self {
        self.pump.keyboards.push((source, Mutex::new(Keymap::new(layout))));
        self
    }

    /// The terminal, in canonical mode. It takes no input before [`Tty::start`].
    #[must_use]
    pub fn build(self) -> Arc<Tty> {
        Arc::new(Tty::new(self.sinks, self.size.unwrap_or(DEFAULT_SIZE), self.pump))
    }

    /// What is shown has to fit on every output.
    fn fit(mut self, size: WindowSize) -> Self {
        self.size = Some(self.size.map_or(size, |other| WindowSize {
            columns: size.columns.min(other.columns),
            rows: size.rows.min(other.rows),
        }));
        self
    }
}

impl Tty {
    /// A terminal without devices, to which they can be added.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(sinks: Vec<Sink>, size: WindowSize, pump: Pump) -> Tty {
        Tty {
            input: Mutex::new(LineDiscipline::new()),
            output: Output::new(sinks),
            window: Mutex::new(size),
            interrupt: Mutex::new(None),
            hung_up: AtomicBool::new(false),
            readers: WaitList::new(),
            feeders: WaitList::new(),
            pump,
        }
    }

    /// Starts the thread that feeds this terminal from its devices, for as long as the machine runs.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(self: &Arc<Self>) -> io::Result<()> {
        let tty = Arc::clone(self);
        std::thread::Builder::new().name("tty".into()).spawn(move || tty.run_input())?;
        Ok(())
    }

    /// Feeds this terminal from its devices; returns when the calling thread's process is killed, if it has one.
    pub fn run_input(&self) {
        let mut held = Vec::new();
        let _killed = wait::wait_for::<Infallible>(None, |waiter| {
            loop {
                self.wait_for_room(waiter);
                let taken = self.receive(&held);
                held.drain(..taken);
                if !held.is_empty() {
                    return Poll::Pending;
                }
                held = self.pump.read(&self.output, &waiter.waker());
                if held.is_empty() {
                    return Poll::Pending;
                }
            }
        });
    }

    /// Takes bytes as if they were typed; returns how many. The others wait until a program reads: see
    /// [`wait_for_room`](Self::wait_for_room).
    pub fn receive(&self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let accepted = lock(&self.input).accept(rest, self.output.column());
            if accepted.count == 0 {
                break;
            }
            taken += accepted.count;
            self.finish_input(&accepted);
        }
        taken
    }

    /// Registers `waiter` for the moment when [`receive`](Self::receive) may take more.
    pub fn wait_for_room(&self, waiter: &Waiter) {
        self.feeders.register(waiter);
    }

    /// Whether [`receive`](Self::receive) would take something.
    #[must_use]
    pub fn has_room(&self) -> bool {
        lock(&self.input).has_room()
    }

    /// Draws its screens anew, after something else has drawn on the display.
    pub fn repaint(&self) {
        self.output.repaint();
    }

    /// Changes the layout of its keyboards.
    pub fn set_layout(&self, layout: Layout) {
        self.pump.set_layout(layout);
    }

    /// The other end is gone: reads end, writes fail, what runs in the foreground is interrupted.
    pub(crate) fn hang_up(&self) {
        self.hung_up.store(true, Ordering::SeqCst);
        self.call_interrupt();
        self.readers.wake_all();
    }

    fn is_hung_up(&self) -> bool {
        self.hung_up.load(Ordering::SeqCst)
    }

    fn finish_input(&self, accepted: &Accepted) {
        self.output.echo(&accepted.echo);
        if accepted.interrupt {
            self.call_interrupt();
        }
        self.readers.wake_all();
    }

    fn call_interrupt(&self) {
        let handler = lock(&self.interrupt).clone();
        if let Some(handler) = handler {
            handler();
        }
    }
}

impl File for Tty {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        let read = lock(&self.input).read(buf);
        match read {
            Some(count) => {
                self.feeders.wake_all();
                Ok(count)
            }
            None if self.is_hung_up() => Ok(0),
            None => Err(Errno::EAGAIN),
        }
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        if self.is_hung_up() {
            return Err(Errno::EIO);
        }
        let (count, reports) = self.output.write(buf);
        // Reports are input like any other; when nobody reads, there is nobody to miss them.
        self.receive(&reports);
        if count == 0 && !buf.is_empty() { Err(Errno::EAGAIN) } else { Ok(count) }
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter {
            self.readers.register(waiter);
            if interest.write {
                self.output.register(waiter);
            }
        }
        let readable = lock(&self.input).readable();
        let hangup = self.is_hung_up();
        Readiness {
            readable: readable.is_some() || hangup,
            writable: hangup || !interest.write || self.output.has_room(),
            hangup,
            available: u64::try_from(readable.unwrap_or(0)).unwrap_or(u64::MAX),
        }
    }

    fn as_terminal(&self) -> Option<&dyn Terminal> {
        Some(self)
    }
}

impl Terminal for Tty {
    fn input_mode(&self) -> InputMode {
        lock(&self.input).mode()
    }

    fn set_input_mode(&self, mode: InputMode) {
        let accepted = lock(&self.input).set_mode(mode, self.output.column());
        self.finish_input(&accepted);
        self.feeders.wake_all();
    }

    fn window_size(&self) -> WindowSize {
        *lock(&self.window)
    }

    fn set_window_size(&self, size: WindowSize) {
        if size.columns > 0 && size.rows > 0 {
            *lock(&self.window) = size;
        }
    }

    fn cursor_column(&self) -> usize {
        self.output.column()
    }

    fn set_interrupt(&self, handler: Option<InterruptHandler>) -> Option<InterruptHandler> {
        std::mem::replace(&mut *lock(&self.interrupt), handler)
    }
}
