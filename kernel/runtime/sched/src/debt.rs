//! Recent CPU use, which decides a thread's level.

/// How many levels there are; 0 goes first.
pub const LEVELS: usize = 3;

/// Time in which a debt is halved.
const HALF_LIFE_NS: u64 = 50_000_000;
/// A debt above this makes a thread wait behind those that rarely run.
const BUSY_NS: u64 = 4_000_000;
/// A debt above this makes it wait behind everybody.
const HOG_NS: u64 = 40_000_000;
/// No debt grows above this: what computed for an hour is forgiven as fast as what computed for a second.
const MAX_NS: u64 = 100_000_000;

/// CPU time used lately: a sum that halves every [`HALF_LIFE_NS`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Debt {
    amount_ns: u64,
    at_ns: u64,
}

impl Debt {
    /// Adds `used_ns` that ended at `now`.
    pub(crate) fn charge(&mut self, used_ns: u64, now: u64) {
        self.amount_ns = (self.decayed(now) + used_ns).min(MAX_NS);
        self.at_ns = now;
    }

    /// The level that the debt means at `now`.
    pub(crate) fn level(&self, now: u64) -> usize {
        match self.decayed(now) {
            0..=BUSY_NS => 0,
            amount if amount <= HOG_NS => 1,
            _ => 2,
        }
    }

    fn decayed(&self, now: u64) -> u64 {
        let elapsed = now.saturating_sub(self.at_ns);
        let halvings = elapsed / HALF_LIFE_NS;
        if halvings >= 63 {
            return 0;
        }
        let amount = self.amount_ns >> halvings;
        // Between two halvings the curve is taken to be straight.
        amount - amount / 2 * (elapsed % HALF_LIFE_NS) / HALF_LIFE_NS
    }
}
