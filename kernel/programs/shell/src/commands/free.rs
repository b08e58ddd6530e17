//! `free`: how much memory there is, and how much of it is free.

use super::format::Unit;
use super::{Call, Failure, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let text = call.read_text("/proc/meminfo")?;
    let total = field(&text, "MemTotal:")?;
    let free = field(&text, "MemFree:")?;
    let unit = if call.has('h') { Unit::Human } else { Unit::Bytes };
    let mut out = call.out();
    writeln!(out, "{:>20} {:>14} {:>14}", "total", "used", "free")?;
    let [total, used, free] = [total, total.saturating_sub(free), free].map(|bytes| unit.format(bytes));
    writeln!(out, "Mem:  {total:>14} {used:>14} {free:>14}")?;
    call.status()
}

/// A field of `/proc/meminfo`, in bytes.
fn field(text: &str, name: &str) -> Result<u64, Failure> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let bytes = kibibytes.and_then(|kibibytes| kibibytes.checked_mul(1024));
    bytes.ok_or_else(|| Failure::Error(format!("/proc/meminfo does not say {name}")))
}
