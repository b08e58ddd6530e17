//! The programs as processes, on a stack that has the loopback interface alone.

#![allow(dead_code, reason = "each test file uses its part")]

use interfaces::{Clock, Entropy};
use net::{Net, Settings};
use process::{ExitStatus, KillReason, Process, ProcessTable, Program, Spawn, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use vfs::{OpenFile, OpenOptions, RamFs, Scope, Vfs};

/// Long enough that only a hang reaches it.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// What a pipe holds: more than any program here prints.
const CAPACITY: usize = 4 << 20;

struct HostClock(Instant, AtomicI64);

impl Clock for HostClock {
    fn monotonic_ns(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }

    fn realtime_ns(&self) -> u64 {
        self.monotonic_ns().saturating_add_signed(self.1.load(Ordering::SeqCst))
    }

    fn set_realtime_ns(&self, now: u64) {
        self.1.store(now.wrapping_sub(self.monotonic_ns()).cast_signed(), Ordering::SeqCst);
    }

    fn resolution_ns(&self) -> u64 {
        1
    }
}

/// Numbers that differ; nobody attacks a test.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buf: &mut [u8]) {
        for byte in buf {
            *byte = (self.0.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        }
    }
}

/// A system with the programs.
pub(crate) struct System {
    pub(crate) net: Arc<Net>,
    pub(crate) table: Arc<ProcessTable>,
    programs: Vec<Program>,
}

/// A program that runs.
pub(crate) struct Running {
    pub(crate) process: Arc<Process>,
    /// What is typed.
    pub(crate) input: Mutex<Option<Arc<OpenFile>>>,
    output: Arc<OpenFile>,
    error: Arc<OpenFile>,
}

/// What a program left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
    pub(crate) error: String,
}

pub(crate) fn system() -> System {
    let clock = Arc::new(HostClock(Instant::now(), AtomicI64::new(0)));
    let settings = Settings {
        devices: Vec::new(),
        clock: clock.clone(),
        entropy: Arc::new(Counter(AtomicU64::new(1))),
        command_line: "ntp=off".into(),
        log: Arc::new(|_| {}),
        hosts: Arc::new(|| Some("127.0.0.1 box\n::1 box\n".into())),
        owner: Arc::new(|| process::current().map(|process| process.pid())),
        buffer_limit: 1 << 30,
        free_memory: Arc::new(|| u64::MAX),
    };
    let net = Net::start(settings).expect("threads");
    let table = ProcessTable::new(Vfs::new(RamFs::new(clock).root(), "ramfs"));
    let programs = nettools::programs(&net);
    System { net, table, programs }
}

impl System {
    /// Starts a program with an input that stays open.
    pub(crate) fn start(&self, words: &[&str]) -> Running {
        let program = self.programs.iter().find(|program| program.name == words[0]).expect("a program").clone();
        let (stdin, input) = OpenFile::pipe(CAPACITY);
        let (output, stdout) = OpenFile::pipe(CAPACITY);
        let (error, stderr) = OpenFile::pipe(CAPACITY);
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let spawn = Spawn::new(words, self.table.vfs().root(), Stdio { stdin, stdout, stderr });
        let process = self.table.spawn(spawn, move |context| (program.main)(context)).expect("a process");
        Running { process, input: Mutex::new(Some(input)), output, error }
    }

    /// Runs a program to its end, with this input.
    pub(crate) fn run_with(&self, words: &[&str], input: &[u8]) -> Ended {
        let running = self.start(words);
        running.type_in(input);
        running.end_input();
        running.end()
    }

    /// Runs a program to its end, without input.
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        self.run_with(words, b"")
    }

    /// What a program prints that succeeds.
    pub(crate) fn print(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_eq!(ended.status, ExitStatus::SUCCESS, "{words:?}: {ended:?}");
        ended.output
    }

    /// The message of a program that fails.
    pub(crate) fn fail(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_ne!(ended.status, ExitStatus::SUCCESS, "{words:?}: {ended:?}");
        ended.error
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        self.table.vfs().read_file(&self.table.vfs().root(), path, 1 << 30).expect("a file")
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        self.table.vfs().write_file(&self.table.vfs().root(), path, content).expect("written");
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.table.vfs().open(&self.table.vfs().root(), path, Scope::Anywhere, &OpenOptions::read()).is_ok()
    }
}

impl Running {
    pub(crate) fn type_in(&self, input: &[u8]) {
        self.input.lock().expect("a lock").as_ref().expect("an open input").write_all(input).expect("typed");
    }

    pub(crate) fn end_input(&self) {
        self.input.lock().expect("a lock").take();
    }

    /// Waits until it has said `wanted` on standard error.
    pub(crate) fn expect_error(&self, wanted: &str) {
        let mut heard = String::new();
        while !heard.contains(wanted) {
            heard += &self.hear_error();
        }
    }

    /// The next bytes of its standard error.
    pub(crate) fn hear_error(&self) -> String {
        let mut buffer = [0; 512];
        let count = self.error.read(&mut buffer).expect("it says something");
        assert_ne!(count, 0, "it has ended");
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    /// The next bytes of its output.
    pub(crate) fn hear(&self) -> String {
        let mut buffer = [0; 4096];
        let count = self.output.read(&mut buffer).expect("it says something");
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    pub(crate) fn interrupt(&self) {
        self.process.kill(KillReason::Interrupt);
    }

    /// Waits for its end.
    pub(crate) fn end(&self) -> Ended {
        let status = self.process.wait_until(Instant::now() + LIMIT).expect("it hangs");
        Ended { status, output: all(&self.output), error: all(&self.error) }
    }
}

/// What is left in a pipe whose writer is gone.
fn all(file: &OpenFile) -> String {
    let mut text = Vec::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let count = file.read(&mut buffer).expect("a pipe");
        if count == 0 {
            return String::from_utf8_lossy(&text).into_owned();
        }
        text.extend_from_slice(&buffer[..count]);
    }
}
