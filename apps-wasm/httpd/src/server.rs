//! The loop that moves bytes between sockets and connections: one thread, one wait for all of them.

use crate::http::{Connection, Limits, Moment, Wants};
use crate::site::Site;
use sockets::{Interest, Readiness, Watch};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime};

/// One client may read or write so often before the others have their turn.
const STEPS_A_TURN: usize = 8;

/// Clients that come at once are taken in groups of this size, so that those who are served already are not forgotten.
const ACCEPTS_A_TURN: usize = 32;

/// How long nobody is accepted after that failed, as it does when descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// At most so much is read at once.
const READ_BYTES: usize = 16 * 1024;

/// The server.
pub(crate) struct Server {
    listeners: Vec<TcpListener>,
    site: Site,
    limits: Limits,
    most_clients: usize,
    clients: Vec<Client>,
    buffer: Vec<u8>,
    accepts_from: Instant,
}

struct Client {
    stream: TcpStream,
    connection: Connection,
}

impl Server {
    pub(crate) fn new(listeners: Vec<TcpListener>, site: Site, limits: Limits, most_clients: usize) -> Server {
        let buffer = vec![0; READ_BYTES];
        Server { listeners, site, limits, most_clients, clients: Vec::new(), buffer, accepts_from: Instant::now() }
    }

    /// Serves until waiting fails.
    pub(crate) fn run(mut self) -> io::Result<()> {
        loop {
            let watched_listeners = if self.may_accept() { self.listeners.len() } else { 0 };
            let ready = self.wait(watched_listeners)?;
            let (listeners, clients) = ready.split_at(watched_listeners);
            self.serve(clients);
            if listeners.iter().any(|listener| listener.readable) {
                self.accept();
            }
            self.site.set_connections(self.clients.len());
        }
    }

    /// Whether there is a place for a client, or one that can be made.
    fn may_accept(&self) -> bool {
        let has_place =
            self.clients.len() < self.most_clients || self.clients.iter().any(|client| client.connection.is_waiting());
        has_place && Instant::now() >= self.accepts_from
    }

    /// Waits for the first listeners and for all clients.
    fn wait(&self, watched_listeners: usize) -> io::Result<Vec<Readiness>> {
        let listeners = self.listeners.iter().take(watched_listeners);
        let listeners = listeners.map(|listener| Watch { descriptor: listener.as_fd(), interest: Interest::Read });
        let clients = self.clients.iter().map(|client| {
            let interest = if client.connection.wants() == Wants::Input { Interest::Read } else { Interest::Write };
            Watch { descriptor: client.stream.as_fd(), interest }
        });
        let watches: Vec<Watch<'_>> = listeners.chain(clients).collect();

        let now = Instant::now();
        let deadlines = self.clients.iter().map(|client| client.connection.deadline());
        let pause = Some(self.accepts_from).filter(|pause| *pause > now);
        let timeout = deadlines.chain(pause).min().map(|deadline| deadline.saturating_duration_since(now));
        sockets::wait(&watches, timeout)
    }

    /// Serves the clients that can be served and lets go those whose time is up.
    fn serve(&mut self, ready: &[Readiness]) {
        let moment = now();
        for (client, ready) in self.clients.iter_mut().zip(ready) {
            if ready.readable || ready.writable {
                client.work(&mut self.buffer, &mut self.site, moment);
            } else if client.connection.deadline() <= moment.instant {
                client.connection.expire(moment, &mut self.site);
                client.work(&mut self.buffer, &mut self.site, moment);
            }
        }
        self.clients.retain(|client| client.connection.wants() != Wants::Close);
    }

    fn accept(&mut self) {
        let moment = now();
        for index in 0..self.listeners.len() {
            for _ in 0..ACCEPTS_A_TURN {
                if self.clients.len() >= self.most_clients && self.longest_waiting().is_none() {
                    return;
                }
                let Some(listener) = self.listeners.get(index) else { break };
                match sockets::accept(listener) {
                    Ok((stream, peer)) => {
                        self.make_place();
                        let mut client = Client { stream, connection: Connection::new(peer, self.limits, moment) };
                        client.work(&mut self.buffer, &mut self.site, moment);
                        self.clients.push(client);
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                    Err(_) => {
                        self.accepts_from = moment.instant + ACCEPT_PAUSE;
                        return;
                    }
                }
            }
        }
    }

    /// Where all places are taken, lets go who waits longest, so that idle ones cannot keep others out.
    fn make_place(&mut self) {
        if let Some(longest) = self.longest_waiting().filter(|_| self.clients.len() >= self.most_clients) {
            self.clients.swap_remove(longest);
        }
    }

    /// The client that has gone longest without a request.
    fn longest_waiting(&self) -> Option<usize> {
        let clients = self.clients.iter().enumerate();
        let waiting = clients.filter(|(_, client)| client.connection.is_waiting());
        waiting.min_by_key(|(_, client)| client.connection.quiet_since()).map(|(index, _)| index)
    }
}

impl Client {
    /// Moves bytes as long as the socket lets it, or its turn is over.
    fn work(&mut self, buffer: &mut [u8], site: &mut Site, moment: Moment) {
        let mut is_drained = false;
        for _ in 0..STEPS_A_TURN {
            let step = match self.connection.wants() {
                Wants::Input if is_drained => return,
                Wants::Input => self.read(buffer, site, moment).map(|count| is_drained = count < buffer.len()),
                Wants::Room => self.write(site, moment),
                Wants::ShutDown => self.shut_down(moment),
                Wants::Close => return,
            };
            match step.map_err(|error| error.kind()) {
                Ok(()) | Err(ErrorKind::Interrupted) => {}
                Err(ErrorKind::WouldBlock) => return,
                Err(_) => self.connection.abandon(site),
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8], site: &mut Site, moment: Moment) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        match buffer.get(..count).unwrap_or_default() {
            [] => self.connection.input_ended(),
            bytes => self.connection.receive(bytes, moment, site),
        }
        Ok(count)
    }

    fn write(&mut self, site: &mut Site, moment: Moment) -> io::Result<()> {
        match self.stream.write(self.connection.output())? {
            0 => Err(ErrorKind::WriteZero.into()),
            count => {
                self.connection.sent(count, moment, site);
                Ok(())
            }
        }
    }

    fn shut_down(&mut self, moment: Moment) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.connection.shut_down(moment);
        Ok(())
    }
}

fn now() -> Moment {
    Moment { instant: Instant::now(), date: SystemTime::now() }
}
