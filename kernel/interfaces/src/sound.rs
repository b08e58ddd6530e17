//! What a sound device's driver offers to the services above it.

use crate::Result;
use core::task::Waker;

/// One moment of sound: left and right, signed.
pub type Sample = [i16; 2];

/// A sound output: a queue of stereo samples that the device plays at a steady rate.
///
/// It plays while there is something in the queue, and falls silent, without a noise, when the queue runs dry. No call
/// blocks.
pub trait SoundDevice: Send + Sync {
    /// The driver's name, for instance `"ac97"`.
    fn driver(&self) -> &'static str;

    /// Samples a second.
    fn rate(&self) -> u32;

    /// The rates that [`set_rate`](Self::set_rate) takes, the best first.
    fn rates(&self) -> &'static [u32];

    /// Changes the rate, and drops what is queued.
    ///
    /// # Errors
    /// `EINVAL` for a rate that the device does not have.
    fn set_rate(&self, rate: u32) -> Result<()>;

    /// How many samples the queue can hold.
    fn capacity(&self) -> usize;

    /// How many samples are queued and not yet played: divided by the rate, the time until the next one is heard.
    fn queued(&self) -> usize;

    /// Queues samples from the start of `samples` on; returns how many fitted.
    fn write(&self, samples: &[Sample]) -> usize;

    /// Drops what is queued, and falls silent.
    fn stop(&self);

    /// Calls `waker` once when there is room again after [`write`](Self::write) took less than it was given, or when the
    /// queue has run dry; replaces the one before.
    fn wake_on_room(&self, waker: &Waker);
}
