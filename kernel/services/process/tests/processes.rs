//! Processes: their lives, their ends, and that nothing is left of them.

use interfaces::{Clock, Entropy, Errno};
use process::{
    Context, ExitStatus, Job, KillReason, ProbeSource, Process, ProcessTable, Spawn, Stdio, ThreadProbe, current,
    enter, exit, own_descriptor,
};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use vfs::devfs::DevFs;
use vfs::procfs::{ProcSource, ProcessState};
use vfs::{OpenFile, OpenOptions, RamFs, Scope, SpaceQuota, Vfs};

/// Long enough that only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(30);

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

fn table() -> Arc<ProcessTable> {
    ProcessTable::new(Vfs::new(RamFs::new(Arc::new(StoppedClock)).root(), "ramfs"))
}

fn null(table: &ProcessTable) -> Stdio {
    let options = OpenOptions { write: true, create: true, ..OpenOptions::read() };
    let file = table.vfs().open(&table.vfs().root(), "/null", Scope::Anywhere, &options).unwrap();
    Stdio { stdin: file.clone(), stdout: file.clone(), stderr: file }
}

fn args(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn setup(table: &ProcessTable) -> Spawn {
    Spawn::new(args(&["test", "argument"]), table.vfs().root(), null(table))
}

fn start<F>(table: &Arc<ProcessTable>, main: F) -> Arc<Process>
where
    F: FnOnce(&Context) -> ExitStatus + Send + 'static,
{
    table.spawn(setup(table), main).unwrap()
}

fn end_of(process: &Process) -> ExitStatus {
    process.wait_until(Instant::now() + LIMIT).expect("the process hangs")
}

/// Blocks until the process is killed.
fn sleep_for_ever() -> ExitStatus {
    assert_eq!(wait::sleep(LIMIT), Err(wait::WaitError::Cancelled));
    ExitStatus::SUCCESS
}

/// Runs `body` without the message that a panic prints.
fn quietly<T>(body: impl FnOnce() -> T) -> T {
    static USERS: AtomicUsize = AtomicUsize::new(0);
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if USERS.load(Ordering::SeqCst) == 0 || info.payload_as_str() != Some("expected") {
                usual(info);
            }
        }));
    });
    USERS.fetch_add(1, Ordering::SeqCst);
    let result = body();
    USERS.fetch_sub(1, Ordering::SeqCst);
    result
}

fn panic_as_expected() -> ExitStatus {
    std::panic::panic_any("expected")
}

#[test]
fn a_program_gets_its_context_and_gives_its_status() {
    let table = table();
    let spawn = Spawn { env: [("HOME".to_owned(), "/".to_owned())].into(), ..setup(&table) };
    let process = table.spawn(spawn, |context| {
        assert_eq!((context.name(), context.arguments()), ("test", &["argument".to_owned()][..]));
        assert_eq!(context.env("HOME").as_deref(), Some("/"));
        assert_eq!(current().unwrap().pid(), context.process.pid());
        assert_eq!(thread::current().name(), Some("test"));
        assert!(Arc::ptr_eq(&context.process.files().get(1).unwrap(), &context.stdout));
        ExitStatus::Exited(258)
    });
    let status = end_of(&process.unwrap());
    assert_eq!((status, status.code()), (ExitStatus::Exited(258), 2));
}

#[test]
fn output_and_failure_messages() {
    let table = table();
    let (read, write) = OpenFile::pipe(1024);
    let stdio = Stdio { stdout: write.clone(), stderr: write, ..null(&table) };
    let process = table.spawn(Spawn { stdio, ..setup(&table) }, |context| {
        writeln!(context.out(), "hello {}", 1).unwrap();
        write!(context.out(), "no newline, ").unwrap();
        context.fail("it went wrong")
    });
    let mut text = String::new();
    (&*read).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello 1\nno newline, test: it went wrong\n");
    assert_eq!(end_of(&process.unwrap()), ExitStatus::FAILURE);
}

#[test]
fn statuses_have_the_numbers_that_shells_show() {
    let code = ExitStatus::code;
    assert_eq!((code(ExitStatus::Trapped), code(ExitStatus::Panicked)), (134, 134));
    assert_eq!((code(ExitStatus::Killed), code(ExitStatus::Interrupted)), (137, 130));
    assert_eq!((code(ExitStatus::Exited(-1)), code(ExitStatus::OutOfMemory)), (255, 137));
    assert!(ExitStatus::Exited(0).is_success() && !ExitStatus::Exited(256).is_success());
}

