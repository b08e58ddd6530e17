//! Loading: what is accepted, and what is said of the rest. Running: ends of every kind, and where a guest trapped.

mod common;

use common::{drain, guest, ram_vfs, run, run_text};
use std::sync::Arc;
use vfs::{OpenFile, Scope};
use wasi_shim::{LoadError, Outcome, Program, Trap};

fn load_error(content: &[u8]) -> String {
    let error = Program::load(content.to_vec()).err().expect("an error").to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    error
}

#[test]
fn what_is_no_module_is_refused_in_one_line() {
    assert_eq!(load_error(b""), "not a WebAssembly module");
    assert_eq!(load_error(b"#!/bin/sh\nexit\n"), "not a WebAssembly module");
    assert_eq!(load_error(&[0xff, 0xfe, 0, 0]), "not a WebAssembly module");
    assert_eq!(load_error(b"\0asm\x0d\0\x01\0"), "a WebAssembly component, not a module: build for wasm32-wasip1");
    assert_eq!(
        load_error(b"(module\n  (func $f (call $g)))"),
        "not valid WebAssembly text: 2:18: unknown func: failed to find name `$g`"
    );
    assert!(load_error(b"\0asm\x01\0\0\0\x01\xff").starts_with("malformed WebAssembly module: "));
    assert!(load_error(b"\0asm\x02\0\0\0").starts_with("malformed WebAssembly module: "));
    let type_error = load_error(b"(module (func (export \"_start\") i64.const 1 i32.eqz drop))");
    assert!(type_error.starts_with("malformed WebAssembly module: type mismatch"), "{type_error}");
}

#[test]
fn deep_nesting_is_refused_or_runs() {
    for depth in [100, 100_000] {
        for opening in ["(block ", "(i32.eqz ", "(module ", "((", "(;"] {
            let text = format!("(module (func (export \"_start\") {}", opening.repeat(depth));
            assert!(Program::load(text.into_bytes()).is_err());
        }
        let blocks = format!("{}{}", "block ".repeat(depth), "end ".repeat(depth));
        let text = format!("(module (func (export \"_start\") {blocks}))");
        if let Ok(program) = Program::load(text.into_bytes()) {
            let _ = run(program, guest(&ram_vfs()));
        }
    }
}

#[test]
fn imports_are_named_when_they_are_missing() {
    let text = br#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (import "env" "foo" (func))
        (import "wasi_snapshot_preview1" "fd_fly" (func))
        (import "env" "memory" (memory 1))
        (func (export "_start")))"#;
    assert_eq!(load_error(text), "unknown import: env.foo, wasi_snapshot_preview1.fd_fly, env.memory");
    let text = br#"(module
        (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
        (func (export "_start")))"#;
    assert_eq!(load_error(text), "import wasi_snapshot_preview1.fd_close has another type than expected");
    let text = br#"(module (import "wasi_snapshot_preview1" "fd_close" (global i32)) (func (export "_start")))"#;
    assert_eq!(load_error(text), "import wasi_snapshot_preview1.fd_close has another type than expected");
}

#[test]
fn a_library_is_no_program() {
    let expected = "no function _start: a library, not a program";
    assert_eq!(load_error(b"(module)"), expected);
    assert_eq!(load_error(b"(module (func (export \"_start\") (param i32)))"), expected);
    assert_eq!(load_error(b"(module (memory (export \"_start\") 1))"), expected);
}

#[test]
fn text_is_known_by_its_content() {
    for text in
        ["(module (func (export \"_start\")))", "  ;; comment\n(; another ;) (module (func (export \"_start\")))"]
    {
        assert_eq!(run_text(text), Ok(Outcome::Exited(0)));
    }
}

#[test]
fn what_compilers_emit_runs() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory 1) (data $d "\01\02")
        (table 2 funcref) (elem (i32.const 0) $pair)
        (global $base i32 (i32.add (i32.const 40) (i32.const 1)))
        (type $two (func (result i32 i32)))
        (func $pair (type $two) (i32.const 1) (i32.const 2))
        (func $count (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (return_call $count (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "_start")
            (memory.init $d (i32.const 8) (i32.const 0) (i32.const 2))
            (memory.copy (i32.const 16) (i32.const 8) (i32.const 2))
            (memory.fill (i32.const 32) (i32.const 7) (i32.const 4))
            (call_indirect (type $two) (i32.const 0)) (drop) (drop)
            (drop (table.grow 0 (ref.null func) (i32.const 1)))
            (drop (i32.trunc_sat_f64_s (f64.const 1e300)))
            (drop (i64.extend8_s (i64.const 200)))
            (drop (call $count (i32.const 1000000)))
            (call $exit (i32.add (global.get $base)
                (i32x4.extract_lane 1 (i32x4.add (v128.const i32x4 0 1 0 0) (v128.const i32x4 0 0 0 0)))))))"#;
    assert_eq!(run_text(text), Ok(Outcome::Exited(42)));
}

