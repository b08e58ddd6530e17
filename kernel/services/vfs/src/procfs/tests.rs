use super::*;
use crate::Vfs;
use crate::sync::lock;
use crate::testing::TestClock;
use crate::{Follow, Kind, OpenOptions, RamFs, Scope};
use interfaces::{Clock, CpuTimes, Errno, MachineInfo};
use std::collections::BTreeMap;

#[derive(Default)]
struct Processes(Mutex<BTreeMap<u32, ProcessInfo>>);

impl ProcSource for Processes {
    fn processes(&self) -> Vec<u32> {
        lock(&self.0).keys().copied().collect()
    }

    fn process(&self, id: u32) -> Option<ProcessInfo> {
        lock(&self.0).get(&id).cloned()
    }

    fn cwd(&self, id: u32) -> Option<String> {
        self.process(id).map(|_| "/tmp".to_owned())
    }

    fn descriptors(&self, id: u32) -> Option<Vec<(i32, String)>> {
        self.process(id).map(|_| vec![(0, "/dev/tty".to_owned()), (5, "pipe:".to_owned())])
    }

    fn current(&self) -> Option<u32> {
        self.processes().first().copied()
    }

    fn started(&self) -> u64 {
        77
    }
}

struct Hardware;

impl MachineInfo for Hardware {
    fn cpu_model(&self) -> (String, u64) {
        ("Test CPU".to_owned(), 2_345_678_000)
    }

    fn cpu_features(&self) -> Vec<&'static str> {
        vec!["fpu", "sse2"]
    }

    fn cpu_times(&self) -> Vec<CpuTimes> {
        vec![CpuTimes { busy_ns: 1_500_000_000, idle_ns: 2_000_000_000 }; 2]
    }

    fn memory(&self) -> (u64, u64) {
        (64 << 20, 48 << 20)
    }
}

struct Poem;

impl TextFolder for Poem {
    fn names(&self) -> &'static [&'static str] {
        &["first", "second"]
    }

    fn text(&self, name: &str) -> Option<String> {
        (name == "second").then(|| "line two\n".to_owned())
    }
}

fn process(name: &str) -> ProcessInfo {
    ProcessInfo {
        name: name.to_owned(),
        args: vec![name.to_owned(), "a b".to_owned()],
        parent: 3,
        group: 7,
        state: ProcessState::Sleeping,
        threads: 2,
        cpu_time_ns: 1_230_000_000,
        started_ns: 4_560_000_000,
    }
}

fn tree() -> (Arc<Vfs>, Arc<Processes>) {
    let clock = TestClock::new();
    clock.set_realtime_ns(3_000_000_000);
    let vfs = Vfs::new(RamFs::new(clock.clone()).root(), "ramfs");
    for directory in ["proc", "tmp", "a b"] {
        vfs.create_directory(&vfs.root(), directory, Scope::Anywhere, 0o755).unwrap();
    }
    let processes = Arc::new(Processes::default());
    lock(&processes.0).extend([(7, process("seven")), (12, process("twelve"))]);
    let machine = Machine {
        info: Arc::new(Hardware),
        clock: clock.clone(),
        version: "Yolk 0.1".to_owned(),
        command_line: "console=ttyS0".to_owned(),
        vfs: Arc::downgrade(&vfs),
    };
    let procfs = ProcFs::new(machine, processes.clone());
    procfs.add_folder("net", Arc::new(Poem));
    vfs.mount("/proc", procfs.root(), "proc").unwrap();
    vfs.mount("/a b", RamFs::new(clock).root(), "ramfs").unwrap();
    (vfs, processes)
}

fn text(vfs: &Vfs, path: &str) -> String {
    String::from_utf8(vfs.read_file(&vfs.root(), path, 1 << 16).unwrap()).unwrap()
}

