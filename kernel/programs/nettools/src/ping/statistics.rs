//! What `ping` counts.

use std::fmt::Write as _;
use std::time::Duration;

/// Counts, and times of replies.
#[derive(Default)]
pub(super) struct Statistics {
    pub(super) sent: u64,
    pub(super) received: u64,
    /// Replies beyond the first to a request, or too late.
    pub(super) duplicates: u64,
    pub(super) errors: u64,
    shortest: Option<Duration>,
    longest: Duration,
    /// In seconds, and their squares.
    sum: f64,
    squares: f64,
}

impl Statistics {
    pub(super) fn note(&mut self, time: Duration) {
        self.received += 1;
        self.shortest = Some(self.shortest.map_or(time, |known| known.min(time)));
        self.longest = self.longest.max(time);
        self.sum += time.as_secs_f64();
        self.squares += time.as_secs_f64().powi(2);
    }

    /// Two lines, as iputils has them.
    pub(super) fn summary(&self, elapsed: Duration) -> String {
        let mut text = format!("{} packets transmitted, {} received", self.sent, self.received);
        // Writing to a string cannot fail.
        if self.duplicates > 0 {
            let _ = write!(text, ", +{} duplicates", self.duplicates);
        }
        if self.errors > 0 {
            let _ = write!(text, ", +{} errors", self.errors);
        }
        let lost = self.sent.saturating_sub(self.received);
        let percent = (lost * 100).checked_div(self.sent).unwrap_or(0);
        let _ = writeln!(text, ", {percent}% packet loss, time {}ms", elapsed.as_millis());
        let Some(shortest) = self.shortest else { return text };
        let mean = self.sum / self.received as f64;
        let deviation = (self.squares / self.received as f64 - mean * mean).max(0.0).sqrt();
        let [mean, deviation] = [mean, deviation].map(Duration::from_secs_f64);
        let times = [shortest, mean, self.longest, deviation].map(milliseconds).join("/");
        let _ = writeln!(text, "rtt min/avg/max/mdev = {times} ms");
        text
    }
}

/// With three digits, as iputils has them.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_what_is_missing() {
        let mut statistics = Statistics { sent: 4, ..Statistics::default() };
        let none = statistics.summary(Duration::from_millis(3005));
        assert_eq!(none, "4 packets transmitted, 0 received, 100% packet loss, time 3005ms\n");
        for milliseconds in [1, 2, 3] {
            statistics.note(Duration::from_millis(milliseconds));
        }
        statistics.duplicates = 1;
        assert_eq!(
            statistics.summary(Duration::from_millis(3005)),
            "4 packets transmitted, 3 received, +1 duplicates, 25% packet loss, time 3005ms\n\
             rtt min/avg/max/mdev = 1.000/2.000/3.000/0.816 ms\n"
        );
    }
}