#[test]
fn a_panic_ends_the_program_alone_and_closes_its_files() {
    let table = table();
    let (read, write) = OpenFile::pipe(16);
    let process = start(&table, move |context| {
        context.process.files().insert(write).unwrap();
        panic_as_expected()
    });
    assert_eq!(quietly(|| end_of(&process)), ExitStatus::Panicked);
    assert_eq!(read.read(&mut [0]), Ok(0), "the writing end is closed");
    assert!(process.files().snapshot().is_empty());
    assert_eq!(end_of(&start(&table, |_| ExitStatus::SUCCESS)), ExitStatus::SUCCESS);
}

#[test]
fn a_kill_ends_waits_and_the_first_reason_counts() {
    let table = table();
    let reasons = [
        (KillReason::Interrupt, ExitStatus::Interrupted),
        (KillReason::Kill, ExitStatus::Killed),
        (KillReason::OutOfMemory, ExitStatus::OutOfMemory),
    ];
    for (reason, status) in reasons {
        let process = start(&table, |_| sleep_for_ever());
        assert_eq!(process.try_wait(), None);
        process.kill(reason);
        process.kill(KillReason::Kill);
        assert!(process.is_killed());
        assert_eq!(end_of(&process), status);
    }
}

#[test]
fn a_killed_program_cannot_go_on_with_files() {
    let table = table();
    let process = start(&table, |context| {
        // Never blocks, and never looks whether it was killed.
        while context.stdout.pwrite(b"y", 0).is_ok() {}
        ExitStatus::SUCCESS
    });
    process.kill(KillReason::Interrupt);
    assert_eq!(end_of(&process), ExitStatus::Interrupted);
}

#[test]
fn waiting_for_a_process_can_be_killed() {
    let table = table();
    let sleeper = start(&table, |_| sleep_for_ever());
    let waiting = Arc::clone(&sleeper);
    let waiter = start(&table, move |_| {
        assert_eq!(waiting.wait(), Err(Errno::ECANCELED));
        ExitStatus::SUCCESS
    });
    waiter.kill(KillReason::Kill);
    assert_eq!(end_of(&waiter), ExitStatus::Killed);
    assert_eq!(sleeper.wait_until(Instant::now()), Err(Errno::ETIMEDOUT));
    sleeper.kill(KillReason::Kill);
    end_of(&sleeper);
}

#[test]
fn exit_unwinds_without_a_panic() {
    let table = table();
    assert_eq!(end_of(&start(&table, |_| exit(ExitStatus::Exited(7)))), ExitStatus::Exited(7));
    let process = start(&table, |context| {
        let me = Arc::clone(&context.process);
        let other = thread::spawn(move || {
            enter(Some(me));
            exit(ExitStatus::Exited(9))
        });
        sleep_for_ever();
        assert!(other.join().is_err());
        ExitStatus::SUCCESS
    });
    assert_eq!(end_of(&process), ExitStatus::Exited(9));
}

#[test]
fn threads_belong_to_their_process() {
    let table = table();
    let (tell, told) = mpsc::channel();
    let process = start(&table, move |_| {
        let me = current();
        let thread = thread::spawn(move || {
            enter(me.clone());
            tell.send((me.unwrap().threads(), current().unwrap().pid())).unwrap();
            sleep_for_ever();
        });
        thread.join().unwrap();
        ExitStatus::SUCCESS
    });
    assert_eq!(told.recv_timeout(LIMIT), Ok((2, process.pid())));
    process.kill(KillReason::Kill);
    assert_eq!(end_of(&process), ExitStatus::Killed);
    assert_eq!(process.threads(), 0);
}

#[test]
fn threads_left_behind_wake_up_when_the_main_one_returns() {
    let table = table();
    let (tell, told) = mpsc::channel();
    let process = start(&table, move |_| {
        let me = current();
        thread::spawn(move || {
            enter(me);
            tell.send(sleep_for_ever()).unwrap();
        });
        ExitStatus::Exited(3)
    });
    assert_eq!(end_of(&process), ExitStatus::Exited(3));
    assert_eq!(told.recv_timeout(LIMIT), Ok(ExitStatus::SUCCESS));
    assert!(!process.is_killed());
}

