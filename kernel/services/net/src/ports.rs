//! Who has which port: one table each for TCP ports, UDP ports and echo identifiers.
//!
//! A [`Lease`] is a port in use; dropping the last holder frees it. A connection keeps its port until the stack has forgotten
//! it, so that a port in TIME-WAIT is still taken for those who did not ask to reuse it.

use crate::address::Host;
use interfaces::{Entropy, Errno, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ports that are chosen for those who do not care (RFC 6335, section 6).
const EPHEMERAL: std::ops::RangeInclusive<u16> = 49152..=65535;

/// Whether a port may be shared with others that say the same (`SO_REUSEADDR`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    Exclusive,
    Reuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Bound,
    Listening,
    /// A connection that a listener took; it never stands in the listener's way.
    Connected,
}

struct Entry {
    id: u64,
    host: Host,
    sharing: Sharing,
    role: Role,
}

#[derive(Default)]
struct Entries {
    by_port: HashMap<u16, Vec<Entry>>,
    next_id: u64,
}

/// The ports of one protocol.
#[derive(Default)]
pub(crate) struct PortTable {
    entries: Mutex<Entries>,
}

/// A port in use.
pub(crate) struct Lease {
    table: Arc<PortTable>,
    id: u64,
    pub(crate) host: Host,
    pub(crate) port: u16,
    sharing: Sharing,
}

impl PortTable {
    /// Takes `port` for `host`: EADDRINUSE.
    pub(crate) fn claim(self: &Arc<Self>, host: Host, port: u16, sharing: Sharing) -> Result<Lease> {
        let mut entries = self.lock();
        let taken = entries.by_port.get(&port).is_some_and(|at_port| {
            at_port.iter().any(|entry| {
                let shared =
                    sharing == Sharing::Reuse && entry.sharing == Sharing::Reuse && entry.role != Role::Listening;
                entry.host.overlaps(host) && !shared
            })
        });
        if taken { Err(Errno::EADDRINUSE) } else { Ok(self.add(&mut entries, host, port, sharing, Role::Bound)) }
    }

    /// Takes a port that nobody has, chosen at random (RFC 6056, section 3.3.1): EADDRNOTAVAIL when all are taken.
    pub(crate) fn claim_any(self: &Arc<Self>, host: Host, sharing: Sharing, entropy: &dyn Entropy) -> Result<Lease> {
        let mut seed = [0; 2];
        entropy.fill(&mut seed);
        let mut entries = self.lock();
        let (first, last) = EPHEMERAL.into_inner();
        let start = first | u16::from_le_bytes(seed);
        let candidates = (start..=last).chain(first..start);
        for port in candidates {
            let free = entries.by_port.get(&port).is_none_or(|at_port| at_port.iter().all(|e| !e.host.overlaps(host)));
            if free {
                return Ok(self.add(&mut entries, host, port, sharing, Role::Bound));
            }
        }
        Err(Errno::EADDRNOTAVAIL)
    }

    /// How many leases there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().by_port.values().map(Vec::len).sum()
    }

    fn add(self: &Arc<Self>, entries: &mut Entries, host: Host, port: u16, sharing: Sharing, role: Role) -> Lease {
        let id = entries.next_id;
        entries.next_id += 1;
        entries.by_port.entry(port).or_default().push(Entry { id, host, sharing, role });
        Lease { table: Arc::clone(self), id, host, port, sharing }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Every change is one push or one retain: a panic leaves no half of it.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Makes it a listener's: EADDRINUSE when another one listens there.
    pub(crate) fn listen(&self) -> Result<()> {
        let mut entries = self.table.lock();
        let Some(at_port) = entries.by_port.get_mut(&self.port) else { return Err(Errno::EINVAL) };
        let rival = |e: &Entry| e.id != self.id && e.role == Role::Listening && e.host.overlaps(self.host);
        if at_port.iter().any(rival) {
            return Err(Errno::EADDRINUSE);
        }
        for entry in at_port.iter_mut().filter(|entry| entry.id == self.id) {
            entry.role = Role::Listening;
        }
        Ok(())
    }

    /// The port for a connection that came to this listener at `host`.
    pub(crate) fn connected(&self, host: Host) -> Lease {
        let mut entries = self.table.lock();
        self.table.add(&mut entries, host, self.port, self.sharing, Role::Connected)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut entries = self.table.lock();
        if let Some(at_port) = entries.by_port.get_mut(&self.port) {
            at_port.retain(|entry| entry.id != self.id);
            if at_port.is_empty() {
                entries.by_port.remove(&self.port);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Families;

    const ANY4: Host = Host::Any(Families::V4);

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, buf: &mut [u8]) {
            buf.fill(0);
        }
    }

    #[test]
    fn a_port_is_free_again_when_its_lease_ends() {
        let table = Arc::new(PortTable::default());
        let lease = table.claim(ANY4, 80, Sharing::Exclusive).expect("a free port");
        assert_eq!(table.claim(ANY4, 80, Sharing::Exclusive).err(), Some(Errno::EADDRINUSE));
        drop(lease);
        assert!(table.claim(ANY4, 80, Sharing::Exclusive).is_ok());
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn connections_block_a_new_bind_only_without_reuse() {
        let table = Arc::new(PortTable::default());
        let listener = table.claim(ANY4, 80, Sharing::Reuse).expect("a free port");
        listener.listen().expect("the only listener");
        let connection = listener.connected(Host::One([10, 0, 0, 1].into()));
        assert_eq!(table.claim(ANY4, 80, Sharing::Reuse).err(), Some(Errno::EADDRINUSE));
        drop(listener);
        assert_eq!(table.claim(ANY4, 80, Sharing::Exclusive).err(), Some(Errno::EADDRINUSE));
        assert!(table.claim(ANY4, 80, Sharing::Reuse).is_ok());
        drop(connection);
    }

    #[test]
    fn two_may_bind_with_reuse_but_one_listens() {
        let table = Arc::new(PortTable::default());
        let first = table.claim(ANY4, 80, Sharing::Reuse).expect("free");
        let second = table.claim(ANY4, 80, Sharing::Reuse).expect("shared");
        first.listen().expect("first");
        assert_eq!(second.listen(), Err(Errno::EADDRINUSE));
    }

    #[test]
    fn all_ephemeral_ports_can_be_taken_and_no_more() {
        let table = Arc::new(PortTable::default());
        let leases: Vec<_> =
            (0..16384).map(|_| table.claim_any(ANY4, Sharing::Exclusive, &Zeros).expect("a port")).collect();
        assert_eq!(table.claim_any(ANY4, Sharing::Exclusive, &Zeros).err(), Some(Errno::EADDRNOTAVAIL));
        assert!(table.claim_any(Host::Any(Families::V6), Sharing::Exclusive, &Zeros).is_ok());
        drop(leases);
    }
}
