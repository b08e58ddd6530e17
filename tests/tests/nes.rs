//! The program `nes` on the machine: its frames are those of tetanes-core on the host, also on the screen, and the sound of the
//! cartridge that comes with the image has its pitch.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tetanes_core::control_deck::{Config, ControlDeck};
use tetanes_core::memory::RamState;
use tetanes_core::video::VideoFilter;
use yolk::qemu::{Extra, Options, Verdict};
use yolk_tests::LIMIT;
use yolk_tests::command::{run, yolk};
use yolk_tests::control::Control;
use yolk_tests::machine::{Booted, PROMPT, from_image, with_screen};

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
fn reference(path: &Path) -> String {
    let rom = std::fs::read(path).expect("a ROM");
    let mut deck = deck(&rom, VideoFilter::default());
    let mut text = String::new();
    for number in 1..=FRAMES {
        let _ = deck.clock_frame().expect("a frame");
        if COMPARED.contains(&number) {
            let _ = writeln!(text, "frame {number} {:016x}", nes::hash::fnv1a(deck.frame_buffer()));
        }
    }
    text
}

fn deck(rom: &[u8], filter: VideoFilter) -> ControlDeck {
    let config = Config::default().with_sram_dir(None).with_ram_state(RamState::AllZeros).with_filter(filter);
    let mut deck = ControlDeck::with_config(config);
    deck.load_rom("test", &mut { rom }).expect("a ROM");
    deck
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

/// The cartridge that comes with the image, here and there.
const GAME: &str = "/usr/share/games/lampmoth.nes";

fn game() -> Vec<u8> {
    let path = yolk::qemu::project_folder().join("build/games/lampmoth.nes");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `make image`", path.display()))
}

/// What a screen shows: width, height, and red, green, blue of each pixel.
struct Shot {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// Reads the PPM file that QEMU writes.
fn shot(control: &mut Control, folder: &Path) -> Shot {
    let path = folder.join("screen.ppm");
    control.screendump(&path).expect("a picture");
    let content = std::fs::read(&path).expect("a picture");
    let mut words = content.splitn(4, |byte| byte.is_ascii_whitespace());
    let mut number = || std::str::from_utf8(words.next()?).ok()?.parse().ok();
    assert_eq!(number(), None::<usize>, "P6");
    let (width, height) = (number().expect("a width"), number().expect("a height"));
    let pixels = content[content.len() - width * height * 3..].to_vec();
    Shot { width, height, pixels }
}

impl Shot {
    /// The most pixels that there can be for one of the NES's.
    fn scale(&self) -> usize {
        (self.width / 256).min(self.height / 240)
    }

    fn has_text_at_the_left(&self) -> bool {
        let left = (self.width - 256 * self.scale()) / 2;
        self.pixels.chunks_exact(self.width * 3).any(|row| row[..left * 3].iter().any(|byte| *byte != 0))
    }

    /// The NES's picture in the middle of it, as RGB; every square has one colour.
    fn nes_picture(&self) -> Option<Vec<u8>> {
        let scale = self.scale();
        let (left, top) = ((self.width - 256 * scale) / 2, (self.height - 240 * scale) / 2);
        let pixel = |x: usize, y: usize| {
            let at = ((top + y) * self.width + left + x) * 3;
            &self.pixels[at..at + 3]
        };
        let mut picture = Vec::new();
        for (y, x) in (0..240 * scale).flat_map(|y| (0..256 * scale).map(move |x| (y, x))) {
            let colour = pixel(x, y);
            if colour != pixel(x / scale * scale, y / scale * scale) {
                return None;
            }
            if x % scale == 0 && y % scale == 0 {
                picture.extend(colour);
            }
        }
        Some(picture)
    }
}

/// Waits until the screen is as `wanted` says.
fn wait_for_screen(control: &mut Control, what: &str, wanted: impl Fn(&Shot) -> bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let start = Instant::now();
    while !wanted(&shot(control, folder.path())) {
        assert!(start.elapsed() < LIMIT, "the screen does not show {what}");
    }
}

/// The game's title as it stands on the screen: the emulator's own colours, without its filter.
fn title() -> Vec<u8> {
    let mut deck = deck(&game(), VideoFilter::Pixellate);
    for _ in 0..60 {
        let _ = deck.clock_frame().expect("a frame");
    }
    deck.frame_buffer().chunks(4).flat_map(|pixel| pixel[..3].to_vec()).collect()
}

#[test]
fn a_game_has_the_screen_and_gives_it_back() {
    let title = title();
    let mut machine = Booted::to_prompt(&with_screen(from_image()));
    let mut control = Control::connect(&machine.control_path()).expect("QEMU listens");
    // What is beside the game's picture is black; the console begins there.
    let is_console = |shot: &Shot| shot.has_text_at_the_left();
    wait_for_screen(&mut control, "the console", is_console);
    let shows_title = |shot: &Shot| shot.nes_picture().as_ref() == Some(&title);

    // Started by name at the serial line; the keys come from the keyboard. F1 takes the list of keys away.
    machine.console.send("nes lampmoth\r");
    machine.console.expect("Q quit");
    wait_for_screen(&mut control, "the list of keys", |shot| !is_console(shot) && !shows_title(shot));
    control.press(&["f1"]).expect("a key");
    wait_for_screen(&mut control, "the title", shows_title);
    // The game hears of buttons: with START the title goes.
    control.press(&["p"]).expect("a key");
    wait_for_screen(&mut control, "that it is paused", |shot| !shows_title(shot));
    control.press(&["p"]).expect("a key");
    wait_for_screen(&mut control, "the title again", shows_title);
    control.press(&["f5"]).expect("a key");
    wait_for_screen(&mut control, "that it was saved", |shot| !shows_title(shot));
    control.press(&["q"]).expect("a key");
    machine.console.expect(PROMPT);
    wait_for_screen(&mut control, "the console", is_console);
    assert!(machine.command("ls /usr/share/games").contains("lampmoth.st1"), "{}", machine.console.text());

    // ^C at the terminal, and kill.
    machine.console.send("nes lampmoth --scale 1\r");
    wait_for_screen(&mut control, "the game", |shot| !is_console(shot));
    machine.console.send("\x03");
    machine.console.expect(PROMPT);
    wait_for_screen(&mut control, "the console", is_console);
    let job = machine.command("nes lampmoth > /dev/null &");
    let number = job.trim().rsplit(' ').next().expect("a number");
    wait_for_screen(&mut control, "the game", |shot| !is_console(shot));
    assert!(machine.command("nes lampmoth").contains("another program has the screen"), "{}", machine.console.text());
    machine.command(&format!("kill {number}; wait %1"));
    wait_for_screen(&mut control, "the console", is_console);
    assert!(machine.command("nes lampmoth --scale 99").contains("needs a screen of"), "{}", machine.console.text());
}

/// Samples a second of what QEMU records.
const RECORDED_RATE: f64 = 44_100.0;
/// What the game's title hums: the NES's CPU clock by 32 * 127.
const PITCH: f64 = 21_477_272.0 / 12.0 / 32.0 / 127.0;

#[test]
fn the_tone_of_the_game_has_its_pitch_and_no_gaps() {
    for card in [Extra::Ac97, Extra::Hda] {
        let options = from_image();
        let extras = [options.extras.clone(), vec![card, Extra::CountedTime]].concat();
        let mut machine = Booted::to_prompt(&Options { cpus: 1, extras, ..options });
        let sound = std::fs::File::open(machine.sound_path()).expect("a recording");
        // In one line: while a machine waits for the next one, its time flies.
        let play = "cat /tmp/film/sound.wav > /dev/audio; beep 0:1000";
        machine.console.send(&format!("nes {GAME} --headless 150 --record /tmp/film; {play}; poweroff\r"));
        assert_eq!(machine.verdict(), Verdict::Done, "{}", machine.console.text());
        check_tone(&left_channel(sound), card);
    }
}

/// The PC speaker knows one tone at a time; `beep` knows no other device here.
#[test]
fn the_pc_speaker_beeps_at_its_pitch() {
    let options = from_image();
    let extras = [options.extras.clone(), vec![Extra::PcSpeaker, Extra::CountedTime]].concat();
    let mut machine = Booted::to_prompt(&Options { cpus: 1, extras, ..options });
    let sound = std::fs::File::open(machine.sound_path()).expect("a recording");
    machine.console.send("beep 440:1000 0:300; poweroff\r");
    assert_eq!(machine.verdict(), Verdict::Done, "{}", machine.console.text());
    let samples = left_channel(sound);
    let rises: Vec<usize> = (1..samples.len()).filter(|at| samples[at - 1] <= 0 && samples[*at] > 0).collect();
    let (Some(first), Some(last)) = (rises.first(), rises.last()) else { panic!("silence") };
    let seconds = (last - first) as f64 / RECORDED_RATE;
    assert!(seconds > 0.8, "{seconds} s of sound");
    let pitch = (rises.len() - 1) as f64 / seconds;
    assert!((pitch - 440.0).abs() < 5.0, "{pitch} Hz");
}

/// The left one of two channels of 16 bits, behind the header.
fn left_channel(mut file: std::fs::File) -> Vec<i16> {
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut content).expect("a recording");
    content
        .get(44..)
        .unwrap_or_default()
        .chunks_exact(4)
        .map(|frame| i16::from_le_bytes([frame[0], frame[1]]))
        .collect()
}

/// Rises through the middle come as often as the pitch says, from the first to the last, and none is missing.
fn check_tone(samples: &[i16], card: Extra) {
    const QUIET: i16 = 200;
    let (mut rises, mut low) = (Vec::new(), true);
    assert!(samples.iter().any(|value| *value > QUIET), "{card:?}: silence");
    for (index, value) in samples.iter().enumerate() {
        if low && *value > QUIET {
            rises.push(index);
        }
        low = if *value > QUIET { false } else { low || *value < -QUIET };
    }
    // The first is the sound unit's being switched on; the tone begins a moment later.
    rises.remove(0);
    let (Some(first), Some(last)) = (rises.first(), rises.last()) else { panic!("{card:?}: silence") };
    let seconds = (last - first) as f64 / RECORDED_RATE;
    assert!(seconds > 2.0, "{card:?}: {seconds} s of sound");
    let pitch = (rises.len() - 1) as f64 / seconds;
    assert!((pitch - PITCH).abs() < 2.0, "{card:?}: {pitch} Hz, not {PITCH}");
    let longest = rises.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0) as f64;
    assert!(longest < 1.2 * RECORDED_RATE / PITCH, "{card:?}: a gap of {longest} samples");
}
