//! What the drivers of network cards have in common: sizes of frames (IEEE 802.3, section 3.2) and counts.

use core::sync::atomic::{AtomicU64, Ordering};
use interfaces::{MacAddress, NetStatistics};

/// The largest packet, in bytes.
pub(crate) const MTU: usize = 1500;
pub(crate) const HEADER: usize = 14;
/// What a frame of a virtual LAN has more (IEEE 802.1Q).
pub(crate) const TAG: usize = 4;
/// The largest frame and the smallest, without the frame check sequence.
pub(crate) const MAX_FRAME: usize = HEADER + MTU;
pub(crate) const MIN_FRAME: usize = 60;

/// Lets `fill` write a frame of `length` bytes into `buffer`, which holds at least a smallest frame, and pads it; returns the
/// length to send.
pub(crate) fn build(buffer: &mut [u8], length: usize, fill: &mut dyn FnMut(&mut [u8])) -> usize {
    let (frame, rest) = buffer.split_at_mut(length.min(buffer.len()));
    fill(frame);
    let padding = MIN_FRAME.saturating_sub(length).min(rest.len());
    rest[..padding].fill(0);
    length + padding
}

/// An address for a card that has none: random, for one station, locally administered (IEEE 802, section 8.2).
pub(crate) fn random_mac() -> MacAddress {
    let mut mac = [0; 6];
    machine::entropy::fill(&mut mac);
    mac[0] = mac[0] & !1 | 2;
    MacAddress(mac)
}

/// The counts behind [`NetStatistics`], which several threads may read.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    received_frames: AtomicU64,
    received_bytes: AtomicU64,
    receive_errors: AtomicU64,
    receive_dropped: AtomicU64,
    transmitted_frames: AtomicU64,
    transmitted_bytes: AtomicU64,
    transmit_errors: AtomicU64,
    transmit_dropped: AtomicU64,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn received(&self, bytes: usize) {
        add(&self.received_frames, 1);
        add(&self.received_bytes, bytes as u64);
    }

    pub(crate) fn receive_error(&self) {
        add(&self.receive_errors, 1);
    }

    pub(crate) fn receive_dropped(&self, frames: u64) {
        add(&self.receive_dropped, frames);
    }

    pub(crate) fn transmitted(&self, bytes: usize) {
        add(&self.transmitted_frames, 1);
        add(&self.transmitted_bytes, bytes as u64);
    }

    pub(crate) fn transmit_error(&self) {
        add(&self.transmit_errors, 1);
    }

    pub(crate) fn transmit_dropped(&self) {
        add(&self.transmit_dropped, 1);
    }

    pub(crate) fn snapshot(&self) -> NetStatistics {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        NetStatistics {
            received_frames: get(&self.received_frames),
            received_bytes: get(&self.received_bytes),
            receive_errors: get(&self.receive_errors),
            receive_dropped: get(&self.receive_dropped),
            transmitted_frames: get(&self.transmitted_frames),
            transmitted_bytes: get(&self.transmitted_bytes),
            transmit_errors: get(&self.transmit_errors),
            transmit_dropped: get(&self.transmit_dropped),
        }
    }
}
