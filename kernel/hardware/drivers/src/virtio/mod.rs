//! virtio over PCI: finding a device's registers, agreeing on features, starting its queues (Virtual I/O Device
//! specification 1.2, sections 3.1 and 4.1). [`queue`] is how data goes; [`console`] and [`net`] are devices.
//!
//! Modern and transitional devices are driven by the modern interface, which both have. The crate `virtio-drivers` was
//! looked at and left: it knows no MSI-X, one port of a console alone (whose bytes QEMU drops under load), and it panics on
//! indexes that a device makes up.

pub mod console;
pub mod net;
mod queue;

use alloc::sync::Arc;
use machine::clock;
use machine::interrupt::Handler;
use machine::mmio::Mmio;
use machine::pci::Function;

/// PCI vendor of all virtio devices (section 4.1.2).
pub const VENDOR: u16 = 0x1AF4;

/// Offsets in a capability (section 4.1.4).
const CAP_LENGTH_AND_TYPE: u16 = 0;
const CAP_BAR: u16 = 4;
const CAP_OFFSET: u16 = 8;
const CAP_LENGTH: u16 = 12;
const CAP_NOTIFY_MULTIPLIER: u16 = 16;
const TYPE_COMMON: u8 = 1;
const TYPE_NOTIFY: u8 = 2;
const TYPE_ISR: u8 = 3;
const TYPE_DEVICE: u8 = 4;

/// Offsets in the common configuration structure (section 4.1.4.3), and its length.
const DEVICE_FEATURE_SELECT: usize = 0;
const DEVICE_FEATURE: usize = 4;
const DRIVER_FEATURE_SELECT: usize = 8;
const DRIVER_FEATURE: usize = 12;
const CONFIG_VECTOR: usize = 16;
const DEVICE_STATUS: usize = 20;
const CONFIG_GENERATION: usize = 21;
const QUEUE_SELECT: usize = 22;
const QUEUE_SIZE: usize = 24;
const QUEUE_VECTOR: usize = 26;
const QUEUE_ENABLE: usize = 28;
const QUEUE_NOTIFY_OFFSET: usize = 30;
const QUEUE_DESCRIPTORS: usize = 32;
const QUEUE_DRIVER: usize = 40;
const QUEUE_DEVICE: usize = 48;
const COMMON_LENGTH: usize = 56;

/// Bits of the device status (section 2.1).
const ACKNOWLEDGE: u8 = 1;
const DRIVER: u8 = 2;
const DRIVER_OK: u8 = 4;
const FEATURES_OK: u8 = 8;
const NEEDS_RESET: u8 = 64;
const FAILED: u8 = 128;

/// Features of every device (section 6).
const VERSION_1: u64 = 1 << 32;
/// The device's addresses go through an IOMMU; with none set up they are physical ones, as without this feature.
const ACCESS_PLATFORM: u64 = 1 << 33;

const CONFIG_MESSAGE: u16 = 0;
const QUEUE_MESSAGE: u16 = 1;
/// Bits of the ISR status (section 4.1.4.5).
const ISR_QUEUE: u8 = 1;
const ISR_CONFIG: u8 = 2;

const RESET_LIMIT_US: u64 = 100_000;

/// A virtio device on PCI.
pub(crate) struct Transport {
    function: Function,
    common: Mmio,
    notify: Mmio,
    notify_multiplier: usize,
    isr: Mmio,
    config: Mmio,
}

/// What the capabilities say.
#[derive(Default)]
struct Places {
    bars: [Option<Mmio>; 6],
    common: Option<Mmio>,
    notify: Option<Mmio>,
    notify_multiplier: usize,
    isr: Option<Mmio>,
    config: Option<Mmio>,
}

impl Places {
    fn find(function: &Function) -> Places {
        let mut places = Places::default();
        for at in function.vendor_capabilities() {
            let [_, _, _, kind] = function.config(at + CAP_LENGTH_AND_TYPE).to_le_bytes();
            if (TYPE_COMMON..=TYPE_DEVICE).contains(&kind) {
                places.note(function, at, kind);
            }
        }
        places
    }

    fn note(&mut self, function: &Function, at: u16, kind: u8) {
        let [bar, ..] = function.config(at + CAP_BAR).to_le_bytes();
        let Some(known) = self.bars.get_mut(usize::from(bar)) else { return };
        if known.is_none() {
            *known = function.memory(bar, usize::MAX);
        }
        let (offset, length) = (function.config(at + CAP_OFFSET), function.config(at + CAP_LENGTH));
        let part = known.and_then(|registers| registers.part(offset as usize, length as usize));
        // The first of a kind is the one that the device prefers.
        let place = match kind {
            TYPE_COMMON => &mut self.common,
            TYPE_NOTIFY => {
                self.notify_multiplier = function.config(at + CAP_NOTIFY_MULTIPLIER) as usize;
                &mut self.notify
            }
            TYPE_ISR => &mut self.isr,
            _ => &mut self.config,
        };
        *place = place.or(part);
    }
}

