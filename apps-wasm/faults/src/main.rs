//! Goes wrong on purpose: the tests run it to see what the system around it does.
//!
//! The faults are in `stack`, `memory`, `endless` and `raw`; a fault is a row of [`FAULTS`].

mod endless;
mod memory;
mod raw;
mod stack;

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use std::fs::File;
use std::hint::black_box;
use std::process::ExitCode;

const APP: App = App { name: "faults", help: "" };

/// One way to go wrong: a row of the table.
struct Fault {
    name: &'static str,
    /// What the optional number is called in the help; empty if there is none.
    number: &'static str,
    summary: &'static str,
    /// Goes wrong. Where it comes back, the fault was survived as it should be.
    cause: fn(Option<u64>) -> Result<(), Stop>,
}

const FAULTS: &[Fault] = &[
    Fault { name: "exit", number: "STATUS", summary: "end with STATUS, or 1", cause: exit },
    Fault { name: "panic", number: "", summary: "panic", cause: |_| panic!("as asked") },
    Fault { name: "index", number: "", summary: "panic by an index out of bounds", cause: index },
    Fault { name: "unreachable", number: "", summary: "execute `unreachable`", cause: |_| raw::unreachable() },
    Fault { name: "load", number: "", summary: "load from an address beyond the memory", cause: |_| raw::load() },
    Fault { name: "calls", number: "DEPTH", summary: "call without end, or DEPTH deep", cause: stack::calls },
    Fault { name: "frames", number: "", summary: "the same with large frames", cause: |_| stack::frames() },
    Fault { name: "memory", number: "MIB", summary: "take memory until refused, or MIB", cause: memory::take },
    Fault { name: "bomb", number: "", summary: "take memory and not heed refusal", cause: |_| memory::bomb() },
    Fault { name: "descriptor", number: "", summary: "write to a closed descriptor", cause: |_| raw::descriptor() },
    Fault { name: "files", number: "COUNT", summary: "open files until refused, or COUNT", cause: files },
    Fault { name: "spin", number: "", summary: "compute for ever", cause: |_| endless::spin() },
    Fault { name: "sleep", number: "SECONDS", summary: "sleep for ever, or SECONDS", cause: endless::sleep },
    Fault { name: "input", number: "", summary: "read standard input to its end", cause: |_| endless::input() },
    Fault { name: "output", number: "", summary: "write to standard output for ever", cause: |_| endless::output() },
];

fn main() -> ExitCode {
    APP.run(faults)
}

fn faults(mut args: lexopt::Parser) -> Result<(), Stop> {
    let mut fault = None;
    let mut number = None;
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => {
                print!("{}", help());
                return Ok(());
            }
            Value(name) if fault.is_none() => fault = Some(fault_named(&name.string()?)?),
            Value(value) if number.is_none() => number = Some(value.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    match fault {
        Some(fault) => (fault.cause)(number),
        None => Err(Stop::Usage("which fault?".to_string())),
    }
}

fn fault_named(name: &str) -> Result<&'static Fault, Stop> {
    FAULTS.iter().find(|fault| fault.name == name).ok_or_else(|| Stop::Usage(format!("no fault is called '{name}'")))
}

fn help() -> String {
    let mut help = "usage: faults FAULT [NUMBER]\n\nGoes wrong on purpose.\n\n".to_string();
    for fault in FAULTS {
        help += &format!("  {:11} {:8} {}\n", fault.name, fault.number, fault.summary);
    }
    help
}

fn exit(status: Option<u64>) -> Result<(), Stop> {
    let status = i32::try_from(status.unwrap_or(1)).map_err(|error| Stop::Usage(error.to_string()))?;
    std::process::exit(status)
}

fn index(_: Option<u64>) -> Result<(), Stop> {
    let bytes = black_box([0_u8; 4]);
    let beyond = black_box(bytes.len());
    black_box(bytes[beyond]);
    Err(Stop::Failed("an index out of bounds was read".to_string()))
}

fn files(count: Option<u64>) -> Result<(), Stop> {
    let count = count.unwrap_or(u64::MAX);
    let mut open = Vec::new();
    while (open.len() as u64) < count {
        match File::open(".") {
            Ok(file) => open.push(file),
            Err(error) => {
                println!("{} files are open, then: {error}", open.len());
                return Ok(());
            }
        }
    }
    println!("{} files are open", open.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FAULTS, fault_named, files, help};

    #[test]
    fn every_fault_is_found_and_explained() {
        for fault in FAULTS {
            assert!(fault_named(fault.name).is_ok());
            assert!(help().contains(&format!("\n  {} ", fault.name)));
        }
        assert!(fault_named("none of these").is_err());
    }

    #[test]
    fn a_few_files_can_be_open() {
        assert!(files(Some(3)).is_ok());
    }
}
