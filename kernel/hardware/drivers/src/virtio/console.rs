//! The virtio console: a byte stream to the host (Virtual I/O Device specification 1.2, section 5.3).
//!
//! A device with several ports is asked for port 1, the first that is not the machine's console: QEMU drops what the
//! console's reader does not take at once, and holds back the others. In QEMU: `-device virtio-serial-pci,max_ports=2
//! -device virtserialport,chardev=NAME`. A device with one port gives that one.
//!
//! Nothing is lost on this side: what nobody reads keeps its buffer, and with all buffers taken the host waits.

use super::Transport;
use super::queue::{Direction, Queue};
use crate::waker::WakerSlot;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;
use interfaces::ByteDevice;
use machine::clock;
use machine::pci::Function;
use spin::Mutex;

const FEATURE_MULTIPORT: u64 = 1 << 1;
/// Queues: a pair for port 0, a pair for control messages, a pair for port 1.
const CONTROL_RECEIVE: u16 = 2;
const CONTROL_TRANSMIT: u16 = 3;
const PORT_1_RECEIVE: u16 = 4;
const PORT_1_TRANSMIT: u16 = 5;

/// Control messages: port (u32), event (u16), value (u16).
const MESSAGE_SIZE: usize = 8;
const DEVICE_READY: u16 = 0;
const PORT_ADD: u16 = 1;
const PORT_READY: u16 = 3;
const PORT_OPEN: u16 = 6;
/// A message may carry a port's name behind it.
const CONTROL_BUFFER: usize = 256;
const CONTROL_BUFFERS: u16 = 16;

const RECEIVE_BUFFERS: u16 = 64;
/// QEMU hands over 4 KiB at a time, whatever the buffer.
const RECEIVE_BUFFER: usize = 4096;
const TRANSMIT_BUFFERS: u16 = 32;
const TRANSMIT_BUFFER: usize = 16 * 1024;
/// How long the device may take to name its ports.
const LIMIT_NS: u64 = 500_000_000;

/// One port of a virtio console.
pub struct VirtioConsole {
    transport: Transport,
    receiver: Mutex<Receiver>,
    sender: Mutex<Sender>,
    /// `None` where the device has one port.
    control: Mutex<Option<Control>>,
    waker: WakerSlot,
}

struct Receiver {
    queue: Queue,
    /// Buffers that came, with what of them is still to be read.
    filled: VecDeque<Filled>,
}

struct Filled {
    id: u16,
    start: usize,
    end: usize,
}

struct Sender {
    queue: Queue,
    free: Vec<u16>,
}

struct Control {
    receiver: Queue,
    sender: Sender,
}

impl VirtioConsole {
    /// PCI device ids: modern, and transitional (section 4.1.2).
    pub const IDS: &'static [u16] = &[0x1043, 0x1003];

    /// Takes over the device; `None` where it has no port, or does not answer as it should.
    #[must_use]
    pub fn new(function: Function) -> Option<Arc<VirtioConsole>> {
        let transport = Transport::new(function)?;
        let Some((queues, make)) = VirtioConsole::set_up(&transport) else {
            transport.give_up();
            return None;
        };
        let console = Arc::new(make(transport));
        let handler = Arc::clone(&console);
        let ready =
            console.transport.start(queues, Arc::new(move || handler.waker.wake()), Arc::new(|| {})) && console.open();
        if !ready {
            console.transport.give_up();
            return None;
        }
        Some(console)
    }

    /// Sets the queues up; returns how many there are, and what makes the console of them.
    fn set_up(transport: &Transport) -> Option<(u16, impl FnOnce(Transport) -> VirtioConsole + use<>)> {
        let multiport = transport.negotiate(FEATURE_MULTIPORT)? & FEATURE_MULTIPORT != 0;
        let receive = |number, count, size| Queue::new(transport, number, count, size, Direction::ToDriver);
        let send = |number, count, size| Sender::new(Queue::new(transport, number, count, size, Direction::ToDevice)?);
        let (queues, receiver, sender, control) = if multiport {
            // Port 0's queues stay empty; the device keeps their memory, as DMA memory is not freed.
            receive(0, 1, MESSAGE_SIZE)?;
            send(1, 1, MESSAGE_SIZE)?;
            let control = Control {
                receiver: receive(CONTROL_RECEIVE, CONTROL_BUFFERS, CONTROL_BUFFER)?,
                sender: send(CONTROL_TRANSMIT, CONTROL_BUFFERS, CONTROL_BUFFER)?,
            };
            let receiver = receive(PORT_1_RECEIVE, RECEIVE_BUFFERS, RECEIVE_BUFFER)?;
            let sender = send(PORT_1_TRANSMIT, TRANSMIT_BUFFERS, TRANSMIT_BUFFER)?;
            (PORT_1_TRANSMIT + 1, receiver, sender, Some(control))
        } else {
            let receiver = receive(0, RECEIVE_BUFFERS, RECEIVE_BUFFER)?;
            (2, receiver, send(1, TRANSMIT_BUFFERS, TRANSMIT_BUFFER)?, None)
        };
        // The writer takes back what was sent when it needs it.
        sender.queue.ring().want_interrupts(false);
        let make = move |transport| VirtioConsole {
            transport,
            receiver: Mutex::new(Receiver { queue: receiver, filled: VecDeque::new() }),
            sender: Mutex::new(sender),
            control: Mutex::new(control),
            waker: WakerSlot::new(),
        };
        Some((queues, make))
    }

