//! The mixer: adds up what the streams have and keeps the device a little ahead.

use crate::line::{Line, Sum};
use crate::lock;
use interfaces::{Sample, SoundDevice};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};
use wait::{WaitList, Waiter};

/// How far the device is kept ahead: as long as the mixer's thread may be late without a gap.
pub const AHEAD: Duration = Duration::from_millis(80);
/// What is left of that when more is mixed.
const LOW: Duration = Duration::from_millis(60);

/// See the crate.
pub struct Mixer {
    device: Arc<dyn SoundDevice>,
    pub(crate) lines: Mutex<Vec<Arc<Line>>>,
    /// The mixer's thread, when there is something new.
    work: WaitList,
}

impl Mixer {
    /// A mixer on `device`, with its thread.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(device: Arc<dyn SoundDevice>) -> std::io::Result<Arc<Mixer>> {
        let mixer = Arc::new(Mixer { device, lines: Mutex::default(), work: WaitList::new() });
        let served = Arc::clone(&mixer);
        std::thread::Builder::new().name("sound".to_owned()).spawn(move || served.serve())?;
        Ok(mixer)
    }

    /// The name of the device's driver, and the rate at which it plays.
    #[must_use]
    pub fn device(&self) -> (&'static str, u32) {
        (self.device.driver(), self.device.rate())
    }

    /// Plays what comes into `line` from now on.
    pub(crate) fn add(&self, line: Arc<Line>) {
        lock(&self.lines).push(line);
    }

    /// There is something new to play.
    pub(crate) fn notify(&self) {
        self.work.wake_all();
    }

    /// How long it takes until what is mixed now is heard.
    pub(crate) fn delay(&self) -> Duration {
        duration(self.device.queued(), self.device.rate())
    }

    fn serve(&self) {
        loop {
            // A thread of no process is never cancelled; at the deadline it is time to mix.
            let _ = wait::wait_for(self.next_time(), |waiter| self.poll(waiter));
            self.mix();
        }
    }

    /// When the device will have come down to the mark, if there is something to give it then.
    fn next_time(&self) -> Option<Instant> {
        self.has_samples().then(|| Instant::now() + self.delay().saturating_sub(LOW))
    }

    fn poll(&self, waiter: &Waiter) -> Poll<()> {
        self.work.register(waiter);
        if self.has_samples() && self.delay() <= LOW { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether something of `line` is still to be mixed.
    pub(crate) fn has_samples_of(&self, line: &Line) -> bool {
        line.is_ready(self.device.rate())
    }

    fn has_samples(&self) -> bool {
        let rate = self.device.rate();
        lock(&self.lines).iter().any(|line| line.is_ready(rate))
    }

    /// Brings the device ahead, as far as there are samples.
    fn mix(&self) {
        let rate = self.device.rate();
        let wanted = samples(AHEAD, rate).min(self.device.capacity()).saturating_sub(self.device.queued());
        let mut sums: Vec<Sum> = vec![[0; 2]; wanted];
        let mut lines = lock(&self.lines);
        let count = lines.iter().map(|line| line.mix(rate, &mut sums)).max().unwrap_or(0);
        lines.retain(|line| !line.is_over());
        drop(lines);
        let cut = |value: i32| value.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        let mixed: Vec<Sample> = sums.iter().take(count).map(|sum| sum.map(cut)).collect();
        // There was room for all of it.
        self.device.write(&mixed);
    }
}

fn samples(time: Duration, rate: u32) -> usize {
    usize::try_from(time.as_millis() * u128::from(rate) / 1000).unwrap_or(usize::MAX)
}

/// How long `samples` at `rate` take.
pub(crate) fn duration(samples: usize, rate: u32) -> Duration {
    Duration::from_nanos((samples as u64).saturating_mul(1_000_000_000) / u64::from(rate.max(1)))
}
