//! The files of `/proc/net`, in the form that Linux gives them (proc(5)).

use crate::status::{InterfaceStatus, NeighbourStatus, RouteStatus, SocketStatus};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use vfs::socket::{Family, SocketKind, TcpState};

/// The names of the files.
pub const FILES: &[&str] = &["arp", "dev", "route", "tcp", "tcp6", "udp", "udp6"];

/// `/proc/net/dev`.
pub(crate) fn dev(interfaces: &[InterfaceStatus]) -> String {
    let mut text = String::from(
        "Inter-|   Receive                                                |  Transmit\n \
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n",
    );
    for interface in interfaces {
        let s = &interface.statistics;
        let errors = s.receive_errors.saturating_add(interface.refused);
        let _ = writeln!(
            text,
            "{:>6}: {:7} {:7} {:4} {:4}    0     0          0         0 {:8} {:7} {:4} {:4}    0     0       0          0",
            interface.name,
            s.received_bytes,
            s.received_frames,
            errors,
            s.receive_dropped,
            s.transmitted_bytes,
            s.transmitted_frames,
            s.transmit_errors,
            s.transmit_dropped,
        );
    }
    text
}

/// `/proc/net/route`: IPv4 only, as there.
pub(crate) fn route(routes: &[RouteStatus]) -> String {
    let mut text =
        String::from("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n");
    for route in routes {
        let IpAddr::V4(to) = route.to.address else { continue };
        let gateway = match route.via {
            Some(IpAddr::V4(via)) => via.to_bits().swap_bytes(),
            _ => 0,
        };
        let mask = u32::MAX.checked_shl(32 - u32::from(route.to.prefix.min(32))).unwrap_or(0).swap_bytes();
        // RTF_UP, and RTF_GATEWAY.
        let flags = if route.via.is_some() { 3 } else { 1 };
        let to = to.to_bits().swap_bytes();
        let interface = &route.interface;
        let _ = writeln!(text, "{interface}\t{to:08X}\t{gateway:08X}\t{flags:04X}\t0\t0\t0\t{mask:08X}\t0\t0\t0");
    }
    text
}

/// `/proc/net/arp`.
pub(crate) fn arp(neighbours: &[NeighbourStatus]) -> String {
    let mut text = String::from("IP address       HW type     Flags       HW address            Mask     Device\n");
    for neighbour in neighbours.iter().filter(|neighbour| neighbour.address.is_ipv4()) {
        let NeighbourStatus { address, mac, interface, .. } = neighbour;
        let _ = writeln!(text, "{address:<16} 0x1         0x2         {mac}     *        {interface}");
    }
    text
}

/// `/proc/net/tcp`, `tcp6`, `udp` and `udp6`.
pub(crate) fn sockets(sockets: &[SocketStatus], kind: SocketKind, family: Family) -> String {
    let mut text = String::from(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
    );
    let chosen = sockets.iter().filter(|socket| socket.kind == kind && socket.family == family);
    for (line, socket) in chosen.enumerate() {
        let nobody = crate::address::unspecified(family);
        let (local, remote) = (hex(socket.local), hex(socket.remote.unwrap_or(nobody)));
        let (state, id) = (state_number(socket), socket.id);
        let (send, receive) = (socket.send_queue, socket.receive_queue);
        let _ = writeln!(
            text,
            "{line:>4}: {local} {remote} {state:02X} {send:08X}:{receive:08X} 00:00000000 00000000     0        0 {id}"
        );
    }
    text
}

/// An address as Linux prints it: each 32-bit word in the machine's byte order.
fn hex(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    let mut text = String::new();
    for word in octets.chunks_exact(4) {
        for byte in word.iter().rev() {
            let _ = write!(text, "{byte:02X}");
        }
    }
    let _ = write!(text, ":{:04X}", address.port());
    text
}

/// The numbers of Linux's `enum` in net/tcp_states.h.
fn state_number(socket: &SocketStatus) -> u8 {
    if socket.kind != SocketKind::Stream {
        // A datagram socket is "established" with its peer or "closed".
        return if socket.remote.is_some() { 1 } else { 7 };
    }
    match socket.state {
        TcpState::Established => 1,
        TcpState::SynSent => 2,
        TcpState::SynReceived => 3,
        TcpState::FinWait1 => 4,
        TcpState::FinWait2 => 5,
        TcpState::TimeWait => 6,
        TcpState::Closed => 7,
        TcpState::CloseWait => 8,
        TcpState::LastAck => 9,
        TcpState::Listen => 10,
        TcpState::Closing => 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_look_as_on_linux() {
        let listener = SocketStatus {
            kind: SocketKind::Stream,
            family: Family::V4,
            local: ([127, 0, 0, 1], 8080).into(),
            remote: None,
            state: TcpState::Listen,
            receive_queue: 0,
            send_queue: 128,
            dropped: 0,
            owner: None,
            id: 5,
        };
        let text = sockets(&[listener], SocketKind::Stream, Family::V4);
        let line = text.lines().nth(1).expect("a line");
        assert_eq!(
            line,
            "   0: 0100007F:1F90 00000000:0000 0A 00000080:00000000 00:00000000 00000000     0        0 5"
        );
        assert_eq!(hex("[::1]:22".parse().expect("an address")), "00000000000000000000000001000000:0016");
    }
}
