//! The virtio network device (Virtual I/O Device specification 1.2, section 5.1).
//!
//! One pair of queues. Its header stands before each frame in the same buffer; nothing is left to the device (no checksums,
//! no segmentation, no merged buffers), so that the header is zeros.

use super::queue::{Direction, Queue, Ring};
use super::{ACCESS_PLATFORM, Transport};
use crate::ethernet::{self, MAX_FRAME};
use crate::port::Port;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;
use interfaces::{MacAddress, NetDevice, NetStatistics, Presence};
use machine::mmio::Mmio;
use machine::pci::Function;
use spin::Mutex;

const FEATURE_MTU: u64 = 1 << 3;
const FEATURE_MAC: u64 = 1 << 5;
const FEATURE_STATUS: u64 = 1 << 16;
/// Offsets in the device's configuration.
const CONFIG_STATUS: usize = 6;
const CONFIG_MTU: usize = 10;
const STATUS_LINK_UP: u16 = 1;

const RECEIVE_QUEUE: u16 = 0;
const TRANSMIT_QUEUE: u16 = 1;
const BUFFERS: u16 = 256;
const BUFFER_SIZE: usize = 2048;
/// `struct virtio_net_hdr` with its last field, as modern devices have it.
const HEADER: usize = 12;

/// A virtio network card.
pub struct VirtioNet {
    transport: Transport,
    mac: MacAddress,
    mtu: usize,
    tells_link: bool,
    receiver: Mutex<Queue>,
    sender: Mutex<Sender>,
    receive_ring: Arc<Ring>,
    transmit_ring: Arc<Ring>,
    port: Port,
}

/// The sending queue, with the buffers that the device does not have.
struct Sender {
    queue: Queue,
    free: Vec<u16>,
}

impl Sender {
    /// Whether there is a buffer to fill, once what was sent is taken back.
    fn has_room(&mut self) -> bool {
        if self.free.is_empty() {
            while let Some((id, _)) = self.queue.take_used() {
                self.free.push(id);
            }
        }
        !self.free.is_empty()
    }
}

impl VirtioNet {
    /// PCI device ids: modern, and transitional (section 4.1.2).
    pub const IDS: &'static [u16] = &[0x1041, 0x1000];

    /// Takes over the card; `None` where it does not answer as it should.
    #[must_use]
    pub fn new(function: Function) -> Option<Arc<VirtioNet>> {
        let transport = Transport::new(function)?;
        let Some(card) = VirtioNet::set_up(&transport) else {
            transport.give_up();
            return None;
        };
        let card = Arc::new(card(transport));
        let (on_queue, on_config) = (Arc::clone(&card), Arc::clone(&card));
        if !card.transport.start(
            2,
            Arc::new(move || on_queue.interrupt()),
            Arc::new(move || on_config.config_changed()),
        ) {
            card.transport.give_up();
            return None;
        }
        card.config_changed();
        let mut receiver = card.receiver.lock();
        receiver.offer_all();
        receiver.kick();
        drop(receiver);
        Some(card)
    }

    fn set_up(transport: &Transport) -> Option<impl FnOnce(Transport) -> VirtioNet + use<>> {
        let offered = transport.offered();
        let mut wanted = FEATURE_MAC | FEATURE_STATUS;
        let mut mtu = ethernet::MTU;
        if offered & FEATURE_MTU != 0 && transport.config().len() >= CONFIG_MTU + 2 {
            let device_mtu = usize::from(transport.config().read::<u16>(CONFIG_MTU));
            // Agreeing to a larger one would promise buffers for it.
            if device_mtu <= ethernet::MTU {
                wanted |= FEATURE_MTU;
                mtu = device_mtu;
            }
        }
        let features = transport.negotiate(wanted | ACCESS_PLATFORM)?;
        let mac = if features & FEATURE_MAC != 0 && transport.config().len() >= CONFIG_STATUS {
            MacAddress(transport.config_consistently(|config| core::array::from_fn(|index| config.read(index))))
        } else {
            ethernet::random_mac()
        };
        let receiver = Queue::new(transport, RECEIVE_QUEUE, BUFFERS, BUFFER_SIZE, Direction::ToDriver)?;
        let queue = Queue::new(transport, TRANSMIT_QUEUE, BUFFERS, BUFFER_SIZE, Direction::ToDevice)?;
        let tells_link = features & FEATURE_STATUS != 0 && transport.config().len() >= CONFIG_STATUS + 2;
        Some(move |transport| VirtioNet {
            transport,
            mac,
            mtu,
            tells_link,
            receive_ring: receiver.ring(),
            transmit_ring: queue.ring(),
            receiver: Mutex::new(receiver),
            sender: Mutex::new(Sender { free: (0..queue.size()).collect(), queue }),
            port: Port::new(),
        })
    }

