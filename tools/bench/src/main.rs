//! Prints the table of `make bench`: what things cost in Yolk, each against a reference of the same run.
//!
//! The reference for computation is the same WebAssembly module on the same interpreter on the host; for threads the same
//! std code on the host; for booting a machine that powers off at once ([`empty`]). Nothing is asserted: a host's load is
//! its own.

#![forbid(unsafe_code)]

mod boot;
mod empty;
mod programs;

use std::process::ExitCode;

use anyhow::Result;

/// A row: what was measured, in Yolk, and the reference with its name. Times are in nanoseconds.
struct Row {
    what: String,
    yolk: Amount,
    reference: Option<(Amount, &'static str)>,
}

/// A measured amount.
#[derive(Clone, Copy)]
enum Amount {
    Nanoseconds(f64),
    Bytes(f64),
}

fn main() -> ExitCode {
    println!("{:<34} {:>12} {:>12} {:>8}  reference", "", "Yolk", "reference", "ratio");
    let measures: [fn() -> Result<Vec<Row>>; 5] =
        [programs::computation, boot::times, boot::size, programs::threads, programs::runs];
    for measure in measures {
        match measure() {
            Ok(rows) => rows.iter().for_each(print),
            Err(error) => {
                eprintln!("bench: {error:#}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn print(row: &Row) {
    let Row { what, yolk, reference } = row;
    match reference {
        Some((amount, name)) => {
            let ratio = yolk.number() / amount.number();
            println!("{what:<34} {:>12} {:>12} {ratio:>8.2}  {name}", yolk.text(), amount.text());
        }
        None => println!("{what:<34} {:>12}", yolk.text()),
    }
}

impl Amount {
    fn number(self) -> f64 {
        match self {
            Self::Nanoseconds(number) | Self::Bytes(number) => number,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Nanoseconds(time) if time < 1e6 => format!("{:.1} us", time / 1e3),
            Self::Nanoseconds(time) => format!("{:.1} ms", time / 1e6),
            Self::Bytes(bytes) => format!("{:.1} MiB", bytes / f64::from(1 << 20)),
        }
    }
}
