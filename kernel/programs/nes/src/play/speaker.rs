//! The NES's sound on its way to the mixer.
//!
//! The picture follows the machine's clock and the sound the device's, which never agree quite. So the sound is made a little
//! longer or shorter, as the queue wants it: by half a percent at most, which nobody hears.

use crate::console::{Console, SOUND_RATE};
use crate::record::to_i16;
use interfaces::Sample;
use sound::{Mixer, Stream};
use std::sync::Arc;
use std::time::Duration;

/// How far ahead of what is heard the sound is to be.
const AHEAD: Duration = Duration::from_millis(120);
/// A queue that is shorter than this has run dry, or is about to.
const DRY: Duration = Duration::from_millis(10);
/// A queue that is longer than this is not added to: the machine was caught up with all at once.
const FULL: Duration = Duration::from_millis(300);
const STRONGEST: f32 = 0.005;

/// See the module.
pub(crate) struct Speaker {
    stream: Stream,
    muted: bool,
}

impl Speaker {
    /// `None` where the mixer has no such stream.
    pub(crate) fn open(mixer: &Arc<Mixer>) -> Option<Speaker> {
        Some(Speaker { stream: mixer.open(SOUND_RATE)?, muted: false })
    }

    /// Sound on or off; returns what to say.
    pub(crate) fn toggle(&mut self) -> &'static str {
        self.muted = !self.muted;
        if self.muted { "sound off" } else { "sound on" }
    }

    /// Plays the sound of the last frame.
    pub(crate) fn play(&mut self, console: &mut Console) {
        if self.muted {
            return;
        }
        let delay = self.stream.delay();
        if delay > FULL {
            return;
        }
        let mut samples = Vec::new();
        if delay < DRY {
            // Begins, or begins again, with a pause: better one than many.
            let pause = (AHEAD - delay).as_secs_f64() * f64::from(SOUND_RATE);
            samples.resize(pause as usize, [0; 2]);
        }
        samples.extend(console.sound().iter().map(|value| -> Sample { [to_i16(*value); 2] }));
        // What does not fit is lost; the queue is longer than `FULL`.
        let _ = self.stream.write(&samples);
        let missing = (AHEAD.as_secs_f32() - delay.as_secs_f32()) / AHEAD.as_secs_f32();
        console.set_sound_ratio(1.0 + (missing * STRONGEST).clamp(-STRONGEST, STRONGEST));
    }
}
