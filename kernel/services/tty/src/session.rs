//! `/dev/session`: a program, with a terminal or with pipes, started and followed through one file.
//!
//! For a program that serves users from elsewhere and has nothing but files: an ssh server in WebAssembly. What the
//! session runs is the assembler's business ([`StartSession`]); the terminal is a [`Pty`]. `/dev/pty` is the simpler
//! sibling, for those who need a shell on a terminal and no more.
//!
//! Each opening is a session, and closing the file ends everything in it. Both directions carry frames: a kind (one
//! byte), a length (two bytes, little endian), and so many bytes of content. What is written:
//!
//! - `V`, `NAME=VALUE`: sets a variable for what will be started.
//! - `S`, columns and rows (two bytes each, little endian): before `R`, what is started gets a terminal of that size
//!   instead of pipes; afterwards the terminal has that size from now on.
//! - `R`, a command line, empty for an interactive shell: starts it; once.
//! - `I`, bytes: input, typed at the terminal or through the pipe.
//! - `Z`: the input ends (the pipe is closed, or ^D typed).
//! - `C`: interrupts the foreground, as ^C does.
//! - `K`: kills everything in the session.
//!
//! What is read:
//!
//! - `O`, bytes: standard output, or what the terminal shows.
//! - `E`, bytes: standard error, of a session without terminal.
//! - `X`, a status (four bytes, little endian): it has ended; afterwards the file ends.
//!
//! A write is made of whole frames, others are EINVAL. `I` may be taken in part: then the write answers how far it got,
//! as a write to a pipe does, and what was not taken is to be sent again in a frame of its own. As long as nothing of
//! it can be taken it is EAGAIN, and other frames still pass. A read gives one whole frame, however small the buffer,
//! from [`LEAST_READ`] bytes on.

use crate::lock;
use crate::pty::{Pty, PtyMaster, PtySlave};
use interfaces::{Errno, Result};
use process::{KillReason, Process, Stdio};
use std::sync::{Arc, Mutex};
use vfs::{Access, File, Interest, Kind, Metadata, Node, OpenFile, Readiness, Terminal, WindowSize};
use wait::Waiter;

/// The smallest buffer to read with: a header and a status.
pub const LEAST_READ: usize = HEADER + 4;

/// A frame's kind and length.
const HEADER: usize = 3;
/// Bytes that a pipe of a session holds.
const PIPE: usize = 64 * 1024;
/// What may be set in the environment of a session.
const MAX_VARIABLES: usize = 64;
const MAX_VARIABLE: usize = 4096;

const INTERRUPT: u8 = 0x03;
const END_OF_INPUT: u8 = 0x04;

/// What is to be started in a session.
pub struct SessionRequest {
    /// A command line for the shell; `None`: the shell, interactive.
    pub command: Option<String>,
    /// Variables on top of the usual environment, in the order in which they were set.
    pub env: Vec<(String, String)>,
    /// Standard streams: the terminal three times, or pipes.
    pub stdio: Stdio,
    /// The controlling terminal, of a session that has one.
    pub terminal: Option<Arc<OpenFile>>,
}

/// Starts a process, in a job of its own. It and its children are the only ones to keep the request's files.
pub type StartSession = dyn Fn(SessionRequest) -> Result<Arc<Process>> + Send + Sync;

/// The node `/dev/session`.
pub struct SessionNode {
    start: Arc<StartSession>,
}

impl SessionNode {
    /// The node; `start` is called for each session.
    #[must_use]
    pub fn new(start: Arc<StartSession>) -> Arc<SessionNode> {
        Arc::new(SessionNode { start })
    }
}

impl Node for SessionNode {
    fn metadata(&self) -> Metadata {
        crate::node::character_device()
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        let setup = Setup { env: Vec::new(), size: None };
        Ok(Arc::new(SessionFile { start: Arc::clone(&self.start), state: Mutex::new(State::Setup(setup)) }))
    }
}

/// One session.
struct SessionFile {
    start: Arc<StartSession>,
    state: Mutex<State>,
}

enum State {
    Setup(Setup),
    Running(Arc<Running>),
    /// Its end was told.
    Over,
}

struct Setup {
    env: Vec<(String, String)>,
    size: Option<WindowSize>,
}

/// A session whose process was started.
struct Running {
    process: Arc<Process>,
    streams: Streams,
}

/// This end of the process's streams.
enum Streams {
    Terminal(Arc<PtyMaster>),
    Pipes { input: Mutex<Option<Arc<dyn File>>>, output: Arc<dyn File>, errors: Arc<dyn File> },
}