#[test]
fn a_guest_exits_with_a_status() {
    let exit = |status| {
        format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (func (export "_start") (call $exit (i32.const {status})) unreachable))"#
        )
    };
    assert_eq!(run_text(&exit(0)), Ok(Outcome::Exited(0)));
    assert_eq!(run_text(&exit(33)), Ok(Outcome::Exited(33)));
    assert_eq!(run_text(&exit(-1)), Ok(Outcome::Exited(u32::MAX)));
}

#[test]
fn a_call_may_itself_be_the_program() {
    let text = r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func (export "_start") (call $exit (call $yield))))"#;
    assert_eq!(run_text(text), Ok(Outcome::Exited(0)));
}

#[test]
fn what_a_guest_does_to_the_flags_of_standard_streams_ends_with_it() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (if (call $set (i32.const 0) (i32.const 4)) (then unreachable))))"#;
    let (stdin, _writer) = OpenFile::pipe(16);
    let guest = wasi_shim::Guest { stdin: Arc::clone(&stdin), ..guest(&ram_vfs()) };
    assert_eq!(run(Program::load(text.as_bytes().to_vec()).unwrap(), guest), Ok(Outcome::Exited(0)));
    assert!(!stdin.flags().nonblock, "who reads next waits");
}

#[test]
fn signals_have_their_default_effect() {
    let raise = |signal| {
        run_text(&format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (func (export "_start") (call $exit (call $raise (i32.const {signal})))))"#
        ))
    };
    assert_eq!(raise(6), Ok(Outcome::Exited(134)), "abort");
    assert_eq!(raise(15), Ok(Outcome::Exited(143)), "terminate");
    assert_eq!(raise(16), Ok(Outcome::Exited(0)), "a child ended: ignored");
    assert_eq!(raise(18), Ok(Outcome::Exited(58)), "stop: not supported");
    assert_eq!(raise(31), Ok(Outcome::Exited(28)), "no signal: invalid");
}

fn trap(text: &str) -> Trap {
    match run_text(text) {
        Ok(Outcome::Trapped(trap)) => trap,
        other => panic!("no trap: {other:?}"),
    }
}

fn names(trap: &Trap) -> Vec<String> {
    trap.backtrace.iter().map(ToString::to_string).collect()
}

#[test]
fn a_trap_tells_what_and_where() {
    let trap = trap(
        r#"(module
        (func $fine (param i32 i64) (local f64))
        (func $_ZN4core9panicking5panic17h0123456789abcdefE unreachable)
        (func $thrower (param i32) (call $fine (local.get 0) (i64.const 1))
            (if (local.get 0) (then (call $_ZN4core9panicking5panic17h0123456789abcdefE))))
        (func $main (call $fine (i32.const 1) (i64.const 1)) (call $thrower (i32.const 1)))
        (func $start (export "_start") (call $main)))"#,
    );
    assert_eq!(trap.message, "unreachable code executed");
    assert_eq!(names(&trap), ["core::panicking::panic", "thrower", "main", "start"]);
    assert_eq!(
        trap.to_string(),
        "unreachable code executed\n  0: core::panicking::panic\n  1: thrower\n  2: main\n  3: start"
    );
}

#[test]
fn every_trap_has_its_words() {
    let traps = [
        ("(drop (i32.load (i32.const 65536)))", "memory access out of bounds"),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", "integer division by zero"),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "integer overflow"),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", "conversion to an integer that cannot hold the number"),
        ("(call_indirect (i32.const 0))", "call through a null function reference"),
        ("(call_indirect (i32.const 9))", "table access out of bounds"),
        (
            "(call_indirect (param i32) (i32.const 0) (i32.const 1))",
            "call through a reference to a function of another type",
        ),
    ];
    for (code, message) in traps {
        let trap = trap(&format!(
            r#"(module (memory 1) (table 2 funcref) (elem (i32.const 1) $start)
            (func $start (export "_start") {code}))"#
        ));
        assert_eq!((trap.message.as_str(), names(&trap)), (message, vec!["start".to_owned()]));
    }
}

