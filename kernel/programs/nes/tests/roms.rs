//! The test ROMs that emulators are measured by: the log of the CPU, results, and frames as plain tetanes-core has them.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use support::{Machine, cartridge, rom, rom_folder};
use tetanes_core::control_deck::{Config, ControlDeck};
use tetanes_core::debug::Debugger;
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

fn deck(rom: &[u8]) -> ControlDeck {
    let config = Config::default().with_sram_dir(None).with_ram_state(RamState::AllZeros);
    let mut deck = ControlDeck::with_config(config);
    deck.load_rom("test", &mut { rom }).expect("a ROM");
    deck
}

/// The ROMs with which tetanes-core itself is tested.
fn published_roms() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(tetanes_core::PUBLISHED).join("test_roms")];
    let mut roms = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "nes") {
                roms.push(path);
            }
        }
    }
    roms.sort();
    roms
}

/// The picture unit runs behind the CPU and catches up many dots at once (`patched/tetanes_core`): every frame is as if it
/// ran dot by dot, and a frame whose forerunners were not drawn as well.
#[test]
fn frames_do_not_depend_on_how_the_picture_unit_runs() {
    const FRAMES: u32 = 24;
    let roms = published_roms();
    assert!(roms.len() > 100, "{}", roms.len());
    let check = |path: &PathBuf| {
        let rom = std::fs::read(path).expect("a ROM");
        let expected = reference(&rom, FRAMES);
        let machine = Machine::with("/test.nes", &rom);
        for wanted in ["all", "23,24"] {
            let run = machine.nes(&format!("/test.nes --headless {FRAMES} --hash {wanted}"));
            assert_eq!(run.status, 0, "{}: {run:?}", path.display());
            assert!(run.out.lines().all(|line| expected.contains(line)), "{}: {wanted}: {run:?}", path.display());
        }
    };
    std::thread::scope(|scope| {
        for half in roms.chunks(roms.len() / 2 + 1) {
            scope.spawn(move || half.iter().for_each(check));
        }
    });
}

/// Fills palette and tiles, then switches rendering on and off for ever, each time at other dots of a line.
#[rustfmt::skip]
const SWITCHES: &[u8] = &[
    // Two vertical blanks, after which the picture unit takes writes.
    0x2C, 0x02, 0x20, 0x10, 0xFB, 0x2C, 0x02, 0x20, 0x10, 0xFB,
    // 32 colours from $3F00 on.
    0xA9, 0x3F, 0x8D, 0x06, 0x20, 0xA9, 0x00, 0x8D, 0x06, 0x20, 0xA2, 0x00,
    0x8E, 0x07, 0x20, 0xE8, 0xE0, 0x20, 0xD0, 0xF8,
    // A kibibyte of tiles and attributes from $2000 on.
    0xA9, 0x20, 0x8D, 0x06, 0x20, 0xA9, 0x00, 0x8D, 0x06, 0x20, 0xA0, 0x04,
    0x8E, 0x07, 0x20, 0xE8, 0xD0, 0xFA, 0x88, 0xD0, 0xF7,
    // 43 cycles a turn, of which rendering is off for 11: 129 dots and 33.
    0xA9, 0x1E, 0x8D, 0x01, 0x20, 0xA2, 0x05, 0xCA, 0xD0, 0xFD,
    0xA9, 0x00, 0x8D, 0x01, 0x20, 0xEA, 0x4C, 0x33, 0xC0,
];

#[test]
fn rendering_can_be_switched_at_any_dot() {
    compare_frames(cartridge(SWITCHES), 60);
}

