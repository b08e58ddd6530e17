//! Copies of the frames that pass, for `tcpdump`: a tap on one interface or on all.

use crate::routes::LinkId;
use interfaces::{Errno, Result};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Instant;
use wait::{WaitList, Waiter};

/// Bytes of frames that wait for a reader; what comes beyond is counted and lost.
const CAPACITY: usize = 4 * 1024 * 1024;

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into this machine.
    In,
    /// Out of it.
    Out,
}

/// What a frame begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// An Ethernet header.
    Ethernet,
    /// An IP header (the loopback interface).
    Ip,
}

/// A frame that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedFrame {
    /// When, in nanoseconds since 1970-01-01 00:00:00 UTC.
    pub time_ns: u64,
    /// The interface's index.
    pub interface: u32,
    /// Which way.
    pub direction: Direction,
    /// What it begins with.
    pub link_type: LinkType,
    /// Its first bytes, as many as were asked for.
    pub bytes: Box<[u8]>,
    /// How many bytes it had.
    pub length: usize,
}

/// A tap: frames are copied to it until it is dropped.
pub struct Capture {
    tap: Arc<Tap>,
    hub: Arc<CaptureHub>,
}

struct Tap {
    only: Option<LinkId>,
    snap_length: usize,
    queue: Mutex<Queue>,
    waiters: WaitList,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<CapturedFrame>,
    bytes: usize,
    lost: u64,
}

/// All taps.
#[derive(Default)]
pub(crate) struct CaptureHub {
    taps: Mutex<Vec<Weak<Tap>>>,
    count: AtomicUsize,
}

impl Capture {
    /// The next frame; waits for it.
    ///
    /// # Errors
    /// ETIMEDOUT at `deadline`, ECANCELED.
    pub fn next(&self, deadline: Option<Instant>) -> Result<CapturedFrame> {
        wait::wait_for(deadline, |waiter| {
            self.tap.waiters.register(waiter);
            self.try_next().map_or(Poll::Pending, Poll::Ready)
        })
        .map_err(Errno::from)
    }

    /// Wakes `waiter` when a frame passes; for waiting on several things at once.
    pub fn register(&self, waiter: &Waiter) {
        self.tap.waiters.register(waiter);
    }

    /// The next frame, if one has passed.
    #[must_use]
    pub fn try_next(&self) -> Option<CapturedFrame> {
        let mut queue = self.tap.lock();
        let frame = queue.frames.pop_front()?;
        queue.bytes = queue.bytes.saturating_sub(frame.bytes.len());
        Some(frame)
    }

    /// How many frames were lost because nobody took them.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.tap.lock().lost
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.hub.remove(&self.tap);
    }
}

impl CaptureHub {
    /// A new tap on `only` or on all interfaces, which keeps `snap_length` bytes of a frame.
    pub(crate) fn open(self: &Arc<Self>, only: Option<LinkId>, snap_length: usize) -> Capture {
        let tap = Arc::new(Tap { only, snap_length, queue: Mutex::default(), waiters: WaitList::new() });
        let mut taps = self.lock();
        taps.push(Arc::downgrade(&tap));
        self.count.store(taps.len(), Ordering::Relaxed);
        drop(taps);
        Capture { tap, hub: Arc::clone(self) }
    }

    /// Whether anybody listens: a frame costs nothing otherwise.
    pub(crate) fn is_active(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Shows a frame to all taps; `describe` fills in all but the bytes.
    pub(crate) fn offer(&self, link: LinkId, frame: &[u8], describe: impl Fn() -> (u64, Direction, LinkType)) {
        let taps = self.lock();
        for tap in taps.iter().filter_map(Weak::upgrade).filter(|tap| tap.only.is_none_or(|only| only == link)) {
            let (time_ns, direction, link_type) = describe();
            let kept = frame.get(..tap.snap_length).unwrap_or(frame);
            let (interface, length) = (link.index(), frame.len());
            tap.push(CapturedFrame { time_ns, interface, direction, link_type, bytes: kept.into(), length });
        }
    }

    fn remove(&self, tap: &Arc<Tap>) {
        let mut taps = self.lock();
        taps.retain(|known| known.strong_count() > 0 && known.as_ptr() != Arc::as_ptr(tap));
        self.count.store(taps.len(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Tap>>> {
        // Single vector operations.
        self.taps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tap {
    fn push(&self, frame: CapturedFrame) {
        let mut queue = self.lock();
        if queue.bytes + frame.bytes.len() > CAPACITY {
            queue.lost += 1;
            return;
        }
        queue.bytes += frame.bytes.len();
        queue.frames.push_back(frame);
        drop(queue);
        self.waiters.wake_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // The byte count follows its queue within one method.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
