//! The devices that a terminal's input comes from; `Tty::run_input` is the thread that moves it on.
//!
//! As long as nobody reads here, bytes stay with the device: that is the backpressure which keeps a long paste whole.

use crate::keymap::{Key, Keymap, Layout};
use crate::lock;
use crate::output::Output;
use interfaces::{ByteDevice, InputSource};
use std::sync::{Arc, Mutex};
use std::task::Waker;

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

    /// Reads what has come, once round all devices. Leaves `waker` with each, before it looks. Keys follow the modes of
    /// `output`, and some are for its screens.
    pub(crate) fn read(&self, output: &Output, waker: &Waker) -> Vec<u8> {
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
                match keymap.press(scan_code, output.cursor_keys()) {
                    Some(Key::Input(text)) => input.extend(text.bytes()),
                    Some(Key::Scroll(direction)) => output.scroll(direction),
                    None => {}
                }
            }
        }
        input
    }
}
