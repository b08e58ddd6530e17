//! One writer's queue, and the way from its rate to the device's: a straight line between two samples.

use crate::lock;
use interfaces::Sample;
use std::collections::VecDeque;
use std::sync::Mutex;
use wait::WaitList;

/// One sample's width in the fixed point of positions.
const ONE: u64 = 1 << 32;

/// A sum of samples, before it is cut to 16 bits.
pub(crate) type Sum = [i32; 2];

pub(crate) struct Line {
    rate: u32,
    /// How many samples the queue holds.
    capacity: usize,
    queue: Mutex<Queue>,
    /// Who waits until there is room, or nothing left.
    pub(crate) taken: WaitList,
}

#[derive(Default)]
struct Queue {
    samples: VecDeque<Sample>,
    /// Where between the first two samples the next one for the device lies.
    position: u64,
    /// Nothing more will come: what is there is played, and then the line is forgotten.
    closed: bool,
}

impl Line {
    pub(crate) fn new(rate: u32, capacity: usize) -> Line {
        Line { rate, capacity, queue: Mutex::default(), taken: WaitList::new() }
    }

    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    pub(crate) fn push(&self, samples: &[Sample]) -> usize {
        let mut queue = lock(&self.queue);
        let count = samples.len().min(self.capacity.saturating_sub(queue.samples.len()));
        queue.samples.extend(samples.iter().take(count));
        count
    }

    pub(crate) fn queued(&self) -> usize {
        lock(&self.queue).samples.len()
    }

    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.queued())
    }

    /// Lets what is queued be played and nothing more.
    pub(crate) fn close(&self) {
        lock(&self.queue).closed = true;
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.queue).closed
    }

    /// Drops what is queued.
    pub(crate) fn clear(&self) {
        lock(&self.queue).samples.clear();
        self.taken.wake_all();
    }

    /// Whether it was closed and everything has been taken.
    pub(crate) fn is_over(&self) -> bool {
        let queue = lock(&self.queue);
        queue.closed && queue.samples.is_empty()
    }

    /// Whether there is something that can be played at `device_rate`: what lies between samples waits for the next one.
    pub(crate) fn is_ready(&self, device_rate: u32) -> bool {
        lock(&self.queue).is_ready(self.step(device_rate))
    }

    /// How far one sample of the device is in samples of this line.
    fn step(&self, device_rate: u32) -> u64 {
        u64::from(self.rate) * ONE / u64::from(device_rate.max(1))
    }

    /// Adds what it has to `sums`, at `device_rate`; returns how many of them it had something for.
    pub(crate) fn mix(&self, device_rate: u32, sums: &mut [Sum]) -> usize {
        let step = self.step(device_rate);
        let mut queue = lock(&self.queue);
        let mut count = 0;
        for sum in sums {
            let Some(sample) = queue.next(step) else { break };
            for (sum, value) in sum.iter_mut().zip(sample) {
                *sum += i32::from(value);
            }
            count += 1;
        }
        drop(queue);
        if count > 0 {
            self.taken.wake_all();
        }
        count
    }
}

impl Queue {
    /// Whether the next sample can be told, and none that has yet to come would be passed over.
    fn is_ready(&self, step: u64) -> bool {
        let needed = if self.position == 0 { 1 } else { 2 };
        let (there, passed) = (self.samples.len(), whole(self.position + step));
        if self.closed { there > 0 } else { there >= needed && there >= passed }
    }

    fn next(&mut self, step: u64) -> Option<Sample> {
        if !self.is_ready(step) {
            return None;
        }
        let first = *self.samples.front()?;
        let sample = self.samples.get(1).map_or(first, |second| between(first, *second, self.position));
        self.position += step;
        let passed = whole(self.position).min(self.samples.len());
        self.samples.drain(..passed);
        self.position %= ONE;
        Some(sample)
    }
}

fn whole(position: u64) -> usize {
    usize::try_from(position / ONE).unwrap_or(usize::MAX)
}

/// The value at `position` on the way from `first` to `second`.
fn between(first: Sample, second: Sample, position: u64) -> Sample {
    // 15 bits are as fine as the samples, and the product fits.
    let part = i32::try_from(position >> 17).unwrap_or(0);
    let at = |first: i16, second: i16| {
        let (first, second) = (i32::from(first), i32::from(second));
        i16::try_from(first + ((((second - first) >> 1) * part) >> 14)).unwrap_or(0)
    };
    let ([left, right], [left_2, right_2]) = (first, second);
    [at(left, left_2), at(right, right_2)]
}
