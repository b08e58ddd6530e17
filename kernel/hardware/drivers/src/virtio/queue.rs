//! A split virtqueue whose buffers it owns: one buffer, one descriptor (Virtual I/O Device specification 1.2, section 2.7).
//!
//! Descriptor n leads to buffer n for ever; what changes is which of them the device has. Nothing that the device writes is
//! taken for true: an index that it was not given stops the queue, a length is cut to the buffer's.

use super::{QUEUE_DESCRIPTORS, QUEUE_DEVICE, QUEUE_DRIVER, QUEUE_NOTIFY_OFFSET, QUEUE_SELECT, QUEUE_SIZE, Transport};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{Ordering, fence};
use machine::dma::{DmaBytes, DmaWords, Reach};
use machine::mmio::Mmio;

const DESCRIPTOR_SIZE: usize = 16;
const DESCRIPTOR_LENGTH: usize = 8;
const DESCRIPTOR_FLAGS: usize = 12;
const DEVICE_WRITES: u16 = 2;
/// In both rings: flags, then the index, then the entries.
const FLAGS: usize = 0;
const INDEX: usize = 2;
const ENTRIES: usize = 4;
const USED_ENTRY_SIZE: usize = 8;
const NO_INTERRUPT: u16 = 1;
const NO_NOTIFY: u16 = 1;

/// Which way a queue's data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    ToDevice,
    ToDriver,
}

/// The memory that both sides see.
pub(super) struct Ring {
    words: DmaWords,
    size: u16,
    available: usize,
    used: usize,
}

impl Ring {
    fn new(size: u16) -> Option<Ring> {
        let available = DESCRIPTOR_SIZE * usize::from(size);
        // The last word of each ring is for a feature that is not used.
        let used = (available + ENTRIES + 2 * usize::from(size) + 2).next_multiple_of(4);
        let length = used + ENTRIES + USED_ENTRY_SIZE * usize::from(size) + 2;
        Some(Ring { words: DmaWords::new(length, Reach::Bits64)?, size, available, used })
    }

    /// Asks for interrupts, or for none: a wish that the device may be late to follow.
    pub(super) fn want_interrupts(&self, wanted: bool) {
        self.words.store(self.available + FLAGS, if wanted { 0 } else { NO_INTERRUPT });
        // Whoever asks for interrupts looks at the used ring next, and the device the other way round.
        fence(Ordering::SeqCst);
    }

    fn slot(&self, index: u16) -> usize {
        // A queue's size is a power of two.
        usize::from(index & (self.size - 1))
    }
}

/// The driver's side.
pub(super) struct Queue {
    ring: Arc<Ring>,
    number: u16,
    bell: Mmio,
    buffers: DmaBytes,
    buffer_size: usize,
    /// Which buffers the device has.
    offered: Vec<bool>,
    next_available: u16,
    next_used: u16,
    broken: bool,
}

impl Queue {
    /// Sets up queue `number` with up to `wanted` buffers (a power of two) of `buffer_size` bytes; the device does not have
    /// them yet. `None` when the device has no such queue or memory is short.
    pub(super) fn new(
        transport: &Transport,
        number: u16,
        wanted: u16,
        buffer_size: usize,
        direction: Direction,
    ) -> Option<Queue> {
        let common = &transport.common;
        common.write(QUEUE_SELECT, number);
        let most: u16 = common.read(QUEUE_SIZE);
        if most == 0 || !most.is_power_of_two() {
            return None;
        }
        let size = wanted.min(most);
        let bell_offset = usize::from(common.read::<u16>(QUEUE_NOTIFY_OFFSET)) * transport.notify_multiplier;
        let bell = transport.notify.part(bell_offset, 2)?;
        let ring = Ring::new(size)?;
        let buffers = DmaBytes::new(usize::from(size) * buffer_size, Reach::Bits64)?;
        for index in 0..usize::from(size) {
            let descriptor = index * DESCRIPTOR_SIZE;
            ring.words.store(descriptor, buffers.address(index * buffer_size));
            ring.words.store(descriptor + DESCRIPTOR_LENGTH, buffer_size as u32);
            let flags = if direction == Direction::ToDriver { DEVICE_WRITES } else { 0 };
            ring.words.store(descriptor + DESCRIPTOR_FLAGS, flags);
        }
        common.write(QUEUE_SIZE, size);
        let parts = [(QUEUE_DESCRIPTORS, 0), (QUEUE_DRIVER, ring.available), (QUEUE_DEVICE, ring.used)];
        for (register, offset) in parts {
            let address = ring.words.address(offset);
            common.write(register, address as u32);
            common.write(register + 4, (address >> 32) as u32);
        }
        Some(Queue {
            ring: Arc::new(ring),
            number,
            bell,
            buffers,
            buffer_size,
            offered: alloc::vec![false; usize::from(size)],
            next_available: 0,
            next_used: 0,
            broken: false,
        })
    }

