//! Devices for the tests: a serial line, a keyboard and a display whose other side the test holds.

#![allow(dead_code)]

use interfaces::{ByteDevice, Cell, InputSource, TextDisplay};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};
use vfs::File;

/// Long enough for the slowest machine; reached only by a failure.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Line {
    input: VecDeque<u8>,
    output: Vec<u8>,
    waker: Option<Waker>,
    blocked: bool,
    writers_blocked: usize,
}

/// A serial line.
#[derive(Default)]
pub(crate) struct FakeSerial {
    line: Mutex<Line>,
    changed: Condvar,
}

impl FakeSerial {
    /// What arrives on the line.
    pub(crate) fn types(&self, bytes: impl AsRef<[u8]>) {
        let mut line = self.line.lock().unwrap();
        line.input.extend(bytes.as_ref());
        if let Some(waker) = line.waker.take() {
            waker.wake();
        }
    }

    /// Waits until all that has been sent so far fulfils `condition`.
    pub(crate) fn wait_for_output(&self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        let line = self.line.lock().unwrap();
        let text = |line: &Line| String::from_utf8_lossy(&line.output).into_owned();
        let (line, timeout) = self.changed.wait_timeout_while(line, LIMIT, |line| !condition(&text(line))).unwrap();
        assert!(!timeout.timed_out(), "{what} did not come: {:?}", text(&line));
        text(&line)
    }

    /// From now on writes wait until [`unblock`](Self::unblock).
    pub(crate) fn block(&self) {
        self.line.lock().unwrap().blocked = true;
    }

    pub(crate) fn unblock(&self) {
        self.line.lock().unwrap().blocked = false;
        self.changed.notify_all();
    }

    /// Waits until somebody is stuck in a write.
    pub(crate) fn wait_for_blocked_writer(&self) {
        let line = self.line.lock().unwrap();
        let waited = self.changed.wait_timeout_while(line, LIMIT, |line| line.writers_blocked == 0).unwrap();
        assert!(!waited.1.timed_out());
    }

    pub(crate) fn unread(&self) -> usize {
        self.line.lock().unwrap().input.len()
    }
}

impl ByteDevice for FakeSerial {
    fn read(&self, buf: &mut [u8]) -> usize {
        let mut line = self.line.lock().unwrap();
        let count = buf.len().min(line.input.len());
        for (slot, byte) in buf.iter_mut().zip(line.input.drain(..count)) {
            *slot = byte;
        }
        count
    }

    fn write(&self, bytes: &[u8]) {
        let mut line = self.line.lock().unwrap();
        line.writers_blocked += 1;
        self.changed.notify_all();
        line = self.changed.wait_while(line, |line| line.blocked).unwrap();
        line.writers_blocked -= 1;
        line.output.extend(bytes);
        self.changed.notify_all();
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.line.lock().unwrap().waker = Some(waker.clone());
    }
}

/// A keyboard.
#[derive(Default)]
pub(crate) struct FakeKeyboard {
    codes: Mutex<(VecDeque<u8>, Option<Waker>)>,
}

impl FakeKeyboard {
    pub(crate) fn press(&self, codes: &[u8]) {
        let mut state = self.codes.lock().unwrap();
        state.0.extend(codes);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl InputSource for FakeKeyboard {
    fn next_byte(&self) -> Option<u8> {
        self.codes.lock().unwrap().0.pop_front()
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.codes.lock().unwrap().1 = Some(waker.clone());
    }
}

/// A display of 40 by 5 characters.
pub(crate) struct FakeDisplay {
    rows: Mutex<Vec<Vec<char>>>,
}

impl FakeDisplay {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(FakeDisplay { rows: Mutex::new(vec![vec![' '; 40]; 5]) })
    }

    pub(crate) fn text(&self) -> Vec<String> {
        self.rows.lock().unwrap().iter().map(|row| row.iter().collect::<String>().trim_end().to_string()).collect()
    }
}

impl TextDisplay for FakeDisplay {
    fn size(&self) -> (usize, usize) {
        (40, 5)
    }

    fn put(&self, column: usize, row: usize, cells: &[Cell]) {
        for (slot, cell) in self.rows.lock().unwrap()[row][column..].iter_mut().zip(cells) {
            *slot = cell.glyph;
        }
    }

    fn set_cursor(&self, _position: Option<(usize, usize)>) {}
}

type InterruptHandler = Arc<dyn Fn() + Send + Sync>;

/// An interrupt handler, and what tells of its calls.
pub(crate) fn interrupt_handler() -> (Option<InterruptHandler>, mpsc::Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    // After the test nobody listens any more.
    let handler = move || sender.send(()).unwrap_or_default();
    (Some(Arc::new(handler)), receiver)
}

/// Waits until `file` yields something, and returns it.
pub(crate) fn read(file: &dyn File) -> String {
    let mut buf = [0; 4096];
    let deadline = Some(Instant::now() + LIMIT);
    let count = wait::wait_for(deadline, |waiter| {
        let interest = vfs::Interest { read: true, write: false };
        match file.poll(interest, Some(waiter)).readable {
            true => Poll::Ready(file.read_at(0, &mut buf).unwrap()),
            false => Poll::Pending,
        }
    });
    String::from_utf8_lossy(&buf[..count.expect("input in time")]).into_owned()
}
