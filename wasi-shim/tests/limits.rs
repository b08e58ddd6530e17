//! What ends or bounds a guest: the kill flag, the memory limit, the depth of its calls.

mod common;

use common::{TIME_LIMIT, guest, ram_vfs, run, run_text};
use interfaces::Errno;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use vfs::{Access, File, Interest, Kind, OpenFile, Readiness};
use wait::Waiter;
use wasi_shim::{Guest, LoadError, Outcome, Program};

/// Starts a guest, kills it as soon as `is_time` says so, and returns its end.
fn run_and_kill(text: &str, guest: Guest, is_time: &Receiver<()>) -> Outcome {
    let cancel = Arc::clone(&guest.cancel);
    let program = Program::load(text.as_bytes().to_vec()).unwrap();
    let thread = std::thread::spawn(move || program.run(guest));
    is_time.recv_timeout(TIME_LIMIT).expect("the guest came to its loop");
    let killed = Instant::now();
    cancel.cancel();
    let outcome = thread.join().unwrap().unwrap();
    assert!(killed.elapsed() < Duration::from_secs(10), "ended {:?} after the kill", killed.elapsed());
    outcome
}

/// A file that tells when it is used.
struct Bell {
    rings: Mutex<Sender<()>>,
    /// What reading and writing answer.
    answer: Result<usize, Errno>,
}

impl Bell {
    fn open(answer: Result<usize, Errno>) -> (Arc<OpenFile>, Receiver<()>) {
        let (sender, receiver) = channel();
        let bell = Arc::new(Bell { rings: Mutex::new(sender), answer });
        (OpenFile::anonymous(bell, Kind::Fifo, Access::READ_WRITE), receiver)
    }
}

impl File for Bell {
    fn read_at(&self, _offset: u64, _buf: &mut [u8]) -> Result<usize, Errno> {
        let _ = self.rings.lock().unwrap().send(());
        self.answer
    }

    fn write_at(&self, _offset: u64, _buf: &[u8]) -> Result<usize, Errno> {
        let _ = self.rings.lock().unwrap().send(());
        self.answer
    }

    fn poll(&self, _interest: Interest, _waiter: Option<&Waiter>) -> Readiness {
        let _ = self.rings.lock().unwrap().send(());
        Readiness::default()
    }
}

/// The start of a module that writes a byte to descriptor 1, which rings, and goes on with `code`.
fn ringing(code: &str) -> String {
    format!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1600)
        (data (i32.const 0) "\40\00\00\00\01\00\00\00")
        (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            {code}))"#
    )
}

fn kill_in(code: &str) -> Outcome {
    let mut guest = guest(&ram_vfs());
    let (bell, rings) = Bell::open(Ok(1));
    guest.stdout = bell;
    run_and_kill(&ringing(code), guest, &rings)
}

#[test]
fn a_spinning_guest_is_killed() {
    assert_eq!(kill_in("(loop $again (br $again))"), Outcome::Cancelled);
}

#[test]
fn a_guest_that_copies_large_blocks_is_killed() {
    let fill = "(loop $again (memory.fill (i32.const 65536) (i32.const 1) (i32.const 100000000)) (br $again))";
    assert_eq!(kill_in(fill), Outcome::Cancelled);
}

#[test]
fn a_guest_that_makes_long_calls_is_killed() {
    let random = "(loop $again (drop (call $random (i32.const 65536) (i32.const 100000000))) (br $again))";
    assert_eq!(kill_in(random), Outcome::Cancelled);
}

#[test]
fn a_guest_that_ignores_errors_is_killed() {
    let write =
        "(loop $again (drop (call $write (i32.const 99) (i32.const 0) (i32.const 1) (i32.const 8))) (br $again))";
    assert_eq!(kill_in(write), Outcome::Cancelled);
}

#[test]
fn a_guest_that_recurses_for_ever_by_tail_calls_is_killed() {
    let mut guest = guest(&ram_vfs());
    let (bell, rings) = Bell::open(Ok(1));
    guest.stdout = bell;
    let text = ringing("(return_call $spin))\n(func $spin (return_call $spin)");
    assert_eq!(run_and_kill(&text, guest, &rings), Outcome::Cancelled);
}

