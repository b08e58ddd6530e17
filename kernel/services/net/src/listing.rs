//! Snapshots of sockets and neighbours.

use crate::address::{Families, Host, present};
use crate::shared::Shared;
use crate::state::{Connection, Endpoint, Listener, Protocol};
use crate::status::{NeighbourStatus, SocketStatus};
use std::net::SocketAddr;
use vfs::socket::{Family, SocketKind, TcpState};

pub(crate) fn neighbours(shared: &Shared) -> Vec<NeighbourStatus> {
    let now_ns = shared.clock.monotonic_ns();
    let board = shared.board();
    let name = |link: usize| board.interfaces.get(link).map(|interface| interface.name.clone()).unwrap_or_default();
    let known = shared.neighbours.list(now_ns).into_iter();
    known
        .map(|(link, address, neighbour)| NeighbourStatus {
            address,
            mac: neighbour.mac,
            interface: name(link.0),
            age_seconds: now_ns.saturating_sub(neighbour.seen_ns) / 1_000_000_000,
        })
        .collect()
}

pub(crate) fn sockets(shared: &Shared) -> Vec<SocketStatus> {
    let connections: Vec<_> = shared.connections().values().cloned().collect();
    let listeners = shared.listeners.list();
    let endpoints = shared.endpoints.list();
    let mut list: Vec<SocketStatus> = listeners.iter().map(|listener| of_listener(listener)).collect();
    // One that is over stays until its reset is sent; as on Linux it is not listed any more.
    let there_is = |socket: &SocketStatus| socket.state != TcpState::Closed;
    list.extend(connections.iter().map(|connection| of_connection(connection)).filter(there_is));
    list.extend(endpoints.iter().map(|endpoint| of_endpoint(endpoint)));
    list.sort_by_key(|socket| socket.id);
    list
}

fn of_listener(listener: &Listener) -> SocketStatus {
    let host = listener.host();
    let (receive_queue, send_queue) = listener.queued();
    SocketStatus {
        kind: SocketKind::Stream,
        family: family_of(host),
        local: SocketAddr::new(host.ip(), listener.lease.port),
        remote: None,
        state: TcpState::Listen,
        receive_queue,
        send_queue,
        dropped: 0,
        owner: listener.owner,
        id: listener.id.0,
    }
}

fn of_connection(connection: &Connection) -> SocketStatus {
    let stream = connection.stream();
    let (received, unacknowledged) = stream.in_flight;
    SocketStatus {
        kind: SocketKind::Stream,
        family: if connection.local.is_ipv4() { Family::V4 } else { Family::V6 },
        local: connection.local,
        remote: Some(connection.remote),
        state: stream.tcp_state,
        receive_queue: stream.received.len() + received,
        send_queue: stream.unsent.len() + unacknowledged,
        dropped: 0,
        owner: connection.owner(),
        id: connection.id.0,
    }
}

fn of_endpoint(endpoint: &Endpoint) -> SocketStatus {
    let state = endpoint.state();
    let (receive_queue, send_queue) = state.queued();
    let local = state.lease.as_ref().map(|lease| SocketAddr::new(lease.host.ip(), lease.port));
    let local = local.unwrap_or_else(|| crate::address::unspecified(endpoint.family));
    SocketStatus {
        kind: match endpoint.protocol {
            Protocol::Udp => SocketKind::Datagram,
            Protocol::Echo => SocketKind::Echo,
        },
        family: endpoint.family,
        local: present(local, endpoint.family),
        remote: state.peer.map(|peer| present(peer, endpoint.family)),
        state: TcpState::Closed,
        receive_queue,
        send_queue,
        dropped: state.dropped,
        owner: endpoint.owner,
        id: endpoint.id,
    }
}

fn family_of(host: Host) -> Family {
    match host {
        Host::Any(Families::V4) => Family::V4,
        Host::Any(_) => Family::V6,
        Host::One(ip) if ip.is_ipv4() => Family::V4,
        Host::One(_) => Family::V6,
    }
}
