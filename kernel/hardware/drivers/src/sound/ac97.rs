//! Intel's AC'97 controller (82801AA data sheet, 290655, section 13; "Audio Codec '97", revision 2.3): sound output.
//!
//! A ring of 32 buffers. The card plays them up to the last valid one and then halts, so that an empty queue is silent by
//! itself. A buffer that is not full yet is kept open, and handed over when the card is about to run dry.

use super::{RoomWaiter, SAMPLE, encode};
use alloc::sync::Arc;
use core::task::Waker;
use interfaces::{Errno, Result, Sample, SoundDevice};
use machine::clock;
use machine::dma::{DmaBytes, DmaWords, Reach};
use machine::lock::IrqLock;
use machine::pci::Function;
use machine::port::PortRange;

/// Mixer registers, 16 bits wide (AC'97 section 5.7).
const MIXER_RESET: u16 = 0x00;
const MASTER_VOLUME: u16 = 0x02;
const OUTPUT_VOLUME: u16 = 0x18;
const EXTENDED_ID: u16 = 0x28;
const EXTENDED_CONTROL: u16 = 0x2A;
const OUTPUT_RATE: u16 = 0x2C;
const VARIABLE_RATE: u16 = 1;
const FULL_VOLUME: u16 = 0;
/// 0 dB for a source.
const UNITY_GAIN: u16 = 0x0808;

/// Bus master registers: the output's, and the controller's (data sheet, section 13.2).
const LIST_ADDRESS: u16 = 0x10;
const CURRENT: u16 = 0x14;
const LAST_VALID: u16 = 0x15;
const STATUS: u16 = 0x16;
const POSITION: u16 = 0x18;
const CONTROL: u16 = 0x1B;
const GLOBAL_CONTROL: u16 = 0x2C;
const GLOBAL_STATUS: u16 = 0x30;

const STATUS_HALTED: u16 = 1;
const STATUS_CAUSES: u16 = 1 << 2 | 1 << 3 | 1 << 4;
const CONTROL_RUN: u8 = 1;
const CONTROL_RESET: u8 = 1 << 1;
const CONTROL_INTERRUPTS: u8 = 1 << 2 | 1 << 4;
const OUT_OF_RESET: u32 = 1 << 1;
const CODEC_READY: u32 = 1 << 8;

const BUFFERS: usize = 32;
/// How many the card has at most: the open one must not be the one that it plays.
const MOST: usize = BUFFERS - 2;
/// Samples in a buffer: 5 ms.
const BUFFER_SAMPLES: usize = 256;
const BUFFER_SIZE: usize = BUFFER_SAMPLES * SAMPLE;
const ENTRY_SIZE: usize = 8;
const INTERRUPT_ON_COMPLETION: u32 = 1 << 31;
/// The card counts left and right apart.
const WORDS_PER_SAMPLE: usize = 2;
const RATES: [u32; 2] = [48_000, 44_100];
const LIMIT_NS: u64 = 100_000_000;

/// An AC'97 sound output.
pub struct Ac97 {
    mixer: PortRange,
    master: PortRange,
    /// Whether other rates than 48 kHz can be had.
    variable: bool,
    queue: IrqLock<Queue>,
}

struct Queue {
    list: DmaWords,
    buffers: DmaBytes,
    /// Samples in each buffer.
    lengths: [usize; BUFFERS],
    /// The buffer that is being filled, and how many before it the card has.
    open: usize,
    handed_over: usize,
    /// Samples that the card had when last asked.
    unplayed: usize,
    running: bool,
    rate: u32,
    waiter: RoomWaiter,
}

impl Queue {
    fn new() -> Option<Queue> {
        Some(Queue {
            list: DmaWords::new(BUFFERS * ENTRY_SIZE, Reach::Bits32)?,
            buffers: DmaBytes::new(BUFFERS * BUFFER_SIZE, Reach::Bits32)?,
            lengths: [0; BUFFERS],
            open: 0,
            handed_over: 0,
            unplayed: 0,
            running: false,
            rate: RATES[0],
            waiter: RoomWaiter::default(),
        })
    }

