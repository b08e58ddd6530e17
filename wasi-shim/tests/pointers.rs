//! Every call with claims that do not hold: it answers an error or does its work, and never panics.
//!
//! Made from the table of calls: whoever adds a call has it tested here.

mod common;

use common::network::Loopback;
use common::{Random, guest, null, ram_vfs, run};
use std::fmt::Write as _;
use std::sync::Arc;
use vfs::socket::{Family, Network, SocketKind};
use vfs::{OpenFile, Scope, socket};
use wasi_shim::{CALLS, Call, Guest, MODULE, Outcome, Param, Program};

/// Bytes of the guest's memory.
const MEMORY: u64 = 1 << 16;

/// Rounds with arguments of every kind for each call.
const ROUNDS: usize = 300;

/// The descriptor of a socket.
const SOCKET: u64 = 6;

/// EFAULT in preview 1.
const FAULT: u32 = 21;

#[test]
fn no_argument_makes_a_call_panic() {
    let random = Random::new(0x0057_a71c);
    for call in CALLS {
        // A call that ends the guest would hide those behind it.
        let rounds_a_guest = if call.name.starts_with("proc_") { 1 } else { ROUNDS };
        let guests = if call.name.starts_with("proc_") { 40 } else { 1 };
        for _ in 0..guests {
            let arguments: Vec<String> =
                (0..rounds_a_guest).map(|_| arguments(call, |param| wild(param, &random))).collect();
            let outcome = run(program(call, &arguments), world());
            assert!(matches!(outcome, Ok(Outcome::Exited(_))), "{}: {outcome:?}", call.name);
        }
    }
}

#[test]
fn a_pointer_that_leads_outside_is_a_fault() {
    for call in CALLS.iter().filter(|call| call.params.contains(&Param::Pointer)) {
        for address in [MEMORY - 1, MEMORY, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff] {
            let arguments = arguments(call, |param| plain(call, param, address));
            let outcome = run(program(call, &[arguments]), world());
            let Ok(Outcome::Exited(answer)) = outcome else { panic!("{}: {outcome:?}", call.name) };
            let accepted: &[u32] = match call.name {
                // The environment is empty, so nothing is written.
                "environ_get" => &[0],
                _ => &[FAULT],
            };
            assert!(accepted.contains(&answer), "{} at {address:#x} answered {answer}", call.name);
        }
    }
}

/// A program that makes the call with each of the arguments, and exits with the last answer.
fn program(call: &Call, arguments: &[String]) -> Program {
    let params: String = call.params.iter().fold(String::new(), |mut params, param| {
        write!(params, " {}", if *param == Param::Long { "i64" } else { "i32" }).unwrap();
        params
    });
    let result = if call.returns { "(result i32)" } else { "" };
    let calls = arguments.iter().fold(String::new(), |mut calls, arguments| {
        let made = format!("(call $call {arguments})");
        let kept = if call.returns { format!("(global.set $answer {made})") } else { made };
        writeln!(calls, "{kept}").unwrap();
        calls
    });
    let text = format!(
        r#"(module
        (import "{MODULE}" "{}" (func $call (param{params}) {result}))
        (import "{MODULE}" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (global $answer (mut i32) (i32.const 0))
        (data (i32.const 256) "file")
        (func (export "_start") {calls} (call $exit (global.get $answer))))"#,
        call.name
    );
    Program::load(text.into_bytes()).unwrap()
}

fn arguments(call: &Call, mut value: impl FnMut(Param) -> u64) -> String {
    let constant = |param: &Param| match param {
        Param::Long => format!("(i64.const {:#x})", value(Param::Long)),
        param => format!("(i32.const {:#x})", value(*param) & 0xffff_ffff),
    };
    call.params.iter().map(constant).collect::<Vec<_>>().join(" ")
}

fn wild(param: Param, random: &Random) -> u64 {
    match param {
        Param::Fd => random.pick(&[0, 1, 2, 3, 3, 4, 5, 6, 99, u64::MAX]),
        Param::Pointer => {
            random.pick(&[0, 1, 3, 255, 256, 4096, MEMORY - 8, MEMORY - 1, MEMORY, 0x7fff_ffff, u64::MAX])
        }
        Param::Count => random.pick(&[0, 1, 2, 4, 5, 64, 1000, 65_536, 0x2000_0001, 0x7fff_ffff, u64::MAX]),
        Param::Word => random.pick(&[0, 0, 1, 2, 3, 4, 7, 8, 16, 31, 255, 0x8000_0000, u64::MAX]),
        Param::Long => random.pick(&[0, 1, 2, 4096, 0x3fff_ffff, 1 << 40, i64::MAX as u64, 1 << 63, u64::MAX]),
    }
}

/// Arguments that are good but for the pointers.
fn plain(call: &Call, param: Param, address: u64) -> u64 {
    match param {
        Param::Fd
            if call.name.starts_with("path_") || call.name == "fd_readdir" || call.name.starts_with("fd_prestat") =>
        {
            3
        }
        Param::Fd if call.name.starts_with("sock_") => SOCKET,
        Param::Fd => 4,
        Param::Pointer => address,
        Param::Count => 4,
        Param::Word | Param::Long => 0,
    }
}

/// A directory at 3, with a file in it; 4 and 5 are a file and a pipe, 6 is a socket that does not block.
fn world() -> Guest {
    let vfs = ram_vfs();
    vfs.create_directory(&vfs.root(), "dir", Scope::Anywhere, 0o755).unwrap();
    vfs.write_file(&vfs.root(), "dir/file", b"content").unwrap();
    let mut guest = guest(&vfs);
    let directory = vfs.resolve(&vfs.root(), "dir", Scope::Anywhere, vfs::Follow::No).unwrap();
    guest.preopens = vec![(directory, "/".to_owned())];
    let options = vfs::OpenOptions { write: true, ..vfs::OpenOptions::read() };
    let file = vfs.open(&vfs.root(), "dir/file", Scope::Anywhere, &options).unwrap();
    // An empty pipe without a writer: reading it does not block.
    let network = Loopback::new();
    let socket = socket::open(network.socket(Family::V4, SocketKind::Datagram).unwrap());
    socket.set_flags(vfs::StatusFlags { nonblock: true, ..socket.flags() });
    guest.listeners = vec![file, OpenFile::pipe(16).0, socket];
    guest.network = Some(network);
    guest.stdin = null();
    guest.entropy = Arc::new(Random::new(1));
    guest
}
