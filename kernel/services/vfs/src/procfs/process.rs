//! The files of a process's folder in `/proc`, in Linux's formats (proc(5)).

use super::facts::{ProcessInfo, ProcessState};
use super::machine::ticks;

/// Such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProcessFile {
    Cmdline,
    Comm,
    Stat,
    Status,
}

impl ProcessFile {
    /// Every one by name.
    pub(super) const ALL: [(&str, ProcessFile); 4] = [
        ("cmdline", ProcessFile::Cmdline),
        ("comm", ProcessFile::Comm),
        ("stat", ProcessFile::Stat),
        ("status", ProcessFile::Status),
    ];
}

pub(super) fn text(pid: u32, info: &ProcessInfo, file: ProcessFile) -> String {
    match file {
        ProcessFile::Cmdline => info.args.iter().flat_map(|argument| [argument.as_str(), "\0"]).collect(),
        ProcessFile::Comm => format!("{}\n", info.name),
        ProcessFile::Stat => stat(pid, info),
        ProcessFile::Status => status(pid, info),
    }
}

/// Fields by their numbers in proc(5); what does not exist here is 0.
fn stat(pid: u32, info: &ProcessInfo) -> String {
    let state = letter(info.state);
    let mut fields = [0; 50];
    // The array begins with field 3, which is the state.
    let mut set = |number: usize, value: u64| {
        if let Some(field) = number.checked_sub(3).and_then(|at| fields.get_mut(at)) {
            *field = value;
        }
    };
    set(4, u64::from(info.parent));
    set(5, u64::from(info.group));
    set(6, u64::from(info.group));
    set(14, ticks(info.cpu_time_ns));
    set(20, info.threads as u64);
    set(22, ticks(info.started_ns));
    let numbers: Vec<String> = fields.iter().skip(1).map(u64::to_string).collect();
    format!("{pid} ({}) {state} {}\n", info.name, numbers.join(" "))
}

fn status(pid: u32, info: &ProcessInfo) -> String {
    let word = match info.state {
        ProcessState::Running => "running",
        ProcessState::Sleeping => "sleeping",
    };
    let ProcessInfo { name, parent, group, threads, .. } = info;
    let state = letter(info.state);
    format!(
        "Name:\t{name}\nState:\t{state} ({word})\nPid:\t{pid}\nPPid:\t{parent}\nNSpgid:\t{group}\nThreads:\t{threads}\n"
    )
}

fn letter(state: ProcessState) -> char {
    match state {
        ProcessState::Running => 'R',
        ProcessState::Sleeping => 'S',
    }
}
