//! Output: what goes to a terminal's sinks, in one order, with the echo of what is typed in between.
//!
//! `Tty` owns one. A sink is a serial line, a [`Screen`], or the queue that the master of a pseudo terminal reads.
//!
//! Invariant: the input pump never waits for a program's output. Its echo is queued, and whoever holds the sinks writes
//! it before and after what he writes himself. So ^C is served while a program floods a slow line.

use crate::keymap::{CursorKeys, Scroll};
use crate::lock;
use crate::queue::Queue;
use crate::terminal::Screen;
use interfaces::ByteDevice;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use wait::Waiter;

/// Echo that waits for the sinks; what comes on top is dropped, as Linux does.
const MAX_ECHO: usize = 64 * 1024;
/// How much one write takes, so that others get their turn and a kill does not wait for a slow line.
const MAX_WRITE: usize = 4096;
const TAB_STOP: usize = 8;

pub(crate) enum Sink {
    Serial(Arc<dyn ByteDevice>),
    Screen(Box<Screen>),
    Queue(Arc<Queue>),
}

/// See the module.
pub(crate) struct Output {
    sinks: Mutex<Sinks>,
    /// Those of the sinks that can be full. Devices wait instead until they have sent all.
    queues: Vec<Arc<Queue>>,
    echo: Mutex<Vec<u8>>,
    /// Where the cursor is, for the line discipline.
    column: AtomicUsize,
    /// Whether a screen wants [`CursorKeys::Application`].
    application_keys: AtomicBool,
}

struct Sinks {
    sinks: Vec<Sink>,
    column: ColumnTracker,
}

impl Output {
    pub(crate) fn new(sinks: Vec<Sink>) -> Self {
        let queue = |sink: &Sink| match sink {
            Sink::Queue(queue) => Some(Arc::clone(queue)),
            Sink::Serial(_) | Sink::Screen(_) => None,
        };
        Output {
            queues: sinks.iter().filter_map(queue).collect(),
            sinks: Mutex::new(Sinks { sinks, column: ColumnTracker::default() }),
            echo: Mutex::new(Vec::new()),
            column: AtomicUsize::new(0),
            application_keys: AtomicBool::new(false),
        }
    }

    /// The cursor's column, as far as output tells.
    pub(crate) fn column(&self) -> usize {
        self.column.load(Ordering::Relaxed)
    }

    /// Writes a program's output, each line feed as carriage return and line feed. Returns how many bytes went, 0 when
    /// there is no room, and what the screen answers to reports in them.
    pub(crate) fn write(&self, bytes: &[u8]) -> (usize, Vec<u8>) {
        let mut sinks = lock(&self.sinks);
        self.write_echo(&mut sinks);
        let bytes = bytes.get(..MAX_WRITE).unwrap_or(bytes);
        let (count, processed) = process(bytes, self.room());
        let reports = sinks.write(&processed);
        self.release(sinks);
        self.flush_echo();
        (count, reports)
    }

    /// Shows what was typed, which the line discipline has processed already; at once, or when the sinks are free.
    pub(crate) fn echo(&self, bytes: &[u8]) {
        let mut echo = lock(&self.echo);
        if echo.len() < MAX_ECHO {
            echo.extend(bytes);
        }
        drop(echo);
        self.flush_echo();
    }

    /// Registers `waiter` for the moment when there may be room.
    pub(crate) fn register(&self, waiter: &Waiter) {
        self.queues.iter().for_each(|queue| queue.register_writer(waiter));
    }

    /// Whether a write would take something.
    pub(crate) fn has_room(&self) -> bool {
        self.room() >= MAX_EXPANSION
    }

    fn room(&self) -> usize {
        self.queues.iter().map(|queue| queue.room()).min().unwrap_or(usize::MAX)
    }

    /// Moves the view of its screens.
    pub(crate) fn scroll(&self, direction: Scroll) {
        lock(&self.sinks).screens().for_each(|screen| screen.scroll(direction));
    }