#[test]
fn a_job_is_killed_as_one_with_what_it_starts() {
    let table = table();
    let job = Job::new();
    let (tell, told) = mpsc::channel();
    let parent = {
        let spawn = Spawn { job: Some(Arc::clone(&job)), ..setup(&table) };
        let main = move |context: &Context| {
            let child = Spawn::child_of(&context.process, args(&["child"])).unwrap();
            tell.send(context.table.spawn(child, |_| sleep_for_ever()).unwrap()).unwrap();
            sleep_for_ever()
        };
        table.spawn(spawn, main).unwrap()
    };
    let child = told.recv_timeout(LIMIT).unwrap();
    assert_eq!((job.id(), child.job().id()), (parent.pid(), parent.pid()));
    assert_eq!(job.processes(), [parent.pid(), child.pid()]);
    job.kill(KillReason::Interrupt);
    job.wait().unwrap();
    assert_eq!((parent.try_wait(), child.try_wait()), (Some(ExitStatus::Interrupted), Some(ExitStatus::Interrupted)));
    // Who comes too late does not even start.
    let late = table.spawn(Spawn { job: Some(job), ..setup(&table) }, |_| ExitStatus::SUCCESS).unwrap();
    assert_eq!(end_of(&late), ExitStatus::Interrupted);
}

#[test]
fn children_outlive_their_parent() {
    let table = table();
    let (tell, told) = mpsc::channel();
    let parent = start(&table, move |context| {
        let spawn = Spawn::child_of(&context.process, args(&["child"])).unwrap();
        let child = context.table.spawn(spawn, |_| sleep_for_ever()).unwrap();
        assert_eq!(context.table.children(context.process.pid()).len(), 1);
        assert_eq!(child.parent(), context.process.pid());
        tell.send(child).unwrap();
        ExitStatus::SUCCESS
    });
    let child = told.recv_timeout(LIMIT).unwrap();
    end_of(&parent);
    assert_eq!((child.parent(), child.try_wait()), (0, None));
    child.kill(KillReason::Kill);
    end_of(&child);
}

#[test]
fn working_directory_and_environment() {
    let table = table();
    table.vfs().create_directory(&table.vfs().root(), "/dir", Scope::Anywhere, 0o755).unwrap();
    table.vfs().write_file(&table.vfs().root(), "/dir/file", b"x").unwrap();
    let process = start(&table, |context| {
        let directory = context.open("dir", &OpenOptions::read()).unwrap();
        let file = context.open("dir/file", &OpenOptions::read()).unwrap();
        assert_eq!(context.process.set_cwd(file.location().unwrap().clone()), Err(Errno::ENOTDIR));
        context.process.set_cwd(directory.location().unwrap().clone()).unwrap();
        assert!(context.open("file", &OpenOptions::read()).is_ok());
        assert_eq!(context.vfs().path_of(&context.cwd()).as_deref(), Ok("/dir"));
        context.process.set_var("A", Some("1"));
        context.process.set_var("B", Some("2"));
        context.process.set_var("A", None);
        let child = Spawn::child_of(&context.process, args(&["child"])).unwrap();
        assert_eq!(child.env, [("B".to_owned(), "2".to_owned())].into());
        assert!(child.cwd.is_same(&context.cwd()));
        ExitStatus::SUCCESS
    });
    assert_eq!(end_of(&process), ExitStatus::SUCCESS);
}

#[test]
fn proc_shows_what_runs() {
    let table = table();
    let (read, write) = OpenFile::pipe(16);
    let stdio = Stdio { stdin: read, ..null(&table) };
    let process = table.spawn(Spawn { stdio, ..setup(&table) }, |context| {
        assert_eq!(context.table.current(), Some(context.process.pid()));
        let _ = context.stdin.read(&mut [0]);
        ExitStatus::SUCCESS
    });
    let process = process.unwrap();
    let pid = process.pid();
    let info = ProcSource::process(&*table, pid).unwrap();
    assert_eq!((info.name.as_str(), info.args.len(), info.parent, info.group), ("test", 2, 0, pid));
    assert_eq!(table.cwd(pid).as_deref(), Some("/"));
    let descriptors = table.descriptors(pid).unwrap();
    assert_eq!(descriptors[..2], [(0, "pipe:".to_owned()), (1, "/null".to_owned())]);
    assert_eq!((table.processes(), table.current()), (vec![pid], None));
    drop(write);
    end_of(&process);
    assert_eq!(ProcSource::process(&*table, pid), None);
    assert_eq!(table.descriptors(pid), None);
}

struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, _buf: &mut [u8]) {}
}

