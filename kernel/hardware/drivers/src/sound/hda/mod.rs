//! Intel High Definition Audio (specification 1.0a): the controller and one output stream; [`codec`] finds the way from the
//! stream to a socket.
//!
//! The stream is a circle of periods that the controller plays without end. Each period is silenced once it has been played,
//! so that nothing is heard twice, and the stream is stopped when it has long run past what was written.

mod codec;
mod commands;

use super::{RoomWaiter, SAMPLE, encode};
use alloc::sync::Arc;
use commands::Commands;
use core::task::Waker;
use interfaces::{Errno, Result, Sample, SoundDevice};
use machine::clock;
use machine::dma::{DmaBytes, DmaWords, Reach};
use machine::lock::IrqLock;
use machine::mmio::Mmio;
use machine::pci::Function;

/// Global registers (section 3.3).
const CAPABILITIES: usize = 0x00;
const GLOBAL_CONTROL: usize = 0x08;
const CODECS: usize = 0x0E;
const INTERRUPT_CONTROL: usize = 0x20;
const STREAMS: usize = 0x80;
const STREAM_SIZE: usize = 0x20;
const REGISTERS: usize = 0x1000;
/// Of a stream (section 3.3.35 on).
const CONTROL: usize = 0x00;
const CONTROL_NUMBER: usize = 0x02;
const STATUS: usize = 0x03;
const POSITION: usize = 0x04;
const LENGTH: usize = 0x08;
const LAST_VALID: usize = 0x0C;
const FORMAT: usize = 0x12;
const LIST_LOW: usize = 0x18;
const LIST_HIGH: usize = 0x1C;

const NOT_RESET: u32 = 1;
const INTERRUPTS: u32 = 1 << 31;
const STREAM_RESET: u8 = 1;
const STREAM_RUN: u8 = 1 << 1;
const STREAM_INTERRUPTS: u8 = 1 << 2;
const STREAM_CAUSES: u8 = 1 << 2 | 1 << 3 | 1 << 4;
const LIMIT_NS: u64 = 50_000_000;
/// Codecs announce themselves within 521 µs of the end of reset (section 4.3).
const CODEC_WAIT_US: u64 = 600;

/// The number by which stream and codec know each other; 0 means none.
const STREAM: u8 = 1;
const PERIODS: usize = 32;
/// Samples in a period: 5 ms.
const PERIOD_SAMPLES: usize = 256;
const PERIOD: usize = PERIOD_SAMPLES * SAMPLE;
const CIRCLE: usize = PERIODS * PERIOD;
/// A stream that has run dry goes on in silence for this long: what was fetched last is still on its way to the socket.
const IDLE: usize = 20 * PERIOD;
/// How far ahead of a stream that has run dry new samples begin, as some is fetched already.
const LEAD: usize = PERIOD / 2;
const ENTRY_SIZE: usize = 16;
const INTERRUPT_ON_COMPLETION: u32 = 1;
const RATES: [u32; 2] = [48_000, 44_100];
/// 16 bits, two channels; the base rate is 44.1 kHz (section 3.7.1).
const FORMAT_STEREO_16: u16 = 0x0011;
const FORMAT_44_100: u16 = 1 << 14;

/// A High Definition Audio output.
pub struct Hda {
    stream: Mmio,
    commands: Commands,
    converter: codec::Converter,
    queue: IrqLock<Queue>,
}

struct Queue {
    list: DmaWords,
    circle: DmaBytes,
    running: bool,
    /// Bytes since the stream was started: written, played, and silenced behind what was played.
    written: usize,
    played: usize,
    silenced: usize,
    rate: u32,
    waiter: RoomWaiter,
}

impl Queue {
    fn new() -> Option<Queue> {
        let list = DmaWords::new(PERIODS * ENTRY_SIZE, Reach::Bits64)?;
        let circle = DmaBytes::new(CIRCLE, Reach::Bits64)?;
        for index in 0..PERIODS {
            list.store(index * ENTRY_SIZE, circle.address(index * PERIOD));
            list.store(index * ENTRY_SIZE + 8, PERIOD as u32);
            list.store(index * ENTRY_SIZE + 12, INTERRUPT_ON_COMPLETION);
        }
        let waiter = RoomWaiter::default();
        Some(Queue { list, circle, running: false, written: 0, played: 0, silenced: 0, rate: RATES[0], waiter })
    }

    fn queued(&self) -> usize {
        self.written.saturating_sub(self.played)
    }

    /// Bytes that may be written: up to the period that is played or still to be silenced.
    fn room(&self) -> usize {
        (CIRCLE - PERIOD).saturating_sub(self.written.max(self.played) - self.silenced)
    }

    /// The stream stands at byte `position` of the circle.
    fn advance(&mut self, position: usize) {
        self.played += (position + CIRCLE - self.played % CIRCLE) % CIRCLE;
        while self.silenced + PERIOD <= self.played {
            if let Some(period) = self.circle.get_mut(self.silenced % CIRCLE, PERIOD) {
                period.fill(0);
            }
            self.silenced += PERIOD;
        }
    }

    /// Copies what fits of `samples` behind what was written; returns how many.
    fn fill(&mut self, samples: &[Sample]) -> usize {
        if self.played > self.written {
            // What the stream has run past is not heard any more.
            self.written = self.played.next_multiple_of(SAMPLE) + LEAD;
        }
        let mut count = 0;
        while count < samples.len() {
            let at = self.written % CIRCLE;
            let length = self.room().min(CIRCLE - at);
            let Some(space) = self.circle.get_mut(at, length) else { break };
            let done = encode(space, &samples[count..]);
            if done == 0 {
                break;
            }
            self.written += done * SAMPLE;
            count += done;
        }
        count
    }

