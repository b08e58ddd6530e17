//! Damaged modules: they are refused, or they run; nothing else happens.

mod common;

use common::{Random, guest, ram_vfs};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;
use wait::Cancel;
use wasi_shim::Program;

/// Modules that are tried.
const MODULES: usize = 3000;

/// What a damaged guest gets; one that loops would never end.
const TIME: Duration = Duration::from_millis(20);

/// Has something of everything that the engine and the calls look at.
const MODULE: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (type $binary (func (param i32 i32) (result i32)))
    (memory (export "memory") 1 4)
    (table 4 funcref) (elem (i32.const 0) $add $sub)
    (global $g (mut i32) (i32.const 7))
    (data (i32.const 0) "\10\00\00\00\0c\00\00\00")
    (data $passive "hello world\n")
    (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
    (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $init (memory.init $passive (i32.const 16) (i32.const 0) (i32.const 12)))
    (start $init)
    (func (export "_start") (local $i i32) (local $f f64) (local $v v128)
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (call $args (i32.const 1024) (i32.const 2048)))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 5) (i32.const 1)
            (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8)))
        (local.set $f (f64.sqrt (f64.const 2)))
        (local.set $v (i32x4.splat (i32.const 3)))
        (block $done (loop $again
            (br_if $done (i32.gt_u (local.get $i) (i32.const 9)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (global.set $g (call_indirect (type $binary) (global.get $g) (local.get $i)
                (i32.and (local.get $i) (i32.const 1))))
            (br $again)))
        (drop (memory.grow (i32.const 1)))
        (call $exit (i32.add (call $fib (i32.const 10)) (global.get $g)))))"#;

#[test]
fn a_damaged_module_is_refused_or_runs() {
    let original = wat::parse_str(MODULE).unwrap();
    let random = Random::new(0x00da_3a6e);
    // Ends each guest in time.
    let (sender, guests) = channel::<Arc<Cancel>>();
    let watch = std::thread::spawn(move || {
        for cancel in guests {
            std::thread::sleep(TIME);
            cancel.cancel();
        }
    });
    let (mut refused, mut ran) = (0, 0);
    for _ in 0..MODULES {
        let Ok(program) = Program::load(damaged(&original, &random)) else {
            refused += 1;
            continue;
        };
        let vfs = ram_vfs();
        let mut guest = guest(&vfs);
        guest.memory_limit = 1 << 20;
        guest.preopens = vec![(vfs.root(), "/".to_owned())];
        sender.send(Arc::clone(&guest.cancel)).unwrap();
        let _ = program.run(guest);
        ran += 1;
    }
    drop(sender);
    watch.join().unwrap();
    println!("{refused} refused, {ran} ran");
    assert!(refused > MODULES / 4 && ran > MODULES / 20, "{refused} refused, {ran} ran");
}

fn damaged(original: &[u8], random: &Random) -> Vec<u8> {
    let mut module = original.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(module.len());
        match random.below(6) {
            0 => module.truncate(at.max(8)),
            1 => drop(module.remove(at)),
            2 => module.insert(at, random.next().to_le_bytes()[0]),
            3 => module[at] ^= 1 << random.below(8),
            4 => module[at] = random.pick(&[0, 0x7f, 0x80, 0xff]),
            _ => module[at] = random.next().to_le_bytes()[0],
        }
    }
    module
}
