//! Futex queues: threads that wait for a change of the word at an address.

use crate::links::{Queue, ThreadId};
use crate::table::Table;

const BUCKETS: usize = 256;

/// Threads that wait, in buckets by the hash of their address.
#[derive(Debug)]
pub(crate) struct Futexes {
    buckets: [Queue; BUCKETS],
}

impl Futexes {
    pub(crate) const fn new() -> Self {
        Futexes { buckets: [const { Queue::new() }; BUCKETS] }
    }

    fn bucket(&mut self, address: usize) -> &mut Queue {
        // Fibonacci hashing; the low bits of an aligned word say nothing.
        let hash = (address as u64 >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
        &mut self.buckets[hash as usize % BUCKETS]
    }

    pub(crate) fn add<T>(&mut self, table: &mut Table<T>, id: ThreadId, address: usize) {
        table.at(id).futex = Some(address);
        self.bucket(address).push_back(table, id);
    }

    /// Takes out the thread that waits longest at `address`.
    pub(crate) fn take<T>(&mut self, table: &mut Table<T>, address: usize) -> Option<ThreadId> {
        let bucket = self.bucket(address);
        let mut at = bucket.first();
        while let Some(id) = at {
            let entry = table.at(id);
            if entry.futex == Some(address) {
                entry.futex = None;
                bucket.remove(table, id);
                return Some(id);
            }
            at = entry.links.next;
        }
        None
    }

    /// Takes out `id`, if it waits at a futex.
    pub(crate) fn remove<T>(&mut self, table: &mut Table<T>, id: ThreadId) {
        if let Some(address) = table.at(id).futex.take() {
            self.bucket(address).remove(table, id);
        }
    }
}
