//! The program `nes` without a screen: its options, what it writes, and what it says of bad cartridges.

mod support;

use support::{Machine, cartridge};

/// An endless loop.
const LOOP: &[u8] = &[0x4C, 0x00, 0xC0];

#[test]
fn the_last_frame_is_hashed_or_those_that_are_named() {
    let machine = Machine::with("/a.nes", &cartridge(LOOP));
    let run = machine.nes("/a.nes --headless 3");
    assert!(run.status == 0 && run.out.starts_with("frame 3 ") && run.out.lines().count() == 1, "{run:?}");
    assert!(run.err.starts_with("3 frames in ") && run.err.ends_with(" frames/s\n"), "{run:?}");
    let all = machine.nes("/a.nes --headless=3 --hash=all").out;
    let named = machine.nes("/a.nes --headless 3 --hash 3,1").out;
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(named, format!("{}\n{}\n", lines[0], lines[2]));
}

#[test]
fn wrong_command_lines_are_explained() {
    let machine = Machine::with("/a.nes", &cartridge(LOOP));
    for (arguments, part) in [
        ("--headless 1", "which cartridge?"),
        ("/a.nes --record /x", "go with --headless"),
        ("/a.nes --scale 0", "--scale wants a number above 0"),
        ("/a.nes /b.nes --headless 1", "/b.nes: one cartridge at a time"),
        ("/a.nes --headless", "--headless needs a value"),
        ("/a.nes --headless 0", "--headless wants a number above 0"),
        ("/a.nes --headless 5 --hash 6", "only 5 frames are run"),
        ("/a.nes --headless 5 --hash x", "--hash wants numbers of frames"),
        ("/a.nes --headless 5 --press jump@3", "jump@3: the buttons are"),
        ("/a.nes --headless 5 --automation", "--headless goes with neither"),
        ("/a.nes --region mars", "--region is ntsc, pal, dendy or auto, not mars"),
        ("/a.nes --fast", "unknown option --fast"),
    ] {
        let run = machine.nes(arguments);
        assert!(run.status == 2 && run.err.contains(part) && run.out.is_empty(), "{arguments}: {run:?}");
    }
}

#[test]
fn the_console_of_a_region_has_its_own_pace() {
    let machine = Machine::with("/a.nes", &cartridge(LOOP));
    // A frame of a PAL console has more lines, and so more sound.
    let samples = ["", "--region ntsc", "--region pal", "--region dendy"].map(|region| {
        let run = machine.nes(&format!("/a.nes {region} --headless 100 --record /r"));
        assert_eq!(run.status, 0, "{}", run.err);
        machine.file("/r/sound.wav").len() / 2 / 100
    });
    assert_eq!(samples[0], samples[1]);
    for (count, rate) in [(samples[1], 60), (samples[2], 50), (samples[3], 50)] {
        assert!((48_000_usize / rate).abs_diff(count) < 20, "{count} samples a frame at {rate}");
    }
}

#[test]
fn bad_cartridges_are_refused_with_the_reason() {
    let mut unknown = cartridge(LOOP);
    unknown[6] = 0xF0;
    unknown[7] = 0xF0;
    let mut cut = cartridge(LOOP);
    cut.truncate(1000);
    let mut empty = cartridge(LOOP);
    empty[4] = 0;
    for (rom, part) in [
        (&b""[..], "not a NES ROM"),
        (b"NES\x1a", "not a NES ROM"),
        (&[0x7F; 5000], "not a NES ROM"),
        (&cut, "the ROM is cut off: its header speaks of 24592 bytes, there are 1000"),
        (&unknown, "mapper 255"),
        (&empty, "the ROM has no program"),
    ] {
        let run = Machine::with("/a.nes", rom).nes("/a.nes --headless 2");
        assert!(run.status == 1 && run.err.contains(part) && run.out.is_empty(), "{part}: {run:?}");
    }
    let run = Machine::new().nes("/none.nes --headless 1");
    assert_eq!((run.status, run.err.as_str()), (1, "nes: /none.nes: no such file or directory\n"));
}

