//! The end of a process: asked for, under way, and what came of it.

use crate::status::{ExitStatus, KillReason};
use crate::sync::lock;
use interfaces::Result;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Instant;
use wait::{Cancel, WaitList, Waiter};

/// What a process does at an interrupt instead of ending.
pub(crate) type Handler = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub(crate) struct Ending {
    cancel: Arc<Cancel>,
    state: Mutex<State>,
    over: WaitList,
}

#[derive(Default)]
struct State {
    /// What takes the next interrupt.
    on_interrupt: Option<Handler>,
    /// What it is to end with, whatever it returns.
    requested: Option<ExitStatus>,
    is_under_way: bool,
    status: Option<ExitStatus>,
}

impl Ending {
    /// What ends its waits.
    pub(crate) fn cancel(&self) -> &Arc<Cancel> {
        &self.cancel
    }

    /// Makes it end with `status`, unless it was to end already.
    pub(crate) fn request(&self, status: ExitStatus) {
        lock(&self.state).requested.get_or_insert(status);
        self.cancel.cancel();
    }

    /// Makes it end, unless it is interrupted and catches that: which it can once.
    pub(crate) fn kill(&self, reason: KillReason) {
        let mut state = lock(&self.state);
        let handler = if reason == KillReason::Interrupt { state.on_interrupt.take() } else { None };
        drop(state);
        match handler {
            Some(handler) => handler(),
            None => self.request(reason.into()),
        }
    }

    pub(crate) fn catch_interrupt(&self, handler: Handler) {
        let before = lock(&self.state).on_interrupt.replace(handler);
        // Outside the lock: what it holds may take others.
        drop(before);
    }

    pub(crate) fn catches_interrupt(&self) -> bool {
        lock(&self.state).on_interrupt.is_some()
    }

    pub(crate) fn is_requested(&self) -> bool {
        lock(&self.state).requested.is_some()
    }

    /// Begins to take the process down; `false` when somebody has begun before.
    pub(crate) fn begin(&self) -> bool {
        !std::mem::replace(&mut lock(&self.state).is_under_way, true)
    }

    /// Records the status (unless another was requested) and wakes who waits for the end or in the process.
    pub(crate) fn finish(&self, status: ExitStatus) {
        let mut state = lock(&self.state);
        state.status = Some(state.requested.unwrap_or(status));
        let handler = state.on_interrupt.take();
        drop(state);
        drop(handler);
        self.cancel.cancel();
        self.over.wake_all();
    }

    pub(crate) fn status(&self) -> Option<ExitStatus> {
        lock(&self.state).status
    }

    pub(crate) fn poll(&self, waiter: &Waiter) -> Option<ExitStatus> {
        self.over.register(waiter);
        self.status()
    }

    /// ETIMEDOUT, ECANCELED.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Result<ExitStatus> {
        Ok(wait::wait_for(deadline, |waiter| self.poll(waiter).map_or(Poll::Pending, Poll::Ready))?)
    }
}