    fn due(&mut self) -> Option<Waker> {
        let (room, dry) = (self.room() / SAMPLE, self.queued() == 0);
        self.waiter.due(room, dry)
    }
}

impl Hda {
    /// PCI device ids of Intel's controllers: ICH6, ICH9.
    pub const IDS: &'static [u16] = &[0x2668, 0x293E];

    /// Takes over the controller; `None` where it does not answer as it should, or leads to no socket.
    #[must_use]
    pub fn new(function: Function) -> Option<Arc<Hda>> {
        function.enable();
        let sound = Hda::set_up(&function);
        if sound.is_none() {
            function.silence();
        }
        sound
    }

    fn set_up(function: &Function) -> Option<Arc<Hda>> {
        let registers = function.memory(0, REGISTERS)?.part(0, REGISTERS)?;
        reset(&registers)?;
        let commands = Commands::new(&registers)?;
        let present: u16 = registers.read(CODECS);
        let codecs = (0..15).filter(|codec| present >> codec & 1 != 0);
        let converter = codecs.into_iter().find_map(|codec| codec::open(&commands, codec))?;
        let capabilities: u16 = registers.read(CAPABILITIES);
        // Input streams come first.
        let (inputs, outputs) = (usize::from(capabilities >> 8 & 15), capabilities >> 12);
        if outputs == 0 {
            return None;
        }
        let stream = registers.part(STREAMS + inputs * STREAM_SIZE, STREAM_SIZE)?;
        let queue = IrqLock::new(Queue::new()?);
        let sound = Arc::new(Hda { stream, commands, converter, queue });
        let handler = Arc::clone(&sound);
        function.connect(&(Arc::new(move || handler.interrupt()) as _))?;
        registers.write(INTERRUPT_CONTROL, INTERRUPTS | 1 << inputs);
        sound.set_rate(RATES[0]).ok()?;
        Some(sound)
    }

    /// Stops the stream and empties the queue.
    fn reset_stream(&self, queue: &mut Queue) {
        let stream = &self.stream;
        stream.write(CONTROL, 0u8);
        for wanted in [STREAM_RESET, 0] {
            stream.write(CONTROL, wanted);
            let limit = clock::monotonic_ns() + LIMIT_NS;
            while stream.read::<u8>(CONTROL) & STREAM_RESET != wanted && clock::monotonic_ns() < limit {
                core::hint::spin_loop();
            }
        }
        stream.write(STATUS, STREAM_CAUSES);
        let address = queue.list.address(0);
        stream.write(LIST_LOW, address as u32);
        stream.write(LIST_HIGH, (address >> 32) as u32);
        stream.write(LENGTH, CIRCLE as u32);
        stream.write(LAST_VALID, (PERIODS - 1) as u16);
        stream.write(FORMAT, format(queue.rate));
        stream.write(CONTROL_NUMBER, STREAM << 4);
        if let Some(circle) = queue.circle.get_mut(0, CIRCLE) {
            circle.fill(0);
        }
        (queue.written, queue.played, queue.silenced, queue.running) = (0, 0, 0, false);
    }

    /// Finds out what was played, and stops a stream that has run dry for long.
    fn update(&self, queue: &mut Queue) {
        if !queue.running {
            return;
        }
        let position: u32 = self.stream.read(POSITION);
        queue.advance(position as usize % CIRCLE);
        if queue.played >= queue.written + IDLE {
            self.reset_stream(queue);
        }
    }

    fn interrupt(&self) {
        let causes = self.stream.read::<u8>(STATUS) & STREAM_CAUSES;
        if causes == 0 {
            return;
        }
        self.stream.write(STATUS, causes);
        let mut queue = self.queue.lock();
        self.update(&mut queue);
        let waker = queue.due();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

fn format(rate: u32) -> u16 {
    if rate == 44_100 { FORMAT_STEREO_16 | FORMAT_44_100 } else { FORMAT_STEREO_16 }
}

/// Resets the controller and lets codecs announce themselves (section 4.3).
fn reset(registers: &Mmio) -> Option<()> {
    for wanted in [0, NOT_RESET] {
        registers.write(GLOBAL_CONTROL, wanted);
        let limit = clock::monotonic_ns() + LIMIT_NS;
        while registers.read::<u32>(GLOBAL_CONTROL) & NOT_RESET != wanted {
            if clock::monotonic_ns() > limit {
                return None;
            }
            core::hint::spin_loop();
        }
    }
    clock::spin_us(CODEC_WAIT_US);
    Some(())
}

impl SoundDevice for Hda {
    fn driver(&self) -> &'static str {
        "hda"
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
        queue.rate = rate;
        self.reset_stream(&mut queue);
        self.converter.set_format(&self.commands, format(rate), STREAM);
        Ok(())
    }

    fn capacity(&self) -> usize {
        (PERIODS - 1) * PERIOD_SAMPLES
    }

    fn queued(&self) -> usize {
        let mut queue = self.queue.lock();
        self.update(&mut queue);
        queue.queued() / SAMPLE
    }

    fn write(&self, samples: &[Sample]) -> usize {
        let mut queue = self.queue.lock();
        self.update(&mut queue);
        let count = queue.fill(samples);
        queue.waiter.short = count < samples.len();
        if !queue.running && count > 0 {
            queue.running = true;
            self.stream.write(CONTROL, STREAM_RUN | STREAM_INTERRUPTS);
        }
        count
    }

    fn stop(&self) {
        self.reset_stream(&mut self.queue.lock());
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
