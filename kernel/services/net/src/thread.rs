//! The net thread: polls the engine, and sleeps until its deadline, a device or a socket calls.

use crate::engine::Engine;
use crate::shared::Shared;
use smoltcp::time::Instant;
use std::task::Poll;
use std::time::Duration;
use wait::{WaitError, wait_for};

/// Runs until the engine is told to stop.
pub(crate) fn run(mut engine: Engine, shared: &Shared) {
    loop {
        let now = now(shared);
        let deadline = engine.poll(now);
        if engine.is_stopped() {
            return;
        }
        sleep(&engine, shared, now, deadline);
    }
}

/// The stack's time: microseconds since boot.
pub(crate) fn now(shared: &Shared) -> Instant {
    Instant::from_micros(i64::try_from(shared.clock.monotonic_ns() / 1000).unwrap_or(i64::MAX))
}

/// Waits for a call or for `deadline`.
fn sleep(engine: &Engine, shared: &Shared, now: Instant, deadline: Option<Instant>) {
    let pause = deadline.map(|at| Duration::from(at.max(now) - now));
    if pause == Some(Duration::ZERO) {
        return;
    }
    let until = pause.and_then(|pause| std::time::Instant::now().checked_add(pause));
    let mut looks = 0;
    let outcome = wait_for(until, |waiter| {
        looks += 1;
        shared.doorbell.register(waiter);
        for device in engine.devices() {
            device.wake_on_event(&waiter.waker());
        }
        // The second look comes of a wake-up: whoever it was, the engine will find out.
        if looks > 1 || shared.doorbell.is_rung() { Poll::Ready(()) } else { Poll::Pending }
    });
    match outcome {
        Ok(()) | Err(WaitError::TimedOut | WaitError::Cancelled) => {}
    }
}
