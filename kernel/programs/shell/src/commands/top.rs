//! `top`: what the machine is doing, again and again.
//!
//! On a terminal it draws over what it drew before, in raw mode, until q or ^C; elsewhere it prints one picture after the other.

use super::call::memory_field;
use super::format::Unit;
use super::{Call, Failure, Outcome};
use editor::{Background, RawTerminal};
use interfaces::Errno;
use process::Process;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wait::Waiter;

pub(super) const DETAILS: &str = "\
  -d SECONDS  draw that often, instead of every two  -n COUNT  end after so many pictures
q or ^C ends it, a blank draws at once.";

const INTERVAL: Duration = Duration::from_secs(2);
/// Where output goes to no terminal.
const SIZE: (usize, usize) = (80, 24);

pub(super) fn run(call: &Call) -> Outcome {
    let interval = match call.value('d') {
        None => INTERVAL,
        Some(text) => {
            let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let seconds = seconds.filter(|seconds| !seconds.is_zero());
            seconds.ok_or_else(|| Failure::Usage(format!("{text} is no number of seconds above 0")))?
        }
    };
    let terminal = terminal(call);
    let count = match (call.number('n')?, &terminal) {
        (Some(0), _) => return Err(Failure::Usage("-n wants a number above 0".into())),
        (Some(count), _) => count,
        (None, Some(_)) => u64::MAX,
        (None, None) => 1,
    };
    let mut before = Sample::take(call)?;
    // What happened since the start says nothing about now.
    let mut wait = interval.min(Duration::from_millis(500));
    for _ in 0..count {
        if pause(terminal.as_ref(), wait)? == Key::End {
            break;
        }
        let now = Sample::take(call)?;
        let (columns, rows) = size(call);
        let lines = picture(call, &before, &now, rows.saturating_sub(1))?;
        let lines: Vec<String> = lines.iter().map(|line| line.chars().take(columns).collect()).collect();
        let text = match &terminal {
            // From the top, each line and then the rest cleared: nothing flickers.
            Some(_) => format!("\x1b[H{}\x1b[K\r\n\x1b[J", lines.join("\x1b[K\r\n")),
            None => format!("{}\n", lines.join("\n")),
        };
        call.context.stdout.write_all(text.as_bytes())?;
        (before, wait) = (now, interval);
    }
    call.status()
}

/// The terminal in raw mode, where there is one at both ends.
fn terminal(call: &Call) -> Option<RawTerminal> {
    call.context.stdout.as_terminal()?;
    call.context.stdin.as_terminal()?;
    Some(RawTerminal::new(Arc::clone(&call.context.stdin), Arc::clone(&call.context.stdout)))
}

/// Columns and rows of the terminal, if there is one.
fn size(call: &Call) -> (usize, usize) {
    let size = call.context.stdout.as_terminal().map(vfs::Terminal::window_size);
    size.map_or(SIZE, |size| (usize::from(size.columns), usize::from(size.rows)))
}

/// What a user wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Draw,
    End,
}

/// The time of the next picture.
struct Next(Option<Instant>);

impl Background for Next {
    fn deadline(&self) -> Option<Instant> {
        self.0
    }

    fn is_due(&self, _: &Waiter) -> bool {
        false
    }
}

