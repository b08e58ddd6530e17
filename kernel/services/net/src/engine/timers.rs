//! Deadlines by number: one each, the earliest first.

use smoltcp::time::{Duration, Instant};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// Deadlines of things that have numbers.
pub(super) struct Timers<T> {
    by_time: BTreeSet<(Instant, T)>,
    by_id: HashMap<T, Instant>,
    now: Instant,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Timers { by_time: BTreeSet::new(), by_id: HashMap::new(), now: Instant::ZERO }
    }
}

impl<T: Copy + Ord + Hash> Timers<T> {
    /// Sets, moves or (with `None`) ends the deadline of `id`.
    pub(super) fn set(&mut self, id: T, at: Option<Instant>) {
        if let Some(before) = self.by_id.remove(&id) {
            self.by_time.remove(&(before, id));
        }
        if let Some(at) = at {
            self.by_id.insert(id, at);
            self.by_time.insert((at, id));
        }
    }

    /// It is `now`: from here `set_after` counts.
    pub(super) fn begin(&mut self, now: Instant) {
        self.now = now;
    }

    /// What [`begin`](Self::begin) was told.
    pub(super) fn now(&self) -> Instant {
        self.now
    }

    /// Sets the deadline of `id` to `delay` after what [`begin`](Self::begin) was told.
    pub(super) fn set_after(&mut self, id: T, delay: Duration) {
        self.set(id, Some(self.now + delay));
    }

    /// Ends the deadlines that `now` has reached.
    pub(super) fn take_expired(&mut self, now: Instant) -> Vec<T> {
        let mut expired = Vec::new();
        while let Some((at, id)) = self.by_time.first().copied().filter(|(at, _)| *at <= now) {
            self.by_time.remove(&(at, id));
            self.by_id.remove(&id);
            expired.push(id);
        }
        expired
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_each_has_one() {
        let mut timers = Timers::default();
        timers.set(1, Some(Instant::from_secs(5)));
        timers.set(2, Some(Instant::from_secs(3)));
        timers.set(1, Some(Instant::from_secs(2)));
        assert_eq!(timers.next(), Some(Instant::from_secs(2)));
        assert_eq!(timers.take_expired(Instant::from_secs(3)), [1, 2]);
        timers.begin(Instant::from_secs(3));
        timers.set_after(3, Duration::from_secs(4));
        assert_eq!(timers.next(), Some(Instant::from_secs(7)));
        timers.set(3, None);
        assert_eq!(timers.next(), None);
    }
}
