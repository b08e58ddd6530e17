//! What the integration tests share.

// Each test file is a crate of its own and uses a part.
#![allow(dead_code, unreachable_pub)]

use interfaces::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vfs::{Follow, Location, OpenFile, OpenOptions, RamFs, Scope, Vfs};

/// For reading and writing; made where nothing is.
pub const CREATE: OpenOptions = OpenOptions { write: true, create: true, ..OpenOptions::read() };

/// A clock that goes on by a microsecond whenever somebody looks.
pub struct TestClock(AtomicU64);

impl TestClock {
    pub fn new() -> Arc<TestClock> {
        Arc::new(TestClock(AtomicU64::new(1_700_000_000_000_000_000)))
    }
}

impl Clock for TestClock {
    fn monotonic_ns(&self) -> u64 {
        self.realtime_ns()
    }

    fn realtime_ns(&self) -> u64 {
        self.0.fetch_add(1000, Ordering::Relaxed)
    }

    fn set_realtime_ns(&self, now: u64) {
        self.0.store(now, Ordering::Relaxed);
    }

    fn resolution_ns(&self) -> u64 {
        1000
    }
}

/// A tree with a file system in memory as its root.
pub fn tree() -> Arc<Vfs> {
    Vfs::new(RamFs::new(TestClock::new()).root(), "ramfs")
}

/// What `path` leads to from the root.
pub fn at(vfs: &Vfs, path: &str) -> Location {
    vfs.resolve(&vfs.root(), path, Scope::Anywhere, Follow::Yes).unwrap()
}

/// Makes the directories at `paths`.
pub fn directories(vfs: &Vfs, paths: &[&str]) {
    for path in paths {
        vfs.create_directory(&vfs.root(), path, Scope::Anywhere, 0o755).unwrap();
    }
}

/// Opens the file at `path`, made where there is none.
pub fn create(vfs: &Vfs, path: &str) -> Arc<OpenFile> {
    vfs.open(&vfs.root(), path, Scope::Anywhere, &CREATE).unwrap()
}
