//! The program `nes`: plays NES cartridges.
//!
//! [`console`] is the NES itself, `tetanes-core` behind what this program needs of it. [`headless`] runs it without a screen:
//! hashes of frames, pressed buttons from a [`script`], pictures and sound to files ([`record`]). [`trace`] logs each
//! instruction in the form that emulators compare. [`options`] reads the command line.
//!
//! Everything is plain std: the tests and the example `nes-host` run it on the host.

#![forbid(unsafe_code)]

pub mod console;
pub mod hash;
mod headless;
mod load;
mod options;
mod record;
mod result;
mod script;
mod trace;

use options::{Mode, Options};
use process::{Context, ExitStatus, Program};
use std::sync::Arc;

/// Bytes of stack: a frame of the NES is a deep chain of inlined calls, and decoding a save state recurses.
const STACK_SIZE: usize = 2 << 20;

/// The row of the program table.
#[must_use]
pub fn program() -> Program {
    Program {
        name: "nes",
        usage: options::USAGE,
        summary: "play a NES cartridge",
        details: options::DETAILS,
        stack_size: STACK_SIZE,
        main: Arc::new(main),
    }
}

fn main(context: &Context) -> ExitStatus {
    let options = match Options::parse(context.arguments()) {
        Ok(options) => options,
        Err(message) => {
            context.fail(message);
            return ExitStatus::USAGE;
        }
    };
    match run(context, &options) {
        Ok(status) => status,
        Err(message) => context.fail(message),
    }
}

fn run(context: &Context, options: &Options) -> Result<ExitStatus, String> {
    match &options.mode {
        Mode::Headless(job) => headless::run(context, &options.rom, job),
        Mode::Automation(job) => trace::run(context, &options.rom, job),
        Mode::Result(frames) => result::run(context, &options.rom, *frames),
    }
}
