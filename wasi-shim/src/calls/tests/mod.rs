//! The calls without an engine: a context, and some bytes that are the guest's memory.

mod descriptors;
mod files;
#[allow(dead_code, unreachable_pub, reason = "written for the tests of the whole")]
#[path = "../../../tests/common/network.rs"]
mod network;
mod polling;
mod sockets;
mod wasmedge;

use crate::context::{Context, DEFAULT_MEMORY_LIMIT, Guest};
use crate::failure::{Failure, Result};
use crate::memory::{GuestPtr, Load, Memory};
use interfaces::{Clock, Entropy, Errno};
use std::sync::Arc;
use std::time::Instant;
use vfs::{OpenFile, RamFs, Vfs};
use wait::Cancel;

/// Where tests put things in the guest's memory.
const RESULT: u32 = 8;
const LIST: u32 = 64;
const TEXT: u32 = 1024;
const DATA: u32 = 4096;

struct TestClock(Instant);

/// The wall clock of the tests stands still.
const NOW_NS: u64 = 1_700_000_000_000_000_000;

impl Clock for TestClock {
    fn monotonic_ns(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap()
    }

    fn realtime_ns(&self) -> u64 {
        NOW_NS
    }

    fn set_realtime_ns(&self, _now: u64) {}

    fn resolution_ns(&self) -> u64 {
        0
    }
}

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, buf: &mut [u8]) {
        buf.fill(7);
    }
}

/// A guest with a directory at descriptor 3, and pipes at 0 (reading), 1 and 2 (writing).
struct Machine {
    ctx: Context,
    bytes: Vec<u8>,
    to_stdin: Arc<OpenFile>,
    from_stdout: Arc<OpenFile>,
}

