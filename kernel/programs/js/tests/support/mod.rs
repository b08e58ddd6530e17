//! A machine on the host: a file system, processes, `js` and a few other programs, and a terminal whose other end the test
//! holds.

#![allow(dead_code)]

use interfaces::{Clock, Entropy};
use js::MemoryUse;
use process::{ExitStatus, KillReason, Loader, Process, ProcessTable, Program, Programs, Spawn, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tty::{Pty, PtyMaster, PtySlave};
use vfs::devfs::DevFs;
use vfs::{Access, File, InputMode, Interest, Kind, OpenFile, OpenOptions, RamFs, Scope, Vfs, WindowSize};

/// Long enough for the slowest machine; reached only by a failure.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

struct Host;

impl Clock for Host {
    fn monotonic_ns(&self) -> u64 {
        self.realtime_ns()
    }

    fn realtime_ns(&self) -> u64 {
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
    }

    fn set_realtime_ns(&self, _now: u64) {}

    fn resolution_ns(&self) -> u64 {
        1
    }
}

impl Entropy for Host {
    fn fill(&self, buf: &mut [u8]) {
        buf.fill(0x5a);
    }
}

/// What scripts see of the host: one port, no limit on memory; and [`ARM`].
#[derive(Default)]
pub(crate) struct HostMachine {
    port: AtomicU8,
    /// Questions of the engine until the script that asks is killed; 0: never.
    questions: AtomicU8,
}

/// A script that writes a number to this port is killed once the engine has asked so often whether it may go on: far inside
/// what it does next.
pub(crate) const ARM: u16 = 0x71;

impl js::Machine for HostMachine {
    fn limit_memory(&self, _bytes: Option<usize>) {}

    fn memory_used(&self) -> usize {
        let before = self.questions.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before == Ok(1) {
            process::current().expect("a script's thread").kill(KillReason::Interrupt);
        }
        0
    }

    fn pause_memory(&self) {}

    fn resume_memory(&self) {}

    fn memory(&self) -> MemoryUse {
        MemoryUse { total: 512 << 20, free: 400 << 20 }
    }

    fn cpus(&self) -> (String, u64, Vec<&'static str>, usize) {
        ("Test CPU".into(), 1_000_000_000, vec!["fpu"], 2)
    }

    fn read_port(&self, port: u16) -> Option<u8> {
        (port == 0x70).then(|| self.port.load(Ordering::SeqCst))
    }

    fn write_port(&self, port: u16, value: u8) -> Option<()> {
        match port {
            0x70 => self.port.store(value, Ordering::SeqCst),
            ARM => self.questions.store(value, Ordering::SeqCst),
            _ => return None,
        }
        Some(())
    }
}

/// See the module.
pub(crate) struct Machine {
    pub(crate) vfs: Arc<Vfs>,
    pub(crate) table: Arc<ProcessTable>,
    pub(crate) programs: Arc<Programs>,
}

impl Machine {
    pub(crate) fn new() -> Machine {
        let host = Arc::new(Host);
        let vfs = Vfs::new(RamFs::new(host.clone()).root(), "ramfs");
        for directory in ["/dev", "/tmp", "/bin", "/home"] {
            vfs.create_directory(&vfs.root(), directory, Scope::Anywhere, 0o755).unwrap();
        }
        let devices = DevFs::new(host.clone(), host);
        devices.register("stdin", process::own_descriptor(0)).unwrap();
        vfs.mount("/dev", devices.root(), "devfs").unwrap();
        let table = ProcessTable::new(vfs.clone());
        let known = Arc::new(OnceLock::new());
        let mut list = test_programs();
        list.push(js::program(Arc::new(HostMachine::default()), known.clone()));
        let programs = Programs::new(list, vec![Loader { suffix: ".js", program: "js" }]);
        let programs = Arc::new(programs);
        known.set(programs.clone()).ok().unwrap();
        Machine { vfs, table, programs }
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        self.vfs.write_file(&self.vfs.root(), path, content.as_bytes()).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        String::from_utf8(self.vfs.read_file(&self.vfs.root(), path, 1 << 20).unwrap()).unwrap()
    }

    /// Starts `js` in `/tmp`.
    pub(crate) fn start(&self, arguments: &[&str], stdio: Stdio) -> Arc<Process> {
        let program = self.programs.lookup("js").unwrap().clone();
        let args = ["js"].iter().chain(arguments).map(|argument| (*argument).to_string()).collect();
        let cwd = self.vfs.resolve(&self.vfs.root(), "/tmp", Scope::Anywhere, vfs::Follow::Yes).unwrap();
        let mut spawn = Spawn::new(args, cwd, stdio);
        spawn.env.insert("HOME".into(), "/home".into());
        spawn.terminal = Some(spawn.stdio.stdin.clone()).filter(|file| file.as_terminal().is_some());
        spawn.stack_size = program.stack_size;
        self.table.spawn(spawn, move |context| (program.main)(context)).unwrap()
    }

    /// Runs `js` with nothing to read; its status, output and errors.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_with_input(arguments, "")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let (process, readers) = self.start_piped(arguments, input);
        let [output, errors] = readers.map(|reader| std::thread::spawn(move || drain(&reader)));
        let status = process.wait_until(Instant::now() + LIMIT).unwrap_or_else(|_| panic!("{arguments:?} goes on"));
        (status.code(), output.join().unwrap(), errors.join().unwrap())
    }

    /// Starts `js` on pipes; its output and errors.
    pub(crate) fn start_piped(&self, arguments: &[&str], input: &str) -> (Arc<Process>, [Arc<OpenFile>; 2]) {
        let pipe = || OpenFile::pipe(1 << 20);
        let ((stdin, to), (from_out, stdout), (from_err, stderr)) = (pipe(), pipe(), pipe());
        to.write_all(input.as_bytes()).unwrap();
        drop(to);
        (self.start(arguments, Stdio { stdin, stdout, stderr }), [from_out, from_err])
    }

    /// The output of a text that has to succeed quietly.
    pub(crate) fn eval(&self, text: &str) -> String {
        let (status, output, errors) = self.run(&["-e", text]);
        assert_eq!((status, errors.as_str()), (0, ""), "{text}: {output}");
        output
    }
}

