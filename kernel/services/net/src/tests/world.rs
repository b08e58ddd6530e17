//! The stack and its peer on a wire, in virtual time.

use super::peer::Peer;
use super::wire::{Dice, Faults, TestClock, TestNic};
use crate::buffers::Buffers;
use crate::config::Plan;
use crate::engine::Engine;
use crate::loopback::Loopback;
use crate::shared::Shared;
use crate::sockets::{DatagramSocket, TcpSocket};
use crate::state::Protocol;
use crate::thread;
use interfaces::{Clock, Errno, NetDevice, Result};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use vfs::socket::{Family, Socket, Take};

/// Steps that no test needs, even with every frame a step.
const MAX_STEPS: usize = 2_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Stack,
    Peer,
}

/// Answers a frame, if it wants to.
pub(super) type Middleman = fn(&[u8]) -> Option<Vec<u8>>;

pub(super) struct World {
    pub(super) shared: Arc<Shared>,
    pub(super) engine: Engine,
    pub(super) nic: Arc<TestNic>,
    pub(super) peer: Peer,
    pub(super) clock: Arc<TestClock>,
    pub(super) dice: Arc<Dice>,
    pub(super) faults: Faults,
    /// Whether the cable is in; frames are lost otherwise, without the card's knowing.
    pub(super) connected: bool,
    log: Arc<Mutex<Vec<String>>>,
    flying: BTreeMap<(u64, u64), (Side, Vec<u8>)>,
    flown: u64,
    /// Looks at every frame of the stack before the peer does; an answer is sent back.
    pub(super) middleman: Option<Middleman>,
    pub(super) seen: Vec<Vec<u8>>,
    pub(super) keep_seen: bool,
}

/// The stack's address in most tests.
pub(super) const OWN: &str = "ip=10.0.0.5/24,gw=10.0.0.1 ip6=fd00::5/64";

impl World {
    pub(super) fn new(command_line: &str) -> World {
        World::seeded(command_line, 4711)
    }

    /// A world with other chances.
    pub(super) fn seeded(command_line: &str, seed: u64) -> World {
        World::made(command_line, seed, 1 << 30)
    }

    /// A world whose sockets' buffers may take so many bytes.
    pub(super) fn limited(command_line: &str, buffer_limit: u64) -> World {
        World::made(command_line, 4711, buffer_limit)
    }

    fn made(command_line: &str, seed: u64, buffer_limit: u64) -> World {
        let clock = Arc::new(TestClock::default());
        clock.advance(1_000_000_000);
        let dice = Arc::new(Dice::new(seed));
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let write = move |line: &str| lines.lock().expect("a log").push(line.to_owned());
        let buffers = Buffers::new(buffer_limit, Arc::new(|| u64::MAX));
        let shared = Shared::new(clock.clone(), dice.clone(), Arc::new(write), Arc::new(|| None), buffers, 2);
        let shared = Arc::new(shared);
        let nic = Arc::new(TestNic::new(|| {}));
        let (plan, complaints) = Plan::parse(command_line);
        assert!(complaints.is_empty(), "{complaints:?}");
        let now = thread::now(&shared);
        let devices: Vec<Arc<dyn NetDevice>> = vec![Arc::new(Loopback::default()), nic.clone()];
        let engine = Engine::new(Arc::clone(&shared), devices, plan, now);
        World {
            shared,
            engine,
            nic,
            peer: Peer::new(now),
            clock,
            dice,
            faults: Faults { delay_us: 100, ..Faults::default() },
            connected: true,
            log,
            flying: BTreeMap::new(),
            flown: 0,
            middleman: None,
            seen: Vec::new(),
            keep_seen: false,
        }
    }

    pub(super) fn now(&self) -> Instant {
        thread::now(&self.shared)
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().expect("a log").clone()
    }

    pub(super) fn tcp(&self, family: Family) -> TcpSocket {
        TcpSocket::new(Arc::clone(&self.shared), family)
    }

    pub(super) fn udp(&self, family: Family) -> DatagramSocket {
        DatagramSocket::new(Arc::clone(&self.shared), Protocol::Udp, family)
    }

    pub(super) fn ping(&self, family: Family) -> DatagramSocket {
        DatagramSocket::new(Arc::clone(&self.shared), Protocol::Echo, family)
    }

    /// Sends a frame to the stack.
    pub(super) fn inject(&mut self, frame: Vec<u8>) {
        self.fly(Side::Stack, frame);
    }

