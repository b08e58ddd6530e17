//! A world for guests: clocks and randomness of the host, a file system in memory, streams that tests read and write.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part")]

pub mod network;

use interfaces::{Clock, Entropy, Errno};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vfs::{Access, File, Interest, Kind, Location, OpenFile, RamFs, Readiness, Scope, Vfs};
use wait::{Cancel, Waiter};
use wasi_shim::{DEFAULT_MEMORY_LIMIT, Guest, LoadError, Outcome, Program};

/// No test guest runs longer; one that does is a failure.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The host's clocks.
pub struct HostClock(Instant);

impl HostClock {
    pub fn new() -> Arc<HostClock> {
        Arc::new(HostClock(Instant::now()))
    }
}

impl Clock for HostClock {
    fn monotonic_ns(&self) -> u64 {
        self.0.elapsed().as_nanos().try_into().unwrap()
    }

    fn realtime_ns(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().try_into().unwrap()
    }

    fn set_realtime_ns(&self, _now: u64) {}

    fn resolution_ns(&self) -> u64 {
        1
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
pub struct Random(AtomicU64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(AtomicU64::new(seed))
    }

    pub fn next(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    pub fn pick<T: Copy>(&self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

impl Entropy for Random {
    fn fill(&self, buf: &mut [u8]) {
        buf.fill_with(|| self.next().to_le_bytes()[0]);
    }
}

/// Takes every byte and keeps none.
struct Null;

impl File for Null {
    fn read_at(&self, _offset: u64, _buf: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }

    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize, Errno> {
        Ok(buf.len())
    }

    fn poll(&self, _interest: Interest, _waiter: Option<&Waiter>) -> Readiness {
        Readiness { readable: true, writable: true, hangup: false, available: 0 }
    }
}

pub fn null() -> Arc<OpenFile> {
    OpenFile::anonymous(Arc::new(Null), Kind::CharDevice, Access::READ_WRITE)
}

/// A file system in memory.
pub fn ram_vfs() -> Arc<Vfs> {
    Vfs::new(RamFs::new(HostClock::new()).root(), "ramfs")
}

/// Copies a folder of the host into a directory.
pub fn copy_folder(vfs: &Vfs, into: &Location, folder: &Path) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            vfs.create_directory(into, &name, Scope::Anywhere, 0o755).unwrap();
            let below = vfs.resolve(into, &name, Scope::Anywhere, vfs::Follow::No).unwrap();
            copy_folder(vfs, &below, &entry.path());
        } else if kind.is_symlink() {
            let target = std::fs::read_link(entry.path()).unwrap();
            vfs.create_symlink(target.to_str().unwrap(), into, &name, Scope::Anywhere).unwrap();
        } else {
            vfs.write_file(into, &name, &std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// A guest without arguments whose streams lead nowhere.
pub fn guest(vfs: &Arc<Vfs>) -> Guest {
    Guest {
        args: vec!["test".to_owned()],
        env: Vec::new(),
        stdin: null(),
        stdout: null(),
        stderr: null(),
        preopens: Vec::new(),
        listeners: Vec::new(),
        network: None,
        vfs: Arc::clone(vfs),
        clock: HostClock::new(),
        cpu_time: None,
        entropy: Arc::new(Random::new(1)),
        memory_limit: DEFAULT_MEMORY_LIMIT,
        cancel: Arc::new(Cancel::new()),
    }
}

/// Runs a program on a thread of its own. Panics when it takes too long.
pub fn run(program: Program, guest: Guest) -> Result<Outcome, LoadError> {
    let (sender, receiver) = mpsc::channel();
    let cancel = Arc::clone(&guest.cancel);
    let thread = std::thread::spawn(move || sender.send(program.run(guest)));
    let outcome = receiver.recv_timeout(TIME_LIMIT);
    if matches!(outcome, Err(mpsc::RecvTimeoutError::Timeout)) {
        cancel.cancel();
        panic!("the guest did not end");
    }
    thread.join().expect("the engine panicked").unwrap();
    outcome.unwrap()
}

/// Loads and runs a text with an otherwise empty world.
pub fn run_text(text: &str) -> Result<Outcome, LoadError> {
    run(Program::load(text.as_bytes().to_vec())?, guest(&ram_vfs()))
}

/// Everything that comes out of a pipe until its writers are gone.
pub fn drain(pipe: &Arc<OpenFile>) -> std::thread::JoinHandle<Vec<u8>> {
    let pipe = Arc::clone(pipe);
    std::thread::spawn(move || {
        let mut all = Vec::new();
        std::io::Read::read_to_end(&mut &*pipe, &mut all).unwrap();
        all
    })
}