/// All that comes from a pipe until its writers are gone.
pub(crate) fn drain(file: &OpenFile) -> String {
    let mut content = Vec::new();
    let mut buf = [0; 4096];
    loop {
        match file.read(&mut buf).unwrap() {
            0 => return String::from_utf8(content).unwrap(),
            count => content.extend(&buf[..count]),
        }
    }
}

/// Waits for a condition that nothing announces.
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < deadline, "no {what} in time");
        std::thread::yield_now();
    }
}

fn test_programs() -> Vec<Program> {
    let program = |name, main: fn(&process::Context) -> ExitStatus| Program {
        name,
        usage: "",
        summary: "a test's program",
        details: "",
        stack_size: 0,
        main: Arc::new(main),
    };
    vec![
        // Copies its input to its output; its arguments and a variable to its errors.
        program("copy", |context| {
            let mut buf = [0; 4096];
            while let Ok(count @ 1..) = context.stdin.read(&mut buf) {
                context.stdout.write_all(&buf[..count]).unwrap();
            }
            let words = format!("{} {}", context.arguments().join(","), context.env("WORD").unwrap_or_default());
            context.stderr.write_all(words.as_bytes()).unwrap();
            ExitStatus::Exited(3)
        }),
        program("flood", |context| {
            while context.stdout.write_all(&[b'y'; 4096]).is_ok() {}
            ExitStatus::SUCCESS
        }),
        program("block", |_| {
            let _killed = wait::sleep(Duration::MAX);
            ExitStatus::SUCCESS
        }),
    ]
}

/// An interactive session on a pseudo terminal.
pub(crate) struct Console {
    master: Arc<PtyMaster>,
    slave: Arc<PtySlave>,
    pub(crate) session: Arc<Process>,
    /// All that the terminal has shown without its colours, and how far expectations have been met.
    transcript: Mutex<(Vec<u8>, usize)>,
}

impl Console {
    pub(crate) fn new(machine: &Machine) -> Console {
        let (master, slave) = Pty::pair();
        master.as_terminal().unwrap().set_window_size(WindowSize { columns: 80, rows: 24 });
        let terminal = OpenFile::anonymous(slave.clone(), Kind::CharDevice, Access::READ_WRITE);
        let stdio = Stdio { stdin: terminal.clone(), stdout: terminal.clone(), stderr: terminal };
        let session = machine.start(&[], stdio);
        Console { master, slave, session, transcript: Mutex::default() }
    }

    pub(crate) fn types(&self, text: &str) -> &Console {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            rest = &rest[self.master.write_at(0, rest).unwrap()..];
        }
        self
    }

    /// Waits until a line is edited and all that was typed is taken.
    pub(crate) fn settle(&self) -> &Console {
        let slave = &self.slave;
        wait_until("prompt", || {
            let is_editing = slave.as_terminal().unwrap().input_mode() == InputMode::Raw;
            is_editing && !slave.poll(Interest { read: true, write: false }, None).readable
        });
        self
    }

    /// Waits until `text` appears behind what was expected before.
    pub(crate) fn expect(&self, text: &str) -> &Console {
        let mut transcript = self.transcript.lock().unwrap();
        let deadline = Instant::now() + LIMIT;
        loop {
            let (shown, met) = &mut *transcript;
            let news = String::from_utf8_lossy(&shown[*met..]).into_owned();
            if let Some(at) = news.find(text) {
                *met += at + text.len();
                return self;
            }
            assert!(self.read_more(shown, deadline), "{text:?} did not come, but {news:?}");
        }
    }

    /// Reads what the terminal shows next; whether anything came in time.
    fn read_more(&self, shown: &mut Vec<u8>, deadline: Instant) -> bool {
        let mut buf = [0; 4096];
        let ready = wait::wait_for(Some(deadline), |waiter| {
            match self.master.poll(Interest { read: true, write: false }, Some(waiter)).readable {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        let count = ready.map_or(0, |()| self.master.read_at(0, &mut buf).unwrap());
        shown.extend(&buf[..count]);
        count > 0
    }

    /// The session's status once it ends.
    pub(crate) fn status(&self) -> i32 {
        self.session.wait_until(Instant::now() + LIMIT).expect("the session ends").code()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.session.job().kill(KillReason::Kill);
        }
    }
}

/// A file of the host, copied in.
pub(crate) fn copy_in(machine: &Machine, from: &std::path::Path, to: &str) {
    let content = std::fs::read(from).unwrap();
    let options = OpenOptions::rewrite();
    let file = machine.vfs.open(&machine.vfs.root(), to, Scope::Anywhere, &options).unwrap();
    file.write_all(&content).unwrap();
}
