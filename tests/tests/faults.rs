//! What goes wrong ends what it belongs to, says so, and nothing else.

#![forbid(unsafe_code)]

use std::fs;
use std::time::Duration;

use yolk::qemu::{Boot, Options, Verdict};
use yolk_tests::command::{app_path, line, run, yolk};
use yolk_tests::machine::{Booted, PROMPT, from_image};

/// Exceptions of the CPU (Intel SDM volume 3, table 6-1) by what raises them, and what is said of them.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("divide", "divide error"),
    ("breakpoint", "breakpoint"),
    ("invalid-opcode", "invalid opcode"),
    ("general-protection", "general protection"),
    ("page-fault", "page fault"),
    ("write-to-code", "page fault"),
    ("execute-data", "page fault"),
    ("double-fault", "double fault"),
];

#[test]
fn an_exception_ends_in_a_dump_and_a_backtrace() {
    for (name, says) in EXCEPTIONS {
        let mut machine = Booted::to_prompt(&from_image());
        machine.console.send(&format!("selftest {name}\r"));
        for words in ["EXCEPTION ", says, "rip ", "cr2 ", "rax ", "backtrace:", "machine::exception::"] {
            machine.console.expect(words);
        }
        assert_eq!(machine.verdict(), Verdict::Failed, "{name}");
    }
}

#[test]
fn a_panic_ends_its_program_only() {
    let mut machine = Booted::to_prompt(&from_image());
    machine.console.send("selftest panic\r");
    machine.console.expect("as asked");
    machine.console.expect(PROMPT);
    assert_eq!(machine.command("echo [$?]"), "[134]\n");
    assert_eq!(machine.command("hello there"), "Hello, there!\n");
}

#[test]
fn a_stack_overflow_ends_its_program_only() {
    let mut machine = Booted::to_prompt(&from_image());
    // Where the thread was: in its own code, or under the lock of the heap.
    for fault in ["overflow", "overflow-boxes", "overflow-other-boxes"] {
        machine.console.send(&format!("selftest {fault}\r"));
        machine.console.expect("stack overflow");
        machine.console.expect(PROMPT);
        assert_ne!(machine.command("echo [$?]"), "[0]\n");
    }
    // The others in a pipeline learn that it has gone.
    for line in ["selftest overflow | cat", "yes | selftest overflow", "(selftest overflow; echo well) | grep well"] {
        machine.console.send(&format!("{line}\r"));
        machine.console.expect("backtrace:");
        machine.console.expect(PROMPT);
    }
    assert_eq!(machine.command("hello there"), "Hello, there!\n");
}

#[test]
fn a_guests_fault_is_the_guests() {
    let mut machine = Booted::to_prompt(&from_image());
    for (fault, status) in
        [("panic", 134), ("unreachable", 134), ("load", 134), ("calls", 134), ("frames", 134), ("descriptor", 0)]
    {
        machine.command(&format!("faults {fault}"));
        assert_eq!(machine.command("echo [$?]"), format!("[{status}]\n"), "{fault}: {}", machine.console.text());
    }
}

#[test]
fn memory_has_a_limit() {
    let mut machine = Booted::to_prompt(&from_image());
    let taken = machine.command("run --mem 32M /bin/faults.wasm memory");
    assert!(taken.contains("MiB are taken, then"), "{taken}");
    machine.command("faults bomb");
    assert_eq!(machine.command("echo [$?]"), "[134]\n");
    assert_eq!(machine.command("hello there"), "Hello, there!\n");
}

#[test]
fn bad_pointers_are_refused_by_every_call() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, parameters) in CALLS {
        fs::write(folder.path().join(format!("{name}.wat")), bad_call(name, parameters)).expect("written");
    }
    let names: Vec<_> = CALLS.iter().map(|(name, _)| *name).collect();
    let script: String = names.iter().map(|name| format!("run /bad/{name}.wat; echo {name} $?\n")).collect();
    let dir = format!("{}::/bad", folder.path().display());
    let run = run(&mut yolk("sh", ["--dir", &dir, "-c", &script]), b"");
    let ended = run.text();
    for name in names {
        // 0: the call answered. Anything else is a trap or worse.
        assert!(ended.lines().any(|line| line == format!("{name} 0")), "{name}: {ended}{}", run.error_text());
    }
}

