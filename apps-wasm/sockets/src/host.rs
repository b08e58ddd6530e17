//! The host's side: the standard library and poll(2).

use crate::inherited::FIRST;
use crate::{Interest, Readiness, Watch};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{BorrowedFd, RawFd};
use std::time::Duration;

/// Where inherited listeners are.
pub(crate) fn inherited() -> impl Iterator<Item = RawFd> {
    FIRST..
}

pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}

pub(crate) fn peer(_: &TcpStream, told_by_accept: SocketAddr) -> Option<SocketAddr> {
    Some(told_by_accept)
}

pub(crate) fn unblock(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    Ok(ioctl_fionbio(descriptor, true)?)
}

pub(crate) fn wait(watches: &[Watch<'_>], timeout: Option<Duration>) -> io::Result<Vec<Readiness>> {
    let mut polled: Vec<PollFd<'_>> =
        watches.iter().map(|watch| PollFd::from_borrowed_fd(watch.descriptor, flags(watch.interest))).collect();
    // A time-out beyond the system's range is for ever.
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match poll(&mut polled, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(polled.iter().map(|polled| readiness(polled.revents())).collect()),
        Err(error) => Err(error.into()),
    }
}

fn flags(interest: Interest) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, interest.reads());
    flags.set(PollFlags::OUT, interest.writes());
    flags
}

fn readiness(flags: PollFlags) -> Readiness {
    let failed = flags.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL);
    Readiness { readable: failed || flags.contains(PollFlags::IN), writable: failed || flags.contains(PollFlags::OUT) }
}
