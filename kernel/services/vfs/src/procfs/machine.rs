//! The files of `/proc` on the machine, in Linux's formats (proc(5)).

use super::facts::{Facts, ProcessState};
use crate::sync::lock;
use interfaces::CpuTimes;
use std::fmt::Write;
use std::time::Duration;

/// Such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MachineFile {
    Cmdline,
    Cpuinfo,
    Loadavg,
    Meminfo,
    Mounts,
    Stat,
    Uptime,
    Version,
}

impl MachineFile {
    /// Every one by name.
    pub(super) const ALL: [(&str, MachineFile); 8] = [
        ("cmdline", MachineFile::Cmdline),
        ("cpuinfo", MachineFile::Cpuinfo),
        ("loadavg", MachineFile::Loadavg),
        ("meminfo", MachineFile::Meminfo),
        ("mounts", MachineFile::Mounts),
        ("stat", MachineFile::Stat),
        ("uptime", MachineFile::Uptime),
        ("version", MachineFile::Version),
    ];
}

pub(super) fn text(facts: &Facts, file: MachineFile) -> String {
    match file {
        MachineFile::Cmdline => line(&facts.machine.command_line),
        MachineFile::Cpuinfo => cpuinfo(facts),
        MachineFile::Loadavg => loadavg(facts),
        MachineFile::Meminfo => meminfo(facts),
        MachineFile::Mounts => mounts(facts),
        MachineFile::Stat => stat(facts),
        MachineFile::Uptime => uptime(facts),
        MachineFile::Version => line(&facts.machine.version),
    }
}

fn line(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

fn cpuinfo(facts: &Facts) -> String {
    let (model, hz) = facts.machine.info.cpu_model();
    let flags = facts.machine.info.cpu_features().join(" ");
    let cpus = facts.machine.info.cpu_times().len();
    let (mhz, khz) = (hz / 1_000_000, hz / 1000 % 1000);
    let cpu = |number| {
        format!("processor\t: {number}\nmodel name\t: {model}\ncpu MHz\t\t: {mhz}.{khz:03}\nflags\t\t: {flags}\n\n")
    };
    (0..cpus).map(cpu).collect()
}

fn loadavg(facts: &Facts) -> String {
    let busy = cpu_sum(&facts.machine.info.cpu_times()).busy_ns;
    let at = Duration::from_nanos(facts.machine.clock.monotonic_ns());
    let [one, five, fifteen] = lock(&facts.load).update(at, Duration::from_nanos(busy));
    let processes = facts.source.processes();
    let last = processes.last().copied().unwrap_or(0);
    let running = running(facts, &processes);
    format!("{one:.2} {five:.2} {fifteen:.2} {running}/{} {last}\n", processes.len())
}

fn meminfo(facts: &Facts) -> String {
    let (total, free) = facts.machine.info.memory();
    let row = |name: &str, bytes: u64| format!("{:<16}{:>8} kB\n", format!("{name}:"), bytes / 1024);
    [row("MemTotal", total), row("MemFree", free), row("MemAvailable", free)].concat()
}

fn mounts(facts: &Facts) -> String {
    let mounts = facts.machine.vfs.upgrade().map(|vfs| vfs.mounts()).unwrap_or_default();
    mounts.iter().map(|mount| format!("{0} {1} {0} rw 0 0\n", mount.kind, escape(&mount.path))).collect()
}

/// White space and backslashes in octal (getmntent(3)).
fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for character in path.chars() {
        match character {
            ' ' | '\t' | '\n' | '\\' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\{:03o}", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

fn stat(facts: &Facts) -> String {
    let times = facts.machine.info.cpu_times();
    let row = |name: &str, times: &CpuTimes| {
        format!("{name} {} 0 0 {} 0 0 0 0 0 0\n", ticks(times.busy_ns), ticks(times.idle_ns))
    };
    let mut text = row("cpu ", &cpu_sum(&times));
    text.extend(times.iter().enumerate().map(|(number, times)| row(&format!("cpu{number}"), times)));
    let clock = &facts.machine.clock;
    let boot_s = clock.realtime_ns().saturating_sub(clock.monotonic_ns()) / 1_000_000_000;
    let running = running(facts, &facts.source.processes());
    let started = facts.source.started();
    text + &format!("btime {boot_s}\nprocesses {started}\nprocs_running {running}\nprocs_blocked 0\n")
}

fn uptime(facts: &Facts) -> String {
    let seconds = |ns: u64| format!("{}.{:02}", ns / 1_000_000_000, ns / 10_000_000 % 100);
    let idle = cpu_sum(&facts.machine.info.cpu_times()).idle_ns;
    format!("{} {}\n", seconds(facts.machine.clock.monotonic_ns()), seconds(idle))
}

fn cpu_sum(times: &[CpuTimes]) -> CpuTimes {
    times.iter().fold(CpuTimes::default(), |sum, times| CpuTimes {
        busy_ns: sum.busy_ns.saturating_add(times.busy_ns),
        idle_ns: sum.idle_ns.saturating_add(times.idle_ns),
    })
}

fn running(facts: &Facts, processes: &[u32]) -> usize {
    let state = |&id: &u32| facts.source.process(id).map(|process| process.state);
    processes.iter().filter_map(state).filter(|&state| state == ProcessState::Running).count()
}

/// Hundredths of a second, as all times in `stat` files are.
pub(super) fn ticks(ns: u64) -> u64 {
    ns / 10_000_000
}
