//! TCP sockets.

use crate::address::{self, Host};
use crate::doorbell::Request;
use crate::options::Options;
use crate::ports::{Lease, Sharing};
use crate::routes::{LinkId, RouteTable};
use crate::shared::Shared;
use crate::state::{Connection, ConnectionId, Ending, Listener, ListenerId, Phase};
use interfaces::{Errno, Result};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vfs::socket::{Family, OptionValue, Received, Socket, SocketKind, SocketOption, Take, TcpState};
use vfs::{Interest, Readiness};
use wait::{WaitList, Waiter};

/// A queue that is empty keeps no more memory than this.
const KEPT_CAPACITY: usize = 16 * 1024;

/// A TCP socket.
pub(crate) struct TcpSocket {
    shared: Arc<Shared>,
    family: Family,
    inner: Mutex<Inner>,
    /// Those who waited before the socket had a role in which something can happen.
    role_changed: WaitList,
}

struct Inner {
    options: Options,
    role: Role,
}

enum Role {
    Idle,
    Bound(Arc<Lease>),
    Listening(Arc<Listener>),
    Connected { connection: Arc<Connection>, lease: Option<Arc<Lease>>, reported: Reported },
}

/// Whether `connect` has told how it ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reported {
    No,
    Yes,
}

impl TcpSocket {
    pub(crate) fn new(shared: Arc<Shared>, family: Family) -> TcpSocket {
        let inner = Inner { options: Options::default(), role: Role::Idle };
        TcpSocket { shared, family, inner: Mutex::new(inner), role_changed: WaitList::new() }
    }