    /// Gives the device its buffers, and opens the port; `false` when the device has none.
    fn open(&self) -> bool {
        let mut receiver = self.receiver.lock();
        receiver.queue.offer_all();
        receiver.queue.kick();
        self.control.lock().as_mut().is_none_or(Control::open_port)
    }
}

impl Control {
    /// Asks for the ports, and opens port 1 when it is named (section 5.3.6.2).
    fn open_port(&mut self) -> bool {
        self.receiver.ring().want_interrupts(false);
        self.sender.queue.ring().want_interrupts(false);
        self.receiver.offer_all();
        self.receiver.kick();
        self.tell(0, DEVICE_READY, 1);
        let limit = clock::monotonic_ns() + LIMIT_NS;
        while clock::monotonic_ns() < limit && !self.receiver.is_broken() {
            if self.next_message() == Some((1, PORT_ADD)) {
                self.tell(1, PORT_READY, 1);
                self.tell(1, PORT_OPEN, 1);
                return true;
            }
            core::hint::spin_loop();
        }
        machine::log!("virtio-console: there is no port 1");
        false
    }

    /// The next message from the device: its port and its event.
    fn next_message(&mut self) -> Option<(u32, u16)> {
        let (id, length) = self.receiver.take_used()?;
        let message = self.receiver.buffer(id, length).and_then(|bytes| bytes.first_chunk::<MESSAGE_SIZE>()).copied();
        self.receiver.offer(id, CONTROL_BUFFER);
        self.receiver.kick();
        let [p0, p1, p2, p3, e0, e1, ..] = message?;
        Some((u32::from_le_bytes([p0, p1, p2, p3]), u16::from_le_bytes([e0, e1])))
    }

    fn tell(&mut self, port: u32, event: u16, value: u16) {
        let mut message = [0; MESSAGE_SIZE];
        message[..4].copy_from_slice(&port.to_le_bytes());
        message[4..6].copy_from_slice(&event.to_le_bytes());
        message[6..].copy_from_slice(&value.to_le_bytes());
        self.sender.write(&message);
        self.sender.queue.kick();
    }
}

impl Sender {
    fn new(queue: Queue) -> Option<Sender> {
        Some(Sender { free: (0..queue.size()).collect(), queue })
    }

    /// Queues from the start of `bytes` what there is room for; returns how many. A queue that is broken takes all.
    fn write(&mut self, bytes: &[u8]) -> usize {
        if self.queue.is_broken() {
            return bytes.len();
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            while let Some((id, _)) = self.queue.take_used() {
                self.free.push(id);
            }
            let Some(id) = self.free.pop() else { break };
            let Some(buffer) = self.queue.buffer_mut(id, rest.len()) else { break };
            let (part, later) = rest.split_at(buffer.len());
            buffer.copy_from_slice(part);
            self.queue.offer(id, part.len());
            rest = later;
        }
        bytes.len() - rest.len()
    }
}

impl ByteDevice for VirtioConsole {
    fn read(&self, buf: &mut [u8]) -> usize {
        let mut receiver = self.receiver.lock();
        let Receiver { queue, filled } = &mut *receiver;
        while let Some((id, length)) = queue.take_used() {
            filled.push_back(Filled { id, start: 0, end: length });
        }
        let mut count = 0;
        let mut returned = false;
        while let Some(first) = filled.front_mut() {
            let bytes = queue.buffer(first.id, first.end).and_then(|all| all.get(first.start..)).unwrap_or_default();
            let part = bytes.len().min(buf.len() - count);
            buf[count..count + part].copy_from_slice(&bytes[..part]);
            count += part;
            first.start += part;
            if first.start < first.end {
                break;
            }
            queue.offer(first.id, RECEIVE_BUFFER);
            returned = true;
            filled.pop_front();
        }
        if returned {
            queue.kick();
        }
        count
    }

    fn write(&self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            // Not locked while the host is busy: others may read and write meanwhile.
            let mut sender = self.sender.lock();
            let count = sender.write(rest);
            if count > 0 {
                sender.queue.kick();
            }
            drop(sender);
            rest = &rest[count..];
            if !rest.is_empty() && self.transport.is_lost() {
                return;
            }
        }
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.waker.set(waker);
        let receiver = self.receiver.lock();
        if receiver.queue.has_used() || !receiver.filled.is_empty() {
            drop(receiver);
            self.waker.wake();
        }
    }
}
