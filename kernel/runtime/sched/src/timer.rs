//! Deadlines: a binary heap, in which each thread knows its place so that a wake-up can take it out.

use crate::links::ThreadId;
use crate::table::Table;
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug)]
struct Deadline {
    at_ns: u64,
    thread: ThreadId,
}

/// The deadlines of blocked threads, earliest first.
#[derive(Debug)]
pub(crate) struct Timers {
    heap: Vec<Deadline>,
}

impl Timers {
    pub(crate) const fn new() -> Self {
        Timers { heap: Vec::new() }
    }

    /// Makes room for `threads` deadlines; `false` when memory is short.
    pub(crate) fn reserve(&mut self, threads: usize) -> bool {
        self.heap.try_reserve(threads.saturating_sub(self.heap.len())).is_ok()
    }

    pub(crate) fn earliest(&self) -> Option<u64> {
        self.heap.first().map(|deadline| deadline.at_ns)
    }

    pub(crate) fn insert<T>(&mut self, table: &mut Table<T>, thread: ThreadId, at_ns: u64) {
        self.heap.push(Deadline { at_ns, thread });
        self.sift_up(table, self.heap.len() - 1);
    }

    /// Takes out a thread whose deadline is at or before `now`.
    pub(crate) fn pop_expired<T>(&mut self, table: &mut Table<T>, now: u64) -> Option<ThreadId> {
        let first = *self.heap.first()?;
        if first.at_ns > now {
            return None;
        }
        self.remove(table, first.thread);
        Some(first.thread)
    }

    /// Takes out `thread`, if it has a deadline.
    pub(crate) fn remove<T>(&mut self, table: &mut Table<T>, thread: ThreadId) {
        let Some(slot) = table.at(thread).timer_slot.take() else { return };
        self.heap.swap_remove(slot);
        if slot < self.heap.len() {
            let slot = self.sift_up(table, slot);
            self.sift_down(table, slot);
        }
    }

    fn place<T>(&mut self, table: &mut Table<T>, slot: usize, deadline: Deadline) {
        self.heap[slot] = deadline;
        table.at(deadline.thread).timer_slot = Some(slot);
    }

    /// Moves the deadline at `slot` up to its place, which it returns.
    fn sift_up<T>(&mut self, table: &mut Table<T>, mut slot: usize) -> usize {
        let moving = self.heap[slot];
        while slot > 0 {
            let parent = (slot - 1) / 2;
            if self.heap[parent].at_ns <= moving.at_ns {
                break;
            }
            self.place(table, slot, self.heap[parent]);
            slot = parent;
        }
        self.place(table, slot, moving);
        slot
    }

    fn sift_down<T>(&mut self, table: &mut Table<T>, mut slot: usize) {
        let moving = self.heap[slot];
        loop {
            let left = 2 * slot + 1;
            if left >= self.heap.len() {
                break;
            }
            let right = left + 1;
            let right_is_earlier = right < self.heap.len() && self.heap[right].at_ns < self.heap[left].at_ns;
            let child = if right_is_earlier { right } else { left };
            if self.heap[child].at_ns >= moving.at_ns {
                break;
            }
            self.place(table, slot, self.heap[child]);
            slot = child;
        }
        self.place(table, slot, moving);
    }
}
