//! Blocking waits that a kill ends: the one way in which a thread above the std line sleeps on an event.
//!
//! A source of events (a terminal, a pipe, a socket) keeps a [`WaitList`]. A thread that waits calls [`wait_for`] with a
//! closure which registers the given [`Waiter`] with its sources and asks each; a wake-up runs the closure again. Waiting on
//! several sources, with a deadline, is therefore the same as waiting on one.
//!
//! Invariant: the closure registers before it asks, so that an event between the two is not lost.

#![forbid(unsafe_code)]

mod cancel;
mod list;
mod park;
#[cfg(test)]
mod tests;
mod waiter;

pub use cancel::{Cancel, current, enter};
pub use list::WaitList;
pub use park::{WaitError, sleep, wait_for};
pub use waiter::Waiter;
