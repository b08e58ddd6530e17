//! Clocks.

use crate::context::Context;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};
use interfaces::Errno;

/// `$clockid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClockId {
    Realtime,
    Monotonic,
    /// The CPU time of the process; the one of the thread is the same, since a guest has one thread.
    CpuTime,
}

impl ClockId {
    /// EINVAL for a number that is no clock, as the specification has it.
    pub(super) fn from_number(number: u32) -> Result<ClockId> {
        match number {
            0 => Ok(ClockId::Realtime),
            1 => Ok(ClockId::Monotonic),
            2 | 3 => Ok(ClockId::CpuTime),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    /// What it shows, in nanoseconds. EINVAL when the machine does not have it.
    pub(super) fn now_ns(self, ctx: &Context) -> Result<u64> {
        match self {
            ClockId::Realtime => Ok(ctx.clock.realtime_ns()),
            ClockId::Monotonic => Ok(ctx.clock.monotonic_ns()),
            ClockId::CpuTime => Ok(ctx.cpu_time.as_ref().ok_or(Errno::EINVAL)?()),
        }
    }
}

pub(crate) fn clock_res_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    id: u32,
    resolution: GuestPtr<u64>,
) -> Result<()> {
    ClockId::from_number(id)?.now_ns(ctx)?;
    // The specification wants it not to be zero.
    resolution.write(memory, ctx.clock.resolution_ns().max(1))
}

pub(crate) fn clock_time_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    id: u32,
    _precision_ns: u64,
    time: GuestPtr<u64>,
) -> Result<()> {
    time.write(memory, ClockId::from_number(id)?.now_ns(ctx)?)
}