#[test]
fn dev_stdin_is_the_callers_own() {
    let table = table();
    let (vfs, root) = (table.vfs(), table.vfs().root());
    vfs.create_directory(&root, "/dev", Scope::Anywhere, 0o755).unwrap();
    let devfs = DevFs::new(Arc::new(StoppedClock), Arc::new(NoEntropy));
    for (fd, name) in (0..).zip(["stdin", "stdout", "stderr"]) {
        devfs.register(name, own_descriptor(fd)).unwrap();
    }
    vfs.mount("/dev", devfs.root(), "devfs").unwrap();
    let no_process = vfs.open(&root, "/dev/stdin", Scope::Anywhere, &OpenOptions::read());
    assert_eq!(no_process.err(), Some(Errno::ENXIO));

    let (read, write) = OpenFile::pipe(16);
    let log = vfs.open(&root, "/log", Scope::Anywhere, &OpenOptions::rewrite()).unwrap();
    let stdio = Stdio { stdin: read, stdout: log.clone(), stderr: log };
    let process = table.spawn(Spawn { stdio, ..setup(&table) }, |context| {
        context.stderr.write_all(b"one ").unwrap();
        let mut buf = [0; 5];
        let count = context.open("/dev/stdin", &OpenOptions::read()).unwrap().read(&mut buf).unwrap();
        let out = context.open("/dev/stderr", &OpenOptions::rewrite()).unwrap();
        out.write_all(&buf[..count]).unwrap();
        assert_eq!(out.tell(), Err(Errno::ESPIPE));
        context.stdout.write_all(b" three").unwrap();
        assert_eq!(context.open("/dev/stdin", &OpenOptions::rewrite()).err(), Some(Errno::EACCES));
        ExitStatus::SUCCESS
    });
    write.write_all(b"two").unwrap();
    assert_eq!(end_of(&process.unwrap()), ExitStatus::SUCCESS);
    assert_eq!(vfs.read_file(&root, "/log", 99).as_deref(), Ok(&b"one two three"[..]));
}

/// A scheduler's view of a thread: each look costs a second of CPU time.
struct Probe(AtomicU64);

impl ThreadProbe for Probe {
    fn cpu_time_ns(&self) -> u64 {
        self.0.fetch_add(1_000_000_000, Ordering::Relaxed)
    }

    fn is_running(&self) -> bool {
        false
    }
}

#[test]
fn cpu_time_counts_threads_that_ended() {
    let source: ProbeSource = Arc::new(|| Arc::new(Probe(AtomicU64::new(2_000_000_000))));
    let vfs = Vfs::new(RamFs::new(Arc::new(StoppedClock)).root(), "ramfs");
    let table = ProcessTable::with_thread_probe(vfs, source);
    let process = start(&table, |context| {
        assert_eq!(context.process.cpu_time(), Duration::from_secs(2));
        let me = Arc::clone(&context.process);
        thread::spawn(move || enter(Some(me))).join().unwrap();
        assert_eq!(ProcSource::process(&*context.table, context.process.pid()).unwrap().state, ProcessState::Sleeping);
        ExitStatus::SUCCESS
    });
    assert_eq!(end_of(&process), ExitStatus::SUCCESS);
    assert!(process.cpu_time() >= Duration::from_secs(4 + 2));
}

#[test]
fn thousands_of_runs_leave_nothing() {
    let quota = SpaceQuota::new(1 << 20);
    let vfs = Vfs::new(RamFs::with_quota(Arc::new(StoppedClock), Arc::clone(&quota)).root(), "ramfs");
    let table = ProcessTable::new(Arc::clone(&vfs));
    let stdio = null(&table);
    let used = quota.used();
    let token = Arc::new(());
    for round in 0..3000u32 {
        let held = Arc::clone(&token);
        let spawn = Spawn::new(args(&["test"]), vfs.root(), stdio.clone());
        let main = move |context: &Context| {
            let _held = held;
            let options = OpenOptions { write: true, create: true, ..OpenOptions::default() };
            let file = context.open("scratch", &options).unwrap();
            context.process.files().insert(file).unwrap();
            context.vfs().unlink(&context.cwd(), "scratch", Scope::Anywhere).unwrap();
            match round % 3 {
                0 => ExitStatus::SUCCESS,
                1 => exit(ExitStatus::Exited(1)),
                _ => panic_as_expected(),
            }
        };
        quietly(|| end_of(&table.spawn(spawn, main).unwrap()));
    }
    assert!(table.list().is_empty());
    assert_eq!(table.count(), 3000);
    assert_eq!((quota.used(), Arc::strong_count(&token)), (used, 1));
    assert_eq!(Arc::strong_count(&stdio.stdin), 3, "no descriptor is left open");
}