    fn queued(&self) -> usize {
        self.unplayed + self.lengths[self.open]
    }

    fn room(&self) -> usize {
        (MOST - self.handed_over) * BUFFER_SAMPLES + BUFFER_SAMPLES - self.lengths[self.open]
    }

    /// Copies what fits of `samples` into the open buffer.
    fn fill(&mut self, samples: &[Sample]) -> usize {
        let start = self.lengths[self.open];
        let offset = self.open * BUFFER_SIZE + start * SAMPLE;
        let Some(space) = self.buffers.get_mut(offset, (BUFFER_SAMPLES - start) * SAMPLE) else { return 0 };
        let count = encode(space, samples);
        self.lengths[self.open] += count;
        count
    }

    fn due(&mut self) -> Option<Waker> {
        let (room, dry) = (self.room(), self.queued() == 0);
        self.waiter.due(room, dry)
    }
}

impl Ac97 {
    /// PCI device ids of Intel's controllers: 82801AA.
    pub const IDS: &'static [u16] = &[0x2415];

    /// Takes over the card; `None` where it does not answer as it should.
    #[must_use]
    pub fn new(function: Function) -> Option<Arc<Ac97>> {
        function.enable();
        let (mixer, master) = (function.ports(0)?, function.ports(1)?);
        let queue = Queue::new()?;
        master.write(GLOBAL_CONTROL, OUT_OF_RESET);
        let limit = clock::monotonic_ns() + LIMIT_NS;
        while master.read::<u32>(GLOBAL_STATUS) & CODEC_READY == 0 {
            if clock::monotonic_ns() > limit {
                function.silence();
                return None;
            }
        }
        mixer.write(MIXER_RESET, 0u16);
        mixer.write(MASTER_VOLUME, FULL_VOLUME);
        mixer.write(OUTPUT_VOLUME, UNITY_GAIN);
        let variable = mixer.read::<u16>(EXTENDED_ID) & VARIABLE_RATE != 0;
        if variable {
            mixer.write(EXTENDED_CONTROL, mixer.read::<u16>(EXTENDED_CONTROL) | VARIABLE_RATE);
        }
        let card = Arc::new(Ac97 { mixer, master, variable, queue: IrqLock::new(queue) });
        let handler = Arc::clone(&card);
        if function.connect(&(Arc::new(move || handler.interrupt()) as _)).is_none() {
            function.silence();
            return None;
        }
        card.reset(&mut card.queue.lock());
        Some(card)
    }

    /// Stops the output and empties the queue.
    fn reset(&self, queue: &mut Queue) {
        self.master.write(CONTROL, 0u8);
        self.master.write(CONTROL, CONTROL_RESET);
        let limit = clock::monotonic_ns() + LIMIT_NS;
        while self.master.read::<u8>(CONTROL) & CONTROL_RESET != 0 && clock::monotonic_ns() < limit {
            core::hint::spin_loop();
        }
        // The list lies below 4 GiB.
        self.master.write(LIST_ADDRESS, queue.list.address(0) as u32);
        queue.lengths = [0; BUFFERS];
        queue.open = 0;
        queue.handed_over = 0;
        queue.unplayed = 0;
        queue.running = false;
    }

    /// Finds out what the card has played.
    fn update(&self, queue: &mut Queue) {
        if queue.handed_over == 0 {
            return;
        }
        let (current, left) = self.position();
        let last = (queue.open + BUFFERS - 1) % BUFFERS;
        if current == last && self.master.read::<u16>(STATUS) & STATUS_HALTED != 0 {
            queue.handed_over = 0;
            queue.unplayed = 0;
            return;
        }
        let ahead = (queue.open + BUFFERS - current) % BUFFERS;
        queue.handed_over = queue.handed_over.min(ahead);
        let later: usize = (1..ahead).map(|step| queue.lengths[(current + step) % BUFFERS]).sum();
        queue.unplayed = later + left.min(queue.lengths[current]);
    }

