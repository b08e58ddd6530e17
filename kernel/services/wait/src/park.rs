//! Putting the calling thread to sleep until an event, a deadline or a kill.

use crate::cancel;
use crate::waiter::Waiter;
use interfaces::Errno;
use std::task::Poll;
use std::time::{Duration, Instant};

/// Why a wait ended without its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitError {
    /// The deadline passed.
    TimedOut,
    /// The process was killed.
    Cancelled,
}

impl From<WaitError> for Errno {
    fn from(error: WaitError) -> Errno {
        match error {
            WaitError::TimedOut => Errno::ETIMEDOUT,
            // Not EINTR: callers retry on that, and a killed program must not.
            WaitError::Cancelled => Errno::ECANCELED,
        }
    }
}

/// Runs `poll` until it is ready, asleep between wake-ups of the waiter that it is given.
///
/// # Errors
/// [`WaitError::Cancelled`] as soon as the thread's process is killed, [`WaitError::TimedOut`] at `deadline`. An event that
/// is there already wins over the deadline, but not over the kill.
pub fn wait_for<T>(deadline: Option<Instant>, mut poll: impl FnMut(&Waiter) -> Poll<T>) -> Result<T, WaitError> {
    let waiter = Waiter::of_this_thread();
    let cancel = cancel::current();
    loop {
        if let Some(cancel) = &cancel {
            cancel.register(&waiter);
            if cancel.is_cancelled() {
                return Err(WaitError::Cancelled);
            }
        }
        if let Poll::Ready(value) = poll(&waiter) {
            return Ok(value);
        }
        park(&waiter, deadline)?;
    }
}

fn park(waiter: &Waiter, deadline: Option<Instant>) -> Result<(), WaitError> {
    while !waiter.take_wake_up() {
        let Some(at) = deadline else {
            std::thread::park();
            continue;
        };
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(WaitError::TimedOut);
        }
        std::thread::park_timeout(left);
    }
    Ok(())
}

/// Sleeps for `duration`.
///
/// # Errors
/// [`WaitError::Cancelled`] when the thread's process is killed.
pub fn sleep(duration: Duration) -> Result<(), WaitError> {
    // A duration beyond the clock's range is for ever.
    let deadline = Instant::now().checked_add(duration);
    match wait_for::<std::convert::Infallible>(deadline, |_| Poll::Pending) {
        Err(WaitError::TimedOut) => Ok(()),
        Err(cancelled) => Err(cancelled),
        Ok(never) => match never {},
    }
}
