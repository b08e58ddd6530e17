//! WASI preview 1's side: `poll_oneoff`, and in `wasmedge` or `standard` what depends on the host.

#[cfg(not(feature = "wasmedge"))]
mod standard;
#[cfg(feature = "wasmedge")]
mod wasmedge;

#[cfg(not(feature = "wasmedge"))]
pub(crate) use standard::{listen, peer};
#[cfg(feature = "wasmedge")]
pub(crate) use wasmedge::{listen, peer};

use crate::inherited::FIRST;
use crate::{Readiness, Watch};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;
use wasip1::{
    CLOCKID_MONOTONIC, ERRNO_SUCCESS, EVENTRWFLAGS_FD_READWRITE_HANGUP, EVENTTYPE_CLOCK, EVENTTYPE_FD_READ,
    EVENTTYPE_FD_WRITE, Errno, Event, EventFdReadwrite, FDFLAGS_NONBLOCK, FILETYPE_SOCKET_STREAM, Subscription,
    SubscriptionClock, SubscriptionFdReadwrite, SubscriptionU, SubscriptionUU,
};

/// The user data of the time-out; a watch has its index.
const TIMEOUT: u64 = u64::MAX;

/// Where inherited listeners are. Hosts put them before the preopened directories or behind them.
pub(crate) fn inherited() -> impl Iterator<Item = RawFd> {
    let types = (FIRST..).map_while(|number| {
        // SAFETY: the call takes any number and writes to its own result only.
        let stat = unsafe { wasip1::fd_fdstat_get(number.cast_unsigned()) };
        stat.ok().map(|stat| (number, stat.fs_filetype))
    });
    types.filter(|(_, file_type)| *file_type == FILETYPE_SOCKET_STREAM).map(|(number, _)| number)
}

pub(crate) fn unblock(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let number = descriptor.as_raw_fd().cast_unsigned();
    // SAFETY: the call takes any number and writes to its own result only.
    let stat = unsafe { wasip1::fd_fdstat_get(number) };
    let flags = stat.map_err(error)?.fs_flags | FDFLAGS_NONBLOCK;
    // SAFETY: the call changes flags of a descriptor that is borrowed.
    unsafe { wasip1::fd_fdstat_set_flags(number, flags) }.map_err(error)
}

fn error(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.raw().into())
}

pub(crate) fn wait(watches: &[Watch<'_>], timeout: Option<Duration>) -> io::Result<Vec<Readiness>> {
    let subscriptions = subscriptions(watches, timeout);
    let mut ready = vec![Readiness::default(); watches.len()];
    for event in poll(&subscriptions)? {
        let Some(ready) = usize::try_from(event.userdata).ok().and_then(|index| ready.get_mut(index)) else { continue };
        let failed = event.error != ERRNO_SUCCESS || event.fd_readwrite.flags & EVENTRWFLAGS_FD_READWRITE_HANGUP != 0;
        ready.readable |= failed || event.type_ == EVENTTYPE_FD_READ;
        ready.writable |= failed || event.type_ == EVENTTYPE_FD_WRITE;
    }
    Ok(ready)
}

fn subscriptions(watches: &[Watch<'_>], timeout: Option<Duration>) -> Vec<Subscription> {
    let mut subscriptions = Vec::with_capacity(2 * watches.len() + 1);
    for (index, watch) in (0..).zip(watches) {
        let target = SubscriptionFdReadwrite { file_descriptor: watch.descriptor.as_raw_fd().cast_unsigned() };
        let mut subscribe = |event_type, u| {
            subscriptions.push(Subscription { userdata: index, u: SubscriptionU { tag: event_type, u } });
        };
        if watch.interest.reads() {
            subscribe(EVENTTYPE_FD_READ.raw(), SubscriptionUU { fd_read: target });
        }
        if watch.interest.writes() {
            subscribe(EVENTTYPE_FD_WRITE.raw(), SubscriptionUU { fd_write: target });
        }
    }
    // A time-out beyond the clock's range is for ever.
    if let Some(timeout) = timeout.and_then(|timeout| u64::try_from(timeout.as_nanos()).ok()) {
        let clock = SubscriptionClock { id: CLOCKID_MONOTONIC, timeout, precision: 0, flags: 0 };
        let u = SubscriptionU { tag: EVENTTYPE_CLOCK.raw(), u: SubscriptionUU { clock } };
        subscriptions.push(Subscription { userdata: TIMEOUT, u });
    }
    subscriptions
}

/// `poll_oneoff`: the events that occurred, at least one.
fn poll(subscriptions: &[Subscription]) -> io::Result<Vec<Event>> {
    let none = Event {
        userdata: TIMEOUT,
        error: ERRNO_SUCCESS,
        type_: EVENTTYPE_CLOCK,
        fd_readwrite: EventFdReadwrite { nbytes: 0, flags: 0 },
    };
    let mut events = vec![none; subscriptions.len()];
    // SAFETY: the call writes at most as many events as it is given subscriptions.
    let count = unsafe { wasip1::poll_oneoff(subscriptions.as_ptr(), events.as_mut_ptr(), subscriptions.len()) }
        .map_err(error)?;
    events.truncate(count);
    Ok(events)
}
