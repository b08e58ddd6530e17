//! A machine's console in this terminal.
//!
//! Keys go to COM1 as they are typed, ^C too, so one key is kept: ^] stops the machine, as it ends a telnet session.

use std::fs::File;
use std::io::{Read, Write, stderr, stdin, stdout};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGTERM};
use signal_hook::iterator::Signals;

use crate::qemu::{Machine, Options, Verdict};
use crate::session::Outcome;
use crate::terminal::RawMode;

/// ^].
const STOP_KEY: u8 = 0x1d;

enum Event {
    StopKey,
    Signal(i32),
    MachineEnded(String),
}

/// Boots to the prompt and stays until the machine stops.
pub fn run(options: &Options, limit: Option<Duration>, log: Option<&Path>) -> Result<Outcome> {
    let (sender, events) = mpsc::channel();
    let mut signals = Signals::new([SIGTERM, SIGHUP]).context("cannot watch for signals")?;
    let mut machine = Machine::start(options)?;
    let _raw_mode = RawMode::enter();
    // A hint, on the stream that is for hints.
    let _ = writeln!(stderr(), "yolk: ^] stops the machine");

    let output = machine.console_output.take().context("the machine has no console")?;
    let log = log.map(File::create).transpose().context("cannot write the log")?;
    let screen = thread::spawn(move || show(output, log));
    let input = machine.console_input.take().context("the machine has no console")?;
    let (stop, ended) = (sender.clone(), sender.clone());
    thread::spawn(move || pass_keys(input, &stop));
    thread::spawn(move || {
        for signal in &mut signals {
            let _ = sender.send(Event::Signal(signal));
        }
    });
    machine.when_ended(move |complaints| drop(ended.send(Event::MachineEnded(complaints))));

    match events.recv_timeout(limit.unwrap_or(Duration::MAX)) {
        Ok(Event::MachineEnded(complaints)) => {
            // All that it said is on the screen when its output has ended.
            let _ = screen.join();
            verdict(&mut machine, &complaints)
        }
        Ok(Event::StopKey) => Ok(Outcome::Exited(0)),
        Ok(Event::Signal(signal)) => Ok(Outcome::Signalled(signal)),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(Outcome::TimedOut),
    }
}

/// A reset ends QEMU, too, and is no failure.
fn verdict(machine: &mut Machine, complaints: &str) -> Result<Outcome> {
    match machine.wait(Duration::ZERO)? {
        Verdict::Done => Ok(Outcome::Exited(0)),
        Verdict::Failed => bail!("the kernel has stopped"),
        Verdict::None if complaints.is_empty() => Ok(Outcome::Exited(0)),
        Verdict::None => bail!("QEMU says: {complaints}"),
    }
}

fn show(mut output: ChildStdout, mut log: Option<File>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        let bytes = buffer.get(..count).unwrap_or_default();
        let mut screen = stdout().lock();
        // A closed screen or a full disk must not stop the machine's output.
        let _ = screen.write_all(bytes).and_then(|()| screen.flush());
        if let Some(log) = &mut log {
            let _ = log.write_all(bytes);
        }
    }
}

fn pass_keys(mut input: ChildStdin, stop: &Sender<Event>) {
    let mut buffer = [0; 256];
    while let Ok(count @ 1..) = stdin().lock().read(&mut buffer) {
        let keys = buffer.get(..count).unwrap_or_default();
        if keys.contains(&STOP_KEY) {
            let _ = stop.send(Event::StopKey);
            return;
        }
        if input.write_all(keys).is_err() {
            return;
        }
    }
}
