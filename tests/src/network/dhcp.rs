//! A DHCP server (RFC 2131) that gives, renews, refuses or is silent.

use std::net::Ipv4Addr;

use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::udp;
use smoltcp::wire::{DhcpMessageType, DhcpOption, DhcpPacket, DhcpRepr, IpEndpoint};

use super::addresses;
use super::udp_socket::udp_socket;

const SERVER_PORT: u16 = 67;
const CLIENT_PORT: u16 = 68;
/// The option that names time servers (RFC 2132, section 8.3).
const TIME_SERVERS: u8 = 42;

/// The server.
pub struct Dhcp {
    /// How long a lease is, in seconds; `None`: the server is silent.
    pub lease_seconds: Option<u32>,
    /// Who asked and what it got: its hardware address.
    pub clients: Vec<[u8; 6]>,
    /// How many requests were granted.
    pub granted: usize,
    socket: SocketHandle,
}

impl Dhcp {
    pub(super) fn new(sockets: &mut SocketSet<'static>) -> Self {
        Self { lease_seconds: None, clients: Vec::new(), granted: 0, socket: udp_socket(sockets, SERVER_PORT) }
    }

    /// What the client with this number gets: 10.0.0.100 for the first.
    pub fn address(client: usize) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, 100 + client as u8)
    }

    pub(super) fn serve(&mut self, sockets: &mut SocketSet<'static>) {
        let mut answers = Vec::new();
        let socket = sockets.get_mut::<udp::Socket<'_>>(self.socket);
        while let Ok((message, _)) = socket.recv() {
            let packet = DhcpPacket::new_checked(message);
            let Ok(question) =
                packet.as_ref().map_err(|_| ()).and_then(|packet| DhcpRepr::parse(packet).map_err(|_| ()))
            else {
                continue;
            };
            answers.extend(self.lease_seconds.and_then(|seconds| self.answer(&question, seconds)));
        }
        for answer in answers {
            let to = IpEndpoint::new(Ipv4Addr::BROADCAST.into(), CLIENT_PORT);
            // A client asks again.
            let _ = socket.send_slice(&answer, to);
        }
    }

    fn answer(&mut self, question: &DhcpRepr<'_>, seconds: u32) -> Option<Vec<u8>> {
        let message_type = match question.message_type {
            DhcpMessageType::Discover => DhcpMessageType::Offer,
            DhcpMessageType::Request => DhcpMessageType::Ack,
            _ => return None,
        };
        self.granted += usize::from(message_type == DhcpMessageType::Ack);
        let mac = question.client_hardware_address.0;
        let client = self.clients.iter().position(|known| *known == mac).unwrap_or_else(|| {
            self.clients.push(mac);
            self.clients.len() - 1
        });
        let time_servers = [DhcpOption { kind: TIME_SERVERS, data: &addresses::V4.octets() }];
        let answer = DhcpRepr {
            message_type,
            transaction_id: question.transaction_id,
            secs: 0,
            client_hardware_address: question.client_hardware_address,
            client_ip: Ipv4Addr::UNSPECIFIED,
            your_ip: Self::address(client),
            server_ip: addresses::V4,
            router: Some(addresses::V4),
            subnet_mask: Some(Ipv4Addr::new(255, 255, 255, 0)),
            relay_agent_ip: Ipv4Addr::UNSPECIFIED,
            broadcast: false,
            requested_ip: None,
            client_identifier: None,
            server_identifier: Some(addresses::V4),
            parameter_request_list: None,
            max_size: None,
            lease_duration: Some(seconds),
            renew_duration: None,
            rebind_duration: None,
            dns_servers: Some([addresses::V4].into_iter().collect()),
            additional_options: &time_servers,
        };
        let mut bytes = vec![0; answer.buffer_len()];
        answer.emit(&mut DhcpPacket::new_unchecked(&mut bytes[..])).expect("room");
        Some(bytes)
    }
}
