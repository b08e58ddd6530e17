//! `/dev/input/keyboard` and `/dev/input/mouse`: what happens there, a line an event, for the process that has the screen.

use crate::events::{EventQueue, InputEvent, Listener};
use crate::keys::{KeyAction, KeyEvent};
use crate::lock;
use crate::screen::Screen;
use interfaces::{Errno, PointerEvent, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use vfs::{File, Interest, Metadata, Node, Readiness};
use wait::Waiter;

/// Which device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Keyboard,
    Mouse,
}

pub(super) struct InputNode {
    screen: Arc<Screen>,
    kind: Kind,
}

impl InputNode {
    pub(super) fn new(screen: Arc<Screen>, kind: Kind) -> InputNode {
        InputNode { screen, kind }
    }
}

impl Node for InputNode {
    fn metadata(&self) -> Metadata {
        Metadata::bare(vfs::Kind::CharDevice, 0o444)
    }

    /// EACCES for writing, ENXIO for a thread of no process.
    fn open(self: Arc<Self>, write: bool) -> Result<Arc<dyn File>> {
        if write {
            return Err(Errno::EACCES);
        }
        let process = process::current().ok_or(Errno::ENXIO)?.pid();
        let listener = match self.kind {
            Kind::Keyboard => Listener::Keys(process),
            Kind::Mouse => Listener::Pointer(process),
        };
        let events = Arc::new(EventQueue::new(listener));
        self.screen.router.listen(&events);
        Ok(Arc::new(Input { events, line: Mutex::default() }))
    }
}

struct Input {
    events: Arc<EventQueue>,
    /// What is left of a line of which a reader took a part.
    line: Mutex<VecDeque<u8>>,
}

/// The line of an event.
fn describe(event: InputEvent) -> String {
    match event {
        InputEvent::Key(event) => {
            let KeyEvent { action, text, .. } = event;
            let verb = match action {
                KeyAction::Press => "press",
                KeyAction::Repeat => "repeat",
                KeyAction::Release => "release",
            };
            let text = text.map_or_else(|| "-".to_owned(), |text| format!("U+{:04X}", u32::from(text)));
            format!("{verb} {} {text}\n", event.name())
        }
        InputEvent::Pointer(PointerEvent { right, down, wheel, buttons }) => {
            format!("{right} {down} {wheel} {}\n", buttons.0)
        }
    }
}

impl File for Input {
    /// Whole lines, as many as there are and fit; of a line that does not fit alone, its beginning.
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        let mut line = lock(&self.line);
        let mut done = 0;
        while done < buf.len() {
            if line.is_empty() {
                let Some(event) = self.events.pop() else { break };
                line.extend(describe(event).into_bytes());
            }
            let target = buf.get_mut(done..).unwrap_or_default();
            if done > 0 && line.len() > target.len() {
                break;
            }
            let count = line.len().min(target.len());
            for (slot, byte) in target.iter_mut().zip(line.drain(..count)) {
                *slot = byte;
            }
            done += count;
        }
        if done == 0 && !buf.is_empty() { Err(Errno::EAGAIN) } else { Ok(done) }
    }

    fn poll(&self, _interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter {
            self.events.register(waiter);
        }
        let left = lock(&self.line).len();
        Readiness {
            readable: left > 0 || !self.events.is_empty(),
            writable: false,
            hangup: false,
            available: left as u64,
        }
    }
}
