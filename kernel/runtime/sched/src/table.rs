//! The thread table: a slab with generations, so that an old id never names a new thread.

use crate::debt::Debt;
use crate::links::{CAPACITY, INDEX_BITS, Links, Queue, ThreadId};
use alloc::vec::Vec;

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Runs on this CPU.
    Running(usize),
    /// Stands in a run queue.
    Ready,
    /// Waits for a wake-up, and perhaps for a time.
    Blocked,
    /// Has ended; kept until nobody runs on its stack.
    Dead,
}

/// One thread, with what its owner keeps for it.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) payload: T,
    pub(crate) state: State,
    pub(crate) links: Links,
    /// The futex at which it waits.
    pub(crate) futex: Option<usize>,
    /// Its place in the timer heap.
    pub(crate) timer_slot: Option<usize>,
    pub(crate) timed_out: bool,
    pub(crate) debt: Debt,
    /// Since when it runs (and its time is not booked yet) or is ready.
    pub(crate) since_ns: u64,
    pub(crate) slice_ends_ns: u64,
    pub(crate) cpu_time_ns: u64,
    /// The first of the threads that wait for its end; they are linked like a futex's.
    pub(crate) joiners: Queue,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    entry: Option<Entry<T>>,
}

/// All threads.
#[derive(Debug)]
pub(crate) struct Table<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
    count: usize,
}

impl<T> Table<T> {
    pub(crate) const fn new() -> Self {
        Table { slots: Vec::new(), free: Vec::new(), count: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Adds a thread; `Err` gives the payload back when there are too many or memory is short.
    pub(crate) fn insert(&mut self, payload: T, now: u64) -> Result<ThreadId, T> {
        let index = match self.free.pop() {
            Some(index) => index,
            None if self.slots.len() == CAPACITY => return Err(payload),
            None => {
                // Room in both, so that removing a thread does not allocate.
                if self.slots.try_reserve(1).is_err() || self.free.try_reserve(self.slots.len() + 1).is_err() {
                    return Err(payload);
                }
                self.slots.push(Slot { generation: 0, entry: None });
                self.slots.len() - 1
            }
        };
        let slot = &mut self.slots[index];
        slot.generation = (slot.generation + 1) & (u32::MAX >> INDEX_BITS);
        slot.entry = Some(Entry {
            payload,
            state: State::Ready,
            links: Links::default(),
            futex: None,
            timer_slot: None,
            timed_out: false,
            debt: Debt::default(),
            since_ns: now,
            slice_ends_ns: now,
            cpu_time_ns: 0,
            joiners: Queue::new(),
        });
        self.count += 1;
        Ok(ThreadId::new(index, slot.generation))
    }

    pub(crate) fn remove(&mut self, id: ThreadId) -> Option<T> {
        self.get(id)?;
        let entry = self.slots[id.index()].entry.take()?;
        self.free.push(id.index());
        self.count -= 1;
        Some(entry.payload)
    }

    pub(crate) fn get(&self, id: ThreadId) -> Option<&Entry<T>> {
        let slot = self.slots.get(id.index())?;
        slot.entry.as_ref().filter(|_| ThreadId::new(id.index(), slot.generation) == id)
    }

    pub(crate) fn get_mut(&mut self, id: ThreadId) -> Option<&mut Entry<T>> {
        let slot = self.slots.get_mut(id.index())?;
        let matches = ThreadId::new(id.index(), slot.generation) == id;
        slot.entry.as_mut().filter(|_| matches)
    }

    /// The thread `id`, which the scheduler knows to exist.
    pub(crate) fn at(&mut self, id: ThreadId) -> &mut Entry<T> {
        self.get_mut(id).expect("a thread in a queue is in the table")
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ThreadId, &Entry<T>)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(index, slot)| slot.entry.as_ref().map(|entry| (ThreadId::new(index, slot.generation), entry)))
    }
}
