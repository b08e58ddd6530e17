//! How fast the TSC and the local APIC's timer count.
//!
//! Measured against the PIT where there is one: pairs of a latched PIT count and a tight TSC window give the ratio, so that
//! a host which stops the machine between two pairs changes both counts alike, where a single timed delay would read
//! wrong. Boards of today may have their PIT switched off. Then the CPU may tell the TSC's rate (Intel SDM vol. 2, CPUID
//! leaves 15H and 16H; hypervisors in leaf 40000010H); else the seconds of the real-time clock are waited for.

use crate::port::Port;
use crate::{apic, rtc};
use raw_cpuid::CpuId;

/// The PIT's frequency (Intel 8254 data sheet; the PC's 14.31818 MHz / 12).
const PIT_HZ: u64 = 1_193_182;
/// PIT ticks over which the ratio is taken: 5 ms.
const PIT_TICKS: u64 = 6000;
/// The counter ends after 55 ms. A busy host may stop the machine for longer than that.
const PIT_TRIES: usize = 20;
/// TSC ticks after which a counter that has not moved stands still: a fifth of a second or more.
const PATIENCE: u64 = 1 << 30;
/// The same for one that moves once a second.
const SECOND_PATIENCE: u64 = 1 << 34;

/// Where the rates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Pit,
    Cpu,
    Rtc,
}

impl Source {
    /// Its name, unless it is the usual one.
    pub(crate) fn if_not_pit(self) -> Option<&'static str> {
        match self {
            Source::Pit => None,
            Source::Cpu => Some("what the CPU says"),
            Source::Rtc => Some("the real-time clock"),
        }
    }
}

/// What was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    pub(crate) tsc_hz: u64,
    pub(crate) timer_hz: u64,
    /// The TSC when measuring began.
    pub(crate) measured_at: u64,
    pub(crate) source: Source,
}

/// The TSC.
pub(crate) fn tsc() -> u64 {
    // SAFETY: every x86-64 CPU has the instruction, and the kernel does not disable it.
    unsafe { x86::time::rdtsc() }
}

/// Finds the rates; `None` on a machine that has nothing to measure against.
pub(crate) fn measure() -> Option<Rates> {
    apic::run_timer_masked();
    by_pit().or_else(by_cpu).or_else(by_rtc)
}

/// The two counters that are to be measured, and the PIT's, at one moment.
#[derive(Clone, Copy)]
struct Sample {
    window: u64,
    tsc: u64,
    pit: u64,
    timer: u64,
}

impl Sample {
    /// The tightest of a few readings.
    fn take(pit: Option<&Pit>) -> Sample {
        let mut best = Sample { window: u64::MAX, tsc: 0, pit: 0, timer: 0 };
        for _ in 0..8 {
            let before = tsc();
            if let Some(pit) = pit {
                pit.latch();
            }
            let timer = u64::from(apic::timer_count());
            let after = tsc();
            let pit = pit.map_or(0, Pit::latched);
            if after - before < best.window {
                best = Sample { window: after - before, tsc: before + (after - before) / 2, pit, timer };
            }
        }
        best
    }

    /// The rates, if between this sample and `last` there were `ticks` of something with `hz` ticks a second.
    fn rates(&self, last: &Sample, ticks: u64, hz: u64, source: Source) -> Rates {
        let rate = |count: u64| u64::try_from(u128::from(count) * u128::from(hz) / u128::from(ticks.max(1)));
        // The timer counts down.
        let (tsc, timer) = (last.tsc.saturating_sub(self.tsc), self.timer.saturating_sub(last.timer));
        let [tsc_hz, timer_hz] = [tsc, timer].map(|count| rate(count).unwrap_or(u64::MAX).max(1));
        Rates { tsc_hz, timer_hz, measured_at: self.tsc, source }
    }
}

/// The PIT's channel 2.
struct Pit {
    control: Port<u8>,
    counter: Port<u8>,
    gate: Port<u8>,
}

impl Pit {
    /// Starts it counting down from 65535 (mode 0), with the speaker off.
    fn start() -> Pit {
        // SAFETY: the PIT of a PC stands at these ports.
        let [control, counter, gate] = [0x43, 0x42, 0x61].map(|port| unsafe { Port::new(port) });
        let pit = Pit { control, counter, gate };
        pit.gate.write(pit.gate.read() & !2 | 1);
        pit.control.write(0xB0);
        pit.counter.write(0xFF);
        pit.counter.write(0xFF);
        pit
    }

    fn latch(&self) {
        self.control.write(0x80);
    }

    fn latched(&self) -> u64 {
        u64::from(self.counter.read()) | u64::from(self.counter.read()) << 8
    }

    /// Whether it has come to 0, from where it goes on with 65535: its output is high then.
    fn has_ended(&self) -> bool {
        const OUTPUT: u8 = 1 << 5;
        self.gate.read() & OUTPUT != 0
    }
}

/// Why the PIT gave no rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    StandsStill,
    /// It came to its end meanwhile.
    Ended,
}

fn by_pit() -> Option<Rates> {
    for _ in 0..PIT_TRIES {
        match count_down(Pit::has_ended) {
            Err(Failure::Ended) => {}
            result => return result.ok(),
        }
    }
    // Its output seems to be high for ever: a machine may have a PIT without the port that shows that.
    count_down(|_| false).ok()
}

fn count_down(has_ended: impl Fn(&Pit) -> bool) -> Result<Rates, Failure> {
    let pit = Pit::start();
    let first = Sample::take(Some(&pit));
    loop {
        let sample = Sample::take(Some(&pit));
        let ticks = first.pit.wrapping_sub(sample.pit) & 0xFFFF;
        if has_ended(&pit) {
            return Err(Failure::Ended);
        }
        if ticks >= PIT_TICKS {
            return Ok(first.rates(&sample, ticks, PIT_HZ, Source::Pit));
        }
        if tsc().saturating_sub(first.tsc) > PATIENCE {
            return Err(Failure::StandsStill);
        }
    }
}

/// Takes the CPU's word for its TSC, and measures the timer against that.
fn by_cpu() -> Option<Rates> {
    let tsc_hz = rate_by_cpuid().filter(|hz| *hz > 0)?;
    let first = Sample::take(None);
    // 5 ms.
    let end = first.tsc + tsc_hz / 200;
    while tsc() < end {
        core::hint::spin_loop();
    }
    let last = Sample::take(None);
    let rates = first.rates(&last, last.tsc - first.tsc, tsc_hz, Source::Cpu);
    Some(Rates { tsc_hz, ..rates })
}

fn rate_by_cpuid() -> Option<u64> {
    let cpuid = CpuId::new();
    let crystal = || cpuid.get_tsc_info().and_then(|info| info.tsc_frequency());
    let hypervisor = || Some(u64::from(cpuid.get_hypervisor_info()?.tsc_frequency()?) * 1000);
    // Where the crystal's rate is missing, the TSC has the base frequency.
    let base = || Some(u64::from(cpuid.get_processor_frequency_info()?.processor_base_frequency()) * 1_000_000);
    let known = |hz: &u64| *hz > 0;
    hypervisor().filter(known).or_else(|| crystal().filter(known)).or_else(|| base().filter(known))
}

fn by_rtc() -> Option<Rates> {
    let tick = || {
        let (start, second) = (tsc(), rtc::second());
        while rtc::second() == second {
            if tsc().saturating_sub(start) > SECOND_PATIENCE {
                return None;
            }
        }
        Some(Sample::take(None))
    };
    let (first, last) = (tick()?, tick()?);
    Some(first.rates(&last, 1, 1, Source::Rtc))
}
