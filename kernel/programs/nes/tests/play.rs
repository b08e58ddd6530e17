//! Playing on a screen: keys, pause, reset, what is kept, and that the screen is given back.

#[path = "support/desk.rs"]
mod desk;
mod support;

use desk::{Desk, SIZE};
use nes::Devices;
use nes::console::{Console, NesRegion, Sound};
use process::Process;
use std::sync::Arc;
use support::{Machine, cartridge};

/// Keys by their places on an American keyboard.
const Q: u8 = 0x10;
const R: u8 = 0x13;
const O: u8 = 0x18;
const P: u8 = 0x19;
const K: u8 = 0x25;
const F1: u8 = 0x3B;
const F5: u8 = 0x3F;
const F7: u8 = 0x41;
const THREE: u8 = 0x04;

/// Pixels of the rows that text may cover.
const TOP: usize = SIZE.0 * 60;

/// A machine with this cartridge, and a game of it that has begun.
struct Game {
    machine: Machine,
    desk: Desk,
    process: Arc<Process>,
}

impl Game {
    fn start(rom: &[u8]) -> Game {
        Self::on(Machine::with("/a.nes", rom))
    }

    fn on(machine: Machine) -> Game {
        let desk = Desk::new();
        let devices = Devices { screen: Some(Arc::clone(&desk.screen)), sound: None };
        let process = machine.start_nes("/a.nes", devices);
        Game { machine, desk, process }
    }

    /// Waits until the background has the colour with this number.
    fn shows(&self, number: u8) {
        let colour = colour(number);
        self.desk.display.wait_for(&format!("colour {number:02X}"), |pixels| pixels.last() == Some(&colour));
    }

    fn background(&self) -> Option<u32> {
        self.desk.display.pixels().last().copied()
    }

    /// Waits until the upper rows, which text covers, differ from `before`; returns them.
    fn says_something_new(&self, before: &[u32]) -> Vec<u32> {
        self.desk.display.wait_for("another text", |pixels| pixels[..TOP] != *before);
        self.desk.display.pixels()[..TOP].to_vec()
    }

    fn end(self) -> (Machine, i32) {
        let status = self.process.wait().expect("it ends").code();
        (self.machine, status)
    }

    fn quit(self) -> Machine {
        self.desk.press(Q);
        let (machine, status) = self.end();
        assert_eq!(status, 0);
        machine
    }
}

fn colour(number: u8) -> u32 {
    let palette = &tetanes_core::ppu::Ppu::NTSC_PALETTE[usize::from(number) * 3..][..3];
    u32::from_be_bytes([0, palette[0], palette[1], palette[2]])
}

/// Once a frame: the colour of the background is $20, and 1 for A of the first pad, and 2 for A of the second.
const SHOWS_PADS: &[u8] = &[
    0x2C, 0x02, 0x20, 0x10, 0xFB, // wait: BIT $2002; BPL wait
    0xA9, 0x01, 0x8D, 0x16, 0x40, // LDA #1; STA $4016
    0xA9, 0x00, 0x8D, 0x16, 0x40, // LDA #0; STA $4016
    0xAD, 0x17, 0x40, 0x29, 0x01, 0x0A, 0x85, 0x00, // LDA $4017; AND #1; ASL; STA 0
    0xAD, 0x16, 0x40, 0x29, 0x01, 0x05, 0x00, // LDA $4016; AND #1; ORA 0
    0xA2, 0x3F, 0x8E, 0x06, 0x20, // LDX #$3F; STX $2006
    0xA2, 0x00, 0x8E, 0x06, 0x20, // LDX #0; STX $2006
    0x09, 0x20, 0x8D, 0x07, 0x20, // ORA #$20; STA $2007
    0xA2, 0x00, 0x8E, 0x06, 0x20, // LDX #0; STX $2006
    0x8E, 0x06, 0x20, 0x4C, 0x00, 0xC0, // STX $2006; JMP wait
];

