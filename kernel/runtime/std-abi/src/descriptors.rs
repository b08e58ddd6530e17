//! What descriptors of every kind have in common: waiting for several (`poll`), their flags (`ioctl`, `fcntl`).

use crate::{descriptor, last_error, process, status};
use hermit_abi::{
    F_DUPFD, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, FIONBIO, O_APPEND, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY,
    POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLRDNORM, POLLWRNORM, c_int, c_void, nfds_t, pollfd,
};
use interfaces::{Errno, Result};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use vfs::{FdTable, Interest, OpenFile, StatusFlags};
use wait::{WaitError, Waiter};

const READING: i16 = POLLIN | POLLRDNORM;
const WRITING: i16 = POLLOUT | POLLWRNORM;

/// Waits until something can be done with one of several descriptors; how many there are. `timeout` is in milliseconds,
/// negative for ever. At an error -1, upon which std asks for the thread's last one.
///
/// # Safety
/// `entries` holds `count` entries that can be read and written.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_poll(entries: *mut pollfd, count: nfds_t, timeout: i32) -> i32 {
    let entries = if count == 0 {
        &mut []
    } else {
        // SAFETY: the caller's contract.
        unsafe { std::slice::from_raw_parts_mut(entries, count) }
    };
    match poll(entries, timeout) {
        // There are no more entries than descriptors.
        Ok(ready) => ready as i32,
        Err(error) => {
            last_error::set(error);
            -1
        }
    }
}

fn poll(entries: &mut [pollfd], timeout: i32) -> Result<usize> {
    // Each may stand there twice, to be read and to be written.
    if entries.len() > 2 * FdTable::LIMIT as usize {
        return Err(Errno::EINVAL);
    }
    let process = process()?;
    let files: Vec<Option<Arc<OpenFile>>> = entries.iter().map(|entry| process.files().get(entry.fd).ok()).collect();
    let deadline = match u64::try_from(timeout) {
        Ok(milliseconds) => Instant::now().checked_add(Duration::from_millis(milliseconds)),
        Err(_) => None,
    };
    let ready = wait::wait_for(deadline, |waiter| match look(entries, &files, waiter) {
        0 => Poll::Pending,
        ready => Poll::Ready(ready),
    });
    match ready {
        Ok(ready) => Ok(ready),
        Err(WaitError::TimedOut) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Notes what can be done; with how many descriptors something can.
fn look(entries: &mut [pollfd], files: &[Option<Arc<OpenFile>>], waiter: &Waiter) -> usize {
    for (entry, file) in entries.iter_mut().zip(files) {
        entry.revents = match file {
            // POSIX, `poll`: a negative descriptor is passed over.
            None if entry.fd < 0 => 0,
            None => POLLNVAL,
            Some(file) => events(file, entry.events, waiter),
        };
    }
    entries.iter().filter(|entry| entry.revents != 0).count()
}

fn events(file: &OpenFile, wanted: i16, waiter: &Waiter) -> i16 {
    let interest = Interest { read: wanted & READING != 0, write: wanted & WRITING != 0 };
    let ready = file.poll(interest, Some(waiter));
    let mut events = 0;
    if ready.readable {
        events |= wanted & READING;
    }
    // POSIX: a stream that has hung up is not writable.
    if ready.writable && !ready.hangup {
        events |= wanted & WRITING;
    }
    if ready.hangup {
        events |= POLLHUP;
    }
    events
}

/// Controls a file: `FIONBIO` makes it block or not.
///
/// # Safety
/// For `FIONBIO`, `argument` can be read as an `int`.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_ioctl(fd: i32, command: i32, argument: *mut c_void) -> i32 {
    let control = || {
        let file = process()?.files().get(fd)?;
        if command != FIONBIO {
            return Err(Errno::ENOTTY);
        }
        if argument.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: the caller's contract.
        let value = unsafe { argument.cast::<c_int>().read_unaligned() };
        file.set_flags(StatusFlags { nonblock: value != 0, ..file.flags() });
        Ok(())
    };
    status(control())
}

/// A descriptor's copy, or its flags (POSIX, `fcntl`).
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_fcntl(fd: i32, command: i32, argument: i32) -> i32 {
    let control = || {
        let process = process()?;
        let file = process.files().get(fd)?;
        match command {
            F_DUPFD => process.files().dup(fd, argument),
            // There is no exec that could hand a descriptor on.
            F_GETFD => Ok(FD_CLOEXEC),
            F_SETFD => Ok(0),
            F_GETFL => Ok(flags(&file)),
            F_SETFL => {
                let (append, nonblock) = (argument & O_APPEND != 0, argument & O_NONBLOCK != 0);
                file.set_flags(StatusFlags { append, nonblock, ..file.flags() });
                Ok(0)
            }
            _ => Err(Errno::EINVAL),
        }
    };
    descriptor(control())
}

fn flags(file: &OpenFile) -> i32 {
    let access = match (file.readable(), file.writable()) {
        (true, true) => O_RDWR,
        (false, true) => O_WRONLY,
        _ => O_RDONLY,
    };
    let set = file.flags();
    access | if set.append { O_APPEND } else { 0 } | if set.nonblock { O_NONBLOCK } else { 0 }
}