impl SessionFile {
    fn running(&self) -> Option<Arc<Running>> {
        match &*lock(&self.state) {
            State::Running(running) => Some(Arc::clone(running)),
            State::Setup(_) | State::Over => None,
        }
    }

    /// Does what a frame says; returns how much of the content is done with.
    fn execute(&self, kind: u8, content: &[u8]) -> Result<usize> {
        match kind {
            b'V' => self.set_variable(content)?,
            b'S' => self.set_size(content)?,
            b'R' => self.run(content)?,
            _ => {
                let running = self.running().ok_or(Errno::EIO)?;
                match kind {
                    b'I' => return running.input(content),
                    b'Z' => running.end_input()?,
                    b'C' => running.interrupt()?,
                    b'K' => running.kill(),
                    _ => return Err(Errno::EINVAL),
                }
            }
        }
        Ok(content.len())
    }

    fn set_variable(&self, content: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(content).map_err(|_| Errno::EINVAL)?;
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(Errno::EINVAL)?;
        let mut state = lock(&self.state);
        let State::Setup(setup) = &mut *state else { return Err(Errno::EBUSY) };
        if setup.env.len() >= MAX_VARIABLES || text.len() > MAX_VARIABLE {
            return Err(Errno::E2BIG);
        }
        setup.env.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    fn set_size(&self, content: &[u8]) -> Result<()> {
        let &[a, b, c, d] = content else { return Err(Errno::EINVAL) };
        let size = WindowSize { columns: u16::from_le_bytes([a, b]), rows: u16::from_le_bytes([c, d]) };
        match &mut *lock(&self.state) {
            State::Setup(setup) => setup.size = Some(size),
            State::Running(running) => running.terminal()?.set_window_size(size),
            State::Over => return Err(Errno::EIO),
        }
        Ok(())
    }

    fn run(&self, content: &[u8]) -> Result<()> {
        let command = std::str::from_utf8(content).map_err(|_| Errno::EINVAL)?;
        let command = Some(command.to_owned()).filter(|command| !command.is_empty());
        let mut state = lock(&self.state);
        let State::Setup(setup) = &mut *state else { return Err(Errno::EBUSY) };
        let (streams, stdio, terminal) = streams(setup.size);
        let env = std::mem::take(&mut setup.env);
        let process = (self.start)(SessionRequest { command, env, stdio, terminal })?;
        *state = State::Running(Arc::new(Running { process, streams }));
        Ok(())
    }
}

impl File for SessionFile {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        if buf.len() < LEAST_READ {
            return Err(Errno::EINVAL);
        }
        let running = match &*lock(&self.state) {
            State::Setup(_) => return Err(Errno::EAGAIN),
            State::Over => return Ok(0),
            State::Running(running) => Arc::clone(running),
        };
        // Asked for first: what the process has written by its end is there then.
        let status = running.process.try_wait();
        if let Some(count) = running.read_output(buf)? {
            return Ok(count);
        }
        let status = status.ok_or(Errno::EAGAIN)?;
        *lock(&self.state) = State::Over;
        frame(buf, b'X', |content| {
            let bytes = status.code().to_le_bytes();
            content.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
            Ok(bytes.len())
        })
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get(done..).filter(|rest| !rest.is_empty()) {
            let executed = split(rest).ok_or(Errno::EINVAL).and_then(|(kind, content)| {
                let taken = self.execute(kind, content)?;
                Ok((HEADER + taken, taken == content.len()))
            });
            match executed {
                Ok((count, true)) => done += count,
                Ok((count, false)) => return Ok(done + count),
                // Those before it went well; the next write tells.
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        match &*lock(&self.state) {
            State::Setup(_) => Readiness { writable: true, ..Readiness::default() },
            State::Over => Readiness { readable: true, writable: true, hangup: true, available: 0 },
            State::Running(running) => running.poll(interest, waiter),
        }
    }
}

impl Drop for SessionFile {
    fn drop(&mut self) {
        if let Some(running) = self.running() {
            running.kill();
        }
    }
}

impl Running {
    fn terminal(&self) -> Result<&dyn Terminal> {
        match &self.streams {
            Streams::Terminal(master) => master.as_terminal().ok_or(Errno::ENOTTY),
            Streams::Pipes { .. } => Err(Errno::ENOTTY),
        }
    }

