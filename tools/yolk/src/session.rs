//! Runs one command in a machine as if it were a program of the host.
//!
//! Standard streams, ^C, the terminal's size and the exit status cross the [`link`]; nothing else is printed. All that can
//! happen (a frame, a signal, the end of the machine, the time limit) arrives at one loop.

use std::io::{self, Read, Write, stderr, stdin, stdout};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;

use crate::link::{self, FromGuest, TerminalMode, ToGuest};
use crate::log::Log;
use crate::qemu::{Machine, Options};
use crate::terminal::{self, RawMode};

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The command ended with this status.
    Exited(i32),
    /// The time limit came first.
    TimedOut,
    /// A signal asked this process to end.
    Signalled(i32),
    /// Nobody reads the output any more.
    OutputClosed,
}

/// What the loop hears of.
enum Event {
    Connected(UnixStream),
    Frame(FromGuest),
    LinkBroken(String),
    MachineEnded(String),
    Signal(i32),
}

/// How long a machine may take to power off after its program ended. The verdict is in by then.
const POWER_OFF_LIMIT: Duration = Duration::from_secs(3);

/// How many lines of the kernel's log explain a failure.
const LOG_LINES: usize = 20;

/// Runs the command that the options' boot module names.
pub fn run(options: &Options, limit: Option<Duration>, log: Option<&Path>) -> Result<Outcome> {
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let (sender, events) = mpsc::channel();
    watch_signals(sender.clone())?;
    let mut machine = Machine::start(options)?;
    let log = Log::read(machine.console_output.take().context("the machine has no console")?, log)?;
    let ended = sender.clone();
    machine.when_ended(move |complaints| drop(ended.send(Event::MachineEnded(complaints))));
    accept(machine.link.take().context("the machine has no link")?, sender);

    let outcome = Session { events, deadline, link: None, credit: None, raw_mode: None }.follow(&machine);
    if matches!(outcome, Ok(Outcome::Exited(_))) {
        // A machine that does not stop is stopped below.
        let _ = machine.wait(POWER_OFF_LIMIT);
    }
    drop(machine);
    outcome.map_err(|error| match log.tail(LOG_LINES) {
        tail if tail.is_empty() => error,
        tail => error.context(format!("the kernel's last words:\n{tail}\n")),
    })
}

/// One run, as far as it has come.
struct Session {
    events: Receiver<Event>,
    deadline: Option<Instant>,
    /// The guest's end, once it is connected.
    link: Option<Arc<Mutex<UnixStream>>>,
    /// Where granted input is passed on, once the guest said hello.
    credit: Option<Sender<u32>>,
    raw_mode: Option<RawMode>,
}

impl Session {
    /// Handles events until the outcome is known.
    fn follow(mut self, machine: &Machine) -> Result<Outcome> {
        loop {
            match self.next() {
                None => return Ok(Outcome::TimedOut),
                Some(Event::Connected(stream)) => {
                    machine.forget_files();
                    self.link = Some(Arc::new(Mutex::new(stream)));
                }
                Some(Event::Frame(frame)) => {
                    if let Some(outcome) = self.hear(frame)? {
                        return Ok(outcome);
                    }
                }
                Some(Event::Signal(SIGINT)) if self.credit.is_some() => self.say(&ToGuest::Interrupt),
                Some(Event::Signal(SIGWINCH)) => self.tell_size(),
                Some(Event::Signal(signal)) => return Ok(Outcome::Signalled(signal)),
                Some(Event::LinkBroken(why)) => bail!("the link to the machine broke: {why}"),
                Some(Event::MachineEnded(complaints)) => return self.last_words(&complaints),
            }
        }
    }

    /// The next event; `None` when the time is up.
    fn next(&self) -> Option<Event> {
        let Some(deadline) = self.deadline else { return self.events.recv().ok() };
        self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
    }

