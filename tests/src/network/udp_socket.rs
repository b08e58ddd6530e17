//! A socket of smoltcp's for datagrams.

use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::udp;

/// A datagram socket at this port.
pub(super) fn udp_socket(sockets: &mut SocketSet<'static>, port: u16) -> SocketHandle {
    let ring = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 64], vec![0; 200_000]);
    let mut socket = udp::Socket::new(ring(), ring());
    socket.bind(port).expect("a new socket");
    sockets.add(socket)
}
