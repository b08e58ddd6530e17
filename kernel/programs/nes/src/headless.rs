//! Running without a screen, as fast as the machine can.
//!
//! Only what somebody asks for is computed: pixels of the frames whose hash is printed, sound where it is recorded. What the
//! game does is the same.

use crate::console::{Console, Drawing, Sound};
use crate::load::{self, Choice};
use crate::record::Recording;
use crate::script::Script;
use process::{Context, ExitStatus};
use std::io::Write;
use std::time::{Duration, Instant};

const PROGRESS_EVERY: Duration = Duration::from_secs(2);
const SCRIPT_LIMIT: usize = 1 << 20;

/// What a run without a screen is to do.
pub(crate) struct Job {
    pub(crate) frames: u32,
    /// The frames whose hash is printed.
    pub(crate) hashes: Frames,
    pub(crate) script: Script,
    /// A file with more of the script.
    pub(crate) input: Option<String>,
    /// The directory that pictures and sound go to.
    pub(crate) record: Option<String>,
}

/// Some of the frames of a run. The first has number 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    Last,
    All,
    /// Sorted.
    These(Vec<u32>),
}

impl Frames {
    pub(crate) fn parse(text: &str) -> Result<Frames, String> {
        if text == "all" {
            return Ok(Frames::All);
        }
        let number = |word: &str| word.trim().parse().ok().filter(|number| *number > 0);
        let numbers: Option<Vec<u32>> = text.split(',').map(number).collect();
        let mut numbers = numbers.ok_or(format!("--hash wants numbers of frames (1,60,600) or all, not {text}"))?;
        numbers.sort_unstable();
        Ok(Frames::These(numbers))
    }

    /// Whether a run of `frames` has them all.
    pub(crate) fn check(&self, frames: u32) -> Result<(), String> {
        match self {
            Frames::These(numbers) => match numbers.last() {
                Some(last) if *last > frames => Err(format!("--hash {last}: only {frames} frames are run")),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn contain(&self, number: u32, frames: u32) -> bool {
        match self {
            Frames::Last => number == frames,
            Frames::All => true,
            Frames::These(numbers) => numbers.binary_search(&number).is_ok(),
        }
    }
}

pub(crate) fn run(context: &Context, choice: &Choice, job: &Job) -> Result<ExitStatus, String> {
    let mut script = job.script.clone();
    if let Some(path) = &job.input {
        let text = context.vfs().read_file(&context.cwd(), path, SCRIPT_LIMIT);
        let text = text.map_err(|error| format!("{path}: {error}"))?;
        script.add_lines(&String::from_utf8_lossy(&text)).map_err(|error| format!("{path}: {error}"))?;
    }
    let sound = if job.record.is_some() { Sound::On } else { Sound::Off };
    let mut console = load::power_on(context, choice, sound)?;
    let mut recording = job.record.as_deref().map(|path| Recording::start(context, path)).transpose()?;
    let start = Instant::now();
    let mut progress = Progress::new(context, start);
    for number in 1..=job.frames {
        if context.is_killed() {
            return Ok(ExitStatus::Killed);
        }
        script.apply(number, &mut console);
        run_frame(context, job, number, &mut console, recording.as_mut())
            .map_err(|error| format!("{}: frame {number}: {error}", choice.name))?;
        progress.show(number, job.frames);
    }
    if let Some(recording) = recording {
        recording.finish()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = f64::from(job.frames) / seconds;
    let _ = writeln!(context.err(), "{} frames in {seconds:.2} s: {rate:.1} frames/s", job.frames);
    Ok(ExitStatus::SUCCESS)
}

fn run_frame(
    context: &Context,
    job: &Job,
    number: u32,
    console: &mut Console,
    recording: Option<&mut Recording>,
) -> Result<(), String> {
    let wanted = |number: u32| job.hashes.contain(number, job.frames);
    let draw = wanted(number) || number.checked_add(1).is_some_and(wanted);
    console.set_drawing(if draw { Drawing::On } else { Drawing::Off });
    console.run_frame().map_err(|error| error.to_string())?;
    if wanted(number) {
        let hash = console.picture_hash();
        writeln!(context.out(), "frame {number} {hash:016x}").map_err(|error| error.to_string())?;
    }
    let Some(recording) = recording else { return Ok(()) };
    recording.add_sound(console.sound())?;
    if wanted(number) { recording.add_picture(number, console.picture()) } else { Ok(()) }
}

/// A line on the terminal that says how far a long run is.
struct Progress<'a> {
    context: &'a Context,
    start: Instant,
    next: Option<Instant>,
}

impl<'a> Progress<'a> {
    fn new(context: &'a Context, start: Instant) -> Progress<'a> {
        let watched = context.stderr.as_terminal().is_some();
        Progress { context, start, next: watched.then(|| start + PROGRESS_EVERY) }
    }

    fn show(&mut self, number: u32, frames: u32) {
        let now = Instant::now();
        let Some(next) = self.next.filter(|next| *next <= now) else { return };
        self.next = Some(next + PROGRESS_EVERY);
        let rate = f64::from(number) / (now - self.start).as_secs_f64();
        let end = if number == frames { "\r\x1b[K" } else { "" };
        let _ = write!(self.context.err(), "\r\x1b[Kframe {number} of {frames}, {rate:.1} frames/s{end}");
    }
}
