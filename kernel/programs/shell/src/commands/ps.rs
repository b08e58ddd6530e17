//! `ps`: the processes.

use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let mut out = call.out();
    writeln!(out, "{:>6} {:>6} {:>4} {:>10}  COMMAND", "PID", "PPID", "THR", "TIME")?;
    for process in call.context.table.list() {
        let time = format!("{:.2}", process.cpu_time().as_secs_f64());
        let command = process.args().join(" ");
        writeln!(out, "{:>6} {:>6} {:>4} {time:>10}  {command}", process.pid(), process.parent(), process.threads())?;
    }
    call.status()
}
