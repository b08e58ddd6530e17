//! The test ROMs that emulators are measured by: the log of the CPU, results, and frames as plain tetanes-core has them.

mod support;

use std::fmt::Write as _;
use support::{Machine, rom, rom_folder};
use tetanes_core::control_deck::{Config, ControlDeck};
use tetanes_core::memory::RamState;

#[test]
fn nestest_matches_its_log_to_the_end() {
    let (Some(cartridge), Some(log)) = (rom("nestest.nes"), rom("nestest.log")) else { return };
    let run = Machine::with("/nestest.nes", &cartridge).nes("/nestest.nes --automation");
    let expected = String::from_utf8(log).expect("text");
    let mut lines = 0;
    for (said, expected) in run.out.lines().zip(expected.lines()) {
        lines += 1;
        assert_eq!(said, expected.trim_end(), "line {lines}");
    }
    assert_eq!((lines, run.out.lines().count()), (expected.lines().count(), expected.lines().count()));
    assert_eq!((run.status, run.err.as_str()), (0, "result: $00 $00\n"));
}

#[test]
fn the_log_goes_to_a_file_where_one_is_named() {
    let Some(cartridge) = rom("nestest.nes") else { return };
    let machine = Machine::with("/nestest.nes", &cartridge);
    let log = machine.nes("/nestest.nes --automation").out;
    let run = machine.nes("/nestest.nes --automation --trace /log");
    assert_eq!((run.status, run.out.as_str()), (0, ""));
    assert_eq!(machine.file("/log"), log.into_bytes());
}

#[test]
fn the_test_roms_report_success() {
    let Some(folder) = rom_folder() else { return };
    let mut ran = 0;
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        // This one shows a menu, and has a log of its own.
        if !name.ends_with(".nes") || name == "nestest.nes" {
            continue;
        }
        let rom = std::fs::read(&path).expect("a ROM");
        let run = Machine::with("/test.nes", &rom).nes("/test.nes --result 6000");
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{name}: {}", run.out);
        ran += 1;
    }
    assert!(ran > 0, "the folder has no ROMs");
}

#[test]
fn frames_are_those_of_tetanes_core() {
    const FRAMES: u32 = 120;
    let Some(folder) = rom_folder() else { return };
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "nes") {
            continue;
        }
        let rom = std::fs::read(&path).expect("a ROM");
        let machine = Machine::with("/test.nes", &rom);
        let expected = reference(&rom, FRAMES);
        let all = machine.nes(&format!("/test.nes --headless {FRAMES} --hash all"));
        assert_eq!((all.status, all.out.as_str()), (0, expected.as_str()), "{}", path.display());
        // Frames that nobody asks for are not drawn, and leave no trace in those that are.
        for wanted in [1, 2, 59, 60, FRAMES] {
            let one = machine.nes(&format!("/test.nes --headless {FRAMES} --hash {wanted}"));
            let line = expected.lines().find(|line| line.starts_with(&format!("frame {wanted} ")));
            assert_eq!(one.out.lines().next(), line, "{}", path.display());
        }
    }
}

/// What `nes --headless FRAMES --hash all` is to print, by plain calls.
fn reference(rom: &[u8], frames: u32) -> String {
    let config = Config::default().with_sram_dir(None).with_ram_state(RamState::AllZeros);
    let mut deck = ControlDeck::with_config(config);
    deck.load_rom("test", &mut { rom }).expect("a ROM");
    let mut text = String::new();
    for number in 1..=frames {
        let _ = deck.clock_frame().expect("a frame");
        let _ = writeln!(text, "frame {number} {:016x}", nes::hash::fnv1a(deck.frame_buffer()));
    }
    text
}
