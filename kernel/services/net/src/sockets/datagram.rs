//! Datagram sockets: UDP, and ICMP echo.

use crate::address::{self, Host};
use crate::doorbell::Request;
use crate::ports::{Lease, Sharing};
use crate::routes::{Cast, LinkId, Path};
use crate::shared::Shared;
use crate::sockets::stream::{check_device, check_own};
use crate::state::{Endpoint, EndpointState, Outgoing, Protocol};
use interfaces::{Errno, Result};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::Arc;
use vfs::socket::{Family, GroupInterface, OptionValue, Received, Socket, SocketKind, SocketOption, Take};
use vfs::{Interest, Readiness};
use wait::Waiter;

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const UDP_HEADER: usize = 8;
/// Type, code, checksum, identifier and sequence number (RFC 792, RFC 4443 section 4.1).
const ECHO_HEADER: usize = 8;
/// The longest IP packet, by its length field.
const MAX_PACKET: usize = 65535;

/// A UDP or echo socket.
pub(crate) struct DatagramSocket {
    shared: Arc<Shared>,
    endpoint: Arc<Endpoint>,
}

impl DatagramSocket {
    pub(crate) fn new(shared: Arc<Shared>, protocol: Protocol, family: Family) -> DatagramSocket {
        let buffers = Arc::clone(&shared.buffers);
        let endpoint = Arc::new(Endpoint::new(shared.new_id(), shared.owner(), protocol, family, buffers));
        DatagramSocket { shared, endpoint }
    }

    fn claim(&self, state: &EndpointState, host: Host, port: u16) -> Result<Arc<Lease>> {
        let sharing = if state.options.reuse_address { Sharing::Reuse } else { Sharing::Exclusive };
        let ports = self.shared.ports(self.endpoint.protocol);
        let lease = match port {
            0 => ports.claim_any(host, sharing, &*self.shared.entropy)?,
            _ => ports.claim(host, port, sharing)?,
        };
        Ok(Arc::new(lease))
    }

    /// The socket's port, chosen now if it has none.
    fn lease(&self) -> Result<Arc<Lease>> {
        let mut state = self.endpoint.state();
        if let Some(lease) = &state.lease {
            return Ok(Arc::clone(lease));
        }
        let host = Host::wildcard(self.endpoint.family, state.options.only_v6);
        let lease = self.claim(&state, host, 0)?;
        state.lease = Some(Arc::clone(&lease));
        drop(state);
        self.shared.endpoints.insert(&self.endpoint, lease.port);
        Ok(lease)
    }

    fn peer(&self, address: SocketAddr) -> Result<SocketAddr> {
        address::peer(self.endpoint.family, self.endpoint.state().options.only_v6, address)
    }

    /// Checks a message and makes it ready to go.
    fn prepare(&self, buf: &[u8], to: SocketAddr, path: Path, port: u16) -> Result<Outgoing> {
        let protocol = self.endpoint.protocol;
        let state = self.endpoint.state();
        if path.cast == Cast::Everyone && !state.options.broadcast {
            return Err(Errno::EACCES);
        }
        if buf.len() > longest(protocol, &path) {
            return Err(Errno::EMSGSIZE);
        }
        if protocol == Protocol::Echo && !is_echo_request(buf, to) || protocol == Protocol::Udp && to.port() == 0 {
            return Err(Errno::EINVAL);
        }
        if !state.has_send_room() {
            return Err(Errno::EAGAIN);
        }
        let hop_limit = match path.cast {
            Cast::Group => state.options.multicast_hop_limit,
            Cast::One | Cast::Everyone => state.options.hop_limit,
        };
        let charge = self.endpoint.charge(buf.len())?;
        Ok(Outgoing { path, port, to, hop_limit, bytes: buf.into(), _charge: charge })
    }

    fn group_link(&self, group: IpAddr, interface: GroupInterface) -> Result<LinkId> {
        if !group.is_multicast() {
            return Err(Errno::EINVAL);
        }
        let routes = self.shared.routes();
        let found = match interface {
            GroupInterface::Address(ip) if !ip.is_unspecified() => routes.owner(ip.into()),
            GroupInterface::Index(index) if index != 0 => {
                LinkId::from_index(index).filter(|link| routes.links.get(link.0).is_some())
            }
            _ => routes
                .path(SocketAddr::new(group, 0), None, self.endpoint.state().options.device)
                .ok()
                .map(|path| path.link),
        };
        found.ok_or(Errno::ENODEV)
    }
}

