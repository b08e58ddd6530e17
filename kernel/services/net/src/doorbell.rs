//! How sockets call the net thread: a queue of requests and the one who waits for it.

use crate::ports::Lease;
use crate::routes::{IpNet, LinkId, Path};
use crate::state::{Connection, ConnectionId, Endpoint, ListenerId};
use interfaces::{Errno, Result};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use wait::{WaitList, Waiter};

/// A change of an interface's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Switches it on.
    Up,
    /// Switches it off.
    Down,
    /// Adds an address.
    AddAddress(IpNet),
    /// Removes an address.
    RemoveAddress(IpAddr),
    /// Adds a route through a router; a default route replaces the one before.
    AddRoute(IpNet, IpAddr),
    /// Removes the routes to a network.
    RemoveRoute(IpNet),
    /// Asks DHCP servers anew, also where the configuration was static.
    Dhcp,
}

/// A change that was asked for, until the net thread has made it and told of it.
#[derive(Default)]
pub(crate) struct PendingChange {
    outcome: Mutex<Option<Result<()>>>,
    waiters: WaitList,
}

impl PendingChange {
    pub(crate) fn finish(&self, outcome: Result<()>) {
        // One assignment.
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.waiters.wake_all();
    }

    /// What came of it: ECANCELED, or what the net thread says.
    pub(crate) fn wait(&self) -> Result<()> {
        wait::wait_for(None, |waiter| {
            self.waiters.register(waiter);
            let outcome = *self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
            outcome.map_or(Poll::Pending, Poll::Ready)
        })
        .map_err(Errno::from)?
    }
}

/// What the net thread is asked for.
pub(crate) enum Request {
    /// Open a connection along a path.
    Connect { connection: Arc<Connection>, lease: Arc<Lease>, path: Path },
    /// Look after a connection's queues.
    Stream(ConnectionId),
    /// A listener's queue has a place for one that found it full.
    Accepted(ListenerId),
    /// A listener is gone.
    ListenerClosed(ListenerId),
    /// Look after a socket's datagrams.
    Datagrams(Arc<Endpoint>),
    /// A datagram socket is gone.
    EndpointClosed(u64),
    /// Somebody joined a group on an interface.
    Joined(IpAddr, LinkId),
    /// Somebody left it.
    Left(IpAddr, LinkId),
    /// Configure an interface.
    Change { link: LinkId, change: Change, pending: Arc<PendingChange> },
    /// End the net thread.
    Stop,
}

/// The requests that wait.
#[derive(Default)]
pub(crate) struct Doorbell {
    requests: Mutex<Vec<Request>>,
    waiters: WaitList,
}

impl Doorbell {
    pub(crate) fn ring(&self, request: Request) {
        self.lock().push(request);
        self.waiters.wake_all();
    }

    /// Wakes `waiter` when somebody rings.
    pub(crate) fn register(&self, waiter: &Waiter) {
        self.waiters.register(waiter);
    }

    pub(crate) fn is_rung(&self) -> bool {
        !self.lock().is_empty()
    }

    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Request>> {
        // Single vector operations.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
