//! `/dev/fb0ctl`: what the screen is, as lines of words, and the line that changes its size.

use super::offset::index;
use crate::lock;
use crate::screen::Screen;
use crate::surface::BYTES;
use interfaces::{Errno, Result};
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use vfs::{File, Kind, Metadata, Node};

/// A longer write is none that is known.
const MAX_WRITE: usize = 4096;

pub(super) struct ControlNode(Arc<Screen>);

impl ControlNode {
    pub(super) fn new(screen: Arc<Screen>) -> ControlNode {
        ControlNode(screen)
    }
}

impl Node for ControlNode {
    fn metadata(&self) -> Metadata {
        Metadata::bare(Kind::CharDevice, 0o666)
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        Ok(Arc::new(Control { screen: Arc::clone(&self.0), text: Mutex::default() }))
    }
}

struct Control {
    screen: Arc<Screen>,
    /// What a reader gets: made when it reads from the start.
    text: Mutex<String>,
}

fn describe(screen: &Screen) -> String {
    let (width, height) = screen.size();
    let mut sizes = String::new();
    for (width, height) in screen.sizes() {
        // A String takes everything.
        let _ = write!(sizes, " {width}x{height}");
    }
    let holder = screen.router.holder();
    let holder = match holder.map(|holder| holder.process.map_or(0, |process| process.pid())) {
        Some(pid) => pid.to_string(),
        None => "-".to_owned(),
    };
    format!(
        "driver {}\nsize {width} {height}\nstride {}\nformat xrgb8888\nsizes{sizes}\nholder {holder}\n",
        screen.driver(),
        width * BYTES
    )
}

impl Control {
    /// One line: a word and what it takes.
    fn perform(&self, line: &str) -> Result<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => Ok(()),
            ["size", width, height] => {
                let length = |text: &str| text.parse().map_err(|_| Errno::EINVAL);
                self.screen.set_size_for_caller(length(width)?, length(height)?)
            }
            _ => Err(Errno::EINVAL),
        }
    }
}

impl File for Control {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let mut text = lock(&self.text);
        if offset == 0 {
            *text = describe(&self.screen);
        }
        let left = text.as_bytes().get(index(offset)?..).unwrap_or_default();
        let count = left.len().min(buf.len());
        for (slot, byte) in buf.iter_mut().zip(left) {
            *slot = *byte;
        }
        Ok(count)
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        if buf.len() > MAX_WRITE {
            return Err(Errno::EINVAL);
        }
        std::str::from_utf8(buf).map_err(|_| Errno::EINVAL)?.lines().try_for_each(|line| self.perform(line))?;
        Ok(buf.len())
    }

    fn is_seekable(&self) -> bool {
        true
    }
}
