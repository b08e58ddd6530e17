//! The machine at the other end of the wire: smoltcp with the addresses 10.0.0.1 and fd00::1.

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr, IpEndpoint};
use std::collections::VecDeque;

pub(super) const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(super) const V4: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 0, 0, 1);

#[derive(Default)]
pub(super) struct PeerDevice {
    pub(super) received: VecDeque<Vec<u8>>,
    pub(super) sent: VecDeque<Vec<u8>>,
}

pub(super) struct Received(Vec<u8>);
pub(super) struct Sending<'a>(&'a mut VecDeque<Vec<u8>>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut frame = vec![0; length];
        let result = f(&mut frame);
        self.0.push_back(frame);
        result
    }
}

impl Device for PeerDevice {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Received, Sending<'_>)> {
        let frame = self.received.pop_front()?;
        Some((Received(frame), Sending(&mut self.sent)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = super::wire::MTU + 14;
        capabilities
    }
}

pub(super) struct Peer {
    pub(super) interface: Interface,
    pub(super) sockets: SocketSet<'static>,
    pub(super) device: PeerDevice,
    next_port: u16,
}

impl Peer {
    pub(super) fn new(now: Instant) -> Peer {
        let mut device = PeerDevice::default();
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(MAC)));
        config.random_seed = 77;
        let mut interface = Interface::new(config, &mut device, now);
        interface.update_ip_addrs(|addresses| {
            for cidr in [
                IpCidr::new(V4.into(), 24),
                IpCidr::new(IpAddress::v6(0xfd00, 0, 0, 0, 0, 0, 0, 1), 64),
                IpCidr::new(IpAddress::v6(0xfe80, 0, 0, 0, 0, 0, 0, 1), 64),
            ] {
                addresses.push(cidr).expect("room for three");
            }
        });
        Peer { interface, sockets: SocketSet::new(Vec::new()), device, next_port: 20000 }
    }

    pub(super) fn poll(&mut self, now: Instant) {
        self.interface.poll(now, &mut self.device, &mut self.sockets);
    }

    pub(super) fn poll_at(&mut self, now: Instant) -> Option<Instant> {
        self.interface.poll_at(now, &self.sockets)
    }

    fn new_tcp(&mut self) -> tcp::Socket<'static> {
        let ring = || tcp::SocketBuffer::new(vec![0; 65535]);
        tcp::Socket::new(ring(), ring())
    }

    pub(super) fn listen(&mut self, port: u16) -> SocketHandle {
        let mut socket = self.new_tcp();
        socket.listen(port).expect("a closed socket");
        self.sockets.add(socket)
    }

    pub(super) fn connect(&mut self, to: IpEndpoint) -> SocketHandle {
        let mut socket = self.new_tcp();
        self.next_port += 1;
        socket.connect(self.interface.context(), to, self.next_port).expect("a closed socket");
        self.sockets.add(socket)
    }

    pub(super) fn tcp(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    pub(super) fn bind(&mut self, port: u16) -> SocketHandle {
        let ring = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 32], vec![0; 200_000]);
        let mut socket = udp::Socket::new(ring(), ring());
        socket.bind(port).expect("a new socket");
        self.sockets.add(socket)
    }

    pub(super) fn udp(&mut self, handle: SocketHandle) -> &mut udp::Socket<'static> {
        self.sockets.get_mut(handle)
    }
}