impl Machine {
    fn new() -> Machine {
        Machine::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Guest)) -> Machine {
        let clock = Arc::new(TestClock(Instant::now()));
        let fs = RamFs::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let vfs = Vfs::new(fs.root(), "ramfs");
        let (stdin, to_stdin) = OpenFile::pipe(64);
        let (from_stdout, stdout) = OpenFile::pipe(64);
        let mut guest = Guest {
            args: vec!["name".to_owned(), "é".to_owned()],
            env: vec![("A".to_owned(), "b=c".to_owned())],
            stdin,
            stdout: Arc::clone(&stdout),
            stderr: stdout,
            preopens: vec![(vfs.root(), "/".to_owned())],
            listeners: Vec::new(),
            network: None,
            vfs,
            clock,
            cpu_time: None,
            entropy: Arc::new(Sevens),
            memory_limit: DEFAULT_MEMORY_LIMIT,
            cancel: Arc::new(Cancel::new()),
        };
        change(&mut guest);
        Machine { ctx: Context::new(guest).unwrap(), bytes: vec![0; 1 << 16], to_stdin, from_stdout }
    }

    /// Makes a call; panics when it ends the guest.
    fn call(
        &mut self,
        call: impl FnOnce(&mut Context, &mut Memory<'_>) -> Result<()>,
    ) -> std::result::Result<(), Errno> {
        match call(&mut self.ctx, &mut Memory::new(&mut self.bytes, None)) {
            Ok(()) => Ok(()),
            Err(Failure::Errno(errno)) => Err(errno),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn put(&mut self, address: u32, bytes: &[u8]) {
        self.bytes(address, bytes.len()).copy_from_slice(bytes);
    }

    /// Puts a path; returns its address and length.
    fn path(&mut self, path: &str) -> (GuestPtr<u8>, u32) {
        self.put(TEXT, path.as_bytes());
        (TEXT.into(), u32::try_from(path.len()).unwrap())
    }

    /// Puts a list of buffers, each an address and a length; returns its address and length.
    fn buffers<T>(&mut self, buffers: &[(u32, u32)]) -> (GuestPtr<T>, u32) {
        let words = buffers.iter().flat_map(|(address, len)| [address.to_le_bytes(), len.to_le_bytes()]);
        self.put(LIST, &words.flatten().collect::<Vec<u8>>());
        (LIST.into(), u32::try_from(buffers.len()).unwrap())
    }

    fn bytes(&mut self, address: u32, len: usize) -> &mut [u8] {
        let start = usize::try_from(address).unwrap();
        &mut self.bytes[start..start + len]
    }

    fn value<T: Load>(&mut self, address: u32) -> T {
        GuestPtr::<T>::from(address).read(&Memory::new(&mut self.bytes, None)).unwrap()
    }

    /// Opens a path below descriptor 3 with the given flags and rights.
    fn open(&mut self, path: &str, flags: u32, rights: crate::rights::Rights) -> std::result::Result<u32, Errno> {
        self.open_from(3, path, flags, rights, crate::rights::Rights::all())
    }

    fn open_from(
        &mut self,
        fd: u32,
        path: &str,
        flags: u32,
        rights: crate::rights::Rights,
        inheriting: crate::rights::Rights,
    ) -> std::result::Result<u32, Errno> {
        let (path, len) = self.path(path);
        self.call(|ctx, memory| {
            super::path::path_open(
                ctx,
                memory,
                fd,
                0,
                path,
                len,
                flags,
                rights.bits(),
                inheriting.bits(),
                0,
                RESULT.into(),
            )
        })?;
        Ok(self.value(RESULT))
    }
}

#[test]
fn preview_1_has_46_calls_and_wasmedge_adds_11_names() {
    let names: std::collections::BTreeSet<&str> = super::CALLS.iter().map(|call| call.name).collect();
    assert_eq!(names.len(), 46 + 11);
    assert_eq!(super::CALLS.iter().filter(|call| !call.returns).count(), 1);
    for (index, call) in super::CALLS.iter().enumerate() {
        let same = |other: &&super::Call| (other.name, other.params.len()) == (call.name, call.params.len());
        assert_eq!(super::CALLS.iter().position(|other| same(&other)), Some(index), "{}: types differ", call.name);
    }
}

#[test]
fn strings_end_in_nul() {
    let mut machine = Machine::new();
    machine.call(|ctx, memory| super::args::args_sizes_get(ctx, memory, 0.into(), 4.into())).unwrap();
    assert_eq!((machine.value::<u32>(0), machine.value::<u32>(4)), (2, 8));
    machine.call(|ctx, memory| super::args::args_get(ctx, memory, 16.into(), DATA.into())).unwrap();
    assert_eq!((machine.value::<u32>(16), machine.value::<u32>(20)), (DATA, DATA + 5));
    assert_eq!(machine.bytes(DATA, 8), "name\0é\0".as_bytes());
    machine.call(|ctx, memory| super::args::environ_get(ctx, memory, 16.into(), DATA.into())).unwrap();
    assert_eq!(machine.bytes(DATA, 6), b"A=b=c\0");
}

#[test]
fn clocks_show_what_the_machine_shows() {
    let mut machine = Machine::new();
    let mut time = |id| {
        machine.call(|ctx, memory| super::clock::clock_time_get(ctx, memory, id, 0, RESULT.into()))?;
        Ok(machine.value::<u64>(RESULT))
    };
    assert_eq!(time(0), Ok(NOW_NS));
    assert!(time(1).unwrap() <= time(1).unwrap());
    assert_eq!([time(2), time(3), time(4)], [Err(Errno::EINVAL); 3]);
    machine.call(|ctx, memory| super::clock::clock_res_get(ctx, memory, 1, RESULT.into())).unwrap();
    assert_eq!(machine.value::<u64>(RESULT), 1, "never 0");

    let mut machine = Machine::with(|guest| guest.cpu_time = Some(Arc::new(|| 42)));
    machine.call(|ctx, memory| super::clock::clock_time_get(ctx, memory, 2, 0, RESULT.into())).unwrap();
    assert_eq!(machine.value::<u64>(RESULT), 42);
}

#[test]
fn random_bytes_come_from_the_source() {
    let mut machine = Machine::new();
    machine.call(|ctx, memory| super::random::random_get(ctx, memory, 10.into(), 3)).unwrap();
    assert_eq!(machine.bytes(9, 5), [0, 7, 7, 7, 0]);
}
