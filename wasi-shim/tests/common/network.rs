//! A network in memory: sockets that reach each other, and a few names. It has no addresses but the loopback's.

use interfaces::Errno;
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use vfs::socket::{Family, Network, OptionValue, Received, Socket, SocketKind, SocketOption, Take};
use vfs::{Interest, Readiness};
use wait::{WaitList, Waiter};

type Result<T> = std::result::Result<T, Errno>;

/// The network.
#[derive(Default)]
pub struct Loopback(Arc<World>);

impl Loopback {
    pub fn new() -> Arc<Loopback> {
        Arc::default()
    }
}

impl Network for Loopback {
    fn socket(&self, family: Family, kind: SocketKind) -> Result<Arc<dyn Socket>> {
        Ok(self.0.add(End::new(family, kind)))
    }

    fn lookup(&self, host: &str) -> Result<Vec<IpAddr>> {
        match host {
            "localhost" => Ok(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]),
            "old.test" => Ok(vec![Ipv4Addr::LOCALHOST.into()]),
            "silent.test" => Err(Errno::EAGAIN),
            _ => Err(Errno::ENOENT),
        }
    }

    fn interface_index(&self, name: &str) -> Result<u32> {
        if name == "lo" { Ok(1) } else { Err(Errno::ENODEV) }
    }

    fn interface_name(&self, index: u32) -> Result<String> {
        if index == 1 { Ok("lo".into()) } else { Err(Errno::ENODEV) }
    }
}

#[derive(Default)]
struct World {
    ends: Mutex<Vec<End>>,
    changed: WaitList,
}

/// The state of a socket; it stays when the socket is closed.
struct End {
    family: Family,
    kind: SocketKind,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    /// The other end of a connection.
    other: Option<usize>,
    /// Connections to be accepted.
    backlog: Option<VecDeque<usize>>,
    datagrams: VecDeque<(Vec<u8>, SocketAddr)>,
    bytes: VecDeque<u8>,
    /// No more bytes come.
    ended: bool,
    error: Option<Errno>,
    options: HashMap<SocketOption, OptionValue>,
}

impl End {
    fn new(family: Family, kind: SocketKind) -> End {
        End {
            family,
            kind,
            local: None,
            peer: None,
            other: None,
            backlog: None,
            datagrams: VecDeque::new(),
            bytes: VecDeque::new(),
            ended: false,
            error: None,
            options: HashMap::new(),
        }
    }

    fn fits(&self, address: SocketAddr) -> Result<()> {
        if address.is_ipv4() == (self.family == Family::V4) { Ok(()) } else { Err(Errno::EAFNOSUPPORT) }
    }

    fn is_at(&self, kind: SocketKind, address: SocketAddr) -> bool {
        let same = |local: SocketAddr| local.port() == address.port() && local.is_ipv4() == address.is_ipv4();
        self.kind == kind && self.local.is_some_and(same)
    }
}

struct Handle {
    world: Arc<World>,
    index: usize,
}

impl World {
    fn add(self: &Arc<World>, end: End) -> Arc<dyn Socket> {
        let mut ends = self.ends.lock().unwrap();
        ends.push(end);
        Arc::new(Handle { world: Arc::clone(self), index: ends.len() - 1 })
    }
}

impl Handle {
    fn ends(&self) -> MutexGuard<'_, Vec<End>> {
        self.world.ends.lock().unwrap()
    }

    fn with<T>(&self, look: impl FnOnce(&mut End) -> T) -> T {
        look(&mut self.ends()[self.index])
    }

    fn ensure_local(&self, ends: &mut [End]) -> SocketAddr {
        let ip: IpAddr = match ends[self.index].family {
            Family::V4 => Ipv4Addr::LOCALHOST.into(),
            Family::V6 => Ipv6Addr::LOCALHOST.into(),
        };
        let port = 40_000 + u16::try_from(self.index).unwrap();
        *ends[self.index].local.get_or_insert(SocketAddr::new(ip, port))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let other = self.with(|end| {
            (end.local, end.backlog) = (None, None);
            end.other
        });
        if let Some(other) = other {
            self.ends()[other].ended = true;
        }
        self.world.changed.wake_all();
    }
}

impl Socket for Handle {
    fn family(&self) -> Family {
        self.with(|end| end.family)
    }

    fn kind(&self) -> SocketKind {
        self.with(|end| end.kind)
    }

    fn bind(&self, address: SocketAddr) -> Result<()> {
        let mut ends = self.ends();
        ends[self.index].fits(address)?;
        if ends[self.index].local.is_some() {
            return Err(Errno::EINVAL);
        }
        if address.port() == 0 {
            let port = self.ensure_local(&mut ends).port();
            ends[self.index].local = Some(SocketAddr::new(address.ip(), port));
            return Ok(());
        }
        let kind = ends[self.index].kind;
        if ends.iter().any(|end| end.is_at(kind, address)) {
            return Err(Errno::EADDRINUSE);
        }
        ends[self.index].local = Some(address);
        Ok(())
    }

    fn listen(&self, _backlog: usize) -> Result<()> {
        self.with(|end| match end.kind {
            SocketKind::Stream => {
                end.backlog = Some(VecDeque::new());
                Ok(())
            }
            _ => Err(Errno::EOPNOTSUPP),
        })
    }

    fn accept(&self) -> Result<(Arc<dyn Socket>, SocketAddr)> {
        let index = self.with(|end| end.backlog.as_mut().ok_or(Errno::EINVAL)?.pop_front().ok_or(Errno::EAGAIN))?;
        let handle = Handle { world: Arc::clone(&self.world), index };
        let peer = handle.peer_address()?;
        Ok((Arc::new(handle), peer))
    }

