//! One client: the protocol, on `sunset`, and the client's sessions. Bytes in, bytes out; the socket is elsewhere.

mod login;

use crate::channel::{Channel, Next};
use crate::house::House;
use crate::shell::Size;
use sockets::Watch;
use std::net::SocketAddr;
use std::time::Instant;
use sunset::{ChanNum, Error, Event, Runner, ServEvent, Server};

use login::Login;

/// One client does so many steps before the others have their turn.
const STEPS_A_TURN: usize = 64;
/// A silent client is asked so often for a sign of life.
const MOST_QUESTIONS: u32 = 3;
/// Channel data is read in pieces of this size: the largest packet's content.
const PIECE: usize = 32 * 1024;

/// Reasons of a disconnection, RFC 4253 section 11.1.
const BY_APPLICATION: u32 = 11;
const NO_MORE_METHODS: u32 = 14;

/// A client's connection.
pub(crate) struct Connection {
    runner: Runner<'static, Server>,
    peer: Option<SocketAddr>,
    login: Login,
    channels: Vec<Channel>,
    /// What the socket has given and the protocol has not taken yet.
    input: Vec<u8>,
    input_ended: bool,
    /// A last message is on its way, nothing else counts any more.
    is_closing: bool,
    heard: Instant,
    questions: u32,
    used: Instant,
    piece: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(peer: Option<SocketAddr>, house: &House, now: Instant) -> Result<Connection, Error> {
        let mut runner = Runner::new_server_owned();
        if let Some(banner) = house.banner {
            runner.set_banner(banner)?;
        }
        Ok(Connection {
            runner,
            peer,
            login: Login::new(peer, house, now),
            channels: Vec::new(),
            input: Vec::new(),
            input_ended: false,
            is_closing: false,
            heard: now,
            questions: 0,
            used: now,
            piece: vec![0; PIECE],
        })
    }

    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    pub(crate) fn is_logged_in(&self) -> bool {
        self.login.is_done()
    }

    /// Whether bytes from the client can be handled now.
    pub(crate) fn wants_input(&self, now: Instant) -> bool {
        self.input.is_empty() && !self.input_ended && !self.is_closing && !self.login.is_held(now)
    }

