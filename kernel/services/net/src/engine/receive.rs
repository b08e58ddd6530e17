//! A frame's way from the device to smoltcp and to the datagram sockets.

use super::icmp::{self, Notice};
use super::ingress::{Frame, inspect, renumbered};
use super::link::Link;
use super::streams::{Admission, Streams};
use super::udp::{UdpDatagram, audience, parse};
use crate::address::scoped;
use crate::index::Audience;
use crate::routes::LinkId;
use crate::shared::Shared;
use crate::state::{Message, Protocol};
use smoltcp::socket::raw;
use smoltcp::time::Instant;
use smoltcp::wire::DHCP_CLIENT_PORT;
use std::net::IpAddr;

/// Receives a frame; what ICMP messages say goes to `notices`.
pub(super) fn receive_frame(
    shared: &Shared,
    link: &mut Link,
    streams: &mut Streams,
    frame: &[u8],
    now: Instant,
    notices: &mut Vec<Notice>,
) {
    link.capture_received(frame);
    if frame.len() > link.wire.max_frame() || !link.wire.enabled.get() {
        return shared.refuse(link.id);
    }
    match inspect(link.wire.link_type, frame, |ip| link.is_own(ip)) {
        Frame::Refused => shared.refuse(link.id),
        Frame::Plain => {
            link.feed(frame, now);
            take_datagrams(shared, link);
            take_messages(link, notices);
        }
        Frame::Neighbour(address, mac) => {
            link.feed(frame, now);
            link.learn(shared, address, mac, now);
        }
        Frame::Tcp(segment) => match streams.admit(&segment, link, now) {
            Admission::Pass => link.feed(frame, now),
            Admission::Renumber(sequence) => match renumbered(link.wire.link_type, frame, sequence) {
                Some(frame) => link.feed(&frame, now),
                None => shared.refuse(link.id),
            },
            Admission::Try(id) => {
                link.feed(frame, now);
                streams.settle(id, link);
            }
            Admission::Reset(id) => {
                link.feed(frame, now);
                streams.settle_reset(id, link);
            }
            Admission::Drop => shared.refuse(link.id),
        },
    }
}

/// Gives out the UDP datagrams that smoltcp has passed up.
fn take_datagrams(shared: &Shared, link: &mut Link) {
    loop {
        let socket = link.sockets.get_mut::<raw::Socket<'static>>(link.udp);
        let Ok(packet) = socket.recv() else { return };
        let Some(datagram) = parse(packet) else { continue };
        if datagram.to.port == DHCP_CLIENT_PORT && link.id != LinkId::LOOPBACK {
            link.addressing.hear_dhcp(datagram.bytes, link.wire.device.mac());
            continue;
        }
        let to = IpAddr::from(datagram.to.addr);
        let Some(audience) = audience(shared, &link.interface, link.id, to) else { continue };
        let from = scoped(datagram.from, link.id.index());
        let UdpDatagram { hop_limit, bytes, .. } = datagram;
        let message = Message { link: link.id, from, to, port: datagram.to.port, hop_limit, bytes };
        let delivered = shared.endpoints.deliver(Protocol::Udp, &message, audience);
        if !delivered && audience == Audience::Best && datagram.from.addr.is_unicast() {
            let answer = icmp::port_unreachable(packet);
            answer.into_iter().for_each(|answer| link.send_own(&answer));
        }
    }
}

/// Reads the ICMP messages that smoltcp has passed up.
fn take_messages(link: &mut Link, notices: &mut Vec<Notice>) {
    for handle in [link.icmp4, link.icmp6] {
        let socket = link.sockets.get_mut::<raw::Socket<'static>>(handle);
        while let Ok(packet) = socket.recv() {
            notices.extend(icmp::read(packet));
        }
    }
}
