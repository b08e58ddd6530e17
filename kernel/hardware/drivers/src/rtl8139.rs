//! Realtek's RTL8139 (data sheet revision 1.21, called DS here).
//!
//! The card writes frames one behind the other into a ring of bytes, beyond whose end the last one may go on, and sends from
//! four buffers in turn. It forms 32-bit addresses.

use crate::ethernet::{self, MAX_FRAME};
use crate::port::Port;
use alloc::sync::Arc;
use core::task::Waker;
use interfaces::{MacAddress, NetDevice, NetStatistics, Presence};
use machine::clock;
use machine::dma::{DmaBytes, Reach};
use machine::mmio::Mmio;
use machine::pci::Function;
use spin::Mutex;

/// Registers (DS section 5).
const ID: usize = 0x00;
const MULTICAST: usize = 0x08;
const TRANSMIT_STATUS: usize = 0x10;
const TRANSMIT_ADDRESS: usize = 0x20;
const RECEIVE_ADDRESS: usize = 0x30;
const COMMAND: usize = 0x37;
const READ_POINTER: usize = 0x38;
const INTERRUPT_MASK: usize = 0x3C;
const INTERRUPT_STATUS: usize = 0x3E;
const TRANSMIT_SETTINGS: usize = 0x40;
const RECEIVE_SETTINGS: usize = 0x44;
const MISSED_PACKETS: usize = 0x4C;
const CONFIG_1: usize = 0x52;
const MEDIA_STATUS: usize = 0x58;
const REGISTERS: usize = 0x100;

const COMMAND_BUFFER_EMPTY: u8 = 1;
const COMMAND_TRANSMIT: u8 = 1 << 2;
const COMMAND_RECEIVE: u8 = 1 << 3;
const COMMAND_RESET: u8 = 1 << 4;

const RECEIVED: u16 = 1;
const RECEIVE_ERROR: u16 = 1 << 1;
const TRANSMITTED: u16 = 1 << 2;
const TRANSMIT_ERROR: u16 = 1 << 3;
const BUFFER_OVERFLOW: u16 = 1 << 4;
const LINK_CHANGED: u16 = 1 << 5;
const FIFO_OVERFLOW: u16 = 1 << 6;
const RECEIVE_CAUSES: u16 = RECEIVED | RECEIVE_ERROR | BUFFER_OVERFLOW | FIFO_OVERFLOW;
const TRANSMIT_CAUSES: u16 = TRANSMITTED | TRANSMIT_ERROR;

const LINK_IS_DOWN: u8 = 1 << 2;

const OWNED_BY_DRIVER: u32 = 1 << 13;
const TRANSMIT_OK: u32 = 1 << 15;
const TRANSMIT_ABORTED: u32 = 1 << 30;

/// Frames to this card, broadcast and multicast; a frame goes on beyond the ring's end; a ring of 32 KiB; no FIFO threshold,
/// bursts of 1 KiB (DS section 5.7).
const RECEIVE: u32 = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 7 | 2 << 11 | 7 << 13 | 6 << 8;
/// The usual gap between frames, bursts of 2 KiB (DS section 5.6).
const TRANSMIT: u32 = 3 << 24 | 7 << 8;

const RING: usize = 32 * 1024;
/// What the card may write behind the ring: the rest of a frame, and 16 bytes.
const BEYOND: usize = 2048;
/// A frame's header: status and length, which counts the frame check sequence (DS section 5.1).
const FRAME_HEADER: usize = 4;
const FRAME_CHECK: usize = 4;
const STATUS_OK: u16 = 1;
/// The read pointer is this much behind (DS section 5.14).
const POINTER_LAG: u16 = 16;

const SEND_BUFFERS: usize = 4;
const SEND_BUFFER: usize = 2048;
const LIMIT_NS: u64 = 10_000_000;

/// An RTL8139.
pub struct Rtl8139 {
    function: Function,
    registers: Mmio,
    mac: MacAddress,
    receiver: Mutex<Receiver>,
    sender: Mutex<Sender>,
    port: Port,
}

struct Receiver {
    ring: DmaBytes,
    offset: usize,
}