    /// Takes bytes from the client; none are its end.
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.heard = now;
        self.questions = 0;
        self.input.extend_from_slice(bytes);
        self.input_ended |= bytes.is_empty();
    }

    /// Bytes for the client. Those of one who has to wait are kept back.
    pub(crate) fn output(&mut self, now: Instant) -> &[u8] {
        if self.login.is_held(now) { &[] } else { self.runner.output_buf() }
    }

    pub(crate) fn has_output(&self, now: Instant) -> bool {
        self.runner.is_output_pending() && !self.login.is_held(now)
    }

    pub(crate) fn sent(&mut self, count: usize) {
        self.runner.consume_output(count);
    }

    /// Whether there is nothing more to do but to close.
    pub(crate) fn has_ended(&self) -> bool {
        (self.is_closing && !self.runner.is_output_pending()) || (self.input_ended && self.input.is_empty())
    }

    /// Adds what to wait for besides the socket.
    pub(crate) fn watch<'a>(&'a self, watches: &mut Vec<Watch<'a>>) {
        self.login.watch(watches);
        self.channels.iter().for_each(|channel| channel.watch(watches));
    }

    /// When to come again though nothing has happened.
    pub(crate) fn deadline(&self, house: &House, now: Instant) -> Instant {
        if !self.login.is_done() {
            return self.login.next_step(house, now);
        }
        let limits = house.options.limits;
        let question = self.heard + limits.keep_alive.saturating_mul(self.questions + 1);
        limits.idle_time.map_or(question, |idle| question.min(self.used + idle))
    }

    /// Does what is due by the clock.
    ///
    /// # Errors
    /// The reason to close the connection.
    pub(crate) fn tick(&mut self, house: &House, now: Instant) -> Result<(), String> {
        if !self.login.is_done() {
            return if now < self.login.deadline() { Ok(()) } else { Err("did not log in in time".to_owned()) };
        }
        let limits = house.options.limits;
        if limits.idle_time.is_some_and(|idle| now.saturating_duration_since(self.used) >= idle) {
            self.close(BY_APPLICATION, "idle for too long");
            return Ok(());
        }
        let silence = now.saturating_duration_since(self.heard);
        if silence < limits.keep_alive.saturating_mul(self.questions + 1) {
            return Ok(());
        }
        if self.questions >= MOST_QUESTIONS {
            return Err("gave no sign of life".to_owned());
        }
        self.questions += 1;
        match self.runner.send_keepalive() {
            // There is output on its way, whose arrival is as good a question.
            Ok(()) | Err(Error::BusySend { .. }) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Handles what has come, as far as it goes; tells whether there is more to do at once.
    ///
    /// # Errors
    /// The client does not follow the protocol: the connection is to be closed.
    pub(crate) fn work(&mut self, house: &mut House, now: Instant) -> Result<bool, Error> {
        if let Some(is_right) = self.login.answer(house, now) {
            self.runner.answer_password(is_right)?;
        }
        for _ in 0..STEPS_A_TURN {
            if self.is_closing || self.login.is_held(now) {
                return Ok(false);
            }
            let mut more = self.feed()?;
            more |= self.next_event(house, now)?;
            let uses = self.take_data()? | self.serve_channels()?;
            if uses {
                self.used = now;
            }
            if self.login.has_failed_too_often() {
                self.close(NO_MORE_METHODS, "too many failures to log in");
            }
            if !more && !uses {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn feed(&mut self) -> Result<bool, Error> {
        if self.input.is_empty() || !self.runner.is_input_ready() {
            return Ok(false);
        }
        let taken = self.runner.input(&self.input)?;
        self.input.drain(..taken);
        Ok(taken > 0)
    }

    /// Tells the client why the connection ends, and lets it end.
    fn close(&mut self, reason: u32, text: &str) {
        // Where there is no room for it now, it ends without.
        let _ = self.runner.send_disconnect(reason, text);
        self.is_closing = true;
    }

    fn next_event(&mut self, house: &mut House, now: Instant) -> Result<bool, Error> {
        let channels = &mut self.channels;
        let event = match self.runner.progress()? {
            Event::None => return Ok(false),
            Event::Serv(event) => event,
            Event::Progressed | Event::Cli(_) => return Ok(true),
        };
        match event {
            ServEvent::Hostkeys(keys) => keys.hostkeys(&[&house.key])?,
            ServEvent::FirstAuth(attempt) => self.login.asks_for_methods(attempt)?,
            ServEvent::PasswordAuth(attempt) => self.login.offers_password(attempt)?,
            ServEvent::PubkeyAuth(attempt) => self.login.offers_key(attempt, now)?,
            ServEvent::AuthRefused => self.login.was_refused(now),
            ServEvent::Authenticated => self.login.succeeded(house),
            ServEvent::OpenSession(request) => {
                let environment = vec![("USER".to_owned(), house.options.user.clone())];
                channels.push(Channel::new(request.accept()?, environment));
            }
            ServEvent::SessionPty(request) => {
                let pty = request.pty();
                let channel = find(channels, request.channel());
                let done = pty
                    .ok()
                    .zip(channel)
                    .is_some_and(|(pty, channel)| channel.set_terminal(&pty.term, Size::told(pty.cols, pty.rows)));
                if done { request.succeed()? } else { request.fail()? }
            }
            ServEvent::SessionEnv(request) => {
                let channel = find(channels, request.channel());
                let variable = request.name().ok().zip(request.value().ok());
                let done =
                    variable.zip(channel).is_some_and(|((name, value), channel)| channel.set_variable(name, value));
                if done { request.succeed()? } else { request.fail()? }
            }
            ServEvent::SessionShell(request) => {
                let started = find(channels, request.channel()).map(|channel| channel.start_shell(None));
                if self.login.tell(started) { request.succeed()? } else { request.fail()? }
            }
            ServEvent::SessionExec(request) => {
                let command = request.command().ok();
                let channel = find(channels, request.channel());
                let started = command.zip(channel).map(|(command, channel)| channel.start_shell(Some(command)));
                if self.login.tell(started) { request.succeed()? } else { request.fail()? }
            }
            ServEvent::SessionSubsystem(request) => {
                let is_sftp = matches!(request.command(), Ok("sftp"));
                let done = is_sftp && find(channels, request.channel()).is_some_and(Channel::start_sftp);
                if done { request.succeed()? } else { request.fail()? }
            }
            ServEvent::SessionWindowChange { num, size } => {
                find(channels, num).into_iter().for_each(|channel| channel.resize(Size::told(size.cols, size.rows)));
            }
            ServEvent::SessionSignal { num, name } => {
                find(channels, num).into_iter().for_each(|channel| channel.signal(name));
            }
            ServEvent::Defunct => self.is_closing = true,
            ServEvent::PollAgain => {}
        }
        Ok(true)
    }

    fn take_data(&mut self) -> Result<bool, Error> {
        let Some((number, kind, _)) = self.runner.read_channel_ready() else { return Ok(false) };
        let channel = find(&mut self.channels, number).ok_or(Error::msg("data for no channel"))?;
        let count = self.runner.read_channel(channel.handle(), kind, &mut self.piece)?;
        channel.receive(self.piece.get(..count).unwrap_or_default())?;
        Ok(count > 0)
    }

    fn serve_channels(&mut self) -> Result<bool, Error> {
        let mut more = false;
        let mut index = 0;
        while let Some(channel) = self.channels.get_mut(index) {
            match channel.work(&mut self.runner)? {
                Next::Wait => index += 1,
                Next::More => {
                    more = true;
                    index += 1;
                }
                Next::Close => {
                    more = true;
                    let channel = self.channels.remove(index);
                    self.runner.channel_done(channel.into_handle())?;
                }
            }
        }
        // Nobody is always the first to find room for output.
        if self.channels.len() > 1 {
            self.channels.rotate_left(1);
        }
        Ok(more)
    }
}

fn find(channels: &mut [Channel], number: ChanNum) -> Option<&mut Channel> {
    channels.iter_mut().find(|channel| channel.number() == number)
}
