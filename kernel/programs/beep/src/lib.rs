//! The program `beep`: plays tones, one after the other.

#![forbid(unsafe_code)]

use interfaces::Sample;
use process::{Context, ExitStatus, Program};
use sound::{Mixer, Stream};
use std::sync::Arc;

const USAGE: &str = "[HZ[:MILLISECONDS]]...";
const DETAILS: &str = "\
Plays each tone in turn: `beep` alone 880 Hz for 200 ms, `beep 440 0:100 660:500` two with a pause between them.

Sound files and programs' own sound go to /dev/audio: `cat sound.wav > /dev/audio`.";

const RATE: u32 = 48_000;
const DEFAULT: Tone = Tone { hz: 880, milliseconds: 200 };
const HIGHEST_HZ: u32 = RATE / 2;
const LONGEST_MS: u32 = 3_600_000;
const LOUDNESS: f64 = 8_000.0;
/// How long a tone swells and dies away, so that it does not crack: 5 ms.
const SLOPE: f64 = RATE as f64 * 0.005;
/// Samples that are made at a time.
const CHUNK: u32 = 4_800;

/// A tone, or with 0 Hz a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tone {
    hz: u32,
    milliseconds: u32,
}

/// The row of the program table; without a mixer it says that there is no sound.
#[must_use]
pub fn program(mixer: Option<Arc<Mixer>>) -> Program {
    Program {
        name: "beep",
        usage: USAGE,
        summary: "play tones",
        details: DETAILS,
        stack_size: 0,
        main: Arc::new(move |context| main(context, mixer.as_ref())),
    }
}

fn main(context: &Context, mixer: Option<&Arc<Mixer>>) -> ExitStatus {
    let tones: Result<Vec<Tone>, String> = context.arguments().iter().map(|word| parse(word)).collect();
    let tones = match tones {
        Ok(tones) if tones.is_empty() => vec![DEFAULT],
        Ok(tones) => tones,
        Err(message) => {
            context.fail(message);
            return ExitStatus::USAGE;
        }
    };
    let Some(stream) = mixer.and_then(|mixer| mixer.open(RATE)) else {
        return context.fail("this machine has no sound device that is known (HDA, AC'97, PC speaker)");
    };
    // The only error is that of being killed.
    match tones.iter().try_for_each(|tone| play(&stream, *tone)).and_then(|()| stream.finish()) {
        Ok(()) => ExitStatus::SUCCESS,
        Err(_) => ExitStatus::Killed,
    }
}

fn parse(word: &str) -> Result<Tone, String> {
    let (hz, milliseconds) = word.split_once(':').map_or((word, None), |(hz, time)| (hz, Some(time)));
    let number = |text: &str, most: u32| text.parse().ok().filter(|number| *number <= most);
    let hz = number(hz, HIGHEST_HZ);
    let milliseconds = milliseconds.map_or(Some(DEFAULT.milliseconds), |text| number(text, LONGEST_MS));
    match (hz, milliseconds) {
        (Some(hz), Some(milliseconds)) => Ok(Tone { hz, milliseconds }),
        _ => Err(format!("{word}: write HZ or HZ:MILLISECONDS, up to {HIGHEST_HZ} Hz; usage: beep {USAGE}")),
    }
}

fn play(stream: &Stream, tone: Tone) -> interfaces::Result<()> {
    // At most 48 samples for each of the longest tone's milliseconds: this fits.
    let count = RATE / 1000 * tone.milliseconds;
    let mut at = 0;
    while at < count {
        let end = count.min(at + CHUNK);
        let samples: Vec<Sample> = (at..end).map(|at| sample(tone, at, count)).collect();
        stream.write_all(&samples)?;
        at = end;
    }
    Ok(())
}

/// The sample `at` of `count`.
fn sample(tone: Tone, at: u32, count: u32) -> Sample {
    let turns = f64::from(at) * f64::from(tone.hz) / f64::from(RATE);
    let swell = (f64::from(at.min(count - at)) / SLOPE).min(1.0);
    // Between -8000 and 8000.
    let value = ((turns.fract() * std::f64::consts::TAU).sin() * LOUDNESS * swell) as i16;
    [value, value]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_tones() {
        assert_eq!(parse("440"), Ok(Tone { hz: 440, milliseconds: 200 }));
        assert_eq!(parse("0:50"), Ok(Tone { hz: 0, milliseconds: 50 }));
        for word in ["", "x", "440:", ":5", "30000", "1:-1", "440:9999999999"] {
            assert!(parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_tone_has_its_pitch_and_begins_and_ends_in_silence() {
        let tone = Tone { hz: 1000, milliseconds: 100 };
        let samples: Vec<i16> = (0..4800).map(|at| sample(tone, at, 4800)[0]).collect();
        let rises = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((99..=100).contains(&rises), "{rises}");
        assert!(samples[0] == 0 && samples[4799].abs() < 200);
    }
}