#[test]
fn a_spinning_start_function_is_killed() {
    let mut guest = guest(&ram_vfs());
    let (bell, rings) = Bell::open(Ok(1));
    guest.stdout = bell;
    let text =
        ringing("").replace(r#"(func (export "_start")"#, r#"(func (export "_start")) (start $init) (func $init"#);
    let text = text.replace("(i32.const 8)))\n            ))", "(i32.const 8))) (loop $again (br $again))))");
    assert!(text.contains("(loop $again"), "{text}");
    assert_eq!(run_and_kill(&text, guest, &rings), Outcome::Cancelled);
}

#[test]
fn a_guest_that_waits_for_input_is_killed() {
    let mut guest = guest(&ram_vfs());
    let (bell, rings) = Bell::open(Err(Errno::EAGAIN));
    guest.stdin = bell;
    let text = ringing("(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))) unreachable");
    assert_eq!(run_and_kill(&text, guest, &rings), Outcome::Cancelled);
}

#[test]
fn a_guest_that_polls_is_killed() {
    let mut guest = guest(&ram_vfs());
    let (bell, rings) = Bell::open(Err(Errno::EAGAIN));
    guest.stdin = bell;
    // Memory from 512 on is zero but for the tag: a subscription to reading descriptor 0.
    let poll = "(i32.store8 (i32.const 520) (i32.const 1))
        (drop (call $poll (i32.const 512) (i32.const 1024) (i32.const 1) (i32.const 8))) unreachable";
    assert_eq!(run_and_kill(&ringing(poll), guest, &rings), Outcome::Cancelled);
}

#[test]
fn a_guest_that_was_killed_before_does_not_run() {
    let guest = guest(&ram_vfs());
    guest.cancel.cancel();
    let program = Program::load(ringing("(loop $again (br $again))").into_bytes()).unwrap();
    assert_eq!(run(program, guest), Ok(Outcome::Cancelled));
}

#[test]
fn waits_of_the_thread_are_its_own_again_after_a_run() {
    let before = Arc::new(wait::Cancel::new());
    wait::enter(Some(Arc::clone(&before)));
    let program = Program::load(b"(module (func (export \"_start\")))".to_vec()).unwrap();
    program.run(guest(&ram_vfs())).unwrap();
    assert!(Arc::ptr_eq(&wait::enter(None).unwrap(), &before));
}

fn run_limited(text: &str, memory_limit: usize) -> Result<Outcome, LoadError> {
    let mut guest = guest(&ram_vfs());
    guest.memory_limit = memory_limit;
    run(Program::load(text.as_bytes().to_vec())?, guest)
}

const PAGE: usize = 1 << 16;

#[test]
fn memory_grows_up_to_the_limit() {
    // Exits with the number of pages that it got.
    let text = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory 2)
        (func (export "_start")
            (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (call $exit (memory.size))))"#;
    assert_eq!(run_limited(text, 10 * PAGE), Ok(Outcome::Exited(10)));
    assert_eq!(run_limited(text, 10 * PAGE + 1), Ok(Outcome::Exited(10)));
    assert_eq!(run_limited(text, 2 * PAGE), Ok(Outcome::Exited(2)));
    let outcome = run_limited(text, PAGE).map_err(|error| error.to_string());
    assert_eq!(outcome, Err("the program needs more memory than its limit of 64 KiB".to_owned()));
}

#[test]
fn a_huge_step_is_refused_like_a_small_one() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory 1)
        (func (export "_start") (call $exit (memory.grow (i32.const 65535)))))"#;
    assert_eq!(run_limited(text, 64 * PAGE), Ok(Outcome::Exited(u32::MAX)));
}

#[test]
fn all_memories_and_tables_share_the_limit() {
    let text = r#"(module (memory 2) (memory 2) (func (export "_start")))"#;
    assert_eq!(run_limited(text, 4 * PAGE), Ok(Outcome::Exited(0)));
    assert!(matches!(run_limited(text, 3 * PAGE), Err(LoadError::MemoryLimit(_))));
    let text = r#"(module (table 4000000000 funcref) (func (export "_start")))"#;
    assert!(matches!(run_limited(text, 64 * PAGE), Err(LoadError::MemoryLimit(_))));
    let many = "(memory 1)".repeat(17);
    let text = format!("(module {many} (func (export \"_start\")))");
    assert!(matches!(run_limited(&text, 64 * PAGE), Err(LoadError::Instance(_))));
}

#[test]
fn tables_grow_slice_by_slice() {
    // Until it is refused; steps of every size meet the end of a slice at some time, and must do no harm.
    let text = r#"(module
        (table 1 funcref)
        (func (export "_start") (local $step i32)
            (loop $more
                (local.set $step (i32.rem_u (i32.add (local.get $step) (i32.const 1)) (i32.const 32)))
                (br_if $more (i32.ne (table.grow (ref.null func) (local.get $step)) (i32.const -1))))))"#;
    assert_eq!(run_limited(text, 1 << 26), Ok(Outcome::Exited(0)));
}

#[test]
fn a_trap_after_the_limit_says_so() {
    let text = r#"(module (memory 1) (func (export "_start")
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))))"#;
    let Ok(Outcome::Trapped(trap)) = run_limited(text, PAGE) else { panic!("no trap") };
    assert_eq!(trap.message, "unreachable code executed (after its memory limit of 64 KiB was reached)");
}

#[test]
fn a_call_without_memory_faults() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func (export "_start") (call $exit (call $random (i32.const 0) (i32.const 1)))))"#;
    assert_eq!(run_text(text), Ok(Outcome::Exited(21)));
}

/// A file that panics, as one may for which there is no memory.
struct Bomb;

impl File for Bomb {
    fn write_at(&self, _offset: u64, _buf: &[u8]) -> Result<usize, Errno> {
        panic!("as asked")
    }
}

#[test]
fn a_call_that_panics_unwinds_and_gives_back_what_the_guest_had() {
    let mut guest = guest(&ram_vfs());
    let held = Arc::new(Bomb);
    guest.stdout = OpenFile::anonymous(Arc::clone(&held) as Arc<dyn File>, Kind::CharDevice, Access::READ_WRITE);
    let program = Program::load(ringing("").into_bytes()).unwrap();
    let thread = std::thread::spawn(move || program.run(guest));
    let payload = thread.join().expect_err("a panic goes through the engine");
    assert_eq!(payload.downcast_ref(), Some(&"as asked"));
    assert_eq!(Arc::strong_count(&held), 1);
}
