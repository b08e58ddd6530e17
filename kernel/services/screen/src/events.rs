//! What happens at keyboard and mouse, and the queues in which it waits for a program.

use crate::keys::{KeyAction, KeyEvent};
use crate::lock;
use interfaces::PointerEvent;
use std::collections::VecDeque;
use std::sync::Mutex;
use wait::{WaitList, Waiter};

/// Events that wait for a program that does not look; of more, the oldest are lost.
const CAPACITY: usize = 1024;

/// What happens at keyboard and mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A key went down or up.
    Key(KeyEvent),
    /// The mouse moved, its wheel turned, or a button went down or up.
    Pointer(PointerEvent),
}

/// Who hears of events, and of which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// The lease with this number: of all.
    Lease(u64),
}

/// Events on their way to one listener.
pub(crate) struct EventQueue {
    listener: Listener,
    events: Mutex<VecDeque<InputEvent>>,
    readers: WaitList,
}

impl EventQueue {
    pub(crate) fn new(listener: Listener) -> EventQueue {
        EventQueue { listener, events: Mutex::default(), readers: WaitList::new() }
    }

    /// Adds an event, if it is one for the listener; `lease` says who has the screen.
    pub(crate) fn offer(&self, event: InputEvent, lease: u64) {
        if self.listener == Listener::Lease(lease) {
            self.push(event);
        }
    }

    fn push(&self, event: InputEvent) {
        let mut events = lock(&self.events);
        let joined = events.back_mut().is_some_and(|last| join(last, event));
        if !joined {
            if events.len() == CAPACITY {
                events.pop_front();
            }
            events.push_back(event);
        }
        drop(events);
        self.readers.wake_all();
    }

    pub(crate) fn pop(&self) -> Option<InputEvent> {
        lock(&self.events).pop_front()
    }

    /// Registers for the next event.
    pub(crate) fn register(&self, waiter: &Waiter) {
        self.readers.register(waiter);
    }

    /// Ends the waits of those who wait for an event.
    pub(crate) fn wake(&self) {
        self.readers.wake_all();
    }
}

/// Adds `next` to `last` where nobody can tell them apart from one: a movement that goes on, a key that repeats.
fn join(last: &mut InputEvent, next: InputEvent) -> bool {
    match (last, next) {
        (InputEvent::Pointer(last), InputEvent::Pointer(next)) if last.buttons == next.buttons => {
            let joined = last.right.checked_add(next.right).zip(last.down.checked_add(next.down));
            let Some(((right, down), wheel)) = joined.zip(last.wheel.checked_add(next.wheel)) else { return false };
            *last = PointerEvent { right, down, wheel, ..next };
            true
        }
        // A program that is late shall not find a hundred repetitions.
        (InputEvent::Key(last), InputEvent::Key(next)) => *last == next && next.action == KeyAction::Repeat,
        _ => false,
    }
}
