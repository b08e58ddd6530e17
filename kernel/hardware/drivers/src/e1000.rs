//! Intel's gigabit cards, from the 82540 to those in chipsets: e1000 and e1000e.
//!
//! Sources: "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual" (317453), called SDM here, and the
//! 82574 data sheet (317694). All of these cards know the legacy descriptors that are used.
//!
//! Descriptor n leads to buffer n for ever. What the card writes into a descriptor is checked: a length is cut to the
//! buffer's.

use crate::ethernet::{self, MAX_FRAME};
use crate::port::Port;
use alloc::sync::Arc;
use core::task::Waker;
use interfaces::{MacAddress, NetDevice, NetStatistics, Presence};
use machine::clock;
use machine::dma::{DmaBytes, DmaWords, Reach};
use machine::mmio::Mmio;
use machine::pci::Function;
use spin::Mutex;

/// Registers (SDM section 13.4).
const CONTROL: usize = 0x0000;
const STATUS: usize = 0x0008;
const INTERRUPT_CAUSE: usize = 0x00C0;
const INTERRUPT_SET: usize = 0x00D0;
const INTERRUPT_CLEAR: usize = 0x00D8;
const RECEIVE_CONTROL: usize = 0x0100;
const TRANSMIT_CONTROL: usize = 0x0400;
const TRANSMIT_GAP: usize = 0x0410;
const RECEIVE_BASE: usize = 0x2800;
const TRANSMIT_BASE: usize = 0x3800;
const TRANSMIT_DESCRIPTOR_CONTROL: usize = 0x3828;
const MISSED_PACKETS: usize = 0x4010;
const MULTICAST_TABLE: usize = 0x5200;
const RECEIVE_ADDRESS_LOW: usize = 0x5400;
const RECEIVE_ADDRESS_HIGH: usize = 0x5404;
/// What is used of the registers.
const REGISTERS: usize = 0x6000;
/// From the base registers of a ring on: address (two words), length, head, tail.
const RING_ADDRESS_LOW: usize = 0x00;
const RING_ADDRESS_HIGH: usize = 0x04;
const RING_LENGTH: usize = 0x08;
const RING_HEAD: usize = 0x10;
const RING_TAIL: usize = 0x18;

const CONTROL_FULL_DUPLEX: u32 = 1;
const CONTROL_MASTER_DISABLE: u32 = 1 << 2;
const CONTROL_LINK_RESET: u32 = 1 << 3;
const CONTROL_AUTO_SPEED: u32 = 1 << 5;
const CONTROL_LINK_UP: u32 = 1 << 6;
const CONTROL_INVERT_LOSS: u32 = 1 << 7;
const CONTROL_RESET: u32 = 1 << 26;
const CONTROL_PHY_RESET: u32 = 1 << 31;
const STATUS_LINK_UP: u32 = 1 << 1;
const ADDRESS_VALID: u32 = 1 << 31;

const CAUSE_TRANSMITTED: u32 = 1;
const CAUSE_LINK: u32 = 1 << 2;
const CAUSE_RECEIVE_LOW: u32 = 1 << 4;
const CAUSE_RECEIVE_OVERRUN: u32 = 1 << 6;
const CAUSE_RECEIVED: u32 = 1 << 7;
const RECEIVE_CAUSES: u32 = CAUSE_RECEIVE_LOW | CAUSE_RECEIVE_OVERRUN | CAUSE_RECEIVED;
/// What the registers of a card that is gone read as.
const GONE: u32 = u32::MAX;

/// On, broadcast, all multicast (IPv6 needs many groups; the stack sorts them out), no frame check sequence; 2 KiB buffers.
const RECEIVE_SETTINGS: u32 = 1 << 1 | 1 << 4 | 1 << 15 | 1 << 26;
/// On, short frames padded, the usual back-off and collision distance (SDM section 14.5).
const TRANSMIT_SETTINGS: u32 = 1 << 1 | 1 << 3 | 0x10 << 4 | 0x40 << 12;
/// IPG values for copper, in three fields (SDM section 13.4.34).
const GAP: u32 = 10 | 8 << 10 | 6 << 20;
/// Thresholds count descriptors; a bit that the 82574 wants set (data sheet, section 10.2.6.6).
const COUNT_DESCRIPTORS: u32 = 1 << 24 | 1 << 22;

const RESET_WAIT_US: u64 = 20;
const LIMIT_NS: u64 = 20_000_000;