    fn is_listening(&self) -> bool {
        self.with(|end| end.backlog.is_some())
    }

    fn connect(&self, peer: SocketAddr) -> Result<()> {
        let mut ends = self.ends();
        ends[self.index].fits(peer)?;
        let local = self.ensure_local(&mut ends);
        if ends[self.index].kind == SocketKind::Stream {
            if ends[self.index].peer.is_some() {
                return Err(Errno::EISCONN);
            }
            let listener = ends.iter().position(|end| end.backlog.is_some() && end.is_at(SocketKind::Stream, peer));
            let Some(listener) = listener else {
                ends[self.index].error = Some(Errno::ECONNREFUSED);
                return Err(Errno::ECONNREFUSED);
            };
            let family = ends[listener].family;
            let accepted = ends.len();
            ends.push(End {
                local: Some(peer),
                peer: Some(local),
                other: Some(self.index),
                ..End::new(family, SocketKind::Stream)
            });
            ends[listener].backlog.as_mut().unwrap().push_back(accepted);
            ends[self.index].other = Some(accepted);
        }
        ends[self.index].peer = Some(peer);
        drop(ends);
        self.world.changed.wake_all();
        Ok(())
    }

    fn send(&self, buf: &[u8], to: Option<SocketAddr>) -> Result<usize> {
        let mut ends = self.ends();
        if ends[self.index].kind == SocketKind::Stream {
            let other = ends[self.index].other.ok_or(Errno::ENOTCONN)?;
            if to.is_some() {
                return Err(Errno::EISCONN);
            }
            if ends[other].ended {
                return Err(Errno::EPIPE);
            }
            ends[other].bytes.extend(buf);
        } else {
            let to = to.or(ends[self.index].peer).ok_or(Errno::EDESTADDRREQ)?;
            ends[self.index].fits(to)?;
            let from = self.ensure_local(&mut ends);
            if let Some(receiver) = ends.iter_mut().find(|end| end.is_at(SocketKind::Datagram, to)) {
                receiver.datagrams.push_back((buf.to_vec(), from));
            }
        }
        drop(ends);
        self.world.changed.wake_all();
        Ok(buf.len())
    }

    fn receive(&self, buf: &mut [u8], take: Take) -> Result<Received> {
        let mut ends = self.ends();
        let end = &mut ends[self.index];
        let copy = |buf: &mut [u8], bytes: &mut dyn Iterator<Item = u8>| {
            buf.iter_mut().zip(bytes).map(|(to, from)| *to = from).count()
        };
        if end.kind == SocketKind::Stream {
            end.other.ok_or(Errno::ENOTCONN)?;
            if end.bytes.is_empty() && !end.ended {
                return Err(Errno::EAGAIN);
            }
            let count = copy(buf, &mut end.bytes.iter().copied());
            if take == Take::Remove {
                end.bytes.drain(..count);
            }
            return Ok(Received { count, length: count, from: None, hop_limit: None });
        }
        let (bytes, from) = end.datagrams.front().ok_or(Errno::EAGAIN)?;
        let received = Received {
            count: copy(buf, &mut bytes.iter().copied()),
            length: bytes.len(),
            from: Some(*from),
            hop_limit: None,
        };
        if take == Take::Remove {
            end.datagrams.pop_front();
        }
        Ok(received)
    }

    fn shutdown(&self, how: Shutdown) -> Result<()> {
        let mut ends = self.ends();
        let other = ends[self.index].other.ok_or(Errno::ENOTCONN)?;
        if how != Shutdown::Read {
            ends[other].ended = true;
        }
        if how != Shutdown::Write {
            ends[self.index].ended = true;
        }
        drop(ends);
        self.world.changed.wake_all();
        Ok(())
    }

    fn local_address(&self) -> Result<SocketAddr> {
        Ok(self.with(|end| end.local.unwrap_or_else(|| SocketAddr::from(([0; 4], 0)))))
    }

    fn peer_address(&self) -> Result<SocketAddr> {
        self.with(|end| end.peer.ok_or(Errno::ENOTCONN))
    }

    fn poll(&self, _interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter {
            self.world.changed.register(waiter);
        }
        let ends = self.ends();
        let end = &ends[self.index];
        let stream = end.kind == SocketKind::Stream;
        let waits = end.backlog.as_ref().is_some_and(|backlog| !backlog.is_empty());
        Readiness {
            readable: waits || end.ended || !end.bytes.is_empty() || !end.datagrams.is_empty(),
            writable: !stream || end.other.is_some(),
            hangup: stream && end.backlog.is_none() && end.other.is_none(),
            available: u64::try_from(end.bytes.len()).unwrap(),
        }
    }

    fn take_error(&self) -> Option<Errno> {
        self.with(|end| end.error.take())
    }

    fn option(&self, option: SocketOption) -> Result<OptionValue> {
        let initial = match option {
            SocketOption::ReceiveBuffer | SocketOption::SendBuffer => OptionValue::Number(65_536),
            SocketOption::Device => OptionValue::Number(0),
            SocketOption::ReceiveTimeout | SocketOption::SendTimeout | SocketOption::Linger => OptionValue::Time(None),
            SocketOption::ReuseAddress | SocketOption::Broadcast | SocketOption::KeepAlive => OptionValue::Flag(false),
            _ => return Err(Errno::ENOPROTOOPT),
        };
        Ok(self.with(|end| end.options.get(&option).copied().unwrap_or(initial)))
    }

    fn set_option(&self, option: SocketOption, value: OptionValue) -> Result<()> {
        self.with(|end| end.options.insert(option, value));
        Ok(())
    }
}
