//! smoltcp's view of a network device: frames lent by the driver go up, frames are built in the driver's buffers.

use crate::capture::{Direction, LinkType};
use crate::routes::LinkId;
use crate::shared::Shared;
use interfaces::NetDevice;
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, ETHERNET_HEADER_LEN, EthernetAddress, EthernetFrame, EthernetProtocol,
};
use std::cell::Cell;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// A device with what the stack needs to know of it.
pub(super) struct Wire {
    pub(super) device: Arc<dyn NetDevice>,
    pub(super) link: LinkId,
    pub(super) link_type: LinkType,
    shared: Arc<Shared>,
    /// Whether the interface is switched on.
    pub(super) enabled: Cell<bool>,
    /// Frames are queued that the device was not told to send.
    unflushed: Cell<bool>,
    /// Frames were sent since the device was last looked at.
    unlooked: Cell<bool>,
}

impl Wire {
    pub(super) fn new(device: Arc<dyn NetDevice>, link: LinkId, shared: Arc<Shared>) -> Wire {
        let link_type = if link == LinkId::LOOPBACK { LinkType::Ip } else { LinkType::Ethernet };
        Wire {
            device,
            link,
            link_type,
            shared,
            enabled: Cell::new(true),
            unflushed: Cell::new(false),
            unlooked: Cell::new(false),
        }
    }

    /// Whether frames arrive anywhere: switched on, with carrier.
    pub(super) fn is_up(&self) -> bool {
        self.enabled.get() && self.device.link_up()
    }

    /// Whether a frame can be sent. Without carrier every frame can: it goes nowhere, as on a cable that hangs loose.
    pub(super) fn has_room(&self) -> bool {
        !self.is_up() || self.device.can_transmit()
    }

    /// Whether anything was sent since this was last asked.
    pub(super) fn take_unlooked(&self) -> bool {
        self.unlooked.take()
    }

    /// Makes the device send what was queued.
    pub(super) fn flush(&self) {
        if self.unflushed.replace(false) {
            self.device.flush();
        }
    }

    /// The largest frame, in bytes.
    pub(super) fn max_frame(&self) -> usize {
        match self.link_type {
            LinkType::Ethernet => self.device.mtu() + ETHERNET_HEADER_LEN,
            LinkType::Ip => self.device.mtu(),
        }
    }

    /// Asks everybody who has `wanted`.
    pub(super) fn send_arp_request(&self, own: Ipv4Addr, wanted: Ipv4Addr) {
        let mac = EthernetAddress(self.device.mac().0);
        let request = ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Request,
            source_hardware_addr: mac,
            source_protocol_addr: own,
            target_hardware_addr: EthernetAddress::BROADCAST,
            target_protocol_addr: wanted,
        };
        Slot(self).consume(ETHERNET_HEADER_LEN + request.buffer_len(), |buffer| {
            let mut frame = EthernetFrame::new_unchecked(buffer);
            frame.set_src_addr(mac);
            frame.set_dst_addr(EthernetAddress::BROADCAST);
            frame.set_ethertype(EthernetProtocol::Arp);
            request.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
        });
    }

    pub(super) fn capture(&self, direction: Direction, frame: &[u8]) {
        if self.shared.captures.is_active() {
            let describe = || (self.shared.clock.realtime_ns(), direction, self.link_type);
            self.shared.captures.offer(self.link, frame, describe);
        }
    }
}

/// A [`Wire`] for one call of smoltcp, with the frame to be received in it, if there is one.
pub(super) struct Phy<'a> {
    pub(super) wire: &'a Wire,
    pub(super) frame: Option<&'a [u8]>,
}

impl Device for Phy<'_> {
    type RxToken<'t>
        = Lent<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Slot<'t>
    where
        Self: 't;

    fn receive(&mut self, _timestamp: Instant) -> Option<(Lent<'_>, Slot<'_>)> {
        let frame = self.frame.take()?;
        Some((Lent(frame), Slot(self.wire)))
    }

    fn transmit(&mut self, _timestamp: Instant) -> Option<Slot<'_>> {
        self.wire.has_room().then_some(Slot(self.wire))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = match self.wire.link_type {
            LinkType::Ethernet => Medium::Ethernet,
            LinkType::Ip => Medium::Ip,
        };
        capabilities.max_transmission_unit = self.wire.max_frame();
        capabilities
    }
}

/// A received frame.
pub(super) struct Lent<'a>(&'a [u8]);

impl RxToken for Lent<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// The right to send a frame.
pub(super) struct Slot<'a>(&'a Wire);

impl TxToken for Slot<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let wire = self.0;
        let mut build = Some(f);
        let mut result = None;
        if wire.is_up() {
            wire.device.transmit(length, &mut |buffer| {
                if let Some(build) = build.take() {
                    result = Some(build(buffer));
                    wire.capture(Direction::Out, buffer);
                }
            });
            wire.unflushed.set(true);
            wire.unlooked.set(true);
        }
        match (result, build) {
            (Some(result), _) => result,
            // No room or no carrier: the frame is lost, as it may be on any wire, but smoltcp needs its answer.
            (None, Some(build)) => build(&mut vec![0; length]),
            (None, None) => unreachable!("building a frame gives a result"),
        }
    }
}
