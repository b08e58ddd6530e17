//! `uptime`: how long the machine has been running.

use super::{Call, Failure, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let text = call.read_text("/proc/uptime")?;
    let seconds = text.split(['.', ' ']).next().and_then(|seconds| seconds.trim().parse::<u64>().ok());
    let seconds = seconds.ok_or_else(|| Failure::Error("/proc/uptime makes no sense".into()))?;
    let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60);
    let days = if days > 0 { format!("{days} d ") } else { String::new() };
    writeln!(call.out(), "up {days}{hours:02}:{minutes:02}:{:02}", seconds % 60)?;
    call.status()
}