/// Starts a process of `job` that catches one interrupt; the receiver hears when it is ready, and of the interrupt.
fn start_catching(table: &Arc<ProcessTable>, job: &Arc<Job>) -> (Arc<Process>, mpsc::Receiver<&'static str>) {
    let (say, hear) = mpsc::channel();
    let mut spawn = setup(table);
    spawn.job = Some(Arc::clone(job));
    let process = table.spawn(spawn, move |context| {
        let caught = say.clone();
        context.process.catch_interrupt(move || caught.send("caught").unwrap());
        say.send("ready").unwrap();
        sleep_for_ever()
    });
    assert_eq!(hear.recv_timeout(LIMIT), Ok("ready"));
    (process.unwrap(), hear)
}

#[test]
fn one_interrupt_can_be_caught_and_the_next_ends() {
    let (table, job) = (table(), Job::new());
    let (process, hear) = start_catching(&table, &job);
    job.kill(KillReason::Interrupt);
    assert_eq!(hear.recv_timeout(LIMIT), Ok("caught"));
    assert!(!process.is_killed());
    // It was no kill: whoever started the job goes on.
    assert_eq!(job.kill_reason(), None);
    job.kill(KillReason::Interrupt);
    assert_eq!(end_of(&process), ExitStatus::Interrupted);
    assert_eq!(job.kill_reason(), Some(KillReason::Interrupt));
}

#[test]
fn an_interrupt_is_a_kill_for_a_job_in_which_one_does_not_catch_it() {
    let (table, job) = (table(), Job::new());
    let (catching, hear) = start_catching(&table, &job);
    let mut spawn = setup(&table);
    spawn.job = Some(Arc::clone(&job));
    let other = table.spawn(spawn, |_| sleep_for_ever()).unwrap();
    job.kill(KillReason::Interrupt);
    assert_eq!(end_of(&other), ExitStatus::Interrupted);
    assert_eq!(hear.recv_timeout(LIMIT), Ok("caught"));
    assert_eq!(job.kill_reason(), Some(KillReason::Interrupt));
    catching.kill(KillReason::Kill);
    assert_eq!(end_of(&catching), ExitStatus::Killed);
}

/// Starts a process that has `stdout` and keeps it for ever, as a thread does that can run no more code.
fn start_stuck(table: &Arc<ProcessTable>, stdout: &Arc<OpenFile>) -> Arc<Process> {
    let (started, is_started) = mpsc::channel();
    let mut spawn = setup(table);
    spawn.stdio.stdout = Arc::clone(stdout);
    let stuck = table.spawn(spawn, move |context| {
        std::mem::forget(Arc::clone(&context.stdout));
        started.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    is_started.recv_timeout(LIMIT).unwrap();
    stuck.unwrap()
}

#[test]
fn a_process_that_gives_nothing_back_does_not_hold_a_pipe_open() {
    let table = table();
    let (reader, writer) = OpenFile::pipe(16);
    let stuck = start_stuck(&table, &writer);
    drop(writer);
    let end = thread::spawn(move || reader.read(&mut [0]));
    stuck.abandon(ExitStatus::Panicked);
    assert_eq!(stuck.wait(), Ok(ExitStatus::Panicked));
    assert_eq!(end.join().unwrap(), Ok(0));
}

#[test]
fn a_pipe_that_another_process_has_stays_open_until_that_ends() {
    let table = table();
    let (reader, writer) = OpenFile::pipe(16);
    let stuck = start_stuck(&table, &writer);
    let (go, may_go) = mpsc::channel::<()>();
    let mut spawn = setup(&table);
    spawn.stdio.stdout = writer;
    let other = table.spawn(spawn, move |context| {
        may_go.recv().unwrap();
        context.stdout.write_all(b"well").map_or(ExitStatus::FAILURE, |()| ExitStatus::SUCCESS)
    });
    stuck.abandon(ExitStatus::Panicked);
    go.send(()).unwrap();
    assert_eq!(other.unwrap().wait(), Ok(ExitStatus::SUCCESS));
    let mut all = Vec::new();
    (&mut &*reader).read_to_end(&mut all).unwrap();
    assert_eq!(all, b"well");
}
