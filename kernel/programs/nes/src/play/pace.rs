//! When a frame is due, and whether there is time to draw it.

use crate::console::Drawing;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Frames that are left undrawn in a row at most.
const SKIPPED_AT_MOST: u32 = 4;
/// A machine that is later than this does not catch up any more.
const TOO_LATE: Duration = Duration::from_millis(250);
/// How long the frame rate is measured.
const WINDOW: Duration = Duration::from_secs(1);

/// The clock of a game.
pub(crate) struct Pace {
    period: Duration,
    /// When the frame that runs has its place.
    due: Instant,
    skipped: u32,
    /// When the frames of the last second began, and whether they were drawn.
    recent: VecDeque<(Instant, Drawing)>,
}

impl Pace {
    pub(crate) fn new(frames_per_second: f64, now: Instant) -> Pace {
        Pace { period: Duration::from_secs_f64(1.0 / frames_per_second), due: now, skipped: 0, recent: VecDeque::new() }
    }

    /// Goes on with so many frames a second.
    pub(crate) fn set_rate(&mut self, frames_per_second: f64, now: Instant) {
        let period = Duration::from_secs_f64(1.0 / frames_per_second);
        if period != self.period {
            *self = Pace::new(frames_per_second, now);
        }
    }

    /// Begins the next frame: says whether it is drawn. One that comes late is not, so that the game keeps its speed.
    pub(crate) fn begin_frame(&mut self, now: Instant) -> Drawing {
        let late = now.saturating_duration_since(self.due);
        if late > TOO_LATE {
            self.due = now;
        }
        let skip = late > self.period && self.skipped < SKIPPED_AT_MOST;
        self.skipped = if skip { self.skipped + 1 } else { 0 };
        self.due += self.period;
        let drawing = if skip { Drawing::Off } else { Drawing::On };
        self.recent.push_back((now, drawing));
        while self.recent.front().is_some_and(|(then, _)| now.saturating_duration_since(*then) > WINDOW) {
            self.recent.pop_front();
        }
        drawing
    }

    /// When the next frame may begin.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Counts from `now` on.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.due = now;
        self.skipped = 0;
        self.recent.clear();
    }

    /// Frames of the last second: run, and drawn.
    pub(crate) fn rates(&self) -> (usize, usize) {
        let drawn = self.recent.iter().filter(|(_, drawing)| *drawing == Drawing::On).count();
        (self.recent.len(), drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_quick_machine_draws_every_frame_and_is_never_faster() {
        let start = Instant::now();
        let mut pace = Pace::new(50.0, start);
        for number in 0..100u32 {
            let begin = start + 20 * MS * number;
            assert_eq!(pace.begin_frame(begin), Drawing::On);
            assert_eq!(pace.due(), begin + 20 * MS);
        }
        assert_eq!(pace.rates(), (51, 51));
    }

    #[test]
    fn a_late_machine_leaves_out_drawing_and_catches_up() {
        let start = Instant::now();
        let mut pace = Pace::new(50.0, start);
        pace.begin_frame(start);
        // 100 ms late: as many frames as that are run without a pause, and most are not drawn.
        let now = start + 120 * MS;
        let drawn: Vec<Drawing> = (0..5).map(|_| pace.begin_frame(now)).collect();
        assert_eq!(drawn, [Drawing::Off, Drawing::Off, Drawing::Off, Drawing::Off, Drawing::On]);
        assert_eq!(pace.due(), start + 120 * MS);
    }

    #[test]
    fn what_is_too_late_is_not_caught_up_with() {
        let start = Instant::now();
        let mut pace = Pace::new(50.0, start);
        let now = start + 10_000 * MS;
        pace.begin_frame(now);
        assert_eq!(pace.due(), now + 20 * MS);
    }
}
