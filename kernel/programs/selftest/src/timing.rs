//! What threads cost, in std alone.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often each thing is done.
const ROUNDS: u32 = 2_000;

/// A line for each thing: its name, a tab, nanoseconds.
#[must_use]
pub fn report() -> String {
    format!("switch\t{}\nspawn\t{}\n", context_switch().as_nanos(), spawn().as_nanos())
}

/// From one thread to another that waits for it: half of a round trip.
#[must_use]
pub fn context_switch() -> Duration {
    let ball = Arc::new(Ball::default());
    let other = Arc::clone(&ball);
    let start = Instant::now();
    let player = thread::spawn(move || (0..ROUNDS).for_each(|round| other.play(2 * round + 1)));
    (0..ROUNDS).for_each(|round| ball.play(2 * round));
    // A player that panicked has shown why.
    let _ = player.join();
    start.elapsed() / (2 * ROUNDS)
}

/// A thread's whole life, its end awaited.
#[must_use]
pub fn spawn() -> Duration {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        let _ = thread::spawn(|| ()).join();
    }
    start.elapsed() / ROUNDS
}

/// Two players wait for the ball in turns.
#[derive(Default)]
struct Ball {
    turn: Mutex<u32>,
    moved: Condvar,
}

impl Ball {
    /// Waits for this turn and ends it.
    fn play(&self, mine: u32) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut turn = self.moved.wait_while(turn, |turn| *turn != mine).unwrap_or_else(PoisonError::into_inner);
        *turn += 1;
        self.moved.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_timed() {
        let report = report();
        let names: Vec<_> = report.lines().filter_map(|line| line.split_once('\t')).map(|(name, _)| name).collect();
        assert_eq!(names, ["switch", "spawn"]);
    }
}