/// As above up to the tiles; then sprites, other banks of tiles for each window, and an interrupt of the MMC3 every few lines. It scrolls, asks for the
/// next one in another number of lines, goes through all sizes and tables of tiles, and at times switches rendering off for a while.
#[rustfmt::skip]
const INTERRUPTS: &[u8] = &[
    // $C033: sprites by OAM DMA.
    0xA2, 0x00, 0x8A, 0x9D, 0x00, 0x02, 0xE8, 0xD0, 0xF9, 0xA9, 0x02, 0x8D, 0x14, 0x40,
    // Banks.
    0xA2, 0x05, 0x8E, 0x00, 0x80, 0x8E, 0x01, 0x80, 0xCA, 0x10, 0xF7,
    // No interrupts of the sound unit. Latch, reload, enable; rendering; the loop.
    0xA9, 0x40, 0x8D, 0x17, 0x40, 0xA9, 0x05, 0x8D, 0x00, 0xC0, 0x8D, 0x01, 0xC0, 0x8D, 0x01, 0xE0,
    0xA9, 0x1E, 0x8D, 0x01, 0x20, 0xA9, 0x08, 0x8D, 0x00, 0x20, 0x58,
    0xE6, 0x11, 0xA5, 0x11, 0x4C, 0x67, 0xC0,
    // $C06E, the handler: acknowledge, add the loop's count; scroll, latch.
    0x8D, 0x00, 0xE0, 0x8D, 0x01, 0xE0, 0xE6, 0x10, 0xA5, 0x10, 0x65, 0x11, 0x85, 0x10,
    0x8D, 0x05, 0x20, 0x8D, 0x05, 0x20, 0x29, 0x0F, 0x8D, 0x00, 0xC0,
    // Tables and size.
    0xA5, 0x10, 0x4A, 0x4A, 0xEA, 0x29, 0x38, 0x8D, 0x00, 0x20,
    // Off for a while, every eighth time.
    0xA5, 0x10, 0x29, 0x07, 0xD0, 0x0F, 0xA9, 0x00, 0x8D, 0x01, 0x20,
    0xA6, 0x10, 0xCA, 0xD0, 0xFD, 0xA9, 0x1E, 0x8D, 0x01, 0x20, 0x40,
];

#[test]
fn a_board_that_counts_lines_interrupts_at_the_same_time() {
    const MMC3: u8 = 4;
    let (prologue, _) = SWITCHES.split_at(0x33);
    let mut rom = cartridge(&[prologue, INTERRUPTS].concat());
    rom[6] |= MMC3 << 4;
    let end = 16 + (16 << 10);
    rom[end - 2..end].copy_from_slice(&0xC06E_u16.to_le_bytes());
    compare_frames(rom, 600);
}

/// Fills the tiles of a cartridge, and compares its frames with those of a picture unit that runs dot by dot.
fn compare_frames(mut rom: Vec<u8>, frames: u32) {
    let tiles = rom.len() - (8 << 10);
    rom[tiles..].iter_mut().zip(0_u32..).for_each(|(byte, at)| *byte = (at.wrapping_mul(0x9E37_79B1) >> 13) as u8);
    let expected = reference(&rom, frames);
    let machine = Machine::with("/test.nes", &rom);
    assert_eq!(machine.nes(&format!("/test.nes --headless {frames} --hash all")).out, expected);
    let last = machine.nes(&format!("/test.nes --headless {frames}")).out;
    assert_eq!(Some(last.trim_end()), expected.lines().last());
    let pictures: BTreeSet<_> = expected.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert!(pictures.len() > 10, "it draws something: {expected}");
}

/// What `nes --headless FRAMES --hash all` is to print, by plain calls.
fn reference(rom: &[u8], frames: u32) -> String {
    let mut deck = deck(rom);
    // With a debugger the picture unit runs dot by dot, as published.
    deck.set_debugger(Debugger::default());
    let mut text = String::new();
    for number in 1..=frames {
        let _ = deck.clock_frame().expect("a frame");
        let _ = writeln!(text, "frame {number} {:016x}", nes::hash::fnv1a(deck.frame_buffer()));
    }
    text
}

/// Some of these, by how they report: at $6000, with the reset button, by words on the screen, by a number; and by boards.
const REPORTS: &[(&str, &str)] = &[
    ("cpu/instr_basics", ""),
    ("cpu/ram_after_reset", ""),
    ("apu/reset_timing", ""),
    ("apu/irq_flag", ""),
    ("apu/pal_irq_flag_timing", "--region pal"),
    ("apu/pal_len_timing_mode0", "--region pal"),
    ("ppu/palette_ram", ""),
    ("ppu/spr_hit_basics", ""),
    ("ppu/spr_hit_timing_basics", ""),
    ("ppu/spr_overflow_timing", ""),
    ("ppu/vbl_nmi_suppression", ""),
    ("ppu/vbl_nmi_even_odd_timing", ""),
    ("mapper/m004_txrom/a12_clocking", ""),
    ("mapper/m004_txrom/scanline_timing", ""),
];

#[test]
fn tests_of_all_kinds_are_understood() {
    for (name, options) in REPORTS {
        let path = Path::new(tetanes_core::PUBLISHED).join(format!("test_roms/{name}.nes"));
        let rom = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let run = Machine::with("/test.nes", &rom).nes(&format!("/test.nes --result {options}"));
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{name}: {}", run.out);
    }
    let path = Path::new(tetanes_core::PUBLISHED).join("test_roms/apu/pal_irq_flag_timing.nes");
    let run = Machine::with("/test.nes", &std::fs::read(path).expect("a ROM")).nes("/test.nes --result");
    assert_eq!(run.status, 1, "for PAL only: {run:?}");
}
