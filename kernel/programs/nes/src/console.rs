//! The NES: `tetanes-core`'s control deck, with a ROM that was checked and without access to any file.
//!
//! Work RAM is zero at power-on, so that a run can be repeated; everything else is as the emulator has it by default. What a
//! ROM can do wrong is an error here, also where the emulator panics on it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tetanes_core::control_deck::{self, Config, ControlDeck, HeadlessMode};
use tetanes_core::memory::RamState;

pub use tetanes_core::common::{NesRegion, ResetKind};
pub use tetanes_core::input::{JoypadBtn, Player};

/// Width of a picture in pixels.
pub const WIDTH: usize = 256;
/// Height of a picture in pixels.
pub const HEIGHT: usize = 240;
/// Bytes of a picture: red, green, blue and 255 for each pixel, row by row.
pub const PICTURE_SIZE: usize = WIDTH * HEIGHT * 4;
/// Samples a second of the sound.
pub const SOUND_RATE: u32 = 48_000;

/// The largest ROM there is: no NES 2.0 header can say more.
pub const ROM_LIMIT: usize = 128 << 20;

const HEADER_SIZE: usize = 16;
const TRAINER_SIZE: usize = 512;
const PRG_BANK: usize = 16 << 10;
const CHR_BANK: usize = 8 << 10;

/// Whether the pixels of the next frames are drawn. The machine runs the same either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// They are.
    On,
    /// They are left out.
    Off,
}

/// Whether sound is made. The machine runs the same either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// It is.
    On,
    /// It is left out.
    Off,
}

/// Why a ROM cannot be played, or not any longer.
#[derive(Debug)]
pub enum Error {
    /// It does not begin as an iNES or NES 2.0 file does.
    NotARom,
    /// Bytes that the header speaks of, and bytes that there are.
    CutOff(usize, usize),
    /// Its header speaks of no program.
    Empty,
    /// Its board is one that the emulator does not know.
    UnknownMapper(u16),
    /// What else the emulator says.
    Refused(String),
    /// The emulator itself gave up.
    Failed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotARom => f.write_str("not a NES ROM: it does not begin with the header of an iNES file"),
            Error::CutOff(wanted, there) => {
                write!(f, "the ROM is cut off: its header speaks of {wanted} bytes, there are {there}")
            }
            Error::Empty => f.write_str("the ROM has no program: its header says 0 banks"),
            Error::UnknownMapper(number) => write!(f, "the cartridge's board (mapper {number}) is not supported"),
            Error::Refused(reason) => write!(f, "the emulator refuses it: {reason}"),
            Error::Failed => f.write_str("the emulator cannot run this cartridge (`dmesg` says where it gave up)"),
        }
    }
}

/// A NES with a cartridge in it.
pub struct Console {
    deck: ControlDeck,
    drawing: Drawing,
    sound: Sound,
}

impl Console {
    /// Puts the cartridge `rom` into the console of a region, [`NesRegion::Auto`] for that of its header, and switches on.
    ///
    /// # Errors
    /// What is wrong with the ROM.
    pub fn power_on(rom: &[u8], region: NesRegion, sound: Sound) -> Result<Console, Error> {
        check(rom)?;
        let config = Config::default().with_sram_dir(None).with_ram_state(RamState::AllZeros);
        let load = || {
            let mut deck = ControlDeck::with_config(config);
            // Not by `config`: tetanes-core 0.17 makes the sound of a console that begins as PAL at NTSC's clock.
            deck.set_region(region);
            deck.load_rom("cartridge", &mut { rom }).map(|_| deck)
        };
        let deck = catch_unwind(load).map_err(|_| Error::Failed)?.map_err(refusal)?;
        let mut console = Console { deck, drawing: Drawing::On, sound };
        console.set_work();
        Ok(console)
    }

    /// Whether the pixels of the frames that begin from now on are drawn. The instruction that ends a frame may draw the next
    /// one's first pixels, so drawing has to be on for the frame before as well.
    pub fn set_drawing(&mut self, drawing: Drawing) {
        self.drawing = drawing;
        self.set_work();
    }

    fn set_work(&mut self) {
        let mut mode = HeadlessMode::empty();
        mode.set(HeadlessMode::NO_VIDEO, self.drawing == Drawing::Off);
        mode.set(HeadlessMode::NO_AUDIO, self.sound == Sound::Off);
        self.deck.set_headless_mode(mode);
    }