#[test]
fn a_backtrace_follows_indirect_and_tail_calls() {
    let trap = trap(
        r#"(module
        (table 1 funcref) (elem (i32.const 0) $inner)
        (func $inner (result i32) unreachable)
        (func $gone (result i32) (return_call_indirect (result i32) (i32.const 0)))
        (func $outer (result i32) (i32.add (i32.const 1) (call $gone)))
        (func $start (export "_start") (drop (call $outer))))"#,
    );
    assert_eq!(names(&trap), ["inner", "outer", "start"]);
}

#[test]
fn a_backtrace_is_the_same_whatever_the_guest_was_told() {
    // Echoes its input, and traps when that is at its end.
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\04\00\00\00")
        (func $echo (result i32)
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.const 4))
            (i32.load (i32.const 8)))
        (func $finish unreachable)
        (func $start (export "_start")
            (loop $again (br_if $again (call $echo)))
            (call $finish)))"#;
    let (stdin, to_stdin) = OpenFile::pipe(100);
    let (from_stdout, stdout) = OpenFile::pipe(100);
    to_stdin.write_all(b"one two three").unwrap();
    drop(to_stdin);
    let mut guest = guest(&ram_vfs());
    (guest.stdin, guest.stdout) = (stdin, stdout);
    let output = drain(&from_stdout);
    let Ok(Outcome::Trapped(trap)) = run(Program::load(text.as_bytes().to_vec()).unwrap(), guest) else {
        panic!("no trap");
    };
    assert_eq!(names(&trap), ["finish", "start"]);
    assert_eq!(output.join().unwrap(), b"one two three", "the repetition wrote nothing");
}

#[test]
fn deep_recursion_is_a_trap_with_its_innermost_frames() {
    let trap = trap(
        r#"(module (func $deeper (param i64) (call $deeper (local.get 0)))
        (func $start (export "_start") (call $deeper (i64.const 0))))"#,
    );
    assert_eq!(trap.message, "stack overflow");
    assert_eq!(names(&trap), vec!["deeper".to_owned(); 64]);
}

#[test]
fn a_start_function_runs_first_and_like_any_other() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func $init (i32.store (i32.const 0) (i32.const 5)))
        (start $init)
        (func (export "_start") (call $exit (i32.load (i32.const 0)))))"#;
    assert_eq!(run_text(text), Ok(Outcome::Exited(5)));
    let text = r#"(module (func $bad unreachable) (func $init (call $bad)) (start $init) (func (export "_start")))"#;
    assert_eq!(names(&trap(text)), ["bad", "init"]);
    let error = load_error(b"(module (func $init (param i32)) (start $init) (func (export \"_start\")))");
    assert!(error.starts_with("malformed WebAssembly module: "), "{error}");
}

#[test]
fn a_data_segment_outside_is_an_error() {
    let outcome = run_text(r#"(module (memory 1) (data (i32.const 65535) "ab") (func (export "_start")))"#);
    assert!(matches!(&outcome, Err(LoadError::Instance(_))), "{outcome:?}");
}

#[test]
fn a_program_runs_many_times_at_once() {
    let text = br#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory 1)
        (func (export "_start")
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
            (call $exit (i32.load (i32.const 0)))))"#;
    let program = Arc::new(Program::load(text.to_vec()).unwrap());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let program = Arc::clone(&program);
            std::thread::spawn(move || (0..10).map(|_| program.run(guest(&ram_vfs()))).collect::<Vec<_>>())
        })
        .collect();
    for thread in threads {
        assert!(thread.join().unwrap().iter().all(|outcome| *outcome == Ok(Outcome::Exited(1))));
    }
}

#[test]
fn a_directory_that_does_not_open_is_named() {
    let vfs = ram_vfs();
    vfs.write_file(&vfs.root(), "file", b"").unwrap();
    let file = vfs.resolve(&vfs.root(), "file", Scope::Anywhere, vfs::Follow::No).unwrap();
    let mut guest = guest(&vfs);
    guest.preopens = vec![(file, "/data".to_owned())];
    let outcome = run(Program::load(b"(module (func (export \"_start\")))".to_vec()).unwrap(), guest);
    assert_eq!(outcome.map_err(|error| error.to_string()), Err("/data: not a directory".to_owned()));
}
