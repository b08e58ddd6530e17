//! A machine on the host: a file system, processes, programs, and a terminal whose other end the test holds.

#![allow(dead_code)]

use interfaces::{Cell, Clock, CpuTimes, Entropy, Errno, MachineInfo, Power, TextDisplay};
use process::{ExitStatus, KillReason, Loader, Process, ProcessTable, Program, Programs, Spawn, Stdio};
use shell::{Space, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tty::{Pty, PtyMaster, PtySlave, Screen};
use vfs::devfs::DevFs;
use vfs::procfs::{Machine as ProcMachine, ProcFs};
use vfs::{Access, File, InputMode, Interest, Kind, OpenFile, OpenOptions, RamFs, Scope, Vfs, WindowSize};

/// Long enough for the slowest machine; reached only by a failure.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

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

impl MachineInfo for Host {
    fn cpu_model(&self) -> (String, u64) {
        ("Test CPU".into(), 1_000_000_000)
    }

    fn cpu_features(&self) -> Vec<&'static str> {
        vec!["fpu"]
    }

    fn cpu_times(&self) -> Vec<CpuTimes> {
        vec![CpuTimes::default(); 2]
    }

    fn memory(&self) -> (u64, u64) {
        (64 << 20, 48 << 20)
    }
}

impl System for Host {
    fn power(&self, _how: Power) -> Errno {
        Errno::EPERM
    }

    fn release(&self) -> String {
        "1.2.3".into()
    }

    fn log(&self) -> interfaces::Result<String> {
        Ok("booted\n".into())
    }

    fn space(&self) -> Vec<Space> {
        vec![Space { path: "/".into(), limit: 1 << 20, used: 1 << 19 }]
    }

    fn set_keyboard_layout(&self, name: &str) -> interfaces::Result<()> {
        if name == "de" { Ok(()) } else { Err(Errno::EINVAL) }
    }
}

/// See the module.
pub(crate) struct Machine {
    pub(crate) vfs: Arc<Vfs>,
    pub(crate) table: Arc<ProcessTable>,
    programs: Arc<Programs>,
    /// How many `block`s are running.
    pub(crate) blocked: Arc<AtomicUsize>,
}

impl Machine {
    pub(crate) fn new() -> Machine {
        let host = Arc::new(Host);
        let vfs = Vfs::new(RamFs::new(host.clone()).root(), "ramfs");
        for directory in ["/bin", "/dev", "/proc", "/tmp"] {
            vfs.create_directory(&vfs.root(), directory, Scope::Anywhere, 0o755).unwrap();
        }
        vfs.mount("/dev", DevFs::new(host.clone(), host.clone()).root(), "devfs").unwrap();
        let table = ProcessTable::new(vfs.clone());
        let machine = ProcMachine {
            info: host.clone(),
            clock: host.clone(),
            version: "Yolk 1.2.3".into(),
            command_line: String::new(),
            vfs: Arc::downgrade(&vfs),
        };
        vfs.mount("/proc", ProcFs::new(machine, table.clone()).root(), "proc").unwrap();
        let blocked = Arc::new(AtomicUsize::new(0));
        let loaders = vec![Loader { suffix: ".wasm", program: "run" }];
        let programs = shell::programs(host, test_programs(&blocked), loaders);
        Machine { vfs, table, programs, blocked }
    }

