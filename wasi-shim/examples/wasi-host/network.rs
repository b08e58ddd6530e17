//! The host's TCP sockets as a guest's: std's sockets that do not block, and a thread that waits for all of them.

use interfaces::{Errno, Result};
use rustix::event::{PollFd, PollFlags, poll};
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::Waker;
use vfs::socket::{Family, Network, OptionValue, Received, Socket, SocketKind, SocketOption, Take};
use vfs::{Interest, Readiness};
use wait::Waiter;

/// The network of the host.
pub(crate) struct HostNetwork(Arc<Poller>);

impl HostNetwork {
    pub(crate) fn start() -> io::Result<Arc<HostNetwork>> {
        let (bell, rings) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        let poller = Arc::new(Poller { bell, waiting: Mutex::default() });
        let shared = Arc::clone(&poller);
        std::thread::spawn(move || shared.run(&rings));
        Ok(Arc::new(HostNetwork(poller)))
    }
}

impl Network for HostNetwork {
    fn socket(&self, family: Family, kind: SocketKind) -> Result<Arc<dyn Socket>> {
        if kind != SocketKind::Stream {
            return Err(Errno::EPROTONOSUPPORT);
        }
        Ok(HostSocket::new(family, &self.0))
    }

    fn lookup(&self, host: &str) -> Result<Vec<IpAddr>> {
        let found = (host, 0).to_socket_addrs().map_err(|_| Errno::ENOENT)?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// What a socket has become.
enum End {
    Listener(TcpListener),
    Stream(TcpStream),
}

impl AsFd for End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            End::Listener(listener) => listener.as_fd(),
            End::Stream(stream) => stream.as_fd(),
        }
    }
}

struct HostSocket {
    family: Family,
    bound: Mutex<Option<SocketAddr>>,
    end: OnceLock<Arc<End>>,
    poller: Arc<Poller>,
}

impl HostSocket {
    fn new(family: Family, poller: &Arc<Poller>) -> Arc<HostSocket> {
        let (bound, end) = (Mutex::default(), OnceLock::new());
        Arc::new(HostSocket { family, bound, end, poller: Arc::clone(poller) })
    }

    fn stream(&self) -> Result<&TcpStream> {
        match self.end.get().map(|end| &**end) {
            Some(End::Stream(stream)) => Ok(stream),
            _ => Err(Errno::ENOTCONN),
        }
    }

    fn become_one(&self, end: End) -> Result<()> {
        let _ = self.end.set(Arc::new(end));
        Ok(())
    }
}

impl Socket for HostSocket {
    fn family(&self) -> Family {
        self.family
    }

    fn kind(&self) -> SocketKind {
        SocketKind::Stream
    }

    fn bind(&self, address: SocketAddr) -> Result<()> {
        *lock(&self.bound) = Some(address);
        Ok(())
    }

    fn listen(&self, _backlog: usize) -> Result<()> {
        let address = lock(&self.bound).ok_or(Errno::EDESTADDRREQ)?;
        let listener = TcpListener::bind(address).map_err(errno)?;
        listener.set_nonblocking(true).map_err(errno)?;
        self.become_one(End::Listener(listener))
    }