    /// One moment: both sides act, frames fly, and the clock moves to whatever comes next, `limit` at the latest.
    pub(super) fn step(&mut self, limit: Instant) {
        let now = self.now();
        let mut next = self.engine.poll(now);
        self.peer.poll(now);
        while let Some(frame) = self.nic.take() {
            self.observe(frame);
        }
        while let Some(frame) = self.peer.device.sent.pop_front() {
            self.fly(Side::Stack, frame);
        }
        self.land();
        if self.nic.has_received() || !self.peer.device.received.is_empty() || self.shared.doorbell.is_rung() {
            return;
        }
        let arrival = self.flying.keys().next().map(|(at, _)| Instant::from_micros((at / 1000 + 1) as i64));
        next = [next, self.peer.poll_at(now), arrival, Some(limit)].into_iter().flatten().min();
        let pause = next.map_or(Duration::ZERO, |at| at.max(now) - now);
        // Something is due at once: a microsecond makes sure that time does not stand still for ever.
        self.clock.advance(pause.total_micros().max(1) * 1000);
    }

    /// Runs until `done`, which may act too and is asked at least every 10 ms; panics after `seconds` of virtual time.
    pub(super) fn until(&mut self, seconds: u64, mut done: impl FnMut(&mut World) -> bool) {
        let limit = self.now() + Duration::from_secs(seconds);
        for _ in 0..MAX_STEPS {
            if done(self) {
                return;
            }
            let sockets = || crate::listing::sockets(&self.shared);
            assert!(self.now() < limit, "not done in {seconds} s; log: {:?}; {:#?}", self.log(), sockets());
            self.step(limit.min(self.now() + Duration::from_millis(10)));
        }
        panic!("not done in {MAX_STEPS} steps");
    }

    /// Lets `seconds` of virtual time pass.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.steps_in(seconds);
    }

    /// Lets `millis` of virtual time pass.
    pub(super) fn moment(&mut self, millis: u64) {
        let end = self.now() + Duration::from_millis(millis);
        while self.now() < end {
            self.step(end);
        }
    }

    /// The steps that `seconds` of virtual time take.
    pub(super) fn steps_in(&mut self, seconds: u64) -> usize {
        let end = self.now() + Duration::from_secs(seconds);
        let mut steps = 0;
        while self.now() < end {
            self.step(end);
            steps += 1;
            assert!(steps < MAX_STEPS, "the stack spins");
        }
        steps
    }

    /// Nothing is left of what a test did: connections, ports, ways out.
    pub(super) fn assert_clean(&self) {
        assert_eq!(self.engine.counts(), (0, 0), "{:#?}", crate::listing::sockets(&self.shared));
        assert_eq!(self.shared.tcp_ports.len(), 0);
        assert_eq!(self.shared.ports(Protocol::Udp).len(), 0);
        assert_eq!(self.shared.ports(Protocol::Echo).len(), 0);
        assert!(self.shared.connections().is_empty());
        assert_eq!(self.shared.buffers.used(), 0);
        assert!(crate::listing::sockets(&self.shared).is_empty());
    }

    fn observe(&mut self, frame: Vec<u8>) {
        if self.keep_seen {
            self.seen.push(frame.clone());
        }
        if let Some(answer) = self.middleman.and_then(|middleman| middleman(&frame)) {
            self.fly(Side::Stack, answer);
        }
        self.fly(Side::Peer, frame);
    }

    fn fly(&mut self, to: Side, frame: Vec<u8>) {
        if !self.connected {
            return;
        }
        for (time_ns, frame) in self.faults.apply(&self.dice, frame) {
            self.flown += 1;
            self.flying.insert((self.clock.monotonic_ns() + time_ns, self.flown), (to, frame));
        }
    }

    fn land(&mut self) {
        let now = self.clock.monotonic_ns();
        while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= now) {
            let (to, frame) = entry.remove();
            match to {
                Side::Stack => self.nic.put(frame),
                Side::Peer => self.peer.device.received.push_back(frame),
            }
        }
    }
}

pub(super) fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub(super) fn endpoint(text: &str) -> IpEndpoint {
    at(text).into()
}

/// Sends from `data` what there is room for; returns how many bytes have gone in all.
pub(super) fn send_some(socket: &dyn Socket, data: &[u8], sent: &mut usize) -> Result<()> {
    while *sent < data.len() {
        match socket.send(&data[*sent..], None) {
            Ok(count) => *sent += count,
            Err(Errno::EAGAIN) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Receives what is there; `Ok(true)` at the end of the stream.
pub(super) fn receive_some(socket: &dyn Socket, into: &mut Vec<u8>) -> Result<bool> {
    let mut buffer = [0; 4096];
    loop {
        match socket.receive(&mut buffer, Take::Remove) {
            Ok(received) if received.count == 0 => return Ok(true),
            Ok(received) => into.extend(&buffer[..received.count]),
            Err(Errno::EAGAIN) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// Bytes in which a lost or doubled piece would show.
pub(super) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}
