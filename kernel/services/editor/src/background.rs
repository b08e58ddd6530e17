//! What goes on while a line is edited.

use std::time::Instant;
use wait::Waiter;

/// What the program does besides, while a line is edited.
pub trait Background {
    /// When it has something to do by the clock.
    fn deadline(&self) -> Option<Instant>;

    /// Whether it has something to do; `waiter` is woken when it has.
    fn is_due(&self, waiter: &Waiter) -> bool;
}
