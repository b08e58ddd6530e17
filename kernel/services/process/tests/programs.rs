//! The table of programs, and what a typed name stands for.

use interfaces::{Clock, Errno};
use process::{ExitStatus, Loader, Program, Programs};
use std::sync::Arc;
use vfs::{Location, RamFs, Scope, Vfs};

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

fn program(name: &'static str) -> Program {
    Program { name, usage: "", summary: "", details: "", stack_size: 0, main: Arc::new(|_| ExitStatus::SUCCESS) }
}

fn setup() -> (Programs, Arc<Vfs>) {
    let vfs = Vfs::new(RamFs::new(Arc::new(StoppedClock)).root(), "ramfs");
    for directory in ["/bin", "/home", "/bin/folder"] {
        vfs.create_directory(&vfs.root(), directory, Scope::Anywhere, 0o755).unwrap();
    }
    for file in ["/bin/hello.wasm", "/bin/ls.wasm", "/bin/readme", "/home/app.wasm", "/home/app", "/home/text.wat"] {
        vfs.write_file(&vfs.root(), file, b"").unwrap();
    }
    let loaders = [(".wasm", "run"), (".wat", "run"), (".js", "js")];
    let loaders = loaders.map(|(suffix, program)| Loader { suffix, program }).to_vec();
    (Programs::new(vec![program("run"), program("ls"), program("echo")], loaders), vfs)
}

#[test]
fn names_paths_and_suffixes() {
    let (programs, vfs) = setup();
    let home: Location = vfs.resolve(&vfs.root(), "/home", Scope::Anywhere, vfs::Follow::Yes).unwrap();
    let find = |name| programs.find(&vfs, &home, "/bin:/usr/bin", name).map(|command| command.args);
    let args = |words: &[&str]| Ok(words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
    assert_eq!(find("echo"), args(&["echo"]));
    assert_eq!(find("ls"), args(&["ls"]), "the table comes first");
    assert_eq!(find("hello"), args(&["run", "/bin/hello.wasm"]));
    assert_eq!(find("hello.wasm"), args(&["run", "/bin/hello.wasm"]));
    assert_eq!(find("./app"), args(&["run", "./app.wasm"]));
    assert_eq!(find("../home/text.wat"), args(&["run", "../home/text.wat"]));
    assert_eq!(find("app"), Err(Errno::ENOENT));
    assert_eq!(find("readme"), Err(Errno::ENOEXEC));
    assert_eq!(find("folder"), Err(Errno::EISDIR));
    assert_eq!(find("/bin/"), Err(Errno::EISDIR));
    assert_eq!(find(""), Err(Errno::ENOENT));
    let empty = programs.find(&vfs, &home, "", "app").map(|command| command.args);
    assert_eq!(empty, args(&["run", "./app.wasm"]), "an empty search path is the working directory");
}

#[test]
fn the_table_is_sorted_and_completes() {
    let (programs, vfs) = setup();
    let names: Vec<_> = programs.iter().map(|program| program.name).collect();
    assert_eq!(names, ["echo", "ls", "run"]);
    assert!(programs.lookup("run").is_some() && programs.lookup("hello").is_none());
    assert_eq!(programs.names(&vfs, &vfs.root(), "/bin:/missing"), ["echo", "hello", "ls", "run"]);
    assert_eq!(programs.loaders().len(), 3);
}
