//! Listeners that whoever started the program opened for it.

use crate::system;
use std::env;
use std::io;
use std::net::TcpListener;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// The first inherited descriptor (`SD_LISTEN_FDS_START`, sd_listen_fds(3)).
pub(crate) const FIRST: RawFd = 3;

/// Takes over the inherited listeners: `LISTEN_FDS` of them, from descriptor 3 on. Without the variable there is none. On WASI
/// there may be directories between them.
///
/// To be called once: the second call would own the same descriptors again.
///
/// # Errors
/// `InvalidInput` for a variable that is no number; else what the system says of a descriptor that is no socket.
pub fn inherited() -> io::Result<Vec<TcpListener>> {
    let Some(count) = env::var_os("LISTEN_FDS") else { return Ok(Vec::new()) };
    let count = count.to_str().and_then(|count| count.parse().ok()).ok_or(io::ErrorKind::InvalidInput)?;
    system::inherited().take(count).map(take_over).collect()
}

fn take_over(number: RawFd) -> io::Result<TcpListener> {
    // SAFETY: who set the variable opened the descriptor for this program, and nothing else here knows its number.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    let listener = TcpListener::from(descriptor);
    listener.set_nonblocking(true)?;
    Ok(listener)
}
