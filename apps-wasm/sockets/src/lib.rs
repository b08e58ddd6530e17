//! Listening sockets and readiness, alike on WASI preview 1 and on the host.
//!
//! Preview 1's standard library can use a socket and cannot make one. A listener is either inherited, under the numbers
//! that `LISTEN_FDS` announces, or opened by the calls that WasmEdge added. A server without threads waits for all its
//! sockets at once with [`wait`].
//!
//! Unsafe code stands in `wasi` and `wasmedge` (raw calls) and in `inherited` (descriptors by number).

#[cfg(unix)]
mod host;
mod inherited;
#[cfg(target_os = "wasi")]
mod wasi;

#[cfg(unix)]
use host as system;
#[cfg(target_os = "wasi")]
use wasi as system;

pub use inherited::inherited;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// What to wait for on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// That there is something to read, to accept, or the end.
    Read,
    /// That there is room to write.
    Write,
    /// One or the other.
    Both,
}

impl Interest {
    fn reads(self) -> bool {
        self != Interest::Write
    }

    fn writes(self) -> bool {
        self != Interest::Read
    }
}

/// What can be done on a descriptor. One that failed can do both: the next call tells the error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// There is something to read, to accept, or the end.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
}

/// A descriptor, and what to wait for on it.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'fd> {
    /// The descriptor.
    pub descriptor: BorrowedFd<'fd>,
    /// What to wait for.
    pub interest: Interest,
}

/// Waits until something can be done on one descriptor or more, or the time is up; without a time-out for ever. The
/// answers are in the order of `watches`.
///
/// # Errors
/// Those of the system. A signal is none: then nothing is ready.
pub fn wait(watches: &[Watch<'_>], timeout: Option<Duration>) -> io::Result<Vec<Readiness>> {
    system::wait(watches, timeout)
}

/// Makes calls on a descriptor answer `WouldBlock` instead of waiting: for files that are no sockets, a pipe or a device.
///
/// # Errors
/// Those of the system.
pub fn unblock(descriptor: impl AsFd) -> io::Result<()> {
    system::unblock(descriptor.as_fd())
}

/// Opens a listener that does not block.
///
/// # Errors
/// Those of the system: `AddrInUse`, `AddrNotAvailable`, `PermissionDenied`; `Unsupported` where only inherited
/// listeners exist.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = system::listen(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Where a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At an address.
    Address(SocketAddr),
    /// At a port of all addresses of IPv6 and IPv4, or of IPv4 where the system has nothing else.
    Port(u16),
}

impl Place {
    /// # Errors
    /// Those of [`listen`], with what failed.
    fn listen(self) -> Result<(SocketAddr, TcpListener), (String, io::Error)> {
        let address = match self {
            Place::Address(address) => address,
            Place::Port(port) => {
                // Takes IPv4, too (RFC 3493, section 3.7).
                let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
                if let Ok(listener) = listen(both) {
                    return Ok((both, listener));
                }
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))
            }
        };
        let listener = listen(address).map_err(|error| (address.to_string(), error))?;
        Ok((address, listener))
    }
}

/// The listeners of a server: those that it inherits and those at `places`; without either, at `usual`. `tell` hears of
/// each where it is, as `on 0.0.0.0:80`.
///
/// # Errors
/// Those of the system, with what failed.
pub fn listeners(
    places: &[Place],
    usual: Place,
    mut tell: impl FnMut(&str),
) -> Result<Vec<TcpListener>, (String, io::Error)> {
    let mut listeners = inherited().map_err(|error| ("LISTEN_FDS".to_owned(), error))?;
    if !listeners.is_empty() {
        tell(&format!("on {} inherited listeners", listeners.len()));
    }
    let usual = Some(usual).filter(|_| listeners.is_empty() && places.is_empty());
    for place in places.iter().copied().chain(usual) {
        let (address, listener) = place.listen()?;
        // For port 0 the system chose one; preview 1 does not tell which.
        tell(&format!("on {}", listener.local_addr().unwrap_or(address)));
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Accepts a connection that does not block, with the peer's address where the system tells it; one of IPv4 is told as
/// that, whatever the listener.
///
/// # Errors
/// Those of the system; `WouldBlock` while nobody calls.
pub fn accept(listener: &TcpListener) -> io::Result<(TcpStream, Option<SocketAddr>)> {
    let (stream, peer) = listener.accept()?;
    stream.set_nonblocking(true)?;
    // An answer is written whole, so that waiting for more of it gains nothing. Preview 1 leaves this to the system.
    let _ = stream.set_nodelay(true);
    let peer = system::peer(&stream, peer).map(|peer| SocketAddr::new(peer.ip().to_canonical(), peer.port()));
    Ok((stream, peer))
}

#[cfg(test)]
mod tests {
    use super::{Interest, Place, Readiness, Watch, accept, listen, listeners, wait};
    use std::io::{ErrorKind, Read, Write};
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    use std::os::fd::AsFd;
    use std::time::Duration;

    /// What can be done on the descriptor, within ten seconds.
    fn readiness(descriptor: &impl AsFd, interest: Interest) -> Readiness {
        let watch = Watch { descriptor: descriptor.as_fd(), interest };
        wait(&[watch], Some(Duration::from_secs(10))).expect("poll")[0]
    }

    #[test]
    fn readiness_follows_the_peer() {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("listener");
        assert_eq!(accept(&listener).expect_err("nobody calls").kind(), ErrorKind::WouldBlock);

        let mut client = TcpStream::connect(listener.local_addr().expect("address")).expect("connection");
        assert!(readiness(&listener, Interest::Read).readable);
        let (mut server, peer) = accept(&listener).expect("connection");
        assert_eq!(peer, client.local_addr().ok());
        assert_eq!(readiness(&server, Interest::Both), Readiness { readable: false, writable: true });

        client.write_all(b"x").expect("write");
        assert_eq!(readiness(&server, Interest::Read), Readiness { readable: true, writable: false });
        assert_eq!(server.read(&mut [0; 2]).expect("read"), 1);
        assert_eq!(server.read(&mut [0; 2]).expect_err("nothing more").kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn a_port_is_that_of_both_families() {
        let mut told = Vec::new();
        let listeners = listeners(&[], Place::Port(0), |place| told.push(place.to_owned())).expect("listeners");
        let [listener] = &listeners[..] else { panic!("one listener") };
        let port = listener.local_addr().expect("an address").port();
        assert!(told[0].ends_with(&format!(":{port}")), "{told:?}");
        let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("connection");
        assert!(readiness(listener, Interest::Read).readable);
        let (_, peer) = accept(listener).expect("connection");
        assert_eq!(peer.map(|peer| peer.ip()), Some(Ipv4Addr::LOCALHOST.into()));
    }

    #[test]
    fn the_time_is_up() {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("listener");
        let watch = Watch { descriptor: listener.as_fd(), interest: Interest::Read };
        assert_eq!(wait(&[watch, watch], Some(Duration::ZERO)).expect("poll"), [Readiness::default(); 2]);
    }
}
