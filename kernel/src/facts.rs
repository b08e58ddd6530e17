//! Facts on this machine, for `/proc` and the commands that show it.

use interfaces::{CpuTimes, MachineInfo};
use machine::{clock, heap, identify};
use std_abi::threads;

/// The machine that this kernel runs on.
pub(crate) struct ThisMachine;

impl MachineInfo for ThisMachine {
    fn cpu_model(&self) -> (String, u64) {
        (identify::model(), clock::tsc_hz())
    }

    fn cpu_features(&self) -> Vec<&'static str> {
        identify::features()
    }

    fn cpu_times(&self) -> Vec<CpuTimes> {
        threads::cpu_times().into_iter().map(|(busy_ns, idle_ns)| CpuTimes { busy_ns, idle_ns }).collect()
    }

    fn memory(&self) -> (u64, u64) {
        let (total, free) = heap::statistics();
        (total as u64, free as u64)
    }
}
