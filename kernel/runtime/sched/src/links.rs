//! What names threads, and what links them into queues.

/// Names a thread; never zero, and never used again within a long time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(u32);

pub(crate) const INDEX_BITS: u32 = 14;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
/// Threads that can exist at once.
pub(crate) const CAPACITY: usize = INDEX_MASK as usize;

impl ThreadId {
    pub(crate) fn new(index: usize, generation: u32) -> Self {
        // Index + 1 keeps the id from being zero, which means "no thread" to std.
        ThreadId(generation << INDEX_BITS | (index as u32 + 1))
    }

    pub(crate) fn index(self) -> usize {
        (self.0 & INDEX_MASK) as usize - 1
    }

    /// The id as a number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// The id with this number; `None` for numbers that no thread has.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        (number & INDEX_MASK != 0).then_some(ThreadId(number))
    }
}

/// A thread's place in the run queue or futex bucket in which it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Links {
    pub(crate) previous: Option<ThreadId>,
    pub(crate) next: Option<ThreadId>,
}

/// A queue of threads. A thread stands in one queue at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Queue {
    pub(crate) first: Option<ThreadId>,
    pub(crate) last: Option<ThreadId>,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Queue { first: None, last: None }
    }

    pub(crate) fn first(&self) -> Option<ThreadId> {
        self.first
    }
}
