//! The machines that were heard of on each link, for listings.
//!
//! smoltcp keeps the table that it sends by to itself; this one is written from the same ARP and neighbour discovery messages.

use crate::routes::LinkId;
use interfaces::MacAddress;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// As many as smoltcp's own table holds.
const CAPACITY: usize = 256;
/// As long as smoltcp believes an entry.
const LIFETIME_NS: u64 = 60_000_000_000;

/// A machine on a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neighbour {
    pub(crate) mac: MacAddress,
    pub(crate) seen_ns: u64,
}

/// The machines of all links.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    entries: Mutex<HashMap<(LinkId, IpAddr), Neighbour>>,
}

impl Neighbours {
    pub(crate) fn learn(&self, link: LinkId, address: IpAddr, mac: MacAddress, now_ns: u64) {
        if address.is_unspecified() || address.is_multicast() || !mac.is_station() {
            return;
        }
        let mut entries = self.lock();
        if entries.len() >= CAPACITY && !entries.contains_key(&(link, address)) {
            let oldest = entries.iter().min_by_key(|(_, neighbour)| neighbour.seen_ns).map(|(key, _)| *key);
            oldest.map(|key| entries.remove(&key));
        }
        entries.insert((link, address), Neighbour { mac, seen_ns: now_ns });
    }

    /// What is still believed at `now_ns`.
    pub(crate) fn list(&self, now_ns: u64) -> Vec<(LinkId, IpAddr, Neighbour)> {
        let mut entries = self.lock();
        entries.retain(|_, neighbour| now_ns.saturating_sub(neighbour.seen_ns) < LIFETIME_NS);
        let mut list: Vec<_> = entries.iter().map(|((link, address), known)| (*link, *address, *known)).collect();
        list.sort_by_key(|(link, address, _)| (*link, *address));
        list
    }

    /// Forgets a link's machines, when its addresses change.
    pub(crate) fn forget(&self, link: LinkId) {
        self.lock().retain(|(of, _), _| *of != link);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(LinkId, IpAddr), Neighbour>> {
        // Single map operations.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room_and_the_old_are_forgotten() {
        let neighbours = Neighbours::default();
        let mac = MacAddress([2, 0, 0, 0, 0, 1]);
        for n in 0..300u32 {
            neighbours.learn(LinkId(1), IpAddr::from(n.to_be_bytes().map(|b| b | 1)), mac, n.into());
            neighbours.learn(LinkId(1), IpAddr::from((0x0a00_0000 + n).to_be_bytes()), mac, n.into());
        }
        assert_eq!(neighbours.list(300).len(), CAPACITY);
        neighbours.learn(LinkId(1), [255, 255, 255, 254].into(), MacAddress([1, 0, 0, 0, 0, 1]), 300);
        assert!(neighbours.list(300).iter().all(|(_, _, neighbour)| neighbour.mac == mac));
        assert!(neighbours.list(2 * LIFETIME_NS).is_empty());
    }
}
