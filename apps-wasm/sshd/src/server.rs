//! The loop that moves bytes between sockets and connections: one thread, one wait for all of them.

use crate::APP;
use crate::connection::Connection;
use crate::house::House;
use sockets::{Interest, Readiness, Watch};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// One client may read or write so often before the others have their turn.
const STEPS_A_TURN: usize = 16;
/// Clients that come at once are taken in groups of this size, so that those who are served already are not forgotten.
const ACCEPTS_A_TURN: usize = 8;
/// How long nobody is accepted after that failed, as it does when descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// At most so much is read at once.
const READ_BYTES: usize = 64 * 1024;
/// So many may be about to log in at once; then the one who has tried longest has to go.
const MOST_STRANGERS: usize = 16;

/// The server.
pub(crate) struct Server {
    listeners: Vec<TcpListener>,
    house: House,
    clients: Vec<Client>,
    buffer: Vec<u8>,
    accepts_from: Instant,
}

struct Client {
    stream: TcpStream,
    connection: Connection,
    /// There is something to do that no descriptor tells.
    has_more: bool,
    /// Why it has to go.
    end: Option<String>,
}

impl Server {
    pub(crate) fn new(listeners: Vec<TcpListener>, house: House) -> Server {
        let buffer = vec![0; READ_BYTES];
        Server { listeners, house, clients: Vec::new(), buffer, accepts_from: Instant::now() }
    }

    /// Serves until waiting fails.
    pub(crate) fn run(mut self) -> io::Result<()> {
        loop {
            let (accepts, ready) = self.wait()?;
            let now = Instant::now();
            for (client, is_ready) in self.clients.iter_mut().zip(ready) {
                let is_due = client.connection.deadline(&self.house, now) <= now;
                if is_ready || is_due || client.has_more {
                    client.serve(&mut self.buffer, &mut self.house, now);
                }
            }
            self.let_go();
            if accepts {
                self.accept(now);
            }
        }
    }

    /// Waits; whether somebody is at the door, and for each client whether it can be served.
    fn wait(&self) -> io::Result<(bool, Vec<bool>)> {
        let now = Instant::now();
        let mut watches = Vec::new();
        if now >= self.accepts_from {
            let listeners = self.listeners.iter();
            watches.extend(listeners.map(|listener| Watch { descriptor: listener.as_fd(), interest: Interest::Read }));
        }
        let listening = watches.len();
        let mut ends = Vec::with_capacity(self.clients.len());
        for client in &self.clients {
            client.watch(now, &mut watches);
            ends.push(watches.len());
        }
        let ready = sockets::wait(&watches, self.timeout(now))?;
        let is_ready = |ready: &Readiness| ready.readable || ready.writable;
        let mut start = listening;
        let clients = ends.into_iter().map(|end| {
            let own = ready.get(start..end).unwrap_or_default();
            start = end;
            own.iter().any(is_ready)
        });
        let clients = clients.collect();
        Ok((ready.iter().take(listening).any(is_ready), clients))
    }

    fn timeout(&self, now: Instant) -> Option<Duration> {
        if self.clients.iter().any(|client| client.has_more) {
            return Some(Duration::ZERO);
        }
        let deadlines = self.clients.iter().map(|client| client.connection.deadline(&self.house, now));
        let pause = Some(self.accepts_from).filter(|pause| *pause > now);
        deadlines.chain(pause).min().map(|deadline| deadline.saturating_duration_since(now))
    }

    fn let_go(&mut self) {
        self.clients.retain(|client| {
            if let (Some(reason), Some(peer)) = (&client.end, client.connection.peer()) {
                APP.complain(format_args!("{peer}: {reason}"));
            }
            client.end.is_none() && !client.connection.has_ended()
        });
    }

    fn accept(&mut self, now: Instant) {
        for listener in &self.listeners {
            for _ in 0..ACCEPTS_A_TURN {
                let (stream, peer) = match sockets::accept(listener) {
                    Ok(accepted) => accepted,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                    Err(_) => {
                        self.accepts_from = now + ACCEPT_PAUSE;
                        return;
                    }
                };
                if !has_place(&mut self.clients, self.house.options.connections) {
                    APP.complain("a client was turned away: all places are taken");
                    continue;
                }
                if let Ok(connection) = Connection::new(peer, &self.house, now) {
                    self.clients.push(Client { stream, connection, has_more: true, end: None });
                }
            }
        }
    }
}

/// Whether there is a place for one more; who has tried longest to log in has to make one.
fn has_place(clients: &mut Vec<Client>, most: usize) -> bool {
    let strangers = clients.iter().filter(|client| !client.connection.is_logged_in()).count();
    if clients.len() < most && strangers < MOST_STRANGERS {
        return true;
    }
    // They stand in the order in which they came.
    let longest = clients.iter().position(|client| !client.connection.is_logged_in());
    longest.map(|index| clients.remove(index)).is_some()
}

impl Client {
    fn watch<'a>(&'a self, now: Instant, watches: &mut Vec<Watch<'a>>) {
        let interest = match (self.connection.wants_input(now), self.connection.has_output(now)) {
            (true, true) => Some(Interest::Both),
            (true, false) => Some(Interest::Read),
            (false, true) => Some(Interest::Write),
            (false, false) => None,
        };
        watches.extend(interest.map(|interest| Watch { descriptor: self.stream.as_fd(), interest }));
        self.connection.watch(watches);
    }

    /// Moves bytes as long as there is something to do, or the turn is over.
    fn serve(&mut self, buffer: &mut [u8], house: &mut House, now: Instant) {
        self.has_more = false;
        if let Err(reason) = self.connection.tick(house, now) {
            self.end = Some(reason);
            return;
        }
        for _ in 0..STEPS_A_TURN {
            let moved = self.read(buffer, now).and_then(|read| {
                let more = self.connection.work(house, now).map_err(io::Error::other)?;
                Ok(self.write(now)? || read || more)
            });
            match moved {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    self.end = Some(error.to_string());
                    return;
                }
            }
        }
        self.has_more = true;
    }

    fn read(&mut self, buffer: &mut [u8], now: Instant) -> io::Result<bool> {
        if !self.connection.wants_input(now) {
            return Ok(false);
        }
        match self.stream.read(buffer) {
            Ok(count) => {
                self.connection.receive(buffer.get(..count).unwrap_or_default(), now);
                Ok(count > 0)
            }
            Err(error) => nothing_now(error),
        }
    }

    fn write(&mut self, now: Instant) -> io::Result<bool> {
        let output = self.connection.output(now);
        if output.is_empty() {
            return Ok(false);
        }
        match self.stream.write(output) {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                self.connection.sent(count);
                Ok(true)
            }
            Err(error) => nothing_now(error),
        }
    }
}

fn nothing_now(error: io::Error) -> io::Result<bool> {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(false),
        _ => Err(error),
    }
}