struct Sender {
    buffers: DmaBytes,
    /// The next buffer to fill, and how many the card has.
    next: usize,
    sending: usize,
}

impl Rtl8139 {
    /// PCI vendor and device id.
    pub const VENDOR: u16 = 0x10EC;
    /// The device id.
    pub const IDS: &'static [u16] = &[0x8139];

    /// Takes over the card; `None` where it does not answer as it should.
    #[must_use]
    pub fn new(function: Function) -> Option<Arc<Rtl8139>> {
        function.enable();
        let registers = function.memory(1, REGISTERS).filter(|registers| registers.len() == REGISTERS)?;
        let ring = DmaBytes::new(RING + BEYOND, Reach::Bits32)?;
        let buffers = DmaBytes::new(SEND_BUFFERS * SEND_BUFFER, Reach::Bits32)?;
        // Out of any sleep (DS section 5.12).
        registers.write(CONFIG_1, 0u8);
        reset(&registers)?;
        let mac = MacAddress(core::array::from_fn(|index| registers.read(ID + index)));
        let card = Arc::new(Rtl8139 {
            function,
            registers,
            mac: if mac.is_station() { mac } else { ethernet::random_mac() },
            receiver: Mutex::new(Receiver { ring, offset: 0 }),
            sender: Mutex::new(Sender { buffers, next: 0, sending: 0 }),
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
        // The buffers lie below 4 GiB.
        registers.write(RECEIVE_ADDRESS, self.receiver.lock().ring.address(0) as u32);
        for index in 0..SEND_BUFFERS {
            let address = self.sender.lock().buffers.address(index * SEND_BUFFER);
            registers.write(TRANSMIT_ADDRESS + 4 * index, address as u32);
        }
        registers.write(COMMAND, COMMAND_RECEIVE | COMMAND_TRANSMIT);
        registers.write(RECEIVE_SETTINGS, RECEIVE);
        registers.write(TRANSMIT_SETTINGS, TRANSMIT);
        registers.write(MULTICAST, u32::MAX);
        registers.write(MULTICAST + 4, u32::MAX);
        self.check_link();
        registers.write(INTERRUPT_MASK, LINK_CHANGED);
    }

    /// Looks at the link, and says where it changed. A card that is gone reads as ones or zeros.
    fn check_link(&self) {
        let running = COMMAND_RECEIVE | COMMAND_TRANSMIT;
        let present = self.registers.read::<u8>(COMMAND) & (running | COMMAND_RESET) == running;
        let up = present && self.registers.read::<u8>(MEDIA_STATUS) & LINK_IS_DOWN == 0;
        self.port.set_link(up);
    }

    fn interrupt(&self) {
        let cause: u16 = self.registers.read(INTERRUPT_STATUS);
        if cause == 0 {
            return;
        }
        // Writing ones clears the causes and lowers the line.
        self.registers.write(INTERRUPT_STATUS, cause);
        if cause & LINK_CHANGED != 0 {
            self.check_link();
        }
        if cause & (RECEIVE_CAUSES | TRANSMIT_CAUSES) != 0 {
            self.registers.write(INTERRUPT_MASK, LINK_CHANGED);
            self.port.wake();
        }
    }

    fn has_frame(&self) -> bool {
        // A card that is gone reads as ones or zeros.
        let command: u8 = self.registers.read(COMMAND);
        command & (COMMAND_RECEIVE | COMMAND_BUFFER_EMPTY) == COMMAND_RECEIVE
    }

    /// Empties the ring: what stands in it makes no sense.
    fn restart_receiver(&self, receiver: &mut Receiver) {
        self.registers.write(COMMAND, COMMAND_TRANSMIT);
        receiver.offset = 0;
        self.registers.write(COMMAND, COMMAND_RECEIVE | COMMAND_TRANSMIT);
        self.registers.write(RECEIVE_SETTINGS, RECEIVE);
        self.registers.write(READ_POINTER, 0u16.wrapping_sub(POINTER_LAG));
    }

    /// Whether a buffer is free, once those that were sent are taken back.
    fn has_room(&self, sender: &mut Sender) -> bool {
        while sender.sending > 0 {
            let oldest = (sender.next + SEND_BUFFERS - sender.sending) % SEND_BUFFERS;
            let status: u32 = self.registers.read(TRANSMIT_STATUS + 4 * oldest);
            if status & (OWNED_BY_DRIVER | TRANSMIT_ABORTED) == 0 {
                break;
            }
            if status & TRANSMIT_OK == 0 {
                self.port.counters.transmit_error();
            }
            sender.sending -= 1;
        }
        sender.sending < SEND_BUFFERS
    }
}

fn reset(registers: &Mmio) -> Option<()> {
    registers.write(COMMAND, COMMAND_RESET);
    let limit = clock::monotonic_ns() + LIMIT_NS;
    while registers.read::<u8>(COMMAND) & COMMAND_RESET != 0 {
        if clock::monotonic_ns() > limit {
            return None;
        }
        core::hint::spin_loop();
    }
    Some(())
}

impl Receiver {
    /// The frame at the read pointer, and where the next one begins; `None` where there is none that makes sense.
    fn look(&self) -> Option<(&[u8], usize)> {
        let [s0, s1, l0, l1] = *self.ring.get(self.offset, FRAME_HEADER)?.first_chunk()?;
        let (status, length) = (u16::from_le_bytes([s0, s1]), usize::from(u16::from_le_bytes([l0, l1])));
        let sensible = ethernet::HEADER + FRAME_CHECK..=MAX_FRAME + 4 + FRAME_CHECK;
        if status & STATUS_OK == 0 || !sensible.contains(&length) {
            return None;
        }
        let frame = self.ring.get(self.offset + FRAME_HEADER, length - FRAME_CHECK)?;
        let next = (self.offset + FRAME_HEADER + length).next_multiple_of(4) % RING;
        Some((frame, next))
    }
}

impl NetDevice for Rtl8139 {
    fn driver(&self) -> &'static str {
        "rtl8139"
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
        while count < limit && self.has_frame() {
            count += 1;
            let Some((frame, next)) = receiver.look() else {
                self.port.counters.receive_error();
                self.restart_receiver(&mut receiver);
                break;
            };
            self.port.counters.received(frame.len());
            take(frame);
            receiver.offset = next;
            // The ring is shorter than 64 KiB.
            self.registers.write(READ_POINTER, (next as u16).wrapping_sub(POINTER_LAG));
        }
        count
    }

    fn can_transmit(&self) -> bool {
        self.port.note_room(self.has_room(&mut self.sender.lock()))
    }

    fn transmit(&self, length: usize, fill: &mut dyn FnMut(&mut [u8])) -> bool {
        let mut sender = self.sender.lock();
        if length > MAX_FRAME || !self.has_room(&mut sender) {
            return self.port.refuse();
        }
        let index = sender.next;
        let Some(buffer) = sender.buffers.get_mut(index * SEND_BUFFER, SEND_BUFFER) else { return false };
        let padded = ethernet::build(buffer, length, fill);
        sender.next = (index + 1) % SEND_BUFFERS;
        sender.sending += 1;
        // The length, with the owner bit clear, starts the card (DS section 5.2).
        self.registers.write(TRANSMIT_STATUS + 4 * index, padded as u32);
        self.port.counters.transmitted(length);
        true
    }

    fn wake_on_event(&self, waker: &Waker) {
        let starved = self.port.wait(waker);
        let causes = if starved { RECEIVE_CAUSES | TRANSMIT_CAUSES } else { RECEIVE_CAUSES };
        self.registers.write(INTERRUPT_MASK, causes | LINK_CHANGED);
        if starved {
            self.check_link();
        }
        if self.has_frame() || starved && self.has_room(&mut self.sender.lock()) {
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
        // 24 bits that count up until they are written (DS section 5.19).
        let missed = self.registers.read::<u32>(MISSED_PACKETS) & 0xFF_FFFF;
        if self.link_up() && missed != 0 {
            self.registers.write(MISSED_PACKETS, 0u32);
            self.port.counters.receive_dropped(u64::from(missed));
        }
        self.port.counters.snapshot()
    }
}