    fn accept(&self) -> Result<(Arc<dyn Socket>, SocketAddr)> {
        let Some(End::Listener(listener)) = self.end.get().map(|end| &**end) else { return Err(Errno::EINVAL) };
        let (stream, peer) = listener.accept().map_err(errno)?;
        stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true)).map_err(errno)?;
        let accepted = HostSocket::new(self.family, &self.poller);
        accepted.become_one(End::Stream(stream))?;
        Ok((accepted, peer))
    }

    fn is_listening(&self) -> bool {
        matches!(self.end.get().map(|end| &**end), Some(End::Listener(_)))
    }

    fn connect(&self, peer: SocketAddr) -> Result<()> {
        if self.end.get().is_some() {
            return Err(Errno::EISCONN);
        }
        let stream = TcpStream::connect(peer).map_err(errno)?;
        stream.set_nonblocking(true).map_err(errno)?;
        self.become_one(End::Stream(stream))
    }

    fn send(&self, buf: &[u8], _to: Option<SocketAddr>) -> Result<usize> {
        self.stream()?.write(buf).map_err(errno)
    }

    fn receive(&self, buf: &mut [u8], take: Take) -> Result<Received> {
        let mut stream = self.stream()?;
        let count = match take {
            Take::Remove => stream.read(buf),
            Take::Peek => stream.peek(buf),
        };
        count.map(|count| Received { count, length: count, from: None, hop_limit: None }).map_err(errno)
    }

    fn shutdown(&self, how: Shutdown) -> Result<()> {
        self.stream()?.shutdown(how).map_err(errno)
    }

    fn local_address(&self) -> Result<SocketAddr> {
        match self.end.get().map(|end| &**end) {
            Some(End::Listener(listener)) => listener.local_addr().map_err(errno),
            Some(End::Stream(stream)) => stream.local_addr().map_err(errno),
            None => lock(&self.bound).ok_or(Errno::EINVAL),
        }
    }

    fn peer_address(&self) -> Result<SocketAddr> {
        self.stream()?.peer_addr().map_err(errno)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        let Some(end) = self.end.get() else {
            return Readiness { hangup: true, ..Readiness::default() };
        };
        if let Some(waiter) = waiter {
            self.poller.add(end, interest, waiter.waker());
        }
        let mut polled = [PollFd::new(end, flags(interest))];
        let seen = poll(&mut polled, Some(&NOW)).map_or(PollFlags::empty(), |_| polled[0].revents());
        Readiness {
            readable: seen.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR),
            writable: seen.intersects(PollFlags::OUT | PollFlags::ERR),
            hangup: seen.contains(PollFlags::HUP),
            available: u64::from(seen.contains(PollFlags::IN)),
        }
    }

    fn take_error(&self) -> Option<Errno> {
        self.stream().ok()?.take_error().ok()?.map(errno)
    }

    fn option(&self, option: SocketOption) -> Result<OptionValue> {
        // Bound to no interface.
        if option == SocketOption::Device { Ok(OptionValue::Number(0)) } else { Err(Errno::ENOPROTOOPT) }
    }

    fn set_option(&self, _option: SocketOption, _value: OptionValue) -> Result<()> {
        Ok(())
    }
}

const NOW: rustix::event::Timespec = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };

fn flags(interest: Interest) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, interest.read);
    flags.set(PollFlags::OUT, interest.write);
    flags
}

/// Whom to wake when what becomes ready, by the socket's place in memory.
type Waiting = HashMap<usize, (Weak<End>, PollFlags, Waker)>;

/// Waits for sockets in place of those who want to know.
struct Poller {
    bell: UnixStream,
    waiting: Mutex<Waiting>,
}

impl Poller {
    fn add(&self, end: &Arc<End>, interest: Interest, waker: Waker) {
        let entry = (Arc::downgrade(end), flags(interest), waker);
        lock(&self.waiting).insert(Arc::as_ptr(end).addr(), entry);
        // A full pipe rings already.
        let _ = (&self.bell).write(&[0]);
    }

    fn run(&self, mut rings: &UnixStream) {
        loop {
            let entries: Vec<_> = {
                let mut waiting = lock(&self.waiting);
                waiting.retain(|_, (end, ..)| end.strong_count() > 0);
                waiting.iter().filter_map(|(key, (end, flags, _))| Some((*key, end.upgrade()?, *flags))).collect()
            };
            let mut polled: Vec<_> = entries.iter().map(|(_, end, flags)| PollFd::new(end, *flags)).collect();
            polled.push(PollFd::new(rings, PollFlags::IN));
            if poll(&mut polled, None).is_err() {
                continue;
            }
            if polled.last().is_some_and(|bell| !bell.revents().is_empty()) {
                let _ = rings.read(&mut [0; 256]);
            }
            for ((key, ..), polled) in entries.iter().zip(&polled) {
                if !polled.revents().is_empty()
                    && let Some((_, _, waker)) = lock(&self.waiting).remove(key)
                {
                    waker.wake();
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn errno(error: io::Error) -> Errno {
    match error.kind() {
        ErrorKind::WouldBlock => Errno::EAGAIN,
        ErrorKind::ConnectionReset => Errno::ECONNRESET,
        ErrorKind::ConnectionRefused => Errno::ECONNREFUSED,
        ErrorKind::BrokenPipe => Errno::EPIPE,
        ErrorKind::NotConnected => Errno::ENOTCONN,
        ErrorKind::AddrInUse => Errno::EADDRINUSE,
        ErrorKind::AddrNotAvailable => Errno::EADDRNOTAVAIL,
        _ => Errno::EIO,
    }
}
