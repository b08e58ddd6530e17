//! Time: the TSC, whose rate `rates` finds, with the wall clock from the RTC.

use crate::{apic, rates, rtc, vectors};
use core::sync::atomic::{AtomicU64, Ordering};
use interfaces::Clock;

const NS_PER_S: u64 = 1_000_000_000;

static TSC_HZ: AtomicU64 = AtomicU64::new(0);
/// Nanoseconds a TSC tick, times 2^32.
static NS_PER_TICK: AtomicU64 = AtomicU64::new(0);
static TSC_AT_BOOT: AtomicU64 = AtomicU64::new(0);
static REALTIME_AT_BOOT: AtomicU64 = AtomicU64::new(0);
/// Local APIC timer ticks a nanosecond, times 2^32.
static TIMER_TICKS_PER_NS: AtomicU64 = AtomicU64::new(0);

/// The TSC's frequency in Hz.
#[must_use]
pub fn tsc_hz() -> u64 {
    TSC_HZ.load(Ordering::Relaxed)
}

/// Nanoseconds since boot.
#[must_use]
pub fn monotonic_ns() -> u64 {
    let ticks = rates::tsc().saturating_sub(TSC_AT_BOOT.load(Ordering::Relaxed));
    ((u128::from(ticks) * u128::from(NS_PER_TICK.load(Ordering::Relaxed))) >> 32) as u64
}

/// Arms this CPU's timer to interrupt at `deadline_ns` since boot, or disarms it.
pub fn arm_timer(deadline_ns: Option<u64>) {
    let count = deadline_ns.map_or(0, |deadline| {
        let left = deadline.saturating_sub(monotonic_ns());
        let ticks = (u128::from(left) * u128::from(TIMER_TICKS_PER_NS.load(Ordering::Relaxed))) >> 32;
        // A long wait is taken in steps: the handler looks at the clock and arms again.
        (ticks + 1).min(u128::from(u32::MAX)) as u32
    });
    apic::arm_timer(vectors::TIMER, count);
}

/// Waits `microseconds` in a loop, for devices that need it.
pub fn spin_us(microseconds: u64) {
    let until = monotonic_ns() + microseconds * 1000;
    while monotonic_ns() < until {
        core::hint::spin_loop();
    }
}

/// Where the clocks have what they say from.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// What their rate was measured by; `None`: by the PIT, as on every PC that has one.
    pub other_rate: Option<&'static str>,
    /// Whether something told the time of day; else it begins at 0.
    pub knows_time: bool,
}

/// Finds out how fast the TSC and the local APIC's timer count, which must be enabled, and reads the wall clock. `None` on a
/// machine without anything to measure by, where nothing would ever be due.
#[must_use]
pub fn init() -> Option<Sources> {
    let rates = rates::measure()?;
    let per_tick = (u128::from(NS_PER_S) << 32) / u128::from(rates.tsc_hz);
    let per_ns = (u128::from(rates.timer_hz) << 32) / u128::from(NS_PER_S);
    TSC_HZ.store(rates.tsc_hz, Ordering::Relaxed);
    NS_PER_TICK.store(per_tick as u64, Ordering::Relaxed);
    TSC_AT_BOOT.store(rates.measured_at, Ordering::Relaxed);
    TIMER_TICKS_PER_NS.store(per_ns as u64, Ordering::Relaxed);
    let time = rtc::read_seconds();
    REALTIME_AT_BOOT.store(time.unwrap_or(0) * NS_PER_S, Ordering::Relaxed);
    Some(Sources { other_rate: rates.source.if_not_pit(), knows_time: time.is_some() })
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct MachineClock;

impl Clock for MachineClock {
    fn monotonic_ns(&self) -> u64 {
        monotonic_ns()
    }

    fn realtime_ns(&self) -> u64 {
        REALTIME_AT_BOOT.load(Ordering::Relaxed) + monotonic_ns()
    }

    fn set_realtime_ns(&self, now: u64) {
        REALTIME_AT_BOOT.store(now.saturating_sub(monotonic_ns()), Ordering::Relaxed);
    }

    fn resolution_ns(&self) -> u64 {
        (NS_PER_S / tsc_hz().max(1)).max(1)
    }
}