    /// The buffer that the card plays, and how many samples of it are left.
    fn position(&self) -> (usize, usize) {
        let current = || usize::from(self.master.read::<u8>(CURRENT)) % BUFFERS;
        let mut before = current();
        loop {
            let left = usize::from(self.master.read::<u16>(POSITION)) / WORDS_PER_SAMPLE;
            // The one belongs to the other if the card did not go on in between.
            let after = current();
            if after == before {
                return (after, left);
            }
            before = after;
        }
    }

    /// Gives the open buffer to the card, and opens the next one.
    fn hand_over(&self, queue: &mut Queue) {
        let index = queue.open;
        let length = queue.lengths[index];
        // Both lie below 4 GiB.
        queue.list.store(index * ENTRY_SIZE, queue.buffers.address(index * BUFFER_SIZE) as u32);
        let words = (length * WORDS_PER_SAMPLE) as u32;
        queue.list.store(index * ENTRY_SIZE + 4, words | INTERRUPT_ON_COMPLETION);
        queue.handed_over += 1;
        queue.unplayed += length;
        queue.open = (index + 1) % BUFFERS;
        queue.lengths[queue.open] = 0;
        // A card that halted goes on when it gets another buffer.
        self.master.write(LAST_VALID, index as u8);
        if !core::mem::replace(&mut queue.running, true) {
            self.master.write(CONTROL, CONTROL_RUN | CONTROL_INTERRUPTS);
        }
    }

    /// Hands over the open buffer where the card would run dry without it.
    fn keep_going(&self, queue: &mut Queue) {
        if queue.handed_over < 2 && queue.lengths[queue.open] > 0 {
            self.hand_over(queue);
        }
    }

    fn interrupt(&self) {
        let causes = self.master.read::<u16>(STATUS) & STATUS_CAUSES;
        if causes == 0 {
            return;
        }
        self.master.write(STATUS, causes);
        let mut queue = self.queue.lock();
        self.update(&mut queue);
        self.keep_going(&mut queue);
        let waker = queue.due();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl SoundDevice for Ac97 {
    fn driver(&self) -> &'static str {
        "ac97"
    }

    fn rate(&self) -> u32 {
        self.queue.lock().rate
    }

    fn rates(&self) -> &'static [u32] {
        if self.variable { &RATES } else { &RATES[..1] }
    }

    fn set_rate(&self, rate: u32) -> Result<()> {
        if !self.rates().contains(&rate) {
            return Err(Errno::EINVAL);
        }
        let mut queue = self.queue.lock();
        self.reset(&mut queue);
        if self.variable {
            // One of the table's, which fit.
            self.mixer.write(OUTPUT_RATE, rate as u16);
        }
        queue.rate = rate;
        Ok(())
    }

    fn capacity(&self) -> usize {
        (MOST + 1) * BUFFER_SAMPLES
    }

    fn queued(&self) -> usize {
        let mut queue = self.queue.lock();
        self.update(&mut queue);
        queue.queued()
    }

    fn write(&self, samples: &[Sample]) -> usize {
        let mut queue = self.queue.lock();
        self.update(&mut queue);
        let mut rest = samples;
        while !rest.is_empty() {
            let count = queue.fill(rest);
            rest = &rest[count..];
            if queue.lengths[queue.open] == BUFFER_SAMPLES {
                if queue.handed_over == MOST {
                    break;
                }
                self.hand_over(&mut queue);
            }
        }
        self.keep_going(&mut queue);
        queue.waiter.short = !rest.is_empty();
        samples.len() - rest.len()
    }

    fn stop(&self) {
        self.reset(&mut self.queue.lock());
    }

    fn wake_on_room(&self, waker: &Waker) {
        let mut queue = self.queue.lock();
        let old = queue.waiter.waker.replace(waker.clone());
        self.update(&mut queue);
        let due = queue.due();
        drop(queue);
        drop(old);
        if let Some(waker) = due {
            waker.wake();
        }
    }
}
