//! Sound outputs: [`ac97`], [`hda`], and [`speaker`] where there is neither.

pub mod ac97;
pub mod hda;
pub mod speaker;

use core::task::Waker;
use interfaces::Sample;

/// Bytes of a sample.
const SAMPLE: usize = 4;

/// Who waits for room in a queue of samples, and for what.
#[derive(Default)]
struct RoomWaiter {
    waker: Option<Waker>,
    /// The last write took less than it was given.
    short: bool,
}

impl RoomWaiter {
    /// The one to wake, now that there is `room`, or none, and `dry` says whether the queue is empty.
    fn due(&mut self, room: usize, dry: bool) -> Option<Waker> {
        if dry || self.short && room > 0 { self.waker.take() } else { None }
    }
}

/// Writes samples as the devices read them: left then right, little endian. Returns how many fitted.
fn encode(target: &mut [u8], samples: &[Sample]) -> usize {
    let mut count = 0;
    for (place, [left, right]) in target.chunks_exact_mut(SAMPLE).zip(samples) {
        place[..2].copy_from_slice(&left.to_le_bytes());
        place[2..].copy_from_slice(&right.to_le_bytes());
        count += 1;
    }
    count
}