impl Drop for DatagramSocket {
    fn drop(&mut self) {
        let mut state = self.endpoint.state();
        let (lease, groups) = (state.lease.take(), std::mem::take(&mut state.groups));
        drop(state);
        if let Some(lease) = lease {
            self.shared.endpoints.remove(&self.endpoint, lease.port);
        }
        for (group, link) in groups {
            self.shared.doorbell.ring(Request::Left(group, link));
        }
        self.shared.doorbell.ring(Request::EndpointClosed(self.endpoint.id));
    }
}

impl Socket for DatagramSocket {
    fn family(&self) -> Family {
        self.endpoint.family
    }

    fn kind(&self) -> SocketKind {
        match self.endpoint.protocol {
            Protocol::Udp => SocketKind::Datagram,
            Protocol::Echo => SocketKind::Echo,
        }
    }

    fn bind(&self, address: SocketAddr) -> Result<()> {
        let mut state = self.endpoint.state();
        if state.lease.is_some() {
            return Err(Errno::EINVAL);
        }
        let host = Host::parse(self.endpoint.family, state.options.only_v6, address)?;
        if !address.ip().is_multicast() {
            check_own(&self.shared.routes(), host)?;
        }
        let lease = self.claim(&state, host, address.port())?;
        let port = lease.port;
        state.lease = Some(lease);
        drop(state);
        self.shared.endpoints.insert(&self.endpoint, port);
        Ok(())
    }

    fn connect(&self, peer: SocketAddr) -> Result<()> {
        let peer = self.peer(peer)?;
        let lease = self.lease()?;
        let device = self.endpoint.state().options.device;
        let path = self.shared.routes().path(peer, lease.host.one(), device)?;
        let mut state = self.endpoint.state();
        if path.cast == Cast::Everyone && !state.options.broadcast {
            return Err(Errno::EACCES);
        }
        state.peer = Some(peer);
        state.source = Some(path.source);
        state.keep_received_from(self.endpoint.protocol, peer);
        Ok(())
    }

    fn send(&self, buf: &[u8], to: Option<SocketAddr>) -> Result<usize> {
        let mut state = self.endpoint.state();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        if state.shut_write {
            return Err(Errno::EPIPE);
        }
        let (known, source, device) = (state.peer, state.source, state.options.device);
        drop(state);
        let to = match to {
            Some(to) => self.peer(to)?,
            None => known.ok_or(Errno::EDESTADDRREQ)?,
        };
        let lease = self.lease()?;
        let from = lease.host.one().filter(|own| !own.is_multicast()).or(source.filter(|_| known == Some(to)));
        let path = self.shared.routes().path(to, from, device)?;
        let outgoing = self.prepare(buf, to, path, lease.port)?;
        let mut state = self.endpoint.state();
        state.queue(outgoing);
        let needed = state.call();
        drop(state);
        if needed {
            self.shared.doorbell.ring(Request::Datagrams(Arc::clone(&self.endpoint)));
        }
        Ok(buf.len())
    }

