//! The program `nes`: plays NES cartridges.
//!
//! [`console`] is the NES itself, `tetanes-core` behind what this program needs of it. [`headless`] runs it without a screen:
//! hashes of frames, pressed buttons from a [`script`], pictures and sound to files ([`record`]). [`trace`] logs each
//! instruction in the form that emulators compare. [`play`] brings it to the screen, with keys and sound. [`options`] reads
//! the command line, [`load`] the cartridge.
//!
//! Everything is plain std: the tests and the example `nes-host` run it on the host.

#![forbid(unsafe_code)]

pub mod console;
pub mod hash;
mod headless;
mod load;
mod options;
mod play;
mod record;
mod result;
mod script;
mod trace;

use options::{Mode, Options};
pub use play::Devices;
use process::{Context, ExitStatus, Program};
use std::io::Write;
use std::sync::Arc;

/// Bytes of stack: a frame of the NES is a deep chain of inlined calls, and decoding a save state recurses.
const STACK_SIZE: usize = 2 << 20;

/// The row of the program table.
#[must_use]
pub fn program(devices: Devices) -> Program {
    Program {
        name: "nes",
        usage: options::USAGE,
        summary: "play a NES cartridge",
        details: options::DETAILS,
        stack_size: STACK_SIZE,
        main: Arc::new(move |context| main(context, &devices)),
    }
}

fn main(context: &Context, devices: &Devices) -> ExitStatus {
    if context.arguments().is_empty() {
        return tell_what_is_there(context);
    }
    let options = match Options::parse(context.arguments()) {
        Ok(options) => options,
        Err(message) => {
            context.fail(message);
            return ExitStatus::USAGE;
        }
    };
    match run(context, &options, devices) {
        Ok(status) => status,
        Err(message) => context.fail(message),
    }
}

fn run(context: &Context, options: &Options, devices: &Devices) -> Result<ExitStatus, String> {
    match &options.mode {
        Mode::Play(job) => play::run(context, &options.cartridge, job, devices),
        Mode::Headless(job) => headless::run(context, &options.cartridge, job),
        Mode::Automation(job) => trace::run(context, &options.cartridge, job),
        Mode::Result(frames) => result::run(context, &options.cartridge, *frames),
    }
}

fn tell_what_is_there(context: &Context) -> ExitStatus {
    let names = load::list(context);
    let mut text = format!("usage: nes {}\n", options::USAGE);
    match names.is_empty() {
        true => text.push_str("No cartridges came with this image.\n"),
        false => text.push_str("Cartridges that came with this image:\n"),
    }
    names.iter().for_each(|name| text.push_str(&format!("  {}/{name}\n", load::GAMES)));
    match context.out().write_all(text.as_bytes()) {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) => context.fail(error),
    }
}