    /// Runs one frame.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Refused`].
    pub fn run_frame(&mut self) -> Result<(), Error> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.deck.clock_frame()));
        check_outcome(outcome.map(|clocked| clocked.map(drop)))
    }

    /// Runs one instruction.
    ///
    /// # Errors
    /// Those of [`run_frame`](Self::run_frame).
    pub fn run_instruction(&mut self) -> Result<(), Error> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.deck.clock_instr()));
        check_outcome(outcome)
    }

    /// The picture of the last frame: [`PICTURE_SIZE`] bytes, as the emulator's default filter (a composite signal's) shows it.
    pub fn picture(&mut self) -> &[u8] {
        self.deck.frame_buffer()
    }

    /// The hash of the picture of the last frame.
    pub fn picture_hash(&mut self) -> u64 {
        crate::hash::fnv1a(self.picture())
    }

    /// The sound of the last frame: one channel, from -1 to 1, [`SOUND_RATE`] samples a second.
    #[must_use]
    pub fn sound(&self) -> &[f32] {
        self.deck.audio_samples()
    }

    /// Frames a second.
    #[must_use]
    pub fn frame_rate(&self) -> f64 {
        match self.deck.region() {
            // 21.477272 MHz / 4 for a dot; 341 by 262 dots, every second frame one less (nesdev.org, "Cycle reference chart").
            NesRegion::Ntsc | NesRegion::Auto => 60.0988,
            NesRegion::Pal | NesRegion::Dendy => 50.0070,
        }
    }

    /// The pixels of the last frame as the picture unit has them: a colour of its own for each, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u16] {
        self.deck.frame_buffer_raw()
    }

    /// Makes more samples of each second, or fewer.
    pub fn set_sound_ratio(&mut self, ratio: f32) {
        self.deck.set_audio_sample_ratio(ratio);
    }

    /// The RAM that the cartridge's battery keeps; empty for one without.
    pub fn battery(&mut self) -> &[u8] {
        self.deck.sram()
    }

    /// Fills that RAM.
    pub fn set_battery(&mut self, content: &[u8]) {
        self.deck.set_sram(content);
    }

    /// The state of everything but the ROM.
    ///
    /// # Errors
    /// What the emulator says.
    pub fn save_state(&mut self) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        self.deck.save_state(&mut content).map_err(|error| error.to_string())?;
        Ok(content)
    }

    /// Goes back to a state.
    ///
    /// # Errors
    /// What the emulator says: the state is one of another cartridge or version, or none at all. Nothing has changed then.
    pub fn load_state(&mut self, content: &[u8]) -> Result<(), String> {
        let load = AssertUnwindSafe(|| self.deck.load_state(content));
        match catch_unwind(load) {
            Ok(result) => result.map_err(|error| error.to_string())?,
            Err(_) => return Err("not a state of this cartridge".to_owned()),
        }
        // What is drawn and heard is not a matter of the state.
        self.set_work();
        Ok(())
    }

    /// Presses or releases a button.
    pub fn set_button(&mut self, player: Player, button: JoypadBtn, held: bool) {
        self.deck.joypad_mut(player).set_button(button, held);
    }

    /// Pushes the reset button, or switches off and on.
    pub fn reset(&mut self, kind: ResetKind) {
        self.deck.reset(kind);
    }

    /// The byte that the CPU would read at `address`; nothing changes by it.
    #[must_use]
    pub fn peek(&self, address: u16) -> u8 {
        self.deck.bus().peek(address)
    }

    /// The byte that the picture unit would read at `address`.
    #[must_use]
    pub fn peek_video(&self, address: u16) -> u8 {
        self.deck.bus().chr_peek(address)
    }

    /// The emulator, for what only a debugger asks.
    pub(crate) fn deck(&self) -> &ControlDeck {
        &self.deck
    }

    /// Lets the CPU go on at `address`.
    pub(crate) fn jump(&mut self, address: u16) {
        self.deck.bus_mut().cpu.pc = address;
    }
}

/// Checks the header and that what it speaks of is there, before the emulator makes room for it.
fn check(rom: &[u8]) -> Result<(), Error> {
    let Some((header, content)) = rom.split_first_chunk::<HEADER_SIZE>() else { return Err(Error::NotARom) };
    let [b'N', b'E', b'S', 0x1A, prg, chr, flags, kind, _, high, ..] = *header else { return Err(Error::NotARom) };
    // Only NES 2.0 knows the high digits.
    let high = if kind & 0x0C == 0x08 { high } else { 0 };
    let banks = |low: u8, high: u8| usize::from(high) << 8 | usize::from(low);
    let trainer = if flags & 0x04 == 0 { 0 } else { TRAINER_SIZE };
    let programs = banks(prg, high & 0x0F);
    if programs == 0 {
        return Err(Error::Empty);
    }
    let wanted = programs * PRG_BANK + banks(chr, high >> 4) * CHR_BANK + trainer;
    if content.len() < wanted { Err(Error::CutOff(wanted + HEADER_SIZE, rom.len())) } else { Ok(()) }
}

/// What became of a call of the emulator that may have panicked.
fn check_outcome<P>(outcome: Result<control_deck::Result<()>, P>) -> Result<(), Error> {
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(refusal(error)),
        Err(_) => Err(Error::Failed),
    }
}

fn refusal(error: control_deck::Error) -> Error {
    match error {
        control_deck::Error::UnimplementedMapper(number) => Error::UnknownMapper(number),
        error => Error::Refused(error.to_string()),
    }
}