/// Legacy descriptors (SDM sections 3.2.3 and 3.3.3): address, length (u16), then bytes that differ.
const DESCRIPTOR_SIZE: usize = 16;
const LENGTH: usize = 8;
const TRANSMIT_COMMAND: usize = 11;
const STATUS_BYTE: usize = 12;
const RECEIVE_ERRORS: usize = 13;
const DONE: u8 = 1;
const END_OF_PACKET: u8 = 2;
/// End of packet, insert the frame check sequence, report the status.
const COMMAND: u8 = 1 | 2 | 8;

const DESCRIPTORS: usize = 256;
const BUFFER_SIZE: usize = 2048;
/// How many descriptors are gathered before the card gets them back: each time costs a register write.
const RETURN_BATCH: usize = 32;

/// A card of the family.
pub struct E1000 {
    function: Function,
    registers: Mmio,
    mac: MacAddress,
    receiver: Mutex<Receiver>,
    sender: Mutex<Sender>,
    port: Port,
}

struct Receiver {
    ring: DmaWords,
    buffers: DmaBytes,
    next: usize,
    /// The rest of a frame that is too long is passed over.
    skipping: bool,
}

struct Sender {
    ring: DmaWords,
    buffers: DmaBytes,
    /// The next descriptor to fill, and the oldest that the card has.
    next: usize,
    oldest: usize,
    /// The tail that the card was told.
    told: usize,
}

impl E1000 {
    /// PCI device ids: 82540EM, 82545EM; on PCI Express 82574L; in chipsets 82577LM, I217-LM, I219-V.
    pub const IDS: &'static [u16] = &[0x100E, 0x100F, 0x10D3, 0x10EA, 0x153A, 0x15B8];

    /// Takes over the card; `None` where it does not answer as it should.
    #[must_use]
    pub fn new(function: Function) -> Option<Arc<E1000>> {
        function.enable();
        let registers = function.memory(0, REGISTERS).filter(|registers| registers.len() == REGISTERS)?;
        let receiver = Receiver::new()?;
        let sender = Sender::new()?;
        reset(&registers)?;
        let card = Arc::new(E1000 {
            function,
            registers,
            mac: mac(&registers),
            receiver: Mutex::new(receiver),
            sender: Mutex::new(sender),
            port: Port::new(),
        });
        let handler = Arc::clone(&card);
        if card.function.connect(&(Arc::new(move || handler.interrupt()) as _)).is_none() {
            card.function.silence();
            return None;
        }
        card.start();
        Some(card)
    }

    fn start(&self) {
        let registers = &self.registers;
        for word in 0..128 {
            registers.write(MULTICAST_TABLE + 4 * word, 0u32);
        }
        let [a, b, c, d, e, f] = self.mac.0;
        registers.write(RECEIVE_ADDRESS_LOW, u32::from_le_bytes([a, b, c, d]));
        registers.write(RECEIVE_ADDRESS_HIGH, u32::from_le_bytes([e, f, 0, 0]) | ADDRESS_VALID);
        // The last descriptor stays with the driver: a full ring would look like an empty one.
        set_ring(registers, RECEIVE_BASE, &self.receiver.lock().ring, DESCRIPTORS - 1);
        set_ring(registers, TRANSMIT_BASE, &self.sender.lock().ring, 0);
        let control: u32 = registers.read(TRANSMIT_DESCRIPTOR_CONTROL);
        registers.write(TRANSMIT_DESCRIPTOR_CONTROL, control | COUNT_DESCRIPTORS);
        registers.write(TRANSMIT_GAP, GAP);
        registers.write(TRANSMIT_CONTROL, TRANSMIT_SETTINGS);
        registers.write(RECEIVE_CONTROL, RECEIVE_SETTINGS);
        self.check_link();
        registers.write(INTERRUPT_SET, CAUSE_LINK);
    }

    /// Looks at the link, and says where it changed. A card that is gone reads as ones or zeros.
    fn check_link(&self) {
        let status: u32 = self.registers.read(STATUS);
        let up = status != GONE && status & STATUS_LINK_UP != 0;
        self.port.set_link(up);
    }

    fn interrupt(&self) {
        // Reading clears the causes and lowers the line.
        let cause: u32 = self.registers.read(INTERRUPT_CAUSE);
        if cause & CAUSE_LINK != 0 {
            self.check_link();
        }
        if cause & (RECEIVE_CAUSES | CAUSE_TRANSMITTED) != 0 {
            self.registers.write(INTERRUPT_CLEAR, RECEIVE_CAUSES | CAUSE_TRANSMITTED);
            self.port.wake();
        }
    }
}

