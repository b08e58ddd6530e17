//! A program's way to the mixer.

use crate::line::Line;
use crate::mixer::{Mixer, duration};
use interfaces::{Errno, Result, Sample};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use wait::Waiter;

/// A stream's queue: half a second, so that a writer of files need not be quick.
const QUEUE_PARTS_OF_A_SECOND: u32 = 2;
/// Rates that a stream may have.
const RATES: RangeInclusive<u32> = 1_000..=384_000;

/// A queue of stereo samples that are played at the stream's own rate, beside what other streams play. When it is dropped,
/// what it holds is dropped too, unless [`close`](Self::close) was called.
pub struct Stream {
    mixer: Arc<Mixer>,
    line: Arc<Line>,
}

impl Mixer {
    /// A stream of `rate` samples a second; `None` for a rate that nobody has.
    #[must_use]
    pub fn open(self: &Arc<Self>, rate: u32) -> Option<Stream> {
        RATES.contains(&rate).then(|| {
            let line = Arc::new(Line::new(rate, (rate / QUEUE_PARTS_OF_A_SECOND) as usize));
            self.add(Arc::clone(&line));
            Stream { mixer: Arc::clone(self), line }
        })
    }
}

impl Stream {
    /// Samples a second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.line.rate()
    }

    /// Queues samples from the start of `samples` on; returns how many fitted. Does not block.
    #[must_use]
    pub fn write(&self, samples: &[Sample]) -> usize {
        let count = self.line.push(samples);
        self.mixer.notify();
        count
    }

    /// Queues all of `samples`, and waits for room.
    ///
    /// # Errors
    /// ECANCELED when the process is killed.
    pub fn write_all(&self, samples: &[Sample]) -> Result<()> {
        let mut rest = samples;
        while !rest.is_empty() {
            let count = self.write(rest);
            rest = rest.get(count..).unwrap_or_default();
            if !rest.is_empty() {
                self.wait_until(|line| line.room() > 0)?;
            }
        }
        Ok(())
    }

    /// How many samples would fit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.line.room()
    }

    /// How long it takes until a sample that is written now is heard.
    #[must_use]
    pub fn delay(&self) -> Duration {
        duration(self.line.queued(), self.line.rate()) + self.mixer.delay()
    }

    /// Waits until all that was written has been heard.
    ///
    /// # Errors
    /// ECANCELED when the process is killed.
    pub fn finish(&self) -> Result<()> {
        self.close();
        self.wait_heard()
    }

    pub(crate) fn wait_heard(&self) -> Result<()> {
        self.wait_until(|line| !self.mixer.has_samples_of(line))?;
        wait::sleep(self.mixer.delay()).map_err(Errno::from)
    }

    /// Lets what was written be played, also when the stream is dropped; nothing more may be written.
    pub fn close(&self) {
        self.line.close();
        self.mixer.notify();
    }

    /// Wakes `waiter` when samples have been taken.
    pub(crate) fn register(&self, waiter: &Waiter) {
        self.line.taken.register(waiter);
    }

    fn wait_until(&self, reached: impl Fn(&Line) -> bool) -> Result<()> {
        let poll = |waiter: &Waiter| {
            self.register(waiter);
            if reached(&self.line) { Poll::Ready(()) } else { Poll::Pending }
        };
        wait::wait_for(None, poll).map_err(Errno::from)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.line.is_closed() {
            self.line.clear();
            self.close();
        }
    }
}
