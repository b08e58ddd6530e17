//! The program `selftest`: what the tests and `make bench` ask a native program to do.
//!
//! Faults of a program are here; those of the CPU need unsafe code, and the assembler passes them in. What is timed
//! ([`timing`]) and what is checked ([`network`]) is plain std, so that the host can do the same.

#![forbid(unsafe_code)]

pub mod files;
pub mod network;
pub mod timing;

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use process::{Context, ExitStatus, Program};

/// A fault of the CPU: its name and what causes it.
pub type CpuFault = (&'static str, fn());

/// Faults of a program, which end it and nothing else.
const FAULTS: &[CpuFault] = &[
    ("panic", || panic!("as asked")),
    ("overflow", overflow),
    ("overflow-boxes", || overflow_with_boxes([0; 1])),
    ("overflow-other-boxes", || overflow_with_boxes([0; 3])),
];

/// The program's row, with the faults that the machine can be made to have.
#[must_use]
pub fn program(cpu_faults: &'static [CpuFault]) -> Program {
    Program {
        name: "selftest",
        usage: "FAULT | files | network | accept | exit | timing",
        summary: "go wrong on purpose, check files and sockets, or time threads",
        details: "FAULT is one of a program (a panic, a stack overflow) or an exception of the CPU; without one, all are listed.\n\
                  files checks std::fs; network checks std::net over the loopback interface; accept waits for a connection that\n\
                  does not come; exit ends with status 7 while a thread does that.",
        stack_size: 0,
        main: Arc::new(move |context| main(context, cpu_faults)),
    }
}

fn main(context: &Context, cpu_faults: &[CpuFault]) -> ExitStatus {
    let faults = || FAULTS.iter().chain(cpu_faults);
    match context.arguments() {
        [] => print(context, faults().map(|(name, _)| format!("{name}\n")).collect()),
        // std's own number of the process: it is to be one, and the right one.
        [word] if word == "files" && std::process::id() != context.process.pid() => {
            context.fail("process::id is wrong")
        }
        [word] if word == "files" => match files::check(Path::new(&format!("/tmp/selftest-{}", std::process::id()))) {
            Ok(()) => ExitStatus::SUCCESS,
            Err(reason) => context.fail(reason),
        },
        [word] if word == "network" => check_network(context),
        [word] if word == "accept" => context.fail(network::accept_for_ever()),
        [word] if word == "exit" => network::exit_beside_a_wait(7),
        [word] if word == "timing" => print(context, timing::report()),
        [word] => match faults().find(|(name, _)| name == word) {
            Some((name, cause)) => {
                cause();
                context.fail(format!("survived {name}"))
            }
            None => context.fail(format!("no fault is called {word}")),
        },
        _ => context.fail("one fault at a time"),
    }
}

fn check_network(context: &Context) -> ExitStatus {
    let (text, is_well) = network::report();
    match print(context, text) {
        ExitStatus::SUCCESS if !is_well => context.fail("std::net does not do what a program relies on"),
        status => status,
    }
}

fn print(context: &Context, text: String) -> ExitStatus {
    match context.out().write_all(text.as_bytes()) {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) => context.fail(error),
    }
}

/// Takes stack until there is none.
fn overflow() {
    black_box(deep(0));
}

#[expect(unconditional_recursion, reason = "it is to overflow the stack")]
fn deep(depth: u64) -> u64 {
    black_box([depth; 64])[0] + deep(black_box(depth + 1))
}

/// Takes stack and memory until there is no stack, which may be where the heap is locked: that depends on where the stack begins.
fn overflow_with_boxes<const WORDS: usize>(before: [u64; WORDS]) {
    let before = black_box(before);
    black_box(deep_boxes(0));
    black_box(before);
}

#[expect(unconditional_recursion, reason = "it is to overflow the stack")]
fn deep_boxes(depth: u64) -> u64 {
    let kept = black_box(Box::new([depth; 2]));
    deep_boxes(black_box(depth + 1)) + kept[0]
}
