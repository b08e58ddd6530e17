//! Runs a cartridge on the host by plain calls of `tetanes-core`, and prints frames' hashes as `nes --headless` does: the
//! reference of the tests and of `make bench`.
//!
//!     nes-host FILE.nes FRAMES [all | N,N,... | --bare]
//!
//! With `--bare` nothing is drawn, made to sound or hashed.

use std::process::ExitCode;
use std::time::Instant;

use tetanes_core::control_deck::{Config, ControlDeck, HeadlessMode};
use tetanes_core::memory::RamState;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("nes-host: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (path, frames, wanted) = match &words[..] {
        [path, frames] => (path, frames, frames.as_str()),
        [path, frames, wanted] => (path, frames, wanted.as_str()),
        _ => return Err("usage: nes-host FILE.nes FRAMES [all | N,N,... | --bare]".to_owned()),
    };
    let frames: u32 = frames.parse().map_err(|error| format!("{frames}: {error}"))?;
    let is_wanted = |number: u32| wanted == "all" || wanted.split(',').any(|word| word.parse() == Ok(number));
    let rom = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let config = Config::default().with_sram_dir(None).with_ram_state(RamState::AllZeros);
    let mut deck = ControlDeck::with_config(config);
    deck.load_rom("cartridge", &mut rom.as_slice()).map_err(|error| format!("{path}: {error}"))?;
    if wanted == "--bare" {
        deck.set_headless_mode(HeadlessMode::NO_AUDIO | HeadlessMode::NO_VIDEO);
    }
    let start = Instant::now();
    for number in 1..=frames {
        let _ = deck.clock_frame().map_err(|error| format!("{path}: {error}"))?;
        if is_wanted(number) {
            println!("frame {number} {:016x}", nes::hash::fnv1a(deck.frame_buffer()));
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{frames} frames in {seconds:.2} s: {:.1} frames/s", f64::from(frames) / seconds);
    Ok(())
}