    /// What a keyboard's cursor keys have to send.
    pub(crate) fn cursor_keys(&self) -> CursorKeys {
        if self.application_keys.load(Ordering::Relaxed) { CursorKeys::Application } else { CursorKeys::Normal }
    }

    /// Draws the screens anew.
    pub(crate) fn repaint(&self) {
        lock(&self.sinks).screens().for_each(Screen::repaint);
    }

    fn flush_echo(&self) {
        loop {
            // Whoever has the sinks comes here after he gave them back.
            let mut sinks = match self.sinks.try_lock() {
                Ok(sinks) => sinks,
                Err(TryLockError::Poisoned(sinks)) => sinks.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            if !self.write_echo(&mut sinks) {
                return;
            }
            self.release(sinks);
        }
    }

    fn write_echo(&self, sinks: &mut Sinks) -> bool {
        let echo = std::mem::take(&mut *lock(&self.echo));
        let fits = echo.get(..self.room()).unwrap_or(&echo);
        sinks.write(fits);
        !echo.is_empty()
    }

    /// Gives the sinks back, and shows what others ask about them without waiting for them.
    fn release(&self, mut sinks: MutexGuard<'_, Sinks>) {
        self.column.store(sinks.column.column, Ordering::Relaxed);
        let application = sinks.screens().any(|screen| screen.cursor_keys() == CursorKeys::Application);
        self.application_keys.store(application, Ordering::Relaxed);
    }
}

impl Sinks {
    fn screens(&mut self) -> impl Iterator<Item = &mut Screen> {
        self.sinks.iter_mut().filter_map(|sink| match sink {
            Sink::Screen(screen) => Some(&mut **screen),
            _ => None,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Vec<u8> {
        if bytes.is_empty() {
            return Vec::new();
        }
        self.column.follow(bytes);
        // A real terminal at the end of a serial line answers by itself, and twice would be wrong.
        let has_serial = self.sinks.iter().any(|sink| matches!(sink, Sink::Serial(_)));
        let mut reports = Vec::new();
        for sink in &mut self.sinks {
            match sink {
                Sink::Serial(device) => device.write(bytes),
                Sink::Screen(screen) => reports.extend(screen.write(bytes)),
                Sink::Queue(queue) => queue.push(bytes),
            }
        }
        if has_serial { Vec::new() } else { reports }
    }
}

/// Bytes that one byte of output becomes at most.
const MAX_EXPANSION: usize = 2;

/// Output processing (POSIX `OPOST | ONLCR`): how many of `bytes` fit into `room`, and what they become.
fn process(bytes: &[u8], room: usize) -> (usize, Vec<u8>) {
    let mut processed = Vec::with_capacity(bytes.len() + 16);
    for (count, &byte) in bytes.iter().enumerate() {
        if processed.len().saturating_add(MAX_EXPANSION) > room {
            return (count, processed);
        }
        if byte == b'\n' {
            processed.push(b'\r');
        }
        processed.push(byte);
    }
    (bytes.len(), processed)
}

/// Follows the cursor's column through output. Approximate, as it is in Linux's line discipline: it serves for erasing
/// tabs.
#[derive(Default)]
struct ColumnTracker {
    column: usize,
    escape: Escape,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    Outside,
    Started,
    Control,
}

impl ColumnTracker {
    fn follow(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.escape = match (self.escape, byte) {
                (_, 0x1b) => Escape::Started,
                (Escape::Started, b'[') => Escape::Control,
                (Escape::Control, 0x20..=0x3f) => Escape::Control,
                (Escape::Outside, _) => {
                    self.advance(byte);
                    Escape::Outside
                }
                _ => Escape::Outside,
            };
        }
    }

    fn advance(&mut self, byte: u8) {
        self.column = match byte {
            b'\r' | b'\n' => 0,
            0x08 => self.column.saturating_sub(1),
            b'\t' => (self.column / TAB_STOP + 1) * TAB_STOP,
            // Control characters, and the bytes of a character behind its first.
            0..0x20 | 0x7f | 0x80..0xc0 => self.column,
            _ => self.column.saturating_add(1),
        };
    }
}
