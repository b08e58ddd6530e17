//! A machine on the host with the program `nes`, and the test ROMs beside the project.

use interfaces::Clock;
use process::{Process, ProcessTable, Spawn, Stdio};
use std::path::PathBuf;
use std::sync::Arc;
use vfs::{Kind, OpenOptions, RamFs, Scope, SpaceQuota, Vfs};

struct StoppedClock;

impl Clock for StoppedClock {
    fn monotonic_ns(&self) -> u64 {
        0
    }

    fn realtime_ns(&self) -> u64 {
        0
    }

    fn set_realtime_ns(&self, _now: u64) {}

    fn resolution_ns(&self) -> u64 {
        1
    }
}

/// See the module.
pub(crate) struct Machine {
    pub(crate) vfs: Arc<Vfs>,
    /// The memory that its files may take.
    #[allow(dead_code)]
    pub(crate) space: Arc<SpaceQuota>,
    table: Arc<ProcessTable>,
}

/// What a run of `nes` left behind.
#[allow(dead_code)]
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machine {
    pub(crate) fn new() -> Machine {
        let space = SpaceQuota::new(1 << 30);
        let files = RamFs::with_quota(Arc::new(StoppedClock), Arc::clone(&space));
        let vfs = Vfs::new(files.root(), "ramfs");
        let table = ProcessTable::new(Arc::clone(&vfs));
        Machine { vfs, space, table }
    }

    /// A machine with this file.
    pub(crate) fn with(path: &str, content: &[u8]) -> Machine {
        let machine = Machine::new();
        machine.vfs.write_file(&machine.vfs.root(), path, content).expect("room for a file");
        machine
    }

    pub(crate) fn file(&self, path: &str) -> Vec<u8> {
        self.vfs.read_file(&self.vfs.root(), path, usize::MAX - 1).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Runs `nes ARGUMENTS` to its end.
    #[allow(dead_code)]
    pub(crate) fn nes(&self, arguments: &str) -> Run {
        let process = self.start_nes(arguments, nes::Devices::default());
        let status = process.wait().expect("it ends").code();
        let text = |path| String::from_utf8(self.file(path)).expect("text");
        Run { status, out: text("/out"), err: text("/err") }
    }

    /// Starts `nes ARGUMENTS`, whose output goes to `/out` and `/err`.
    pub(crate) fn start_nes(&self, arguments: &str, devices: nes::Devices) -> Arc<Process> {
        let root = self.vfs.root();
        let open = |path: &str| self.vfs.open(&root, path, Scope::Anywhere, &OpenOptions::rewrite()).expect("a file");
        let (out, err) = (open("/out"), open("/err"));
        assert_eq!(out.kind(), Kind::Regular);
        let stdin = self.vfs.open(&root, "/out", Scope::Anywhere, &OpenOptions::read()).expect("a file");
        let program = nes::program(devices);
        let args = ["nes"].into_iter().chain(arguments.split_whitespace()).map(str::to_owned).collect();
        let mut spawn = Spawn::new(args, root.clone(), Stdio { stdin, stdout: out, stderr: err });
        spawn.stack_size = program.stack_size;
        self.table.spawn(spawn, move |context| (program.main)(context)).expect("it starts")
    }
}

/// The folder of test ROMs that lies beside the project; `None`, said aloud, where it is not there.
#[allow(dead_code)]
pub(crate) fn rom_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/nes-test-roms");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: there are no test ROMs at {}", folder.display());
    None
}

/// One of these ROMs, or the log that belongs to one.
#[allow(dead_code)]
pub(crate) fn rom(name: &str) -> Option<Vec<u8>> {
    let path = rom_folder()?.join(name);
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// A cartridge that shows nothing and loops: 16 KiB of program on board 0, from this code on at $C000.
#[allow(dead_code)]
pub(crate) fn cartridge(code: &[u8]) -> Vec<u8> {
    let mut rom = b"NES\x1a\x01\x01\0\0\0\0\0\0\0\0\0\0".to_vec();
    let mut program = vec![0xEA; 16 << 10];
    program[..code.len()].copy_from_slice(code);
    // The vectors for NMI, reset and IRQ.
    let end = program.len() - 6;
    program[end..].copy_from_slice(&[0x00, 0xC0, 0x00, 0xC0, 0x00, 0xC0]);
    rom.extend(program);
    rom.extend([0; 8 << 10]);
    rom
}