    fn read_link(&self) -> bool {
        let config: &Mmio = self.transport.config();
        !self.transport.is_lost() && (!self.tells_link || config.read::<u16>(CONFIG_STATUS) & STATUS_LINK_UP != 0)
    }

    fn interrupt(&self) {
        self.receive_ring.want_interrupts(false);
        self.transmit_ring.want_interrupts(false);
        self.port.wake();
    }

    /// Looks at the link, and whether the card is still there.
    fn config_changed(&self) {
        let link = self.read_link();
        self.port.set_link(link);
    }
}

impl NetDevice for VirtioNet {
    fn driver(&self) -> &'static str {
        "virtio-net"
    }

    fn mac(&self) -> MacAddress {
        self.mac
    }

    fn mtu(&self) -> usize {
        self.mtu
    }

    fn link_up(&self) -> bool {
        self.port.link_up()
    }

    fn receive(&self, limit: usize, take: &mut dyn FnMut(&[u8])) -> usize {
        // Taken already: by a call from `take`, which has its frame.
        let Some(mut queue) = self.receiver.try_lock() else { return 0 };
        let mut count = 0;
        let mut returned = false;
        while count < limit {
            let Some((id, length)) = queue.take_used() else { break };
            match queue.buffer(id, length).and_then(|buffer| buffer.get(HEADER..)) {
                Some(frame) if (ethernet::HEADER..=MAX_FRAME + ethernet::TAG).contains(&frame.len()) => {
                    self.port.counters.received(frame.len());
                    take(frame);
                }
                _ => self.port.counters.receive_error(),
            }
            count += 1;
            queue.offer(id, BUFFER_SIZE);
            returned = true;
        }
        if returned {
            queue.kick();
        }
        if queue.is_broken() {
            self.port.lose();
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
        let Sender { queue, free } = &mut *sender;
        let Some(id) = free.pop() else { return false };
        let Some((header, frame)) = queue.buffer_mut(id, BUFFER_SIZE).and_then(|all| all.split_at_mut_checked(HEADER))
        else {
            return false;
        };
        header.fill(0);
        let padded = ethernet::build(frame, length, fill);
        queue.offer(id, HEADER + padded);
        self.port.counters.transmitted(length);
        true
    }

    fn flush(&self) {
        self.sender.lock().queue.kick();
    }

    fn wake_on_event(&self, waker: &Waker) {
        let starved = self.port.wait(waker);
        self.receive_ring.want_interrupts(true);
        if starved {
            self.transmit_ring.want_interrupts(true);
            self.config_changed();
        }
        // What came before the interrupt was wanted raises none.
        let received = self.receiver.try_lock().is_some_and(|queue| queue.has_used());
        if received || starved && self.sender.lock().has_room() {
            self.port.wake();
        }
    }

    fn look(&self) -> Presence {
        if self.transport.is_present() {
            self.config_changed();
            Presence::Present
        } else {
            self.port.lose()
        }
    }

    fn statistics(&self) -> NetStatistics {
        self.config_changed();
        self.port.counters.snapshot()
    }
}
