//! Time and randomness as services see them.

/// The machine's clocks. All values are nanoseconds.
pub trait Clock: Send + Sync {
    /// Time since boot; never goes back.
    fn monotonic_ns(&self) -> u64;
    /// Time since 1970-01-01 00:00:00 UTC.
    fn realtime_ns(&self) -> u64;
    /// Sets the wall clock, in nanoseconds since 1970-01-01 00:00:00 UTC.
    fn set_realtime_ns(&self, now: u64);
    /// The smallest step that the clocks show.
    fn resolution_ns(&self) -> u64;
}

/// A cryptographically secure source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `buf`; never blocks after boot and never yields constants.
    fn fill(&self, buf: &mut [u8]);
}
