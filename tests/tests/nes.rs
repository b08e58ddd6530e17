//! The program `nes` on the machine: its frames are those of tetanes-core on the host.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::path::PathBuf;

use tetanes_core::control_deck::{Config, ControlDeck};
use tetanes_core::memory::RamState;
use yolk_tests::command::{run, yolk};

/// Frames that are run of each ROM, and those that are compared.
const FRAMES: u32 = 60;
const COMPARED: [u32; 3] = [1, 30, 60];

#[test]
fn frames_without_a_screen_are_those_of_the_host() {
    let Some(folder) = rom_folder() else { return };
    let mut names: Vec<String> = folder
        .read_dir()
        .expect("a folder")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.ends_with(".nes"))
        .collect();
    names.sort();
    let numbers = COMPARED.map(|number| number.to_string()).join(",");
    let line: String =
        names.iter().map(|name| format!("nes /roms/{name} --headless {FRAMES} --hash {numbers}; ")).collect();
    let grant = format!("{}::/roms", folder.display());
    let ran = run(&mut yolk("sh", ["--dir", &grant, "-c", &line]), b"");
    let expected: String = names.iter().map(|name| reference(&folder.join(name))).collect();
    assert_eq!((ran.status, ran.text()), (0, expected), "{}", ran.error_text());
    assert_eq!(ran.error_text().matches("frames/s").count(), names.len(), "{}", ran.error_text());
}

/// What `nes` is to print of a ROM, by plain calls.
fn reference(path: &PathBuf) -> String {
    let rom = std::fs::read(path).expect("a ROM");
    let config = Config::default().with_sram_dir(None).with_ram_state(RamState::AllZeros);
    let mut deck = ControlDeck::with_config(config);
    deck.load_rom("test", &mut rom.as_slice()).expect("a ROM");
    let mut text = String::new();
    for number in 1..=FRAMES {
        let _ = deck.clock_frame().expect("a frame");
        if COMPARED.contains(&number) {
            let _ = writeln!(text, "frame {number} {:016x}", nes::hash::fnv1a(deck.frame_buffer()));
        }
    }
    text
}

/// The folder of test ROMs that lies beside the project; `None`, said aloud, where it is not there.
fn rom_folder() -> Option<PathBuf> {
    let folder = yolk::qemu::project_folder().join("../shared/nes-test-roms");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: there are no test ROMs at {}", folder.display());
    None
}
