//! The host command is transparent: streams, status, arguments, files and signals are as if the app ran on the host.

#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use yolk::qemu::{Boot, Firmware, Options, Verdict};
use yolk_tests::LIMIT;
use yolk_tests::command::{app, app_path, line, program, run, yolk};
use yolk_tests::machine::{Booted, from_image};

#[test]
fn input_and_output_pass_byte_for_byte() {
    // All byte values in all neighbourhoods of a simple generator, more than any buffer on the way.
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
    let run = app("concat", &[], &bytes);
    assert_eq!((run.status, run.error_text()), (0, String::new()));
    assert!(run.output == bytes, "{} bytes came back, not {}", run.output.len(), bytes.len());
}

#[test]
fn output_and_error_are_separate() {
    let run = line("echo out; echo err >&2; echo more");
    assert_eq!((run.text().as_str(), run.error_text().as_str()), ("out\nmore\n", "err\n"));
}

#[test]
fn statuses_pass() {
    assert_eq!(app("faults", &["exit", "7"], b"").status, 7);
    assert_eq!(line("faults exit 3").status, 3);
    let trap = app("faults", &["load"], b"");
    assert_eq!(trap.status, 134);
    assert!(trap.error_text().contains("memory access out of bounds"), "{}", trap.error_text());
}

#[test]
fn arguments_and_environment_pass() {
    let module = app_path("inspect");
    let mut command = yolk("run", ["--env", "A=b c", "--env", "B=new\nline"]);
    let run = run(command.arg(module).args(["--", "", "it's", "$HOME *", "-v", "ä\n"]), b"");
    let expected = concat!(
        "argument: \"\"\nargument: \"it's\"\nargument: \"$HOME *\"\nargument: \"-v\"\nargument: \"ä\\n\"\n",
        "environment: \"A\" = \"b c\"\nenvironment: \"B\" = \"new\\nline\"\n"
    );
    assert!(run.text().starts_with(expected), "{}{}", run.text(), run.error_text());
}

#[test]
fn a_folder_is_copied_in_and_not_written_back() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("one"), "first\n").expect("written");
    fs::create_dir(folder.path().join("deep")).expect("made");
    fs::write(folder.path().join("deep/two"), "second\n").expect("written");
    symlink("deep/two", folder.path().join("link")).expect("linked");
    let guest = format!("{}::/data", folder.path().display());
    let mut command = yolk("run", ["--dir", &guest]);
    let read = run(command.arg(app_path("concat")).args(["/data/one", "/data/link"]), b"");
    assert_eq!((read.text().as_str(), read.error_text().as_str()), ("first\nsecond\n", ""));
    let mut command = yolk("sh", ["--dir", &guest, "-c", "cd /data; rm one; echo new > three; ls"]);
    assert_eq!(run(&mut command, b"").text(), "deep\nlink\nthree\n");
    assert!(folder.path().join("one").exists() && !folder.path().join("three").exists());
}

#[test]
fn the_shell_reads_a_script_from_standard_input() {
    let run = run(&mut yolk("sh", [""; 0]), b"echo one\nX=two; echo $X\nexit 5\n");
    assert_eq!((run.status, run.text().as_str()), (5, "one\ntwo\n"));
}

#[test]
fn the_kernels_log_goes_to_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let run = run(yolk("sh", ["-c", "true"]).arg("--log").arg(&log), b"");
    assert_eq!((run.status, run.text().as_str(), run.error_text().as_str()), (0, "", ""));
    assert!(fs::read_to_string(log).is_ok_and(|text| text.contains("Yolk")));
}

#[test]
fn the_time_limit_ends_a_run() {
    let mut command = Command::new(program());
    let run = run(command.args(["run", "--timeout", "5"]).arg(app_path("faults")).arg("spin"), b"");
    assert_eq!((run.status, run.error_text().as_str()), (124, "yolk: the time is up\n"));
}

#[test]
fn what_cannot_be_done_says_what_to_do() {
    let hello = app_path("hello");
    let wrong = |command: &mut Command, hint: &str| {
        let run = run(command, b"");
        assert_eq!((run.status, run.text().as_str()), (125, ""), "{hint}");
        assert!(run.error_text().contains(hint), "{}", run.error_text());
    };
    wrong(yolk("run", [&hello]).env("YOLK_IMAGE", "/nowhere"), "YOLK_IMAGE is /nowhere");
    wrong(yolk("run", [&hello]).env("YOLK_QEMU", "no-such-qemu"), "there is no no-such-qemu: run `make qemu`");
    wrong(&mut yolk("run", ["/nowhere.wasm"]), "there is no app /nowhere.wasm");
    wrong(&mut yolk("run", ["--dir", "/nowhere"].map(OsStr::new).iter().chain([&hello.as_os_str()])), "/nowhere");
    wrong(yolk("run", [&hello]).arg(OsStr::from_bytes(b"\xff")), "is not UTF-8");
    wrong(yolk("run", ["--mem", "1M"]).arg(&hello), "1 MiB of RAM are too few");
}

/// Starts a line of the shell and waits until it says `ready`.
fn started(text: &str, temporary: &Path) -> Child {
    let mut command = yolk("sh", ["-c", text]);
    command.env("TMPDIR", temporary).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut output = BufReader::new(child.stdout.as_mut().expect("a pipe"));
    let mut said = String::new();
    output.read_line(&mut said).expect("readable");
    assert_eq!(said, "ready\n");
    child
}

fn send(signal: Signal, child: &Child) {
    kill_process(Pid::from_child(child), signal).expect("the command runs");
}

#[test]
fn an_interrupt_reaches_the_guest() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = started("echo ready; faults spin", folder.path());
    send(Signal::INT, &child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn neither_machine_nor_files_outlive_the_command() {
    for (signal, left) in [(Signal::TERM, 0), (Signal::KILL, 1)] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = started("echo ready; faults sleep", folder.path());
        let machine = only_child(&child);
        let watch = pidfd_open(machine, PidfdFlags::empty()).expect("the machine runs");
        send(signal, &child);
        child.wait().expect("it ends");
        let limit = Timespec::try_from(LIMIT).expect("a limit");
        let ended = poll(&mut [PollFd::new(&watch, PollFlags::IN)], Some(&limit)).expect("polled");
        assert_eq!(ended, 1, "the machine outlives {signal:?}");
        // Who is killed cannot clean up; what is left is small.
        let files: Vec<_> = fs::read_dir(folder.path()).expect("readable").collect();
        assert!(files.len() <= left * 2, "{files:?}");
    }
}

/// The process that the command started.
fn only_child(child: &Child) -> Pid {
    let path = format!("/proc/{0}/task/{0}/children", child.id());
    let children = fs::read_to_string(path).expect("Linux tells");
    let pid = children.split_whitespace().next().and_then(|word| word.parse().ok()).expect("one child");
    Pid::from_raw(pid).expect("a process")
}

#[test]
fn a_disc_with_an_app_runs_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let disc = folder.path().join("hello.iso");
    let mut command = Command::new(program());
    let packed = run(command.args(["pack", "-o"]).arg(&disc).arg(app_path("hello")).args(["from", "disc"]), b"");
    assert_eq!((packed.status, packed.error_text().as_str()), (0, ""));
    let boot = Boot::Disc { disc, firmware: Firmware::SeaBios };
    let mut machine = Booted::start(&Options { boot, ..from_image() });
    machine.console.expect("Hello, from!\nHello, disc!");
    assert_eq!(machine.verdict(), Verdict::Done);
}
