//! A listening TCP socket as it and the net thread share it: the queue of connections that nobody has accepted yet.

use crate::address::Host;
use crate::options::Options;
use crate::ports::Lease;
use crate::state::connection::Connection;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wait::WaitList;

/// The longest queue, whatever a program asks for (Linux: `somaxconn`).
const MAX_BACKLOG: usize = 4096;

/// A listener's number; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListenerId(pub(crate) u64);

#[derive(Debug)]
struct Queue {
    waiting: VecDeque<Arc<Connection>>,
    backlog: usize,
    open: bool,
    /// A connection is established and found no place in the queue.
    held: bool,
    /// What connections are born with.
    options: Options,
}

/// What became of a connection that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    Taken,
    /// There is no place now; taking one makes some.
    Full,
    Closed,
}

/// A listening socket.
pub(crate) struct Listener {
    pub(crate) id: ListenerId,
    /// The process that made it.
    pub(crate) owner: Option<u32>,
    pub(crate) lease: Arc<Lease>,
    queue: Mutex<Queue>,
    pub(crate) waiters: WaitList,
}

impl Listener {
    pub(crate) fn new(
        id: ListenerId,
        owner: Option<u32>,
        lease: Arc<Lease>,
        backlog: usize,
        options: Options,
    ) -> Listener {
        let queue = Queue { waiting: VecDeque::new(), backlog: bounded(backlog), open: true, held: false, options };
        Listener { id, owner, lease, queue: Mutex::new(queue), waiters: WaitList::new() }
    }

    pub(crate) fn host(&self) -> Host {
        self.lease.host
    }

    pub(crate) fn set_backlog(&self, backlog: usize) {
        self.lock().backlog = bounded(backlog);
    }

    pub(crate) fn set_options(&self, options: Options) {
        self.lock().options = options;
    }

    pub(crate) fn options(&self) -> Options {
        self.lock().options
    }

    /// How many connections may still come in, done or not.
    pub(crate) fn room(&self) -> usize {
        let queue = self.lock();
        if queue.open { queue.backlog.saturating_sub(queue.waiting.len()) } else { 0 }
    }

    /// Adds a connection that is established.
    pub(crate) fn offer(&self, connection: Arc<Connection>) -> Offer {
        let mut queue = self.lock();
        if !queue.open {
            return Offer::Closed;
        }
        if queue.waiting.len() >= queue.backlog {
            queue.held = true;
            return Offer::Full;
        }
        queue.waiting.push_back(connection);
        drop(queue);
        self.waiters.wake_all();
        Offer::Taken
    }

    /// Whether somebody has found the queue full since this was last asked.
    pub(crate) fn take_held(&self) -> bool {
        std::mem::take(&mut self.lock().held)
    }

    /// Takes the connection that waits longest.
    pub(crate) fn take(&self) -> Option<Arc<Connection>> {
        self.lock().waiting.pop_front()
    }

    /// How many connections wait, and how many may.
    pub(crate) fn queued(&self) -> (usize, usize) {
        let queue = self.lock();
        (queue.waiting.len(), queue.backlog)
    }

    /// Takes no more connections; returns those that nobody will accept now.
    pub(crate) fn close(&self) -> Vec<Arc<Connection>> {
        let mut queue = self.lock();
        queue.open = false;
        let orphans = queue.waiting.drain(..).collect();
        drop(queue);
        self.waiters.wake_all();
        orphans
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Each change is one assignment or one queue operation.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// A backlog of 0 still takes one connection, as POSIX allows and Linux does.
fn bounded(backlog: usize) -> usize {
    backlog.clamp(1, MAX_BACKLOG)
}
