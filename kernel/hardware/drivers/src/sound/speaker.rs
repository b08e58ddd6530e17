//! The PC speaker, as a last resort: it knows one square wave at a time (Intel 8254 data sheet; IBM PC/AT Technical
//! Reference, "Speaker Interface"). What it is given is cut into blocks, and the pitch of each is played.

use super::RoomWaiter;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::task::Waker;
use interfaces::{Errno, Result, Sample, SoundDevice};
use machine::interrupt;
use machine::ioapic::LineInfo;
use machine::lock::IrqLock;
use machine::port::Port;

const PIT_HZ: u32 = 1_193_182;
/// Channel 0 counts the blocks (mode 2, again and again) or is at rest (mode 0, waiting for a count).
const CHANNEL_0_PERIODIC: u8 = 0x34;
const CHANNEL_0_OFF: u8 = 0x30;
/// Channel 2 makes the tone (mode 3, a square wave).
const CHANNEL_2_TONE: u8 = 0xB6;
/// Bits of port 0x61: channel 2 counts, and drives the speaker.
const SPEAKER_ON: u8 = 3;

const BLOCKS_PER_SECOND: u32 = 50;
const BLOCKS: usize = 8;
const RATES: [u32; 2] = [48_000, 44_100];
/// What is quieter than this is silence.
const THRESHOLD: i32 = 1000;
const LOWEST_HZ: u32 = 60;
const HIGHEST_HZ: u32 = 10_000;
/// Pitches within one part in this many are the same.
const SAME: u32 = 100;

/// The speaker.
pub struct Speaker {
    ports: Ports,
    queue: IrqLock<Queue>,
}

struct Ports {
    control: Port<u8>,
    channel_0: Port<u8>,
    channel_2: Port<u8>,
    gate: Port<u8>,
}

struct Queue {
    /// What channel 2 divides by for each block; 0 is silence.
    tones: VecDeque<u16>,
    /// The block that is coming in.
    block: VecDeque<i32>,
    playing: bool,
    /// The tone that sounds.
    heard: u16,
    rate: u32,
    waiter: RoomWaiter,
}

impl Queue {
    fn block_length(&self) -> usize {
        (self.rate / BLOCKS_PER_SECOND) as usize
    }

    fn room(&self) -> usize {
        (BLOCKS - self.tones.len()) * self.block_length() - self.block.len()
    }

    fn queued(&self) -> usize {
        self.tones.len() * self.block_length() + self.block.len()
    }
}

/// What channel 2 has to divide by for the pitch of a block; 0 where it is silent or has none.
///
/// The pitch is that of the rises through a threshold above the mean, between falls below it.
fn tone(block: &VecDeque<i32>, rate: u32) -> u16 {
    let length = i32::try_from(block.len().max(1)).unwrap_or(i32::MAX);
    let mean = block.iter().sum::<i32>() / length;
    let (mut high, mut rises, mut first, mut last) = (false, 0, 0, 0);
    for (index, value) in block.iter().enumerate() {
        if !high && value - mean > THRESHOLD {
            high = true;
            last = index;
            first = if rises == 0 { index } else { first };
            rises += 1;
        } else if high && mean - value > THRESHOLD {
            high = false;
        }
    }
    let Ok(span) = u32::try_from(last - first) else { return 0 };
    if rises < 2 || span == 0 {
        return 0;
    }
    let hz = (rises - 1) * rate / span;
    // 1,193,182 / 60 fits 16 bits.
    if (LOWEST_HZ..=HIGHEST_HZ).contains(&hz) { (PIT_HZ / hz) as u16 } else { 0 }
}

impl Speaker {
    /// The ISA interrupt of the timer that paces it.
    pub const INTERRUPT: u8 = 0;

