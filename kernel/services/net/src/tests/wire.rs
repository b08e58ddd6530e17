//! A network card whose cable ends in the test, and what can go wrong on a cable.

use interfaces::{Clock, Entropy, MacAddress, NetDevice, NetStatistics, Presence};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::Waker;

pub(super) const MTU: usize = 1500;
/// Frames that the card can hold, as a small real one.
const RING: usize = 256;

/// The clock of a test: it stands until it is moved.
#[derive(Default)]
pub(super) struct TestClock {
    now_ns: AtomicU64,
    wall_ns: AtomicU64,
}

impl TestClock {
    pub(super) fn advance(&self, ns: u64) {
        self.now_ns.fetch_add(ns, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn monotonic_ns(&self) -> u64 {
        self.now_ns.load(Ordering::SeqCst)
    }

    fn realtime_ns(&self) -> u64 {
        self.wall_ns.load(Ordering::SeqCst) + self.monotonic_ns()
    }

    fn set_realtime_ns(&self, now: u64) {
        self.wall_ns.store(now - self.monotonic_ns(), Ordering::SeqCst);
    }

    fn resolution_ns(&self) -> u64 {
        1
    }
}

/// Numbers that look random and are the same in every run (xorshift64*).
pub(super) struct Dice(AtomicU64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(AtomicU64::new(seed | 1))
    }

    pub(super) fn next(&self) -> u64 {
        let mut x = self.0.load(Ordering::SeqCst);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0.store(x, Ordering::SeqCst);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub(super) fn below(&self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(super) fn index(&self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).expect("below a usize")
    }
}

impl Entropy for Dice {
    fn fill(&self, buf: &mut [u8]) {
        for byte in buf {
            *byte = self.next() as u8;
        }
    }
}

#[derive(Default)]
struct Rings {
    received: VecDeque<Vec<u8>>,
    sent: VecDeque<Vec<u8>>,
    statistics: NetStatistics,
    waker: Option<Waker>,
}

/// The network card.
pub(super) struct TestNic {
    rings: Mutex<Rings>,
    up: AtomicBool,
    pulled: AtomicBool,
    /// Called when a frame was sent.
    pub(super) on_send: Box<dyn Fn() + Send + Sync>,
}

impl TestNic {
    pub(super) fn new(on_send: impl Fn() + Send + Sync + 'static) -> TestNic {
        TestNic {
            rings: Mutex::default(),
            up: AtomicBool::new(true),
            pulled: AtomicBool::new(false),
            on_send: Box::new(on_send),
        }
    }

    pub(super) fn put(&self, frame: Vec<u8>) {
        let mut rings = self.lock();
        if rings.received.len() >= RING {
            rings.statistics.receive_dropped += 1;
        } else {
            rings.received.push_back(frame);
        }
        let waker = rings.waker.take();
        drop(rings);
        waker.into_iter().for_each(Waker::wake);
    }

    pub(super) fn take(&self) -> Option<Vec<u8>> {
        if self.pulled.load(Ordering::SeqCst) {
            return None;
        }
        self.lock().sent.pop_front()
    }

    pub(super) fn has_received(&self) -> bool {
        !self.lock().received.is_empty()
    }

    pub(super) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
        let waker = self.lock().waker.take();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Pulls the card out: nothing says so, and nothing goes any more.
    pub(super) fn pull(&self) {
        self.pulled.store(true, Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Rings> {
        self.rings.lock().expect("no test panics in here")
    }
}

impl NetDevice for TestNic {
    fn driver(&self) -> &'static str {
        "test"
    }

    fn mac(&self) -> MacAddress {
        MacAddress([2, 0, 0, 0, 0, 5])
    }

    fn mtu(&self) -> usize {
        MTU
    }

    fn link_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    fn receive(&self, limit: usize, take: &mut dyn FnMut(&[u8])) -> usize {
        let mut taken = 0;
        while taken < limit {
            let Some(frame) = self.lock().received.pop_front() else { break };
            self.lock().statistics.received_frames += 1;
            take(&frame);
            taken += 1;
        }
        taken
    }

    fn can_transmit(&self) -> bool {
        self.lock().sent.len() < RING
    }

    fn transmit(&self, length: usize, fill: &mut dyn FnMut(&mut [u8])) -> bool {
        if !self.can_transmit() || length > MTU + 14 {
            return false;
        }
        // What was in the buffer before must not matter.
        let mut frame = vec![0xa5; length];
        fill(&mut frame);
        let mut rings = self.lock();
        rings.statistics.transmitted_frames += 1;
        rings.sent.push_back(frame);
        true
    }

    fn flush(&self) {
        (self.on_send)();
    }

    fn wake_on_event(&self, waker: &Waker) {
        let mut rings = self.lock();
        if rings.received.is_empty() {
            rings.waker = Some(waker.clone());
        } else {
            waker.wake_by_ref();
        }
    }

    fn look(&self) -> Presence {
        if self.pulled.load(Ordering::SeqCst) {
            self.up.store(false, Ordering::SeqCst);
            return Presence::Gone;
        }
        Presence::Present
    }

    fn statistics(&self) -> NetStatistics {
        self.lock().statistics
    }
}

/// What a cable does to frames, in percent of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) loss: u64,
    pub(super) duplication: u64,
    pub(super) corruption: u64,
    /// Every frame takes this long, and some of them up to ten times as long, so that others overtake them.
    pub(super) delay_us: u64,
    pub(super) reordering: u64,
}

impl Faults {
    /// The copies of a frame that arrive, each with its time on the way in nanoseconds.
    pub(super) fn apply(&self, dice: &Dice, frame: Vec<u8>) -> Vec<(u64, Vec<u8>)> {
        let mut copies = vec![frame];
        if dice.below(100) < self.loss {
            copies.clear();
        } else if dice.below(100) < self.duplication {
            copies.push(copies[0].clone());
        }
        let arrive = |mut frame: Vec<u8>| {
            if dice.below(100) < self.corruption {
                let at = dice.index(frame.len());
                frame[at] ^= 1 << dice.below(8);
            }
            let late = if dice.below(100) < self.reordering { 1 + dice.below(9) } else { 1 };
            (self.delay_us * 1000 * late, frame)
        };
        copies.into_iter().map(arrive).collect()
    }
}
