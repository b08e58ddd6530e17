//! The loopback device: what is sent is received. It carries IP packets without a link header.

use interfaces::{MacAddress, NetDevice, NetStatistics};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// The longest IP packet.
const MTU: usize = 65535;
/// Packets on the way; the net thread takes them out in the same turn.
const CAPACITY: usize = 256;

#[derive(Default)]
struct State {
    packets: VecDeque<Vec<u8>>,
    statistics: NetStatistics,
}

/// The loopback device.
#[derive(Default)]
pub(crate) struct Loopback {
    state: Mutex<State>,
}

impl Loopback {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A queue and counters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        let packet = state.packets.pop_front()?;
        state.statistics.received_frames += 1;
        state.statistics.received_bytes += count(packet.len());
        Some(packet)
    }
}

impl NetDevice for Loopback {
    fn driver(&self) -> &'static str {
        "loopback"
    }

    fn mac(&self) -> MacAddress {
        MacAddress::default()
    }

    fn mtu(&self) -> usize {
        MTU
    }

    fn link_up(&self) -> bool {
        true
    }

    fn receive(&self, limit: usize, take: &mut dyn FnMut(&[u8])) -> usize {
        let mut taken = 0;
        while taken < limit {
            let Some(packet) = self.next() else { break };
            take(&packet);
            taken += 1;
        }
        taken
    }

    fn can_transmit(&self) -> bool {
        self.lock().packets.len() < CAPACITY
    }

    fn transmit(&self, length: usize, fill: &mut dyn FnMut(&mut [u8])) -> bool {
        if length > MTU || !self.can_transmit() {
            self.lock().statistics.transmit_dropped += 1;
            return false;
        }
        let mut packet = vec![0; length];
        fill(&mut packet);
        let mut state = self.lock();
        state.statistics.transmitted_frames += 1;
        state.statistics.transmitted_bytes += count(length);
        state.packets.push_back(packet);
        true
    }

    fn wake_on_event(&self, waker: &Waker) {
        // Only the net thread sends here, and it looks again before it sleeps.
        if !self.lock().packets.is_empty() {
            waker.wake_by_ref();
        }
    }

    fn statistics(&self) -> NetStatistics {
        self.lock().statistics
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