    fn receive(&self, buf: &mut [u8], take: Take) -> Result<Received> {
        let mut state = self.endpoint.state();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        let Some(datagram) = state.next_received() else {
            let over = state.shut_read;
            return if over {
                Ok(Received { count: 0, length: 0, from: None, hop_limit: None })
            } else {
                Err(Errno::EAGAIN)
            };
        };
        let count = buf.len().min(datagram.bytes.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), datagram.bytes.get(..count)) {
            to.copy_from_slice(from);
        }
        let from = Some(address::present(datagram.from, self.endpoint.family));
        let (length, hop_limit) = (datagram.bytes.len(), Some(datagram.hop_limit));
        if take == Take::Remove {
            state.take_received();
        }
        Ok(Received { count, length, from, hop_limit })
    }

    fn shutdown(&self, how: Shutdown) -> Result<()> {
        let mut state = self.endpoint.state();
        if state.peer.is_none() {
            return Err(Errno::ENOTCONN);
        }
        state.shut_read |= how != Shutdown::Write;
        state.shut_write |= how != Shutdown::Read;
        drop(state);
        self.endpoint.waiters.wake_all();
        Ok(())
    }

    fn local_address(&self) -> Result<SocketAddr> {
        let state = self.endpoint.state();
        let address = match (&state.lease, state.source) {
            (None, _) => address::unspecified(self.endpoint.family),
            (Some(lease), Some(source)) if lease.host.one().is_none() => SocketAddr::new(source, lease.port),
            (Some(lease), _) => SocketAddr::new(lease.host.ip(), lease.port),
        };
        Ok(address::present(address, self.endpoint.family))
    }

    fn peer_address(&self) -> Result<SocketAddr> {
        let peer = self.endpoint.state().peer.ok_or(Errno::ENOTCONN)?;
        Ok(address::present(peer, self.endpoint.family))
    }

    fn poll(&self, _interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter {
            self.endpoint.waiters.register(waiter);
        }
        let state = self.endpoint.state();
        let next = state.next_received().map(|datagram| datagram.bytes.len());
        Readiness {
            readable: next.is_some() || state.error.is_some() || state.shut_read,
            writable: state.has_send_room() || state.error.is_some() || state.shut_write,
            hangup: state.shut_read && state.shut_write,
            available: next.and_then(|length| u64::try_from(length).ok()).unwrap_or(0),
        }
    }

    fn take_error(&self) -> Option<Errno> {
        self.endpoint.state().error.take()
    }

    fn option(&self, option: SocketOption) -> Result<OptionValue> {
        if is_stream_option(option) {
            return Err(Errno::ENOPROTOOPT);
        }
        Ok(self.endpoint.state().options.get(option))
    }

    fn set_option(&self, option: SocketOption, value: OptionValue) -> Result<()> {
        if is_stream_option(option) {
            return Err(Errno::ENOPROTOOPT);
        }
        check_device(&self.shared.routes(), option, value)?;
        let mut state = self.endpoint.state();
        if option == SocketOption::OnlyV6 && (self.endpoint.family == Family::V4 || state.lease.is_some()) {
            return Err(Errno::EINVAL);
        }
        state.options.set(option, value)
    }

    fn join_group(&self, group: IpAddr, interface: GroupInterface) -> Result<()> {
        let link = self.group_link(group, interface)?;
        let mut state = self.endpoint.state();
        if state.groups.contains(&(group, link)) {
            return Err(Errno::EADDRINUSE);
        }
        state.groups.push((group, link));
        drop(state);
        self.shared.doorbell.ring(Request::Joined(group, link));
        Ok(())
    }

    fn leave_group(&self, group: IpAddr, interface: GroupInterface) -> Result<()> {
        let link = self.group_link(group, interface)?;
        let mut state = self.endpoint.state();
        let position = state.groups.iter().position(|joined| *joined == (group, link)).ok_or(Errno::EADDRNOTAVAIL)?;
        state.groups.swap_remove(position);
        drop(state);
        self.shared.doorbell.ring(Request::Left(group, link));
        Ok(())
    }
}

/// The most bytes that a datagram may have. smoltcp fragments IPv4; it does not fragment IPv6.
fn longest(protocol: Protocol, path: &Path) -> usize {
    let packet = match path.source {
        IpAddr::V4(_) => MAX_PACKET - IPV4_HEADER,
        IpAddr::V6(_) => path.mtu.saturating_sub(IPV6_HEADER),
    };
    match protocol {
        Protocol::Udp => packet.saturating_sub(UDP_HEADER),
        Protocol::Echo => packet,
    }
}

fn is_echo_request(buf: &[u8], to: SocketAddr) -> bool {
    let request = if to.is_ipv4() { 8 } else { 128 };
    buf.len() >= ECHO_HEADER && buf.starts_with(&[request, 0])
}

fn is_stream_option(option: SocketOption) -> bool {
    matches!(option, SocketOption::NoDelay | SocketOption::KeepAlive | SocketOption::KeepAliveInterval)
}
