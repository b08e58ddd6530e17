//! Waiting for several things at once.
//!
//! A call waits in `wait::wait_for`: every subscription is asked after the thread has registered with its file, so a
//! wait ends with the first event and takes no CPU time before.

use crate::abi::{ClockFlags, EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE, EVENT_HANGUP, Event, Subscription, Topic};
use crate::calls::clock::ClockId;
use crate::context::Context;
use crate::errno;
use crate::failure::{Failure, Result};
use crate::memory::{GuestPtr, Memory};
use crate::rights::Rights;
use interfaces::Errno;
use std::task::Poll;
use std::time::{Duration, Instant};
use vfs::{Interest, Kind, OpenFile, Readiness};
use wait::{WaitError, Waiter, wait_for};

/// The most subscriptions of one call: as many as there are descriptors, for reading and writing each.
const MAX_SUBSCRIPTIONS: u32 = 1 << 17;

pub(crate) fn poll_oneoff(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    subscriptions: GuestPtr<Subscription>,
    events: GuestPtr<Event>,
    count: u32,
    ready: GuestPtr<u32>,
) -> Result<()> {
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::EINVAL.into());
    }
    events.slice(count).check(memory)?;
    ready.check(memory)?;
    let subscriptions = subscriptions.slice(count);
    subscriptions.check(memory)?;
    let awaited: Vec<Awaited<'_>> =
        subscriptions.elements().map(|at| Awaited::new(ctx, at?.read(memory)?)).collect::<Result<_>>()?;

    let occurred = wait_for_events(ctx, &awaited)?;
    let mut written = 0;
    for event in occurred {
        events.element(written)?.write(memory, event)?;
        written += 1;
    }
    ready.write(memory, written)
}

/// A subscription whose claims were checked.
struct Awaited<'a> {
    userdata: u64,
    kind: u8,
    what: What<'a>,
}

enum What<'a> {
    /// A clock's time, in its own nanoseconds.
    Time {
        clock: ClockId,
        at_ns: u64,
    },
    Read(&'a OpenFile),
    Write(&'a OpenFile),
    /// Nothing: the subscription cannot be waited for, which is an event in itself.
    Failed(Errno),
}

impl<'a> Awaited<'a> {
    fn new(ctx: &'a Context, subscription: Subscription) -> Result<Awaited<'a>> {
        let (kind, what) = match subscription.topic {
            Topic::Clock { id, timeout_ns, flags } => (EVENT_CLOCK, time(ctx, id, timeout_ns, flags)),
            Topic::Read { fd } => (EVENT_FD_READ, pollable(ctx, fd, Rights::FD_READ).map(What::Read)),
            Topic::Write { fd } => (EVENT_FD_WRITE, pollable(ctx, fd, Rights::FD_WRITE).map(What::Write)),
            Topic::Unknown => return Err(Errno::EINVAL.into()),
        };
        let what = match what {
            Ok(what) => what,
            Err(Failure::Errno(errno)) => What::Failed(errno),
            Err(end) => return Err(end),
        };
        Ok(Awaited { userdata: subscription.userdata, kind, what })
    }

    /// The event, if it has occurred. Registers `waiter` with what it waits for, before it looks.
    fn event(&self, ctx: &Context, waiter: &Waiter) -> Option<Event> {
        let (error, readiness) = match self.what {
            What::Time { clock, at_ns } => {
                let reached = clock.now_ns(ctx).is_ok_and(|now| now >= at_ns);
                (errno::SUCCESS, reached.then(Readiness::default)?)
            }
            What::Read(file) => {
                let readiness = file.poll(Interest { read: true, write: false }, Some(waiter));
                (errno::SUCCESS, (readiness.readable || readiness.hangup).then(|| with_rest(file, readiness))?)
            }
            What::Write(file) => {
                let readiness = file.poll(Interest { read: false, write: true }, Some(waiter));
                (errno::SUCCESS, (readiness.writable || readiness.hangup).then_some(readiness)?)
            }
            What::Failed(errno) => (errno::number(errno), Readiness::default()),
        };
        let flags = if readiness.hangup { EVENT_HANGUP } else { 0 };
        Some(Event { userdata: self.userdata, error, kind: self.kind, available: readiness.available, flags })
    }

    /// In how many nanoseconds it will occur by itself.
    fn due_in_ns(&self, ctx: &Context) -> Option<u64> {
        match self.what {
            What::Time { clock, at_ns } => clock.now_ns(ctx).ok().map(|now| at_ns.saturating_sub(now)),
            _ => None,
        }
    }
}

fn time<'a>(ctx: &Context, id: u32, timeout_ns: u64, flags: u16) -> Result<What<'a>> {
    let clock = ClockId::from_number(id)?;
    if clock == ClockId::CpuTime {
        // The guest's own CPU time stands still while it waits (POSIX, `clock_nanosleep`).
        return Err(Errno::EINVAL.into());
    }
    let flags = ClockFlags::from_bits(flags).ok_or(Errno::EINVAL)?;
    let now_ns = clock.now_ns(ctx)?;
    let at_ns = if flags.contains(ClockFlags::ABSTIME) { timeout_ns } else { now_ns.saturating_add(timeout_ns) };
    Ok(What::Time { clock, at_ns })
}

fn pollable(ctx: &Context, fd: u32, direction: Rights) -> Result<&OpenFile> {
    Ok(&ctx.files.with_rights(fd, direction | Rights::POLL_FD_READWRITE)?.file)
}

/// What is left to read of a regular file is known from its size.
fn with_rest(file: &OpenFile, readiness: Readiness) -> Readiness {
    if file.kind() != Kind::Regular {
        return readiness;
    }
    let rest = file.tell().map_or(0, |offset| file.metadata().size.saturating_sub(offset));
    Readiness { available: rest, ..readiness }
}

/// Waits until at least one event has occurred; all that have are returned, in the order of the subscriptions.
fn wait_for_events(ctx: &Context, awaited: &[Awaited<'_>]) -> Result<Vec<Event>> {
    loop {
        let due = awaited.iter().filter_map(|one| one.due_in_ns(ctx)).min();
        // A deadline beyond the clock's range is never.
        let deadline = due.and_then(|ns| Instant::now().checked_add(Duration::from_nanos(ns)));
        let occurred = wait_for(deadline, |waiter| {
            let events: Vec<Event> = awaited.iter().filter_map(|one| one.event(ctx, waiter)).collect();
            if events.is_empty() { Poll::Pending } else { Poll::Ready(events) }
        });
        match occurred {
            Ok(events) => return Ok(events),
            // The guest's clock is asked again: it may be a little behind the one that woke this thread.
            Err(WaitError::TimedOut) => {}
            Err(WaitError::Cancelled) => return Err(WaitError::Cancelled.into()),
        }
    }
}