/// Resets the card and sets its link up; `None` when it does not come back.
fn reset(registers: &Mmio) -> Option<()> {
    registers.write(INTERRUPT_CLEAR, u32::MAX);
    registers.write(RECEIVE_CONTROL, 0u32);
    registers.write(TRANSMIT_CONTROL, 0u32);
    let control: u32 = registers.read(CONTROL);
    registers.write(CONTROL, control | CONTROL_MASTER_DISABLE);
    registers.write(CONTROL, control | CONTROL_RESET);
    // No access while the reset begins (SDM section 14.4).
    clock::spin_us(RESET_WAIT_US);
    await_value(registers, CONTROL, CONTROL_RESET, 0)?;
    // The card reads its address from the EEPROM.
    let _ = await_value(registers, RECEIVE_ADDRESS_HIGH, ADDRESS_VALID, ADDRESS_VALID);
    registers.write(INTERRUPT_CLEAR, u32::MAX);
    let _pending: u32 = registers.read(INTERRUPT_CAUSE);
    let control: u32 = registers.read(CONTROL);
    let cleared = CONTROL_LINK_RESET | CONTROL_INVERT_LOSS | CONTROL_PHY_RESET | CONTROL_MASTER_DISABLE;
    let set = CONTROL_FULL_DUPLEX | CONTROL_AUTO_SPEED | CONTROL_LINK_UP;
    registers.write(CONTROL, control & !cleared | set);
    Some(())
}

fn await_value(registers: &Mmio, register: usize, mask: u32, value: u32) -> Option<()> {
    let limit = clock::monotonic_ns() + LIMIT_NS;
    while registers.read::<u32>(register) & mask != value {
        if clock::monotonic_ns() > limit {
            return None;
        }
        core::hint::spin_loop();
    }
    Some(())
}

/// The card's address, as it came from the EEPROM.
fn mac(registers: &Mmio) -> MacAddress {
    let (low, high) = (registers.read::<u32>(RECEIVE_ADDRESS_LOW), registers.read::<u32>(RECEIVE_ADDRESS_HIGH));
    let ([a, b, c, d], [e, f, ..]) = (low.to_le_bytes(), high.to_le_bytes());
    let mac = MacAddress([a, b, c, d, e, f]);
    if high & ADDRESS_VALID != 0 && mac.is_station() { mac } else { ethernet::random_mac() }
}

fn set_ring(registers: &Mmio, base: usize, ring: &DmaWords, tail: usize) {
    let address = ring.address(0);
    registers.write(base + RING_ADDRESS_LOW, address as u32);
    registers.write(base + RING_ADDRESS_HIGH, (address >> 32) as u32);
    registers.write(base + RING_LENGTH, (DESCRIPTORS * DESCRIPTOR_SIZE) as u32);
    registers.write(base + RING_HEAD, 0u32);
    registers.write(base + RING_TAIL, tail as u32);
}

/// A ring with a buffer for each descriptor.
fn new_ring() -> Option<(DmaWords, DmaBytes)> {
    let ring = DmaWords::new(DESCRIPTORS * DESCRIPTOR_SIZE, Reach::Bits64)?;
    let buffers = DmaBytes::new(DESCRIPTORS * BUFFER_SIZE, Reach::Bits64)?;
    for index in 0..DESCRIPTORS {
        ring.store(index * DESCRIPTOR_SIZE, buffers.address(index * BUFFER_SIZE));
    }
    Some((ring, buffers))
}

/// What a received descriptor holds.
enum Received<'a> {
    Frame(&'a [u8]),
    Damaged,
    /// A part of a frame that is too long, which was counted with its first part.
    Rest,
}

impl Receiver {
    fn new() -> Option<Receiver> {
        let (ring, buffers) = new_ring()?;
        Some(Receiver { ring, buffers, next: 0, skipping: false })
    }

    fn is_filled(&self) -> bool {
        self.ring.load::<u8>(self.next * DESCRIPTOR_SIZE + STATUS_BYTE) & DONE != 0
    }

    /// What stands in the next descriptor, which is filled.
    fn look(&mut self) -> Received<'_> {
        let descriptor = self.next * DESCRIPTOR_SIZE;
        let status: u8 = self.ring.load(descriptor + STATUS_BYTE);
        let errors: u8 = self.ring.load(descriptor + RECEIVE_ERRORS);
        let length = usize::from(self.ring.load::<u16>(descriptor + LENGTH)).min(BUFFER_SIZE);
        let whole = status & END_OF_PACKET != 0;
        if core::mem::replace(&mut self.skipping, !whole) {
            return Received::Rest;
        }
        match self.buffers.get(self.next * BUFFER_SIZE, length) {
            Some(frame) if whole && errors == 0 && length >= ethernet::HEADER => Received::Frame(frame),
            _ => Received::Damaged,
        }
    }

    /// Clears the next descriptor for the card and goes on; returns its index.
    fn advance(&mut self) -> usize {
        let index = self.next;
        self.ring.store(index * DESCRIPTOR_SIZE + STATUS_BYTE, 0u8);
        self.next = (index + 1) % DESCRIPTORS;
        index
    }
}