/// Headers of all kinds on the same content: whatever the emulator makes of one, it ends with a status.
#[test]
fn no_header_ends_more_than_the_run() {
    let rom = cartridge(LOOP);
    for place in 4..16 {
        for value in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] {
            let mut rom = rom.clone();
            rom[place] = value;
            let run = Machine::with("/a.nes", &rom).nes("/a.nes --headless 1");
            assert!(run.status <= 1, "byte {place} {value:02X}: {run:?}");
        }
    }
}

/// Copies the first pad's A button to the colour of the background, every frame: the picture says whether it is held.
const SHOWS_A: &[u8] = &[
    0x2C, 0x02, 0x20, 0x10, 0xFB, // wait: BIT $2002; BPL wait
    0xA9, 0x01, 0x8D, 0x16, 0x40, // LDA #1; STA $4016
    0xA9, 0x00, 0x8D, 0x16, 0x40, // LDA #0; STA $4016
    0xAD, 0x16, 0x40, 0x29, 0x01, // LDA $4016; AND #1
    0xA2, 0x3F, 0x8E, 0x06, 0x20, // LDX #$3F; STX $2006
    0xA2, 0x00, 0x8E, 0x06, 0x20, // LDX #0; STX $2006
    0x09, 0x20, 0x8D, 0x07, 0x20, // ORA #$20; STA $2007
    0xA2, 0x00, 0x8E, 0x06, 0x20, // LDX #0; STX $2006
    0x8E, 0x06, 0x20, 0x4C, 0x00, 0xC0, // STX $2006; JMP wait
];

#[test]
fn buttons_are_held_at_the_frames_that_are_said() {
    let machine = Machine::with("/a.nes", &cartridge(SHOWS_A));
    let frames = |options: &str| {
        let run = machine.nes(&format!("/a.nes --headless 20 --hash all {options}"));
        assert_eq!(run.status, 0, "{run:?}");
        let hashes: Vec<String> =
            run.out.lines().filter_map(|line| line.split(' ').nth(2).map(str::to_owned)).collect();
        hashes
    };
    let (idle, pressed) = (frames(""), frames("--press a@10-12"));
    let differ: Vec<usize> = (0..20).filter(|index| idle[*index] != pressed[*index]).map(|index| index + 1).collect();
    assert_eq!(differ.len(), 3, "{differ:?}");
    assert!(differ[0] >= 10 && differ[0] <= 11, "{differ:?}");
    machine.vfs.write_file(&machine.vfs.root(), "/script", b"# the same\na@10-12\n").expect("room");
    assert_eq!(frames("--input /script"), pressed);
    assert_eq!(frames("--press 2:a@10-12"), idle, "that is the other pad");
}

#[test]
fn pictures_and_sound_are_recorded() {
    let machine = Machine::with("/a.nes", &cartridge(LOOP));
    let run = machine.nes("/a.nes --headless 30 --hash 1,30 --record /film");
    assert_eq!(run.status, 0, "{run:?}");
    for number in [1, 30] {
        let content = machine.file(&format!("/film/frame-{number:06}.png"));
        let mut reader = png::Decoder::new(std::io::Cursor::new(content)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a picture");
        assert_eq!((info.width, info.height, info.color_type), (256, 240, png::ColorType::Rgb));
    }
    let sound = machine.file("/film/sound.wav");
    let size = u32::try_from(sound.len()).expect("small") - 44;
    assert_eq!((&sound[..4], &sound[36..40], &sound[40..44]), (&b"RIFF"[..], &b"data"[..], &size.to_le_bytes()[..]));
    // Half a second of samples of two bytes.
    assert!((47_000..=49_000).contains(&size), "{size}");
    let nowhere = machine.nes("/a.nes --headless 1 --record /none/film");
    assert!(nowhere.status == 1 && nowhere.err.contains("/none/film: no such file"), "{nowhere:?}");
}
