//! Prints the table of `make bench`: what things cost in Yolk, each against a reference of the same run.
//!
//! The reference for computation is the same WebAssembly module or script on the same interpreter on the host; for threads the
//! same std code on the host; for drawing the same code on a screen in memory; for booting a machine that powers off at once
//! ([`empty`]). Nothing is asserted: a host's load is its own.

#![forbid(unsafe_code)]

mod boot;
mod drawing;
mod empty;
mod nes;
mod network;
mod programs;
mod scripts;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use table::Row;

fn main() -> ExitCode {
    table::print_head();
    let measures: [fn() -> Result<Vec<Row>>; 10] = [
        programs::computation,
        boot::times,
        boot::size,
        programs::threads,
        programs::runs,
        nes::frames,
        network::costs,
        drawing::on_screen,
        scripts::kernels,
        scripts::start,
    ];
    for measure in measures {
        match measure() {
            Ok(rows) => rows.iter().for_each(table::print),
            Err(error) => {
                eprintln!("bench: {error:#}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