    fn input(&self, bytes: &[u8]) -> Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        match &self.streams {
            // As it is: `write_at` would take a sequence of xterm's for a change of size.
            Streams::Terminal(master) => master.type_bytes(bytes),
            Streams::Pipes { input, .. } => {
                let input = lock(input).clone();
                input.ok_or(Errno::EPIPE)?.write_at(0, bytes)
            }
        }
    }

    fn end_input(&self) -> Result<()> {
        match &self.streams {
            Streams::Terminal(master) => master.type_bytes(&[END_OF_INPUT]).map(drop),
            Streams::Pipes { input, .. } => {
                let input = lock(input).take();
                drop(input);
                Ok(())
            }
        }
    }

    /// Ends the job, and what the terminal's foreground is.
    fn kill(&self) {
        if let Streams::Terminal(master) = &self.streams {
            master.hang_up();
        }
        self.process.job().kill(KillReason::Kill);
    }

    fn interrupt(&self) -> Result<()> {
        match &self.streams {
            Streams::Terminal(master) => return master.type_bytes(&[INTERRUPT]).map(drop),
            Streams::Pipes { .. } => self.process.job().kill(KillReason::Interrupt),
        }
        Ok(())
    }

    /// A frame of output; `None` when there is none now.
    fn read_output(&self, buf: &mut [u8]) -> Result<Option<usize>> {
        let sources: [Option<(u8, &dyn File)>; 2] = match &self.streams {
            Streams::Terminal(master) => [Some((b'O', &**master)), None],
            Streams::Pipes { output, errors, .. } => [Some((b'O', &**output)), Some((b'E', &**errors))],
        };
        for (kind, source) in sources.into_iter().flatten() {
            match frame(buf, kind, |content| source.read_at(0, content)) {
                Ok(HEADER) | Err(Errno::EAGAIN) => {}
                other => return other.map(Some),
            }
        }
        Ok(None)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        let ended = match waiter {
            Some(waiter) => self.process.poll_exit(waiter).is_some(),
            None => self.process.try_wait().is_some(),
        };
        let (available, writable) = match &self.streams {
            Streams::Terminal(master) => {
                let ready = master.poll(interest, waiter);
                (ready.available, ready.writable)
            }
            Streams::Pipes { input, output, errors } => {
                let available = output.poll(interest, waiter).available + errors.poll(interest, waiter).available;
                let input = lock(input).clone();
                (available, input.is_none_or(|input| input.poll(interest, waiter).writable))
            }
        };
        Readiness { readable: ended || available > 0, writable: ended || writable, hangup: false, available }
    }
}

/// Streams for a process: this end, its end, and its terminal.
fn streams(size: Option<WindowSize>) -> (Streams, Stdio, Option<Arc<OpenFile>>) {
    if let Some(size) = size {
        let (master, slave) = Pty::pair();
        let slave: Arc<PtySlave> = slave;
        if let Some(terminal) = slave.as_terminal() {
            terminal.set_window_size(size);
        }
        let file = OpenFile::anonymous(slave, Kind::CharDevice, Access { read: true, write: true });
        let stdio = Stdio { stdin: Arc::clone(&file), stdout: Arc::clone(&file), stderr: Arc::clone(&file) };
        return (Streams::Terminal(master), stdio, Some(file));
    }
    let ((stdin, input), (output, stdout), (errors, stderr)) = (vfs::pipe(PIPE), vfs::pipe(PIPE), vfs::pipe(PIPE));
    let open = |file, access| OpenFile::anonymous(file, Kind::Fifo, access);
    let stdio = Stdio {
        stdin: open(stdin, Access::READ),
        stdout: open(stdout, Access::WRITE),
        stderr: open(stderr, Access::WRITE),
    };
    (Streams::Pipes { input: Mutex::new(Some(input)), output, errors }, stdio, None)
}

/// Kind and content of the first frame.
fn split(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&[kind, low, high], rest) = bytes.split_first_chunk()?;
    Some((kind, rest.get(..u16::from_le_bytes([low, high]).into())?))
}

/// Makes a frame of what `fill` puts into its content; returns the frame's length.
fn frame(buf: &mut [u8], kind: u8, fill: impl FnOnce(&mut [u8]) -> Result<usize>) -> Result<usize> {
    let (header, content) = buf.split_first_chunk_mut::<HEADER>().ok_or(Errno::EINVAL)?;
    let room = content.len().min(u16::MAX.into());
    let count = fill(content.get_mut(..room).unwrap_or_default())?;
    let [low, high] = u16::try_from(count).map_err(|_| Errno::EIO)?.to_le_bytes();
    *header = [kind, low, high];
    Ok(HEADER + count)
}