    /// The socket of a connection that a listener took.
    fn accepted(shared: Arc<Shared>, family: Family, connection: Arc<Connection>) -> TcpSocket {
        let options = connection.stream().options;
        let role = Role::Connected { connection, lease: None, reported: Reported::Yes };
        TcpSocket { shared, family, inner: Mutex::new(Inner { options, role }), role_changed: WaitList::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The role is replaced whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection of a socket that has one: ENOTCONN.
    fn connection(&self) -> Result<Arc<Connection>> {
        match &self.lock().role {
            Role::Connected { connection, .. } => Ok(Arc::clone(connection)),
            _ => Err(Errno::ENOTCONN),
        }
    }

    fn claim(&self, options: &Options, host: Host, port: u16) -> Result<Arc<Lease>> {
        let sharing = if options.reuse_address { Sharing::Reuse } else { Sharing::Exclusive };
        let ports = &self.shared.tcp_ports;
        let lease = match port {
            0 => ports.claim_any(host, sharing, &*self.shared.entropy)?,
            _ => ports.claim(host, port, sharing)?,
        };
        Ok(Arc::new(lease))
    }

    /// Asks the net thread to open a connection; the role that the socket has from then on.
    fn start(&self, options: &mut Options, bound: Option<&Arc<Lease>>, peer: SocketAddr) -> Result<Role> {
        let remote = address::peer(self.family, options.only_v6, peer)?;
        if remote.port() == 0 {
            return Err(Errno::EADDRNOTAVAIL);
        }
        let path = self.shared.routes().path(remote, bound.and_then(|lease| lease.host.one()), options.device)?;
        if path.cast != crate::routes::Cast::One {
            return Err(Errno::ENETUNREACH);
        }
        let lease = match bound {
            Some(lease) => Arc::clone(lease),
            None => self.claim(options, Host::One(path.source), 0)?,
        };
        let local = SocketAddr::new(path.source, lease.port);
        let id = ConnectionId(self.shared.new_id());
        let charge = self.shared.buffers.take_for_connection(options)?;
        let connection = Arc::new(Connection::new(id, (local, remote), *options, charge, TcpState::SynSent));
        connection.set_owner(self.shared.owner());
        let request = Request::Connect { connection: Arc::clone(&connection), lease, path };
        self.shared.doorbell.ring(request);
        Ok(Role::Connected { connection, lease: bound.cloned(), reported: Reported::No })
    }

    fn call_if(&self, connection: &Connection, needed: bool) {
        if needed {
            self.shared.doorbell.ring(Request::Stream(connection.id));
        }
    }

    fn close_listener(&self, listener: &Listener) {
        self.shared.listeners.remove(listener);
        for orphan in listener.close() {
            orphan.stream().ending = Ending::Aborted;
            self.call_if(&orphan, true);
        }
        self.shared.doorbell.ring(Request::ListenerClosed(listener.id));
    }

    /// Ends this side of a connection for good.
    fn release(&self, connection: &Connection) {
        let mut stream = connection.stream();
        // RFC 2525, section 2.17: closing with data unread resets, so that the peer knows that it was lost.
        let lost = !stream.received.is_empty() && !stream.deaf;
        let abort = lost || stream.options.linger == Some(Duration::ZERO);
        stream.ending = stream.ending.max(if abort { Ending::Aborted } else { Ending::Released });
        let needed = stream.phase != Phase::Closed && stream.call();
        drop(stream);
        self.call_if(connection, needed);
    }
}

impl Drop for TcpSocket {
    fn drop(&mut self) {
        let role = std::mem::replace(&mut self.lock().role, Role::Idle);
        match role {
            Role::Idle | Role::Bound(_) => {}
            Role::Listening(listener) => self.close_listener(&listener),
            Role::Connected { connection, .. } => self.release(&connection),
        }
    }
}

impl Socket for TcpSocket {
    fn family(&self) -> Family {
        self.family
    }

    fn kind(&self) -> SocketKind {
        SocketKind::Stream
    }

    fn bind(&self, address: SocketAddr) -> Result<()> {
        let mut inner = self.lock();
        if !matches!(inner.role, Role::Idle) {
            return Err(Errno::EINVAL);
        }
        let host = Host::parse(self.family, inner.options.only_v6, address)?;
        check_own(&self.shared.routes(), host)?;
        inner.role = Role::Bound(self.claim(&inner.options, host, address.port())?);
        Ok(())
    }

    fn listen(&self, backlog: usize) -> Result<()> {
        let mut inner = self.lock();
        let lease = match &inner.role {
            Role::Idle => self.claim(&inner.options, Host::wildcard(self.family, inner.options.only_v6), 0)?,
            Role::Bound(lease) => Arc::clone(lease),
            Role::Listening(listener) => {
                listener.set_backlog(backlog);
                return Ok(());
            }
            Role::Connected { .. } => return Err(Errno::EINVAL),
        };
        lease.listen()?;
        let id = ListenerId(self.shared.new_id());
        let listener = Arc::new(Listener::new(id, self.shared.owner(), lease, backlog, inner.options));
        self.shared.listeners.insert(&listener);
        inner.role = Role::Listening(listener);
        drop(inner);
        self.role_changed.wake_all();
        Ok(())
    }

    fn accept(&self) -> Result<(Arc<dyn Socket>, SocketAddr)> {
        let listener = match &self.lock().role {
            Role::Listening(listener) => Arc::clone(listener),
            _ => return Err(Errno::EINVAL),
        };
        let connection = listener.take().ok_or(Errno::EAGAIN)?;
        if listener.take_held() {
            self.shared.doorbell.ring(Request::Accepted(listener.id));
        }
        connection.set_owner(self.shared.owner());
        let peer = address::present(connection.remote, self.family);
        Ok((Arc::new(TcpSocket::accepted(Arc::clone(&self.shared), self.family, connection)), peer))
    }

    fn is_listening(&self) -> bool {
        matches!(self.lock().role, Role::Listening(_))
    }

    fn connect(&self, peer: SocketAddr) -> Result<()> {
        let mut inner = self.lock();
        let mut options = inner.options;
        let (next, answer) = match &mut inner.role {
            Role::Idle => (self.start(&mut options, None, peer)?, Err(Errno::EINPROGRESS)),
            Role::Bound(lease) => (self.start(&mut options, Some(lease), peer)?, Err(Errno::EINPROGRESS)),
            Role::Listening(_) => return Err(Errno::EOPNOTSUPP),
            Role::Connected { reported: Reported::Yes, .. } => return Err(Errno::EISCONN),
            Role::Connected { connection, lease, reported } => match connection.stream().outcome() {
                None => return Err(Errno::EALREADY),
                Some(Ok(())) => {
                    *reported = Reported::Yes;
                    return Ok(());
                }
                // After a failure the socket may try again.
                Some(Err(error)) => (lease.take().map_or(Role::Idle, Role::Bound), Err(error)),
            },
        };
        inner.role = next;
        inner.options = options;
        drop(inner);
        self.role_changed.wake_all();
        answer
    }

    fn send(&self, buf: &[u8], to: Option<SocketAddr>) -> Result<usize> {
        let connection = self.connection()?;
        if to.is_some() {
            return Err(Errno::EISCONN);
        }
        let mut stream = connection.stream();
        if let Some(error) = stream.error.take() {
            return Err(error);
        }
        if stream.ending != Ending::None || stream.phase == Phase::Closed {
            return Err(Errno::EPIPE);
        }
        if buf.is_empty() {
            return Ok(0);
        }
        let room = if stream.phase == Phase::Open { stream.send_room() } else { 0 };
        let taken = buf.get(..room).unwrap_or(buf);
        if taken.is_empty() {
            return Err(Errno::EAGAIN);
        }
        stream.unsent.extend(taken);
        let needed = stream.call();
        drop(stream);
        self.call_if(&connection, needed);
        Ok(taken.len())
    }

    fn receive(&self, buf: &mut [u8], take: Take) -> Result<Received> {
        let connection = self.connection()?;
        let mut stream = connection.stream();
        let from = Some(address::present(connection.remote, self.family));
        if stream.received.is_empty() && !buf.is_empty() {
            if let Some(error) = stream.error.take() {
                return Err(error);
            }
            let over = stream.received_all || stream.deaf || stream.phase == Phase::Closed;
            return if over { Ok(Received { count: 0, length: 0, from, hop_limit: None }) } else { Err(Errno::EAGAIN) };
        }
        let count = stream.copy_received(buf);
        if take == Take::Remove {
            stream.received.drain(..count);
            if stream.received.is_empty() && stream.received.capacity() > KEPT_CAPACITY {
                stream.received.shrink_to(KEPT_CAPACITY);
            }
        }
        // Half a buffer at a time, or the peer would get a window update for every read.
        let needed = stream.stalled && stream.receive_room() >= stream.receive_limit() / 2 && stream.call();
        drop(stream);
        self.call_if(&connection, needed);
        Ok(Received { count, length: count, from, hop_limit: None })
    }

    fn shutdown(&self, how: Shutdown) -> Result<()> {
        let mut inner = self.lock();
        if let Role::Listening(listener) = &inner.role {
            // As on Linux: the listener stops, its port stays.
            let listener = Arc::clone(listener);
            inner.role = Role::Bound(Arc::clone(&listener.lease));
            drop(inner);
            self.close_listener(&listener);
            return Ok(());
        }
        drop(inner);
        let connection = self.connection()?;
        let mut stream = connection.stream();
        if stream.phase != Phase::Open {
            return Err(Errno::ENOTCONN);
        }
        if how != Shutdown::Write {
            stream.deaf = true;
            stream.received.clear();
        }
        if how != Shutdown::Read {
            stream.ending = stream.ending.max(Ending::Shut);
        }
        let needed = stream.call();
        drop(stream);
        connection.waiters.wake_all();
        self.call_if(&connection, needed);
        Ok(())
    }

    fn local_address(&self) -> Result<SocketAddr> {
        let of_lease = |lease: &Lease| SocketAddr::new(lease.host.ip(), lease.port);
        let address = match &self.lock().role {
            Role::Idle => address::unspecified(self.family),
            Role::Bound(lease) => of_lease(lease),
            Role::Listening(listener) => of_lease(&listener.lease),
            Role::Connected { connection, .. } => connection.local,
        };
        Ok(address::present(address, self.family))
    }

    fn peer_address(&self) -> Result<SocketAddr> {
        let connection = self.connection()?;
        if !connection.stream().opened {
            return Err(Errno::ENOTCONN);
        }
        Ok(address::present(connection.remote, self.family))
    }

    fn poll(&self, _interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        match &self.lock().role {
            Role::Idle | Role::Bound(_) => {
                if let Some(waiter) = waiter {
                    self.role_changed.register(waiter);
                }
                // What Linux says of a socket that is neither connected nor listening.
                Readiness { readable: false, writable: true, hangup: true, available: 0 }
            }
            Role::Listening(listener) => {
                if let Some(waiter) = waiter {
                    listener.waiters.register(waiter);
                }
                let (waiting, _) = listener.queued();
                let available = u64::try_from(waiting).unwrap_or(u64::MAX);
                Readiness { readable: waiting > 0, writable: false, hangup: false, available }
            }
            Role::Connected { connection, .. } => {
                if let Some(waiter) = waiter {
                    connection.waiters.register(waiter);
                }
                connection.stream().readiness()
            }
        }
    }

    fn take_error(&self) -> Option<Errno> {
        self.connection().ok()?.stream().error.take()
    }

    fn option(&self, option: SocketOption) -> Result<OptionValue> {
        match option {
            SocketOption::MulticastHopLimit | SocketOption::MulticastLoop => Err(Errno::ENOPROTOOPT),
            _ => Ok(self.lock().options.get(option)),
        }
    }

    fn set_option(&self, option: SocketOption, value: OptionValue) -> Result<()> {
        if matches!(option, SocketOption::MulticastHopLimit | SocketOption::MulticastLoop) {
            return Err(Errno::ENOPROTOOPT);
        }
        check_device(&self.shared.routes(), option, value)?;
        let mut inner = self.lock();
        // A connection stays where it is.
        if option == SocketOption::Device && matches!(inner.role, Role::Connected { .. }) {
            return Err(Errno::EINVAL);
        }
        if option == SocketOption::OnlyV6 && (self.family == Family::V4 || !matches!(inner.role, Role::Idle)) {
            return Err(Errno::EINVAL);
        }
        let mut options = inner.options;
        options.set(option, value)?;
        match &inner.role {
            Role::Idle | Role::Bound(_) => {}
            Role::Listening(listener) => listener.set_options(options),
            Role::Connected { connection, .. } => {
                let mut stream = connection.stream();
                stream.set_options(options, &self.shared.buffers)?;
                let needed = stream.call();
                drop(stream);
                self.call_if(connection, needed);
            }
        }
        inner.options = options;
        Ok(())
    }
}

/// A socket can only be bound to an address of this machine: EADDRNOTAVAIL.
pub(super) fn check_own(routes: &RouteTable, host: Host) -> Result<()> {
    match host {
        Host::Any(_) => Ok(()),
        Host::One(ip) if is_own(routes, ip) => Ok(()),
        Host::One(_) => Err(Errno::EADDRNOTAVAIL),
    }
}

/// A socket can only be bound to an interface of this machine: ENODEV.
pub(super) fn check_device(routes: &RouteTable, option: SocketOption, value: OptionValue) -> Result<()> {
    match (option, value) {
        (SocketOption::Device, OptionValue::Number(index)) => match LinkId::from_index(index) {
            Some(link) if routes.links.get(link.0).is_none() => Err(Errno::ENODEV),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn is_own(routes: &RouteTable, ip: IpAddr) -> bool {
    ip.is_loopback() || routes.owner(ip).is_some()
}
