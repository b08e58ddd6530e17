//! The input pump: the one thread of a terminal that moves what its devices receive into the line discipline.
//!
//! Woken by the devices' wakers, and by readers when a full input queue has room again. Meanwhile the bytes stay with the
//! device: that is the backpressure which keeps a long paste whole.

use crate::keymap::{Key, Keymap, Layout};
use crate::lock;
use crate::tty::Tty;
use interfaces::{ByteDevice, InputSource};
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

/// How much is taken from a device at a time.
const CHUNK: usize = 256;

/// The devices that a terminal's input comes from.
#[derive(Default)]
pub(crate) struct Pump {
    pub(crate) lines: Vec<Arc<dyn ByteDevice>>,
    pub(crate) keyboards: Vec<(Arc<dyn InputSource>, Mutex<Keymap>)>,
}

impl Pump {
    pub(crate) fn set_layout(&self, layout: Layout) {
        for (_, keymap) in &self.keyboards {
            *lock(keymap) = Keymap::new(layout);
        }
    }

    /// Reads what has come, once round all devices. Leaves `waker` with each, before it looks.
    fn read(&self, tty: &Tty, waker: &Waker) -> Vec<u8> {
        let mut input = Vec::new();
        for line in &self.lines {
            line.wake_on_input(waker);
            let mut chunk = [0; CHUNK];
            let count = line.read(&mut chunk);
            input.extend(chunk.get(..count).unwrap_or_default());
        }
        for (source, keymap) in &self.keyboards {
            source.wake_on_input(waker);
            let mut keymap = lock(keymap);
            while let Some(scan_code) = source.next_byte() {
                match keymap.press(scan_code, tty.output().cursor_keys()) {
                    Some(Key::Input(text)) => input.extend(text.bytes()),
                    Some(Key::Scroll(direction)) => tty.output().scroll(direction),
                    None => {}
                }
            }
        }
        input
    }
}

impl Tty {
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
                held = self.pump.read(self, &waiter.waker());
                if held.is_empty() {
                    return Poll::Pending;
                }
            }
        });
    }
}
