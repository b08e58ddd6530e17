//! Commands to the codecs and their answers: two rings (specification 1.0a, section 4.4), one command at a time.

use core::sync::atomic::{AtomicUsize, Ordering};
use machine::clock;
use machine::dma::{DmaWords, Reach};
use machine::mmio::Mmio;

/// Registers of the command ring and of the answer ring (sections 3.3.18 to 3.3.30).
const COMMANDS_LOW: usize = 0x40;
const COMMANDS_HIGH: usize = 0x44;
const COMMANDS_WRITE: usize = 0x48;
const COMMANDS_READ: usize = 0x4A;
const COMMANDS_CONTROL: usize = 0x4C;
const COMMANDS_SIZE: usize = 0x4E;
const ANSWERS_LOW: usize = 0x50;
const ANSWERS_HIGH: usize = 0x54;
const ANSWERS_WRITE: usize = 0x58;
const ANSWERS_COUNT: usize = 0x5A;
const ANSWERS_CONTROL: usize = 0x5C;
const ANSWERS_STATUS: usize = 0x5D;
const ANSWERS_SIZE: usize = 0x5E;

const RUN: u8 = 1 << 1;
/// Answers are counted and said to be there; whether that interrupts is for the controller to say.
const REPORT: u8 = 1;
const RESET_POINTER: u16 = 1 << 15;
const ENTRIES: usize = 256;
const SIZE_256: u8 = 2;
/// The answers stand behind the commands in the same memory.
const ANSWERS: usize = ENTRIES * 4;
const ANSWER_SIZE: usize = 8;
const LIMIT_NS: u64 = 10_000_000;

/// The rings.
pub(super) struct Commands {
    registers: Mmio,
    rings: DmaWords,
    /// The entry last used, in both rings.
    last: AtomicUsize,
}

impl Commands {
    pub(super) fn new(registers: &Mmio) -> Option<Commands> {
        let registers = *registers;
        let rings = DmaWords::new(ANSWERS + ENTRIES * ANSWER_SIZE, Reach::Bits64)?;
        registers.write(COMMANDS_CONTROL, 0u8);
        registers.write(ANSWERS_CONTROL, 0u8);
        let places = [(COMMANDS_LOW, COMMANDS_HIGH, 0), (ANSWERS_LOW, ANSWERS_HIGH, ANSWERS)];
        for (low, high, offset) in places {
            let address = rings.address(offset);
            registers.write(low, address as u32);
            registers.write(high, (address >> 32) as u32);
        }
        registers.write(COMMANDS_SIZE, SIZE_256);
        registers.write(ANSWERS_SIZE, SIZE_256);
        // The bit stands until it is taken back (section 3.3.21).
        for wanted in [RESET_POINTER, 0] {
            registers.write(COMMANDS_READ, wanted);
            let limit = clock::monotonic_ns() + LIMIT_NS;
            while registers.read::<u16>(COMMANDS_READ) & RESET_POINTER != wanted && clock::monotonic_ns() < limit {
                core::hint::spin_loop();
            }
        }
        registers.write(COMMANDS_WRITE, 0u16);
        registers.write(ANSWERS_WRITE, RESET_POINTER);
        registers.write(ANSWERS_COUNT, 1u16);
        registers.write(COMMANDS_CONTROL, RUN);
        registers.write(ANSWERS_CONTROL, RUN | REPORT);
        Some(Commands { registers, rings, last: AtomicUsize::new(0) })
    }

    /// Sends a verb with an 8-bit payload to a node; its answer, or `None` when none comes.
    pub(super) fn ask(&self, codec: u8, node: u8, verb: u16, payload: u8) -> Option<u32> {
        self.send(codec, node, u32::from(verb) << 8 | u32::from(payload))
    }

    /// Sends a verb with a 16-bit payload.
    pub(super) fn ask_long(&self, codec: u8, node: u8, verb: u8, payload: u16) -> Option<u32> {
        self.send(codec, node, u32::from(verb) << 16 | u32::from(payload))
    }

    fn send(&self, codec: u8, node: u8, verb: u32) -> Option<u32> {
        let entry = (self.last.load(Ordering::Relaxed) + 1) % ENTRIES;
        self.last.store(entry, Ordering::Relaxed);
        self.rings.store(entry * 4, u32::from(codec) << 28 | u32::from(node) << 20 | verb);
        self.registers.write(COMMANDS_WRITE, entry as u16);
        let limit = clock::monotonic_ns() + LIMIT_NS;
        while usize::from(self.registers.read::<u16>(ANSWERS_WRITE)) % ENTRIES != entry {
            if clock::monotonic_ns() > limit {
                return None;
            }
            core::hint::spin_loop();
        }
        // The controller waits until the answer is said to be seen.
        self.registers.write(ANSWERS_STATUS, 1u8 | 4);
        Some(self.rings.load(ANSWERS + entry * ANSWER_SIZE))
    }
}