impl Transport {
    /// Resets the device and begins to set it up; `None` when it is no modern device.
    fn new(function: Function) -> Option<Transport> {
        function.enable();
        let places = Places::find(&function);
        let transport = Transport {
            common: places.common.filter(|common| common.len() >= COMMON_LENGTH)?,
            notify: places.notify?,
            notify_multiplier: places.notify_multiplier,
            isr: places.isr?,
            config: places.config?,
            function,
        };
        transport.reset().then_some(transport)
    }

    fn reset(&self) -> bool {
        self.common.write(DEVICE_STATUS, 0u8);
        let limit = clock::monotonic_ns() + RESET_LIMIT_US * 1000;
        while self.status() != 0 {
            if clock::monotonic_ns() > limit {
                return false;
            }
            core::hint::spin_loop();
        }
        self.add_status(ACKNOWLEDGE | DRIVER);
        true
    }

    fn status(&self) -> u8 {
        self.common.read(DEVICE_STATUS)
    }

    fn add_status(&self, bits: u8) {
        self.common.write(DEVICE_STATUS, self.status() | bits);
    }

    /// Whether the device is still in its slot.
    fn is_present(&self) -> bool {
        self.function.is_present()
    }

    /// Whether a device that was started asks to be reset, or is gone: its registers then read as ones or zeros.
    fn is_lost(&self) -> bool {
        self.status() & (DRIVER_OK | NEEDS_RESET) != DRIVER_OK
    }

    /// What the device offers.
    fn offered(&self) -> u64 {
        let half = |select: u32| {
            self.common.write(DEVICE_FEATURE_SELECT, select);
            u64::from(self.common.read::<u32>(DEVICE_FEATURE))
        };
        half(0) | half(1) << 32
    }

    /// Takes those of the features `wanted` that are offered, and returns them; `None` when the device disagrees.
    fn negotiate(&self, wanted: u64) -> Option<u64> {
        let taken = self.offered() & (wanted | VERSION_1 | ACCESS_PLATFORM);
        for (select, half) in [(0u32, taken as u32), (1, (taken >> 32) as u32)] {
            self.common.write(DRIVER_FEATURE_SELECT, select);
            self.common.write(DRIVER_FEATURE, half);
        }
        self.add_status(FEATURES_OK);
        (taken & VERSION_1 != 0 && self.status() & FEATURES_OK != 0).then_some(taken)
    }

    /// The device's own configuration.
    fn config(&self) -> &Mmio {
        &self.config
    }

    /// What `read` takes from the configuration, all from one moment (section 2.5.1).
    fn config_consistently<R>(&self, read: impl Fn(&Mmio) -> R) -> R {
        let generation = || self.common.read::<u8>(CONFIG_GENERATION);
        let mut before = generation();
        loop {
            let value = read(&self.config);
            // Ones are what a device that is gone reads as; nothing changes for ever.
            let after = generation();
            if after == before {
                return value;
            }
            before = after;
        }
    }

    /// Wires up the interrupts and starts the device with its queues 0 to `queues`; `false` when that cannot be.
    fn start(&self, queues: u16, on_queue: Handler, on_config: Handler) -> bool {
        let messages = self.function.connect_messages(&[Arc::clone(&on_config), Arc::clone(&on_queue)]);
        if !messages && !self.connect_line(on_queue, on_config) {
            return false;
        }
        if messages {
            self.common.write(CONFIG_VECTOR, CONFIG_MESSAGE);
        }
        for queue in 0..queues {
            self.common.write(QUEUE_SELECT, queue);
            if messages {
                self.common.write(QUEUE_VECTOR, QUEUE_MESSAGE);
            }
            self.common.write(QUEUE_ENABLE, 1u16);
        }
        self.add_status(DRIVER_OK);
        true
    }

    fn connect_line(&self, on_queue: Handler, on_config: Handler) -> bool {
        let isr = self.isr;
        let handler: Handler = Arc::new(move || {
            // Reading lowers the line.
            let cause: u8 = isr.read(0);
            if cause & ISR_QUEUE != 0 {
                on_queue();
            }
            if cause & ISR_CONFIG != 0 {
                on_config();
            }
        });
        self.function.connect(&handler).is_some()
    }

    /// Leaves a device that could not be set up, so that it touches no memory.
    fn give_up(&self) {
        self.add_status(FAILED);
        self.common.write(DEVICE_STATUS, 0u8);
        self.function.silence();
    }
}