/// The calls of WASI preview 1 with a letter for each parameter: `f` a descriptor, `p` a pointer or length, `l` 64 bits.
const CALLS: &[(&str, &str)] = &[
    ("args_get", "pp"),
    ("args_sizes_get", "pp"),
    ("clock_res_get", "0p"),
    ("clock_time_get", "0lp"),
    ("environ_get", "pp"),
    ("environ_sizes_get", "pp"),
    ("fd_advise", "fllp"),
    ("fd_allocate", "fll"),
    ("fd_close", "p"),
    ("fd_datasync", "p"),
    ("fd_fdstat_get", "fp"),
    ("fd_fdstat_set_flags", "fp"),
    ("fd_fdstat_set_rights", "fll"),
    ("fd_filestat_get", "fp"),
    ("fd_filestat_set_size", "fl"),
    ("fd_filestat_set_times", "fllp"),
    ("fd_pread", "fpplp"),
    ("fd_prestat_dir_name", "fpp"),
    ("fd_prestat_get", "fp"),
    ("fd_pwrite", "fpplp"),
    ("fd_read", "fppp"),
    ("fd_readdir", "fpplp"),
    ("fd_renumber", "pp"),
    ("fd_seek", "fl0p"),
    ("fd_sync", "p"),
    ("fd_tell", "fp"),
    ("fd_write", "fppp"),
    ("path_create_directory", "fpp"),
    ("path_filestat_get", "f0ppp"),
    ("path_filestat_set_times", "f0ppllp"),
    ("path_link", "f0ppfpp"),
    ("path_open", "f0pp0ll0p"),
    ("path_readlink", "fppppp"),
    ("path_remove_directory", "fpp"),
    ("path_rename", "fppfpp"),
    ("path_symlink", "ppfpp"),
    ("path_unlink_file", "fpp"),
    ("poll_oneoff", "pppp"),
    ("proc_raise", "p"),
    ("random_get", "pp"),
    ("sched_yield", ""),
    ("sock_accept", "f0p"),
    ("sock_recv", "fpp0pp"),
    ("sock_send", "fpp0p"),
    ("sock_shutdown", "fp"),
];

/// A module that makes one call with descriptor 3 (its folder) and with pointers just below 4 GiB.
fn bad_call(name: &str, parameters: &str) -> String {
    let kinds: String = parameters.chars().map(|kind| if kind == 'l' { " i64" } else { " i32" }).collect();
    let values: String = parameters
        .chars()
        .map(|kind| match kind {
            'f' => "(i32.const 3) ",
            'l' => "(i64.const -1) ",
            '0' => "(i32.const 0) ",
            _ => "(i32.const -16) ",
        })
        .collect();
    format!(
        "(module (import \"wasi_snapshot_preview1\" \"{name}\" (func (param{kinds}) (result i32))) (memory (export \"memory\") 1)
         (func (export \"_start\") (drop (call 0 {values}))))"
    )
}

/// How many broken copies of an app are tried.
const MUTANTS: u32 = 60;

/// How long a mutant may compute before it is interrupted.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn broken_modules_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let module = fs::read(app_path("hello")).expect("an app");
    fs::create_dir(folder.path().join("m")).expect("made");
    for number in 0..MUTANTS {
        fs::write(folder.path().join(format!("m/{number}.wasm")), mutant(&module, number)).expect("written");
    }
    let archive = folder.path().join("mutants.tar");
    let mut writer = yolk::archive::Archive::new(Vec::new(), yolk::archive::Times::Fixed);
    writer.add_tree(&folder.path().join("m"), "m").expect("added");
    fs::write(&archive, writer.finish().expect("finished")).expect("written");

    let mut options = from_image();
    if let Boot::Image { module, .. } = &mut options.boot {
        *module = Some(archive);
    }
    let mut machine = Booted::to_prompt(&Options { memory_mib: 256, ..options });
    for number in 0..MUTANTS {
        machine.console.send(&format!("run --mem 16M /m/{number}.wasm < /dev/null > /dev/null\r"));
        if !machine.console.hears(PROMPT, PATIENCE) {
            machine.console.send("\x03");
            machine.console.expect(PROMPT);
        }
    }
    assert_eq!(machine.command("hello there"), "Hello, there!\n");
}

/// A copy with one to eight bytes changed: each number gives another, the same every time.
fn mutant(module: &[u8], number: u32) -> Vec<u8> {
    let mut state = number.wrapping_mul(2_654_435_761) | 1;
    let mut random = || {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize
    };
    let mut copy = module.to_vec();
    for _ in 0..=random() % 8 {
        let place = random() % copy.len();
        copy[place] = random() as u8;
    }
    copy
}

#[test]
fn a_thousand_runs_leave_memory_as_it_was() {
    let free = "cat /proc/meminfo | grep MemFree";
    let runs = "hello > /dev/null\n".repeat(1000);
    // The first run fills caches that stay.
    let said = line(&format!("hello > /dev/null\n{free}\n{runs}{free}")).text();
    let numbers: Vec<u64> = said.lines().filter_map(|line| line.split_whitespace().nth(1)?.parse().ok()).collect();
    let [before, after] = numbers[..] else { panic!("{said}") };
    assert!(after >= before - before / 100, "{before} KiB were free, then {after}");
}