/// Counts its starts in the cartridge's RAM; the colour of the background is $20 and that number.
const COUNTS_STARTS: &[u8] = &[
    0xEE, 0x00, 0x60, // INC $6000
    0x2C, 0x02, 0x20, 0x10, 0xFB, // wait: BIT $2002; BPL wait
    0xA2, 0x3F, 0x8E, 0x06, 0x20, // LDX #$3F; STX $2006
    0xA2, 0x00, 0x8E, 0x06, 0x20, // LDX #0; STX $2006
    0xAD, 0x00, 0x60, 0x29, 0x0F, // LDA $6000; AND #$0F
    0x09, 0x20, 0x8D, 0x07, 0x20, // ORA #$20; STA $2007
    0xA2, 0x00, 0x8E, 0x06, 0x20, // LDX #0; STX $2006
    0x8E, 0x06, 0x20, 0x4C, 0x03, 0xC0, // STX $2006; JMP wait
];

/// A board with RAM, which a battery keeps.
fn with_battery() -> Vec<u8> {
    let mut rom = cartridge(COUNTS_STARTS);
    rom[6] = 0x12;
    rom
}

#[test]
fn both_players_have_their_keys_and_quick_ones_are_seen() {
    let game = Game::start(&cartridge(SHOWS_PADS));
    game.shows(0x20);
    game.desk.down(O);
    game.shows(0x22);
    game.desk.down(K);
    game.shows(0x23);
    game.desk.up(O);
    game.shows(0x21);
    game.desk.up(K);
    game.shows(0x20);
    // Down and up before the game looks.
    game.desk.press(O);
    game.shows(0x22);
    game.shows(0x20);
    game.quit();
}

#[test]
fn nothing_happens_in_a_pause() {
    let game = Game::start(&cartridge(SHOWS_PADS));
    game.desk.press(F1);
    game.desk.display.wait_for("no text", |pixels| pixels.iter().all(|pixel| *pixel == colour(0x20)));
    let nothing = game.desk.display.pixels()[..TOP].to_vec();
    game.desk.press(P);
    let paused = game.says_something_new(&nothing);
    game.desk.down(K);
    game.desk.press(THREE);
    game.says_something_new(&paused);
    assert_eq!(game.background(), Some(colour(0x20)));
    game.desk.press(P);
    game.shows(0x21);
    game.quit();
}

#[test]
fn battery_ram_and_states_outlive_a_game() {
    let game = Game::start(&with_battery());
    game.shows(0x21);
    game.desk.press(R);
    game.shows(0x22);
    let machine = game.quit();
    assert_eq!(machine.file("/a.sav").first(), Some(&2));

    let game = Game::on(machine);
    game.shows(0x23);
    game.desk.press(THREE);
    game.desk.press(F5);
    game.desk.press(R);
    game.shows(0x24);
    game.desk.press(F7);
    game.shows(0x23);
    let machine = game.quit();
    assert!(!machine.file("/a.st3").is_empty());
    assert_eq!(machine.file("/a.sav").first(), Some(&3), "the state brought its RAM along");

    // Another day: the state is there still. What is no state is refused, and the game goes on.
    machine.vfs.write_file(&machine.vfs.root(), "/a.st1", &[0x5A; 3000]).expect("room");
    let game = Game::on(machine);
    game.shows(0x24);
    game.desk.press(F7);
    game.desk.press(THREE);
    game.desk.press(F7);
    game.shows(0x23);
    game.quit();
}

#[test]
fn a_key_that_is_held_stays_held_when_a_state_is_loaded() {
    let game = Game::start(&cartridge(SHOWS_PADS));
    game.shows(0x20);
    game.desk.press(F5);
    game.desk.down(K);
    game.shows(0x21);
    game.desk.down(O);
    game.shows(0x23);
    game.desk.up(O);
    game.shows(0x21);
    game.desk.press(F7);
    // Whatever the state had: once more the second pad's button, beside the first one's.
    game.desk.down(O);
    game.shows(0x23);
    game.quit();
}