    /// Starts `sh` as the assembler does.
    fn start_shell(&self, arguments: &[&str], stdio: Stdio, env: &[(&str, &str)]) -> Arc<Process> {
        let program = self.programs.lookup("sh").unwrap().clone();
        let args = ["sh"].iter().chain(arguments).map(|argument| (*argument).to_string()).collect();
        let mut spawn = Spawn::new(args, self.vfs.root(), stdio);
        spawn.env = env.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect();
        spawn.terminal = Some(spawn.stdio.stdin.clone()).filter(|file| file.as_terminal().is_some());
        self.table.spawn(spawn, move |context| (program.main)(context)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        self.vfs.write_file(&self.vfs.root(), path, content.as_bytes()).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        String::from_utf8(self.vfs.read_file(&self.vfs.root(), path, 1 << 20).unwrap()).unwrap()
    }

    /// Runs a command line with nothing to read; its status, output and errors.
    pub(crate) fn run(&self, command: &str) -> (i32, String, String) {
        self.run_with_input(&["-c", command], "")
    }

    /// The output of a command line that has to succeed quietly.
    pub(crate) fn output(&self, command: &str) -> String {
        let (status, output, errors) = self.run(command);
        assert_eq!((status, errors.as_str()), (0, ""), "{command}: {output}");
        output
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let pipe = || OpenFile::pipe(1 << 20);
        let ((stdin, to), (from_out, stdout), (from_err, stderr)) = (pipe(), pipe(), pipe());
        to.write_all(input.as_bytes()).unwrap();
        drop(to);
        let process = self.start_shell(arguments, Stdio { stdin, stdout, stderr }, &[]);
        let status = process.wait_until(Instant::now() + LIMIT).expect("the script ends");
        (status.code(), drain(&from_out), drain(&from_err))
    }

    /// Starts a command line that is not waited for; what it says is lost.
    pub(crate) fn start(&self, command: &str) -> Arc<Process> {
        let options = OpenOptions { write: true, ..OpenOptions::read() };
        let null = self.vfs.open(&self.vfs.root(), "/dev/null", Scope::Anywhere, &options).unwrap();
        let stdio = Stdio { stdin: null.clone(), stdout: null.clone(), stderr: null };
        self.start_shell(&["-c", command], stdio, &[])
    }

    /// Waits until `count` of the programs called `block` run.
    pub(crate) fn wait_for_blocked(&self, count: usize) {
        wait_until("block to run", || self.blocked.load(Ordering::SeqCst) == count);
    }
}

/// All that is in a pipe whose writers are gone.
fn drain(file: &OpenFile) -> String {
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

fn test_programs(blocked: &Arc<AtomicUsize>) -> Vec<Program> {
    let program = |name, main: Arc<dyn Fn(&process::Context) -> ExitStatus + Send + Sync>| Program {
        name,
        usage: "",
        summary: "a test's program",
        details: "",
        stack_size: 0,
        main,
    };
    let blocked = blocked.clone();
    vec![
        // Sleeps until it is killed.
        program(
            "block",
            Arc::new(move |_| {
                blocked.fetch_add(1, Ordering::SeqCst);
                let _killed = wait::sleep(Duration::MAX);
                blocked.fetch_sub(1, Ordering::SeqCst);
                ExitStatus::SUCCESS
            }),
        ),
        program("panic", Arc::new(|_| panic!("a program's own panic"))),
        // Stands for the loader of files.
        program(
            "run",
            Arc::new(|context| {
                let line = format!("running {}\n", context.arguments().join(" "));
                context.stdout.write_all(line.as_bytes()).unwrap();
                ExitStatus::Exited(7)
            }),
        ),
        program(
            "raw",
            Arc::new(|context| {
                context.stdin.as_terminal().unwrap().set_input_mode(vfs::InputMode::Raw);
                ExitStatus::SUCCESS
            }),
        ),
    ]
}

/// An interactive shell on a pseudo terminal, seen through a screen.
pub(crate) struct Console {
    master: Arc<PtyMaster>,
    slave: Arc<PtySlave>,
    pub(crate) shell: Arc<Process>,
    /// All that the terminal has shown, and how far expectations have been met.
    transcript: Mutex<(Vec<u8>, usize)>,
    display: Arc<FakeDisplay>,
    screen: Mutex<Screen>,
}

impl Console {
    pub(crate) fn new(machine: &Machine) -> Console {
        Console::of_size(machine, 80, 24)
    }

    pub(crate) fn of_size(machine: &Machine, columns: usize, rows: usize) -> Console {
        let (master, slave) = Pty::pair();
        let size = WindowSize { columns: columns.try_into().unwrap(), rows: rows.try_into().unwrap() };
        master.as_terminal().unwrap().set_window_size(size);
        let terminal = OpenFile::anonymous(slave.clone(), Kind::CharDevice, Access::READ_WRITE);
        let stdio = Stdio { stdin: terminal.clone(), stdout: terminal.clone(), stderr: terminal };
        let shell = machine.start_shell(&[], stdio, &[("PATH", "/bin"), ("HOME", "/")]);
        let display = Arc::new(FakeDisplay { rows: Mutex::new(vec![vec![' '; columns]; rows]) });
        let screen = Mutex::new(Screen::new(display.clone()));
        Console { master, slave, shell, transcript: Mutex::default(), display, screen }
    }

    pub(crate) fn types(&self, text: &str) -> &Console {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            rest = &rest[self.master.write_at(0, rest).unwrap()..];
        }
        self
    }

    /// Waits until the shell edits a line and has taken all that was typed. Meanwhile it reads what is shown, which the shell would wait for else.
    pub(crate) fn settle(&self) -> &Console {
        let slave = &self.slave;
        wait_until("prompt", || {
            while self.master.poll(Interest { read: true, write: false }, None).readable {
                self.read_more(&mut self.transcript.lock().unwrap().0, Instant::now() + LIMIT);
            }
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

    /// Waits until the screen's rows, without those that are empty at the end, are these.
    pub(crate) fn expect_screen(&self, rows: &[&str]) -> &Console {
        let mut transcript = self.transcript.lock().unwrap();
        let deadline = Instant::now() + LIMIT;
        loop {
            let shown = self.display.text();
            let used = shown.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
            if shown[..used] == *rows {
                return self;
            }
            assert!(self.read_more(&mut transcript.0, deadline), "the screen shows {:#?}", &shown[..used]);
        }
    }

    /// Waits until the last row of the screen that is not empty is this.
    pub(crate) fn expect_last_row(&self, row: &str) -> &Console {
        let mut transcript = self.transcript.lock().unwrap();
        let deadline = Instant::now() + LIMIT;
        loop {
            let shown = self.display.text();
            let last = shown.iter().rev().find(|row| !row.is_empty());
            if last.is_some_and(|last| last == row) {
                return self;
            }
            assert!(self.read_more(&mut transcript.0, deadline), "the last row is {last:?}");
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
        self.screen.lock().unwrap().write(&buf[..count]);
        count > 0
    }

    /// Drops the test's end of the terminal.
    pub(crate) fn hang_up(mut self) -> Arc<Process> {
        self.master = Pty::pair().0;
        self.shell.clone()
    }

    /// The shell's status once it ends.
    pub(crate) fn status(&self) -> i32 {
        self.shell.wait_until(Instant::now() + LIMIT).expect("the shell ends").code()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // The shell ends by the hangup; a test that failed may have left it in any state.
        if std::thread::panicking() {
            self.shell.job().kill(KillReason::Kill);
        }
    }
}

struct FakeDisplay {
    rows: Mutex<Vec<Vec<char>>>,
}

impl FakeDisplay {
    fn text(&self) -> Vec<String> {
        self.rows.lock().unwrap().iter().map(|row| row.iter().collect::<String>().trim_end().to_string()).collect()
    }
}

impl TextDisplay for FakeDisplay {
    fn size(&self) -> (usize, usize) {
        let rows = self.rows.lock().unwrap();
        (rows[0].len(), rows.len())
    }

    fn put(&self, column: usize, row: usize, cells: &[Cell]) {
        for (slot, cell) in self.rows.lock().unwrap()[row][column..].iter_mut().zip(cells) {
            *slot = cell.glyph;
        }
    }

    fn set_cursor(&self, _position: Option<(usize, usize)>) {}
}
