//! One session of a client: what it asked for, and what runs in it.
//!
//! Input waits here until the shell takes it, and the client may send more only then; output waits at the shell until the
//! client takes it.

use crate::sftp::Sftp;
use crate::shell::{Output, Shell, Size, Start};
use sockets::{Interest, Watch};
use std::io::ErrorKind;
use sunset::config::DEFAULT_WINDOW;
use sunset::{ChanData, ChanHandle, ChanNum, Error, Runner, Server};

/// Output is read in pieces of this size, which fit into a packet.
const PIECE: usize = 16 * 1024;
/// What a client may set in the environment.
const MOST_VARIABLES: usize = 32;
const LONGEST_VARIABLE: usize = 1024;

/// A session.
pub(crate) struct Channel {
    handle: ChanHandle,
    environment: Vec<(String, String)>,
    terminal: Option<Size>,
    work: Work,
    /// What the client has sent and nobody has taken yet.
    input: Vec<u8>,
    input_ended: bool,
    /// What the client may still send.
    window: usize,
    /// What the client has not taken yet.
    output: Pending,
}

/// What a session does.
enum Work {
    /// It was not said yet.
    Setup,
    Shell(Shell),
    Sftp(Box<Sftp>),
    /// It has ended with a status, which the client does not know yet.
    Ended(Option<u8>),
}

/// A piece of output on its way.
struct Pending {
    kind: ChanData,
    bytes: Vec<u8>,
    sent: usize,
}

impl Pending {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }
}

/// Whether there is more to do with a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Something was done.
    More,
    /// Nothing can be done now.
    Wait,
    /// It has ended, and the client knows.
    Close,
}

impl Channel {
    /// `environment` is what every session of this client has.
    pub(crate) fn new(handle: ChanHandle, environment: Vec<(String, String)>) -> Channel {
        Channel {
            handle,
            environment,
            terminal: None,
            work: Work::Setup,
            input: Vec::new(),
            input_ended: false,
            window: DEFAULT_WINDOW,
            output: Pending { kind: ChanData::Normal, bytes: Vec::new(), sent: 0 },
        }
    }

    pub(crate) fn number(&self) -> ChanNum {
        self.handle.num()
    }

    pub(crate) fn handle(&self) -> &ChanHandle {
        &self.handle
    }

    pub(crate) fn into_handle(self) -> ChanHandle {
        self.handle
    }

    /// Sets a variable, of those that the client's user would miss; tells whether that was done.
    pub(crate) fn set_variable(&mut self, name: &str, value: &str) -> bool {
        let wanted = matches!(name, "LANG" | "LANGUAGE" | "TZ" | "COLORTERM" | "NO_COLOR") || name.starts_with("LC_");
        let fits = self.environment.len() < MOST_VARIABLES && name.len() + value.len() < LONGEST_VARIABLE;
        let printable = name.chars().all(|c| c.is_ascii_graphic() && c != '=') && !value.contains('\0');
        let allowed = wanted && fits && printable && matches!(self.work, Work::Setup);
        if allowed {
            self.environment.push((name.to_owned(), value.to_owned()));
        }
        allowed
    }

    /// Gives what will be started a terminal.
    pub(crate) fn set_terminal(&mut self, kind: &str, size: Size) -> bool {
        let allowed = matches!(self.work, Work::Setup) && self.terminal.is_none();
        if allowed {
            self.terminal = Some(size);
            self.environment.push(("TERM".to_owned(), kind.to_owned()));
        }
        allowed
    }

    pub(crate) fn resize(&mut self, size: Size) {
        if let (Work::Shell(shell), Some(_)) = (&mut self.work, self.terminal) {
            // It may have ended just now.
            let _ = shell.resize(size);
        }
    }

    /// Passes on a signal. Of a terminal's keys only the interrupt exists here; the others end the session's work.
    pub(crate) fn signal(&mut self, name: &str) {
        match (&mut self.work, name) {
            (Work::Shell(shell), "INT") => drop(shell.interrupt()),
            (Work::Shell(_), "KILL" | "TERM" | "HUP" | "QUIT" | "ABRT") => self.work = Work::Ended(Some(137)),
            _ => {}
        }
    }

