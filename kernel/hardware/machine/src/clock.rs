//! Time: the TSC, calibrated against the PIT, with the wall clock from the RTC.
//!
//! Pairs of a latched PIT count and a tight TSC window give the ratio: a host that stops the machine between two pairs
//! changes both counts alike, where a single timed delay would read wrong.

use crate::port::Port;
use crate::{apic, rtc, vectors};
use core::sync::atomic::{AtomicU64, Ordering};
use interfaces::Clock;

/// The PIT's frequency (Intel 8254 data sheet; the PC's 14.31818 MHz / 12).
const PIT_HZ: u64 = 1_193_182;
/// PIT ticks over which the ratio is taken: 5 ms.
const CALIBRATION_TICKS: u64 = 6000;
const NS_PER_S: u64 = 1_000_000_000;

static TSC_HZ: AtomicU64 = AtomicU64::new(0);
/// Nanoseconds a TSC tick, times 2^32.
static NS_PER_TICK: AtomicU64 = AtomicU64::new(0);
static TSC_AT_BOOT: AtomicU64 = AtomicU64::new(0);
static REALTIME_AT_BOOT: AtomicU64 = AtomicU64::new(0);
/// Local APIC timer ticks a nanosecond, times 2^32.
static TIMER_TICKS_PER_NS: AtomicU64 = AtomicU64::new(0);

fn tsc() -> u64 {
    // SAFETY: every x86-64 CPU has the instruction, and the kernel does not disable it.
    unsafe { x86::time::rdtsc() }
}

/// The TSC's frequency in Hz.
#[must_use]
pub fn tsc_hz() -> u64 {
    TSC_HZ.load(Ordering::Relaxed)
}

/// Nanoseconds since boot.
#[must_use]
pub fn monotonic_ns() -> u64 {
    let ticks = tsc().saturating_sub(TSC_AT_BOOT.load(Ordering::Relaxed));
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

#[derive(Clone, Copy)]
struct Sample {
    window: u64,
    tsc: u64,
    pit: u64,
    timer: u64,
}

struct Pit {
    control: Port<u8>,
    channel_2: Port<u8>,
    gate: Port<u8>,
}

impl Pit {
    /// Starts channel 2 counting down from 65535 (mode 0), with the speaker off.
    fn start() -> Pit {
        // SAFETY: the PIT of a PC stands at these ports.
        let [control, channel_2, gate] = [0x43, 0x42, 0x61].map(|port| unsafe { Port::new(port) });
        let pit = Pit { control, channel_2, gate };
        pit.gate.write(pit.gate.read() & !2 | 1);
        pit.control.write(0xB0);
        pit.channel_2.write(0xFF);
        pit.channel_2.write(0xFF);
        pit
    }

    /// The tightest of a few readings of all three counters.
    fn sample(&self) -> Sample {
        let mut best = Sample { window: u64::MAX, tsc: 0, pit: 0, timer: 0 };
        for _ in 0..8 {
            let before = tsc();
            self.control.write(0x80);
            let timer = apic::timer_count();
            let after = tsc();
            let pit = u64::from(self.channel_2.read()) | u64::from(self.channel_2.read()) << 8;
            if after - before < best.window {
                best =
                    Sample { window: after - before, tsc: before + (after - before) / 2, pit, timer: u64::from(timer) };
            }
        }
        best
    }
}

/// Calibrates the TSC and the local APIC's timer, which must be enabled, and reads the wall clock.
pub fn init() {
    let pit = Pit::start();
    apic::run_timer_masked();
    let first = pit.sample();
    let last = loop {
        let sample = pit.sample();
        if first.pit.wrapping_sub(sample.pit) & 0xFFFF >= CALIBRATION_TICKS {
            break sample;
        }
    };
    let elapsed = first.pit.wrapping_sub(last.pit) & 0xFFFF;
    let hz = ((last.tsc - first.tsc) * PIT_HZ / elapsed).max(1);
    let timer_hz = (first.timer - last.timer) * PIT_HZ / elapsed;
    TSC_HZ.store(hz, Ordering::Relaxed);
    NS_PER_TICK.store(((u128::from(NS_PER_S) << 32) / u128::from(hz)) as u64, Ordering::Relaxed);
    TSC_AT_BOOT.store(first.tsc, Ordering::Relaxed);
    TIMER_TICKS_PER_NS.store(((u128::from(timer_hz) << 32) / u128::from(NS_PER_S)) as u64, Ordering::Relaxed);
    REALTIME_AT_BOOT.store(rtc::read_seconds() * NS_PER_S, Ordering::Relaxed);
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