fn names(vfs: &Vfs, path: &str) -> Vec<String> {
    let directory = vfs.open(&vfs.root(), path, Scope::Anywhere, &OpenOptions::read()).unwrap();
    directory.read_dir(2, 100).unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn the_machine() {
    let (vfs, _) = tree();
    assert_eq!(text(&vfs, "/proc/version"), "Yolk 0.1\n");
    assert_eq!(text(&vfs, "/proc/cmdline"), "console=ttyS0\n");
    assert_eq!(text(&vfs, "/proc/uptime"), "3.00 4.00\n");
    assert_eq!(
        text(&vfs, "/proc/mounts"),
        "ramfs / ramfs rw 0 0\nproc /proc proc rw 0 0\nramfs /a\\040b ramfs rw 0 0\n"
    );
    assert!(text(&vfs, "/proc/meminfo").starts_with("MemTotal:          65536 kB\nMemFree:           49152 kB\n"));
    let cpuinfo = text(&vfs, "/proc/cpuinfo");
    assert_eq!(cpuinfo.matches("model name\t: Test CPU\ncpu MHz\t\t: 2345.678\nflags\t\t: fpu sse2\n").count(), 2);
    assert!(text(&vfs, "/proc/stat").starts_with("cpu  300 0 0 400 0 0 0 0 0 0\ncpu0 150 0 0 200 0"));
    assert!(text(&vfs, "/proc/loadavg").ends_with(" 0/2 12\n"));
}

#[test]
fn a_folder_of_others() {
    let (vfs, _) = tree();
    assert!(names(&vfs, "/proc").contains(&"net".to_owned()));
    assert_eq!(names(&vfs, "/proc/net"), ["first", "second"]);
    assert_eq!(text(&vfs, "/proc/net/second"), "line two\n");
    // Its writer has none any more.
    assert_eq!(vfs.read_file(&vfs.root(), "/proc/net/first", 100), Err(Errno::ENOENT));
    assert_eq!(vfs.read_file(&vfs.root(), "/proc/net/third", 100), Err(Errno::ENOENT));
    let inode = |path: &str| vfs.metadata(&vfs.root(), path, Scope::Anywhere, Follow::Yes).map(|found| found.inode);
    assert_ne!(inode("/proc/net"), inode("/proc/net/first"));
    assert_eq!(inode("/proc/net/../net/first"), inode("/proc/net/first"));
    let parent = |path: &str| vfs.resolve(&vfs.root(), path, Scope::Anywhere, Follow::Yes).expect("it is there");
    assert!(parent("/proc/net/..").is_same(&parent("/proc")));
}

#[test]
fn a_process_and_its_end() {
    let (vfs, processes) = tree();
    assert_eq!(text(&vfs, "/proc/12/cmdline"), "twelve\0a b\0");
    assert_eq!(text(&vfs, "/proc/12/comm"), "twelve\n");
    assert!(text(&vfs, "/proc/12/status").contains("State:\tS (sleeping)\nPid:\t12\nPPid:\t3\n"));
    let stat = text(&vfs, "/proc/12/stat");
    let fields: Vec<_> = stat.split_whitespace().collect();
    assert_eq!((fields.len(), &fields[..6]), (52, &["12", "(twelve)", "S", "3", "7", "7"][..]));
    assert_eq!((fields[13], fields[19], fields[21]), ("123", "2", "456"));
    assert_eq!(names(&vfs, "/proc/12/fd"), ["0", "5"]);
    let link = |path| vfs.read_link(&vfs.root(), path, Scope::Anywhere);
    assert_eq!(link("/proc/12/fd/5").as_deref(), Ok("pipe:"));
    assert_eq!(link("/proc/self").as_deref(), Ok("7"));
    let cwd = vfs.resolve(&vfs.root(), "/proc/self/cwd", Scope::Anywhere, Follow::Yes).unwrap();
    assert_eq!(vfs.path_of(&cwd).as_deref(), Ok("/tmp"));

    let folder = vfs.open(&vfs.root(), "/proc/12", Scope::Anywhere, &OpenOptions::read()).unwrap();
    let status = vfs.open(&vfs.root(), "/proc/12/status", Scope::Anywhere, &OpenOptions::read()).unwrap();
    lock(&processes.0).remove(&12);
    assert_eq!(folder.read_dir(0, 9), Err(Errno::ENOENT));
    assert_eq!(vfs.metadata(&vfs.root(), "/proc/12", Scope::Anywhere, Follow::Yes), Err(Errno::ENOENT));
    assert_eq!(vfs.resolve(folder.location().unwrap(), "stat", Scope::Beneath, Follow::Yes).err(), Some(Errno::ENOENT));
    assert!(status.read(&mut [0; 16]).is_ok(), "what is open keeps its text");
}

#[test]
fn the_folder_lists_what_can_be_looked_up() {
    let (vfs, _) = tree();
    assert_eq!(
        names(&vfs, "/proc"),
        ["cmdline", "cpuinfo", "loadavg", "meminfo", "mounts", "stat", "uptime", "version", "net", "self", "7", "12"]
    );
    let mut folders = vec!["/proc".to_owned()];
    let mut inodes = std::collections::BTreeSet::new();
    while let Some(path) = folders.pop() {
        let folder = vfs.open(&vfs.root(), &path, Scope::Anywhere, &OpenOptions::read()).unwrap();
        for entry in folder.read_dir(2, 100).unwrap() {
            let there = vfs.metadata(folder.location().unwrap(), &entry.name, Scope::Beneath, Follow::No).unwrap();
            assert_eq!((there.inode, there.kind), (entry.inode, entry.kind), "{path}/{}", entry.name);
            assert!(inodes.insert(entry.inode), "{path}/{}", entry.name);
            if entry.kind == Kind::Directory {
                folders.push(format!("{path}/{}", entry.name));
            }
        }
    }
    assert_eq!(vfs.metadata(&vfs.root(), "/proc/007", Scope::Anywhere, Follow::No), Err(Errno::ENOENT));
}

#[test]
fn nothing_can_be_changed() {
    let (vfs, _) = tree();
    let root = vfs.root();
    assert_eq!(vfs.write_file(&root, "/proc/version", b"x"), Err(Errno::EACCES));
    assert_eq!(vfs.write_file(&root, "/proc/new", b"x"), Err(Errno::EROFS));
    assert_eq!(vfs.unlink(&root, "/proc/version", Scope::Anywhere), Err(Errno::EROFS));
    assert_eq!(vfs.remove_directory(&root, "/proc/12", Scope::Anywhere), Err(Errno::EROFS));
    assert_eq!(vfs.remove_directory(&root, "/proc", Scope::Anywhere), Err(Errno::EBUSY));
}