/// Waits for the next picture's time, or a key.
fn pause(terminal: Option<&RawTerminal>, interval: Duration) -> Result<Key, Errno> {
    let Some(terminal) = terminal else {
        wait::sleep(interval)?;
        return Ok(Key::Draw);
    };
    let next = Next(Instant::now().checked_add(interval));
    while terminal.wait_for_key(&next)? {
        match terminal.next_byte() {
            Ok(b'q' | b'Q' | 0x03 | 0x04) | Err(Errno::EIO) => return Ok(Key::End),
            Ok(b' ' | b'\r') => return Ok(Key::Draw),
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Key::Draw)
}

/// What has been used up to a moment.
struct Sample {
    at: Instant,
    /// For all CPUs and for each: ticks in all, and idle ones.
    cpus: Vec<(u64, u64)>,
    processes: BTreeMap<u32, Duration>,
}

impl Sample {
    fn take(call: &Call) -> Result<Sample, Failure> {
        let processes = call.context.table.list();
        let processes = processes.iter().map(|process| (process.pid(), process.cpu_time())).collect();
        let text = call.read_text("/proc/stat")?;
        let cpus = text.lines().filter(|line| line.starts_with("cpu")).map(ticks).collect();
        Ok(Sample { at: Instant::now(), cpus, processes })
    }
}

/// The ticks of a line of `/proc/stat`: user, nice, system, idle and so on.
fn ticks(line: &str) -> (u64, u64) {
    let ticks: Vec<u64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    (ticks.iter().sum(), ticks.get(3).copied().unwrap_or(0))
}

/// The lines of a picture, at most so many.
fn picture(call: &Call, before: &Sample, now: &Sample, rows: usize) -> Result<Vec<String>, Failure> {
    let list = call.context.table.list();
    let up = call.context.table.started().elapsed().as_secs();
    let threads: usize = list.iter().map(|process| process.threads()).sum();
    let (hours, minutes, seconds) = (up / 3600, up / 60 % 60, up % 60);
    let mut lines = vec![format!("up {hours}:{minutes:02}:{seconds:02}, {} processes, {threads} threads", list.len())];
    lines.push(format!("CPU {}", usage(before, now)));
    lines.push(memory(&call.read_text("/proc/meminfo")?));
    lines.push(String::new());
    lines.push(format!("{:>6} {:>6} {:>10} {:>4}  COMMAND", "PID", "%CPU", "TIME", "THR"));
    let elapsed = now.at.duration_since(before.at).as_secs_f64();
    let mut rated: Vec<(f64, &Arc<Process>)> =
        list.iter().map(|process| (share(process, before, elapsed), process)).collect();
    rated.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    lines.extend(rated.iter().map(|(share, process)| {
        let time = process.cpu_time().as_secs_f64();
        let (pid, threads, command) = (process.pid(), process.threads(), process.args().join(" "));
        // On one line, whatever is in it.
        let command = command.replace(char::is_control, "?");
        format!("{pid:>6} {share:>6.1} {time:>10.2} {threads:>4}  {command}")
    }));
    lines.truncate(rows.max(1));
    Ok(lines)
}

/// How busy the CPUs were.
fn usage(before: &Sample, now: &Sample) -> String {
    let busy = |(now, before): (&(u64, u64), &(u64, u64))| {
        let (all, idle) = (now.0.saturating_sub(before.0), now.1.saturating_sub(before.1));
        let busy = all.saturating_sub(idle) * 100;
        format!("{:>3}%", busy.checked_div(all).unwrap_or(0))
    };
    let each: Vec<String> = now.cpus.iter().zip(&before.cpus).map(busy).collect();
    match each.split_first() {
        Some((all, each)) => format!("{all} busy, each {}", each.join(" ")),
        None => "unknown".into(),
    }
}

fn memory(text: &str) -> String {
    let field = |name| memory_field(text, name).unwrap_or(0);
    let (total, free) = (field("MemTotal:"), field("MemFree:"));
    let [total, used, free] = [total, total.saturating_sub(free), free].map(|bytes| Unit::Human.format(bytes));
    format!("Mem {total} in all, {used} used, {free} free")
}

/// The part of one CPU that a process took, in percent.
fn share(process: &Process, before: &Sample, elapsed: f64) -> f64 {
    let earlier = before.processes.get(&process.pid()).copied().unwrap_or_default();
    let used = process.cpu_time().saturating_sub(earlier).as_secs_f64();
    if elapsed > 0.0 { used / elapsed * 100.0 } else { 0.0 }
}