    fn hear(&mut self, frame: FromGuest) -> Result<Option<Outcome>> {
        match frame {
            FromGuest::Hello(link::VERSION) => self.greet(),
            FromGuest::Hello(version) => bail!("the image speaks version {version} of the link: run `make`"),
            FromGuest::Output(bytes) => return Ok(put(&mut stdout().lock(), &bytes)),
            FromGuest::Error(bytes) => return Ok(put(&mut stderr().lock(), &bytes)),
            FromGuest::Window(count) => {
                if let Some(credit) = &self.credit {
                    // The reader ends with its input, and needs no credit then.
                    let _ = credit.send(count);
                }
            }
            FromGuest::Exit(status) => return Ok(Some(Outcome::Exited(status))),
            FromGuest::Mode(TerminalMode::Raw) if self.raw_mode.is_none() => self.raw_mode = RawMode::enter(),
            FromGuest::Mode(TerminalMode::Raw) => {}
            FromGuest::Mode(TerminalMode::Canonical) => self.raw_mode = None,
        }
        Ok(None)
    }

    fn greet(&mut self) {
        let Some(link) = &self.link else { return };
        let (sender, credit) = mpsc::channel();
        let link = Arc::clone(link);
        thread::spawn(move || forward_input(&credit, &link));
        self.credit = Some(sender);
        self.tell_size();
    }

    fn tell_size(&self) {
        if let Some((columns, rows)) = terminal::size() {
            self.say(&ToGuest::Size { columns, rows });
        }
    }

    fn say(&self, message: &ToGuest<'_>) {
        if let Some(link) = &self.link {
            // A broken link is reported by its reader.
            let _ = link::write(&mut *link.lock().unwrap_or_else(PoisonError::into_inner), message);
        }
    }

    /// The machine is gone: frames that it sent before may still wait.
    fn last_words(&mut self, complaints: &str) -> Result<Outcome> {
        while let Ok(event) = self.events.recv_timeout(Duration::from_millis(100)) {
            if let Event::Frame(frame) = event
                && let Some(outcome) = self.hear(frame)?
            {
                return Ok(outcome);
            }
        }
        match complaints {
            "" => bail!("the machine stopped before its program ended"),
            complaints => bail!("QEMU says: {complaints}"),
        }
    }
}

/// Writes output at once, as the guest does not tell what belongs together.
fn put(stream: &mut impl Write, bytes: &[u8]) -> Option<Outcome> {
    stream.write_all(bytes).and_then(|()| stream.flush()).is_err().then_some(Outcome::OutputClosed)
}

/// Reads as much input as the guest grants, and no more.
fn forward_input(credit: &Receiver<u32>, link: &Mutex<UnixStream>) {
    let send = |message: &ToGuest<'_>| link::write(&mut *link.lock().unwrap_or_else(PoisonError::into_inner), message);
    let mut buffer = [0; link::FRAME_LIMIT];
    for granted in credit {
        let mut left = usize::try_from(granted).unwrap_or(usize::MAX);
        while left > 0 {
            let wanted = left.min(buffer.len());
            let count = match stdin().lock().read(&mut buffer[..wanted]) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => 0,
            };
            let sent = if count == 0 { send(&ToGuest::EndOfInput) } else { send(&ToGuest::Input(&buffer[..count])) };
            if count == 0 || sent.is_err() {
                return;
            }
            left -= count;
        }
    }
}

/// Waits for the machine's connection, then turns its frames into events.
fn accept(listener: UnixListener, events: Sender<Event>) {
    let follow = move || -> io::Result<()> {
        let (stream, _) = listener.accept()?;
        let mut reader = io::BufReader::new(stream.try_clone()?);
        let send = |event| events.send(event).map_err(io::Error::other);
        send(Event::Connected(stream))?;
        loop {
            match link::read(&mut reader) {
                Ok(Some(frame)) => send(Event::Frame(frame))?,
                // The end of the machine is told by its own event.
                Ok(None) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return send(Event::LinkBroken(error.to_string())),
            }
        }
    };
    // Whatever breaks here, the session hears of the machine's end or of its time limit.
    thread::spawn(move || drop(follow()));
}

fn watch_signals(events: Sender<Event>) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH]).context("cannot watch for signals")?;
    thread::spawn(move || {
        for signal in &mut signals {
            if events.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}