/// A file system that is full, or a file that cannot be read, takes no game away.
#[test]
fn saved_games_are_never_lost() {
    let machine = Machine::with("/a.nes", &with_battery());
    machine.vfs.create_directory(&machine.vfs.root(), "/a.sav", vfs::Scope::Anywhere, 0o755).expect("a folder");
    let game = Game::on(machine);
    let (machine, status) = game.end();
    assert_eq!(status, 1, "what is there is no file");
    machine.vfs.remove_directory(&machine.vfs.root(), "/a.sav", vfs::Scope::Anywhere).expect("gone");

    let game = Game::on(machine);
    game.shows(0x21);
    game.desk.press(F5);
    let machine = game.quit();
    let state = machine.file("/a.st1");
    machine.space.set_limit(0);
    let game = Game::on(machine);
    game.shows(0x22);
    game.desk.press(F5);
    game.desk.press(Q);
    let (machine, status) = game.end();
    assert_eq!(status, 1, "the game could not be kept");
    assert_eq!(machine.file("/a.sav").first(), Some(&1));
    assert_eq!(machine.file("/a.st1"), state);
}

/// What a damaged state does, it does to nobody else.
#[test]
fn damaged_states_are_refused() {
    let rom = with_battery();
    let mut console = Console::power_on(&rom, NesRegion::Auto, Sound::Off).expect("a cartridge");
    console.run_frame().expect("a frame");
    let state = console.save_state().expect("a state");
    for place in (0..state.len()).step_by(state.len() / 40 + 1) {
        let mut damaged = state.clone();
        damaged[place] ^= 0x55;
        let _ = console.load_state(&damaged);
        let _ = console.load_state(&state[..place]);
    }
    assert_eq!(console.load_state(&state), Ok(()));
    console.run_frame().expect("a frame");
}

#[test]
fn after_a_state_is_loaded_the_same_frames_follow() {
    let rom = cartridge(SHOWS_PADS);
    let mut console = Console::power_on(&rom, NesRegion::Auto, Sound::Off).expect("a cartridge");
    let run = |console: &mut Console| -> Vec<u64> {
        let frame = |_| {
            console.run_frame().expect("a frame");
            console.picture_hash()
        };
        (0..20).map(frame).collect()
    };
    run(&mut console);
    let state = console.save_state().expect("a state");
    let expected = run(&mut console);
    console.load_state(&state).expect("a state");
    assert_eq!(run(&mut console), expected);
    let mut other = Console::power_on(&rom, NesRegion::Auto, Sound::Off).expect("a cartridge");
    other.load_state(&state).expect("a state");
    assert_eq!(run(&mut other), expected);
}

#[test]
fn a_cartridge_for_pal_is_slower() {
    let mut rom = cartridge(SHOWS_PADS);
    let rate = |rom: &[u8]| Console::power_on(rom, NesRegion::Auto, Sound::Off).expect("a cartridge").frame_rate();
    assert!((rate(&rom) - 60.0988).abs() < 0.001);
    // NES 2.0, byte 12: the timing.
    rom[7] = 0x08;
    rom[12] = 1;
    assert!((rate(&rom) - 50.007).abs() < 0.001);
}

#[test]
fn a_panic_gives_the_screen_back() {
    let game = Game::start(&cartridge(SHOWS_PADS));
    game.shows(0x20);
    assert!(game.desk.screen.lease().is_err(), "the game has it");
    game.desk.display.break_once();
    game.desk.down(K);
    let screen = Arc::clone(&game.desk.screen);
    let display = Arc::clone(&game.desk.display);
    assert_eq!(game.end().1, 134);
    display.wait_for("the console", |pixels| pixels.iter().all(|pixel| *pixel == 0));
    assert!(screen.lease().is_ok());
}
