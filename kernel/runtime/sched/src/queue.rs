//! First-in, first-out queues, linked through the thread table.

use crate::links::{Links, Queue, ThreadId};
use crate::table::Table;

impl Queue {
    pub(crate) fn push_back<T>(&mut self, table: &mut Table<T>, id: ThreadId) {
        table.at(id).links = Links { previous: self.last, next: None };
        match self.last {
            Some(last) => table.at(last).links.next = Some(id),
            None => self.first = Some(id),
        }
        self.last = Some(id);
    }

    pub(crate) fn pop_front<T>(&mut self, table: &mut Table<T>) -> Option<ThreadId> {
        let id = self.first?;
        self.remove(table, id);
        Some(id)
    }

    /// Takes out `id`, which stands in this queue.
    pub(crate) fn remove<T>(&mut self, table: &mut Table<T>, id: ThreadId) {
        let Links { previous, next } = core::mem::take(&mut table.at(id).links);
        match previous {
            Some(previous) => table.at(previous).links.next = next,
            None => self.first = next,
        }
        match next {
            Some(next) => table.at(next).links.previous = previous,
            None => self.last = previous,
        }
    }
}