    /// The memory that both sides see, for an interrupt handler.
    pub(super) fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring)
    }

    /// How many buffers there are.
    pub(super) fn size(&self) -> u16 {
        self.ring.size
    }

    /// Whether the device broke the rules of the queue.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// The first `length` bytes of buffer `id`.
    pub(super) fn buffer(&self, id: u16, length: usize) -> Option<&[u8]> {
        self.buffers.get(usize::from(id) * self.buffer_size, length.min(self.buffer_size))
    }

    /// The first `length` bytes of buffer `id`, which the device does not have.
    pub(super) fn buffer_mut(&mut self, id: u16, length: usize) -> Option<&mut [u8]> {
        self.buffers.get_mut(usize::from(id) * self.buffer_size, length.min(self.buffer_size))
    }

    /// Gives the first `length` bytes of buffer `id` to the device.
    pub(super) fn offer(&mut self, id: u16, length: usize) {
        let Some(offered) = self.offered.get_mut(usize::from(id)) else { return };
        *offered = true;
        let words = &self.ring.words;
        let length = length.min(self.buffer_size) as u32;
        words.store(usize::from(id) * DESCRIPTOR_SIZE + DESCRIPTOR_LENGTH, length);
        words.store(self.ring.available + ENTRIES + 2 * self.ring.slot(self.next_available), id);
        self.next_available = self.next_available.wrapping_add(1);
        words.store(self.ring.available + INDEX, self.next_available);
    }

    /// Gives all buffers, whole, to the device: for a queue towards the driver.
    pub(super) fn offer_all(&mut self) {
        for id in 0..self.size() {
            self.offer(id, self.buffer_size);
        }
    }

    /// Tells the device that it was given buffers, if it wants to know.
    pub(super) fn kick(&self) {
        fence(Ordering::SeqCst);
        if self.ring.words.load::<u16>(self.ring.used + FLAGS) & NO_NOTIFY == 0 {
            self.bell.write(0, self.number);
        }
    }

    /// Whether the device has given a buffer back.
    pub(super) fn has_used(&self) -> bool {
        !self.broken && self.ring.words.load::<u16>(self.ring.used + INDEX) != self.next_used
    }

    /// Takes back the next buffer that the device is done with, and how many bytes it wrote.
    pub(super) fn take_used(&mut self) -> Option<(u16, usize)> {
        if !self.has_used() {
            return None;
        }
        let entry = self.ring.used + ENTRIES + USED_ENTRY_SIZE * self.ring.slot(self.next_used);
        let id: u32 = self.ring.words.load(entry);
        let length: u32 = self.ring.words.load(entry + 4);
        let place = u16::try_from(id).ok().filter(|id| self.offered.get(usize::from(*id)) == Some(&true));
        let Some(id) = place else {
            machine::log!("virtio: queue {} gave back buffer {id}, which it did not have; stopped", self.number);
            self.broken = true;
            return None;
        };
        self.offered[usize::from(id)] = false;
        self.next_used = self.next_used.wrapping_add(1);
        Some((id, (length as usize).min(self.buffer_size)))
    }
}
