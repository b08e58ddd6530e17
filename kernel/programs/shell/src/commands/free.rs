//! `free`: how much memory there is, and how much of it is free.

use super::call::memory_field;
use super::format::Unit;
use super::{Call, Failure, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let text = call.read_text("/proc/meminfo")?;
    let field =
        |name| memory_field(&text, name).ok_or_else(|| Failure::Error(format!("/proc/meminfo does not say {name}")));
    let (total, free) = (field("MemTotal:")?, field("MemFree:")?);
    let unit = if call.has('h') { Unit::Human } else { Unit::Bytes };
    let mut out = call.out();
    writeln!(out, "{:>20} {:>14} {:>14}", "total", "used", "free")?;
    let [total, used, free] = [total, total.saturating_sub(free), free].map(|bytes| unit.format(bytes));
    writeln!(out, "Mem:  {total:>14} {used:>14} {free:>14}")?;
    call.status()
}