    /// Takes over the speaker and the timer's channels 0 and 2, with the interrupt on `line`; `None` when there is no such
    /// line.
    #[must_use]
    pub fn new(line: LineInfo) -> Option<Arc<Speaker>> {
        // SAFETY: the timer and the speaker's gate of a PC stand at these ports.
        let [control, channel_0, channel_2, gate] = [0x43, 0x40, 0x42, 0x61].map(|port| unsafe { Port::new(port) });
        let ports = Ports { control, channel_0, channel_2, gate };
        let queue = Queue {
            tones: VecDeque::with_capacity(BLOCKS),
            block: VecDeque::new(),
            playing: false,
            heard: 0,
            rate: RATES[0],
            waiter: RoomWaiter::default(),
        };
        let speaker = Arc::new(Speaker { ports, queue: IrqLock::new(queue) });
        let handler = Arc::clone(&speaker);
        interrupt::connect(line, move || handler.tick()).then_some(speaker)
    }

    /// Once a block: plays the next one.
    fn tick(&self) {
        let mut queue = self.queue.lock();
        if !queue.playing {
            return;
        }
        let next = queue.tones.pop_front();
        let (tone, heard) = (next.unwrap_or(0), queue.heard);
        // A tone that goes on is left alone: programming it anew would click. Measured pitches differ a little.
        let same = tone != 0 && u32::from(tone.abs_diff(heard)) * SAME <= u32::from(heard);
        if !same {
            queue.heard = tone;
            self.sound(tone);
        }
        if next.is_none() {
            // The rest of a block is too short to have a pitch.
            queue.block.clear();
            queue.playing = false;
            self.ports.control.write(CHANNEL_0_OFF);
        }
        let (room, dry) = (queue.room(), next.is_none());
        let waker = queue.waiter.due(room, dry);
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn sound(&self, divisor: u16) {
        let gate = self.ports.gate.read();
        if divisor == 0 {
            self.ports.gate.write(gate & !SPEAKER_ON);
            return;
        }
        let [low, high] = divisor.to_le_bytes();
        self.ports.control.write(CHANNEL_2_TONE);
        self.ports.channel_2.write(low);
        self.ports.channel_2.write(high);
        self.ports.gate.write(gate | SPEAKER_ON);
    }

    fn start(&self, queue: &mut Queue) {
        queue.playing = true;
        let [low, high] = ((PIT_HZ / BLOCKS_PER_SECOND) as u16).to_le_bytes();
        self.ports.control.write(CHANNEL_0_PERIODIC);
        self.ports.channel_0.write(low);
        self.ports.channel_0.write(high);
    }

    fn silence(&self, queue: &mut Queue) {
        self.ports.control.write(CHANNEL_0_OFF);
        self.sound(0);
        queue.heard = 0;
        queue.tones.clear();
        queue.block.clear();
        queue.playing = false;
    }
}

impl SoundDevice for Speaker {
    fn driver(&self) -> &'static str {
        "speaker"
    }

    fn rate(&self) -> u32 {
        self.queue.lock().rate
    }

    fn rates(&self) -> &'static [u32] {
        &RATES
    }

    fn set_rate(&self, rate: u32) -> Result<()> {
        if !RATES.contains(&rate) {
            return Err(Errno::EINVAL);
        }
        let mut queue = self.queue.lock();
        self.silence(&mut queue);
        queue.rate = rate;
        Ok(())
    }

    fn capacity(&self) -> usize {
        BLOCKS * self.queue.lock().block_length()
    }

    fn queued(&self) -> usize {
        self.queue.lock().queued()
    }

    fn write(&self, samples: &[Sample]) -> usize {
        let mut queue = self.queue.lock();
        let count = samples.len().min(queue.room());
        for [left, right] in samples.iter().take(count) {
            queue.block.push_back(i32::midpoint(i32::from(*left), i32::from(*right)));
            if queue.block.len() == queue.block_length() {
                let tone = tone(&queue.block, queue.rate);
                queue.tones.push_back(tone);
                queue.block.clear();
            }
        }
        queue.waiter.short = count < samples.len();
        if !queue.playing && !queue.tones.is_empty() {
            self.start(&mut queue);
        }
        count
    }

    fn stop(&self) {
        self.silence(&mut self.queue.lock());
    }

    fn wake_on_room(&self, waker: &Waker) {
        let mut queue = self.queue.lock();
        let old = queue.waiter.waker.replace(waker.clone());
        let (room, dry) = (queue.room(), queue.queued() == 0);
        let due = queue.waiter.due(room, dry);
        drop(queue);
        drop(old);
        if let Some(waker) = due {
            waker.wake();
        }
    }
}
