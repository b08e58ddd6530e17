//! What the nodes of one file system share.

use super::quota::{Charge, SpaceQuota};
use interfaces::Clock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The root directory's number.
pub(super) const ROOT: u64 = 1;

pub(super) struct Shared {
    clock: Arc<dyn Clock>,
    quota: Arc<SpaceQuota>,
    last_inode: AtomicU64,
    /// Held by who changes several directories at once (see `directory`).
    pub(super) restructure: Mutex<()>,
}

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>, quota: Arc<SpaceQuota>) -> Arc<Shared> {
        let last_inode = AtomicU64::new(ROOT);
        Arc::new(Shared { clock, quota, last_inode, restructure: Mutex::new(()) })
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.realtime_ns()
    }

    pub(super) fn new_charge(&self) -> Charge {
        Charge::none(&self.quota)
    }

    /// A number that no inode had before.
    pub(super) fn new_number(&self) -> u64 {
        self.last_inode.fetch_add(1, Ordering::Relaxed) + 1
    }
}
