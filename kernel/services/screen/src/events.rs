//! What happens at keyboard and mouse, and the queues in which it waits for a program.

use crate::keys::{KeyAction, KeyEvent};
use crate::lock;
use interfaces::PointerEvent;
use std::collections::VecDeque;
use std::sync::Mutex;
use wait::{WaitList, Waiter};

/// Events that wait for a program that does not look; of more, the oldest are lost.
const CAPACITY: usize = 1024;
/// From so many on movements are joined: a line that is drawn by them loses its corners then.
const LATE: usize = 64;

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
    /// The process with this number, while it has the screen: of keys.
    Keys(u32),
    /// The same: of the mouse.
    Pointer(u32),
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

    /// Adds an event, if it is one for the listener; `lease` and `process` say who has the screen.
    pub(crate) fn offer(&self, event: InputEvent, lease: u64, process: Option<u32>) {
        let wanted = match (self.listener, event) {
            (Listener::Lease(number), _) => number == lease,
            (Listener::Keys(number), InputEvent::Key(_)) => Some(number) == process,
            (Listener::Pointer(number), InputEvent::Pointer(_)) => Some(number) == process,
            _ => false,
        };
        if wanted {
            self.push(event);
        }
    }

    fn push(&self, event: InputEvent) {
        let mut events = lock(&self.events);
        let late = events.len() >= LATE;
        let joined = events.back_mut().is_some_and(|last| join(last, event, late));
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

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.events).is_empty()
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

/// Adds `next` to `last`: a key that repeats and, for a program that is late, a movement that goes on.
fn join(last: &mut InputEvent, next: InputEvent, late: bool) -> bool {
    match (last, next) {
        (InputEvent::Pointer(last), InputEvent::Pointer(next)) if late && last.buttons == next.buttons => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyCode;
    use interfaces::Buttons;

    fn queue() -> EventQueue {
        EventQueue::new(Listener::Lease(1))
    }

    fn all(queue: &EventQueue) -> Vec<InputEvent> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn movements_are_joined_only_for_a_program_that_is_late() {
        let queue = queue();
        let step = InputEvent::Pointer(PointerEvent { right: 1, down: -2, wheel: 0, buttons: Buttons::LEFT });
        for _ in 0..1000 {
            queue.offer(step, 1, None);
        }
        let events = all(&queue);
        assert_eq!((events.len(), events[0]), (LATE, step));
        let sum: (i32, i32) = events.iter().fold((0, 0), |(right, down), event| match event {
            InputEvent::Pointer(event) => (right + i32::from(event.right), down + i32::from(event.down)),
            InputEvent::Key(_) => unreachable!("no key was pressed"),
        });
        assert_eq!(sum, (1000, -2000));
    }

    #[test]
    fn a_key_that_repeats_does_not_pile_up_and_the_queue_is_bounded() {
        let queue = queue();
        let key = |action| InputEvent::Key(KeyEvent { key: KeyCode::A, action, text: None });
        for _ in 0..10 {
            queue.offer(key(KeyAction::Repeat), 1, None);
        }
        assert_eq!(all(&queue).len(), 1);
        for _ in 0..CAPACITY {
            queue.offer(key(KeyAction::Press), 1, None);
            queue.offer(key(KeyAction::Release), 1, None);
        }
        assert_eq!(all(&queue).len(), CAPACITY);
        queue.offer(key(KeyAction::Press), 2, None);
        assert!(queue.is_empty(), "another lease's");
    }
}
