//! Load averages.

use std::time::Duration;

/// How many CPUs were busy, on average over the last 1, 5 and 15 minutes.
///
/// Nothing samples in the background: a look covers the time since the look before, as if the load had been even. The
/// weight of the past falls by `e` in each period, as in Linux's averages; unlike there, threads that wait for a CPU do
/// not count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LoadAverage {
    averages: [f64; 3],
    at: Duration,
    busy: Duration,
}

const PERIODS_S: [f64; 3] = [60.0, 300.0, 900.0];

impl LoadAverage {
    /// The averages at the time `at` since boot, up to which CPUs were busy for `busy` in sum.
    pub(super) fn update(&mut self, at: Duration, busy: Duration) -> [f64; 3] {
        let passed = at.saturating_sub(self.at).as_secs_f64();
        if passed > 0.0 {
            let load = busy.saturating_sub(self.busy).as_secs_f64() / passed;
            for (average, period) in self.averages.iter_mut().zip(PERIODS_S) {
                let past = (-passed / period).exp();
                *average = *average * past + load * (1.0 - past);
            }
            (self.at, self.busy) = (at, busy);
        }
        self.averages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_approach_the_load_and_forget_it() {
        let mut load = LoadAverage::default();
        let seconds = Duration::from_secs;
        let [one, five, fifteen] = load.update(seconds(60), seconds(120));
        assert!((one - 2.0 * (1.0 - (-1.0f64).exp())).abs() < 1e-9);
        assert!(one > five && five > fifteen && fifteen > 0.0);
        assert_eq!(load.update(seconds(60), seconds(120)), [one, five, fifteen]);
        assert!(load.update(seconds(3660), seconds(120))[0] < 1e-9);
    }
}
