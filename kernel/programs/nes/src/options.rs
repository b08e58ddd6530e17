//! The command line.

use crate::console::NesRegion;
use crate::load::{Choice, GAMES};
use crate::script::Script;
use crate::trace;
use crate::{headless, play};

pub(crate) const USAGE: &str =
    "[FILE.nes [--region REGION] [--scale N | --headless FRAMES [OPTIONS] | --result [FRAMES] | --automation]]";
pub(crate) const DETAILS: &str = "\
FILE is a cartridge as an iNES or NES 2.0 file, or the name of one in /usr/share/games; without one those are listed.
The keys are shown when a game begins. Battery RAM (FILE.sav) and states (FILE.st1 to .st9) are kept beside FILE, or in $HOME
where that cannot be written to.

  --region REGION      the console: ntsc, pal or dendy, or auto for that of the cartridge's header (many say nothing: ntsc)
  --scale N            screen pixels for one of the NES's, instead of the most that fit
  --headless FRAMES    runs so many frames without a screen, as fast as it can, and prints `frame NUMBER HASH` of the last one:
                       the FNV-1a hash (64 bits) of the 256x240 RGBA bytes that tetanes-core's default filter gives
  --hash N,N,...|all   of these frames instead; the first has number 1
  --press WORD         [PLAYER:]BUTTON@FRAME[-FRAME] holds a button of a, b, select, start, up, down, left, right: start@30
  --input FILE         a file of such words; # begins a comment
  --record DIR         writes the frames of --hash as PNG, and the sound of all as sound.wav, into DIR
  --result [FRAMES]    runs a test ROM until it reports its result, at most so many frames (3600); the status is 0 where it
                       says that all is well. Tests that report on the screen alone: the screen's text, read as ASCII
  --automation         starts at $C000 and logs each instruction in the form of nestest.log until that routine returns
  --trace FILE         where the log goes instead of standard output";

/// What is to be done.
pub(crate) struct Options {
    pub(crate) cartridge: Choice,
    pub(crate) mode: Mode,
}

pub(crate) enum Mode {
    Play(play::Job),
    Headless(headless::Job),
    Automation(trace::Job),
    /// At most so many frames.
    Result(u32),
}

/// The longest run that `--result` allows where nothing is said: a minute.
const RESULT_FRAMES: u32 = 3600;

/// The options as they were found.
#[derive(Default)]
struct Found {
    files: Vec<String>,
    region: Option<NesRegion>,
    scale: Option<usize>,
    headless: Option<u32>,
    hashes: Option<headless::Frames>,
    script: Script,
    input: Option<String>,
    record: Option<String>,
    result: Option<u32>,
    automation: bool,
    trace: Option<String>,
}

impl Options {
    pub(crate) fn parse(words: &[String]) -> Result<Options, String> {
        let found = find(words)?;
        let name = match &found.files[..] {
            [] => return Err(format!("which cartridge? Some are in {GAMES}; usage: nes {USAGE}")),
            [name] => name.clone(),
            [_, second, ..] => return Err(format!("{second}: one cartridge at a time")),
        };
        let region = found.region.unwrap_or(NesRegion::Auto);
        Ok(Options { cartridge: Choice { name, region }, mode: found.mode()? })
    }
}

impl Found {
    fn mode(self) -> Result<Mode, String> {
        let Some(frames) = self.headless else {
            return match (self.result, self.automation) {
                (Some(frames), false) => Ok(Mode::Result(frames)),
                (None, true) => Ok(Mode::Automation(trace::Job { file: self.trace })),
                (None, false) => self.play(),
                _ => Err("one of --result and --automation".to_owned()),
            };
        };
        if self.result.is_some() || self.automation || self.trace.is_some() {
            return Err("--headless goes with neither --result nor --automation".to_owned());
        }
        let hashes = self.hashes.unwrap_or(headless::Frames::Last);
        hashes.check(frames)?;
        Ok(Mode::Headless(headless::Job {
            frames,
            hashes,
            script: self.script,
            input: self.input,
            record: self.record,
        }))
    }
}

impl Found {
    fn play(self) -> Result<Mode, String> {
        let asks = self.hashes.is_some() || self.input.is_some() || self.record.is_some() || !self.script.is_empty();
        if asks {
            return Err("--hash, --press, --input and --record go with --headless FRAMES".to_owned());
        }
        Ok(Mode::Play(play::Job { scale: self.scale }))
    }
}

fn find(words: &[String]) -> Result<Found, String> {
    let mut found = Found::default();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let (option, inline) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || inline.clone().or_else(|| words.next().cloned()).ok_or(format!("{option} needs a value"));
        match option {
            "--region" => found.region = Some(region(&value()?)?),
            "--scale" => found.scale = Some(count(option, &value()?)? as usize),
            "--headless" => found.headless = Some(count(option, &value()?)?),
            "--hash" => found.hashes = Some(headless::Frames::parse(&value()?)?),
            "--press" => found.script.add(&value()?)?,
            "--input" => found.input = Some(value()?),
            "--record" => found.record = Some(value()?),
            "--trace" => found.trace = Some(value()?),
            "--automation" => found.automation = true,
            "--result" => {
                let next = words.next_if(|word| word.parse::<u32>().is_ok()).cloned();
                let frames = inline.or(next).map(|text| count(option, &text)).transpose()?;
                found.result = Some(frames.unwrap_or(RESULT_FRAMES));
            }
            _ if option.starts_with("--") => return Err(format!("unknown option {option}; usage: nes {USAGE}")),
            _ => found.files.push(word.clone()),
        }
    }
    Ok(found)
}

fn region(text: &str) -> Result<NesRegion, String> {
    match text {
        "auto" => Ok(NesRegion::Auto),
        "ntsc" => Ok(NesRegion::Ntsc),
        "pal" => Ok(NesRegion::Pal),
        "dendy" => Ok(NesRegion::Dendy),
        _ => Err(format!("--region is ntsc, pal, dendy or auto, not {text}")),
    }
}

fn count(option: &str, text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or(format!("{option} wants a number above 0, not {text}"))
}
