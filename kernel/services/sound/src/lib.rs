//! Sound: several writers, one device.
//!
//! A [`Mixer`] owns an `interfaces::SoundDevice`. A program opens a [`Stream`] at the rate that it likes and writes stereo
//! samples; a thread of the mixer's takes them to the device's rate (`line`), adds what all streams have, and keeps the device
//! a little ahead. [`AudioNode`] is the same as a file, `/dev/audio`, in the format that `format` describes.
//!
//! What is mixed is on its way and cannot be taken back, so the device is kept only as far ahead as a busy machine needs
//! ([`AHEAD`]); a writer that is live keeps its own queue as short as it dares.
//!
//! Locks: the list of lines, then a line's. Neither is held while the device is called.

#![forbid(unsafe_code)]

mod format;
mod line;
mod mixer;
mod node;
mod stream;
#[cfg(test)]
mod tests;

pub use mixer::{AHEAD, Mixer};
pub use node::AudioNode;
pub use stream::Stream;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic of another holder: the structures here are consistent between two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