impl Sender {
    fn new() -> Option<Sender> {
        let (ring, buffers) = new_ring()?;
        Some(Sender { ring, buffers, next: 0, oldest: 0, told: 0 })
    }

    /// Whether a descriptor is free, once those that were sent are taken back. One always stays free: a full ring would
    /// look like an empty one.
    fn has_room(&mut self) -> bool {
        let after = (self.next + 1) % DESCRIPTORS;
        if after == self.oldest {
            while self.oldest != self.next
                && self.ring.load::<u8>(self.oldest * DESCRIPTOR_SIZE + STATUS_BYTE) & DONE != 0
            {
                self.oldest = (self.oldest + 1) % DESCRIPTORS;
            }
        }
        after != self.oldest
    }

    fn queue(&mut self, length: usize, fill: &mut dyn FnMut(&mut [u8])) {
        let Some(buffer) = self.buffers.get_mut(self.next * BUFFER_SIZE, BUFFER_SIZE) else { return };
        let padded = ethernet::build(buffer, length, fill);
        let descriptor = self.next * DESCRIPTOR_SIZE;
        self.ring.store(descriptor + LENGTH, padded as u16);
        self.ring.store(descriptor + TRANSMIT_COMMAND, COMMAND);
        self.ring.store(descriptor + STATUS_BYTE, 0u8);
        self.next = (self.next + 1) % DESCRIPTORS;
    }
}

impl NetDevice for E1000 {
    fn driver(&self) -> &'static str {
        "e1000"
    }

    fn mac(&self) -> MacAddress {
        self.mac
    }

    fn mtu(&self) -> usize {
        ethernet::MTU
    }

    fn link_up(&self) -> bool {
        self.port.link_up()
    }

    fn receive(&self, limit: usize, take: &mut dyn FnMut(&[u8])) -> usize {
        // Taken already: by a call from `take`, which has its frame.
        let Some(mut receiver) = self.receiver.try_lock() else { return 0 };
        let mut count = 0;
        let mut last = None;
        while count < limit && receiver.is_filled() {
            match receiver.look() {
                Received::Frame(frame) => {
                    self.port.counters.received(frame.len());
                    take(frame);
                }
                Received::Damaged => self.port.counters.receive_error(),
                Received::Rest => {}
            }
            let index = receiver.advance();
            last = Some(index);
            count += 1;
            if count % RETURN_BATCH == 0 {
                self.registers.write(RECEIVE_BASE + RING_TAIL, index as u32);
            }
        }
        if let Some(index) = last {
            self.registers.write(RECEIVE_BASE + RING_TAIL, index as u32);
        }
        count
    }

    fn can_transmit(&self) -> bool {
        self.port.note_room(self.sender.lock().has_room())
    }

    fn transmit(&self, length: usize, fill: &mut dyn FnMut(&mut [u8])) -> bool {
        let mut sender = self.sender.lock();
        if length > MAX_FRAME || !sender.has_room() {
            return self.port.refuse();
        }
        sender.queue(length, fill);
        self.port.counters.transmitted(length);
        true
    }

    fn flush(&self) {
        let mut sender = self.sender.lock();
        if sender.told != sender.next {
            sender.told = sender.next;
            self.registers.write(TRANSMIT_BASE + RING_TAIL, sender.next as u32);
        }
    }

    fn wake_on_event(&self, waker: &Waker) {
        let starved = self.port.wait(waker);
        let causes = if starved { RECEIVE_CAUSES | CAUSE_TRANSMITTED } else { RECEIVE_CAUSES };
        // A cause that is there already interrupts at once.
        self.registers.write(INTERRUPT_SET, causes);
        if starved {
            self.check_link();
        }
        let received = self.receiver.try_lock().is_some_and(|receiver| receiver.is_filled());
        if received || starved && self.sender.lock().has_room() {
            self.port.wake();
        }
    }

    fn look(&self) -> Presence {
        if self.function.is_present() {
            self.check_link();
            Presence::Present
        } else {
            self.port.lose()
        }
    }

    fn statistics(&self) -> NetStatistics {
        self.check_link();
        if self.link_up() {
            // Counts since it was last read.
            self.port.counters.receive_dropped(u64::from(self.registers.read::<u32>(MISSED_PACKETS)));
        }
        self.port.counters.snapshot()
    }
}