    /// Starts the shell, or a command in it; tells why that failed.
    pub(crate) fn start_shell(&mut self, command: Option<&str>) -> Result<(), String> {
        if !matches!(self.work, Work::Setup) {
            return Err("this session has been started already".to_owned());
        }
        // An empty command would be an interactive shell.
        let command = command.map(|command| if command.trim().is_empty() { "true" } else { command });
        let start = Start { command, environment: &self.environment, terminal: self.terminal };
        self.work = Work::Shell(Shell::start(&start).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Starts the file transfer.
    pub(crate) fn start_sftp(&mut self) -> bool {
        let allowed = matches!(self.work, Work::Setup);
        if allowed {
            self.work = Work::Sftp(Box::default());
        }
        allowed
    }

    /// Takes what the client has sent.
    ///
    /// # Errors
    /// The client has sent more than it may.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.window = self.window.checked_sub(bytes.len()).ok_or(Error::msg("more than the window lets through"))?;
        self.input.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds what to wait for.
    pub(crate) fn watch<'a>(&'a self, watches: &mut Vec<Watch<'a>>) {
        let Work::Shell(shell) = &self.work else { return };
        match (self.output.rest().is_empty(), self.input.is_empty()) {
            (true, true) => shell.watch(Interest::Read, watches),
            (true, false) => shell.watch(Interest::Both, watches),
            (false, false) => shell.watch(Interest::Write, watches),
            (false, true) => {}
        }
    }

    /// Moves input in and output out, one step of each.
    pub(crate) fn work(&mut self, runner: &mut Runner<'static, Server>) -> Result<Next, Error> {
        if runner.is_channel_closed(&self.handle) {
            return Ok(Next::Close);
        }
        let took = self.take_input(runner)?;
        let gave = self.give_output(runner)?;
        if let (Work::Ended(status), true) = (&self.work, self.output.rest().is_empty()) {
            return end(runner, &self.handle, *status);
        }
        Ok(if took || gave { Next::More } else { Next::Wait })
    }

    fn take_input(&mut self, runner: &mut Runner<'static, Server>) -> Result<bool, Error> {
        let taken = match &mut self.work {
            Work::Setup => return Ok(false),
            _ if self.input.is_empty() => 0,
            Work::Shell(shell) => match shell.write(&self.input) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                // Nobody reads it any more.
                Err(_) => self.input.len(),
            },
            Work::Sftp(sftp) => sftp.receive(&self.input),
            Work::Ended(_) => self.input.len(),
        };
        if taken > 0 {
            self.input.drain(..taken);
            self.window += taken;
            runner.channel_accept(&self.handle, taken)?;
            return Ok(true);
        }
        let ends = self.input.is_empty() && !self.input_ended && runner.is_channel_eof(&self.handle);
        if ends {
            self.input_ended = true;
            match &mut self.work {
                // Nobody reads it any more.
                Work::Shell(shell) => drop(shell.end_input()),
                Work::Sftp(sftp) => sftp.input_ended(),
                Work::Setup | Work::Ended(_) => {}
            }
        }
        Ok(ends)
    }

    fn give_output(&mut self, runner: &mut Runner<'static, Server>) -> Result<bool, Error> {
        if self.output.rest().is_empty() && !self.fetch_output() {
            return Ok(false);
        }
        let count = runner.write_channel(&self.handle, self.output.kind, self.output.rest())?;
        self.output.sent += count;
        Ok(count > 0)
    }

    /// Whether there is output now.
    fn fetch_output(&mut self) -> bool {
        self.output.sent = 0;
        self.output.bytes.clear();
        match &mut self.work {
            Work::Shell(shell) => {
                self.output.bytes.resize(PIECE, 0);
                let read = shell.read(&mut self.output.bytes);
                let (kind, count) = match read {
                    Ok(Output::Out(count)) => (ChanData::Normal, count),
                    Ok(Output::Error(count)) => (ChanData::Stderr, count),
                    Ok(Output::Nothing) => (ChanData::Normal, 0),
                    Ok(Output::Ended(status)) => {
                        self.work = Work::Ended(Some(status));
                        (ChanData::Normal, 0)
                    }
                    Err(_) => {
                        self.work = Work::Ended(None);
                        (ChanData::Normal, 0)
                    }
                };
                self.output.kind = kind;
                self.output.bytes.truncate(count);
            }
            Work::Sftp(sftp) => {
                self.output.kind = ChanData::Normal;
                sftp.take_output(&mut self.output.bytes);
                if self.output.bytes.is_empty() && sftp.has_ended() {
                    self.work = Work::Ended(Some(sftp.status()));
                }
            }
            Work::Setup | Work::Ended(_) => {}
        }
        !self.output.bytes.is_empty()
    }
}

/// Tells the client how it ended, as soon as there is room for that.
fn end(runner: &mut Runner<'static, Server>, handle: &ChanHandle, status: Option<u8>) -> Result<Next, Error> {
    if runner.is_output_pending() {
        return Ok(Next::Wait);
    }
    if let Some(status) = status {
        match runner.send_exit_status(handle, status.into()) {
            Err(Error::BusySend { .. }) => return Ok(Next::Wait),
            sent => sent?,
        }
    }
    runner.send_channel_eof(handle)?;
    Ok(Next::Close)
}
