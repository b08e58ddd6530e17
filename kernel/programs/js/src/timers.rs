//! The timers that are set, by the moment at which they are due.

use boa_engine::JsValue;
use boa_engine::object::builtins::JsFunction;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// One that is set.
pub(crate) struct Timer {
    pub(crate) callback: JsFunction,
    pub(crate) arguments: Vec<JsValue>,
    /// Of an interval.
    pub(crate) every: Option<Duration>,
    pub(crate) id: u32,
}

/// The moment at which a timer is due; those of one moment come in the order in which they were set.
type Due = (Instant, u64);

/// See the module.
#[derive(Default)]
pub(crate) struct Timers {
    queue: BTreeMap<Due, Timer>,
    by_id: HashMap<u32, Due>,
    last_id: u32,
    order: u64,
}

impl Timers {
    /// Calls `callback` after `delay`, and again and again `every`; returns the timer's number.
    pub(crate) fn set(
        &mut self,
        callback: JsFunction,
        arguments: Vec<JsValue>,
        delay: Duration,
        every: Option<Duration>,
    ) -> u32 {
        let mut id = self.last_id;
        loop {
            // Numbers are positive and fit in 31 bits, as scripts expect.
            id = if id >= i32::MAX.unsigned_abs() { 1 } else { id + 1 };
            if !self.by_id.contains_key(&id) {
                break;
            }
        }
        self.last_id = id;
        self.insert(Timer { callback, arguments, every, id }, delay);
        id
    }

    pub(crate) fn insert(&mut self, timer: Timer, delay: Duration) {
        self.order += 1;
        let now = Instant::now();
        let due = (now.checked_add(delay).unwrap_or(now), self.order);
        self.by_id.insert(timer.id, due);
        self.queue.insert(due, timer);
    }

    pub(crate) fn clear(&mut self, id: u32) {
        if let Some(due) = self.by_id.remove(&id) {
            self.queue.remove(&due);
        }
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.keys().next().map(|due| due.0)
    }

    /// The next one, if it is due.
    pub(crate) fn take_due(&mut self) -> Option<Timer> {
        let entry = self.queue.first_entry().filter(|entry| entry.key().0 <= Instant::now())?;
        let timer = entry.remove();
        self.by_id.remove(&timer.id);
        Some(timer)
    }
}
