//! Makes room for many clients at once at QEMU's published ports.
//!
//! QEMU listens with room for one connection that waits to be accepted. When more come while the emulator computes, Linux
//! drops their handshakes, and clients wait for seconds or are reset. The room can be changed later, by whoever has the
//! socket: a parent may take a copy of its child's (`pidfd_getfd`). Where that is not allowed, it stays as it was.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::socket_acceptconn;
use rustix::net::{getsockname, listen};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

/// Linux's own limit (`somaxconn`) cuts it.
const BACKLOG: i32 = 1024;
/// QEMU opens its sockets before it starts the machine; it is looked for them so often.
const LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(20);

/// Starts to look for the sockets of a process that listen at these addresses.
pub(super) fn widen(process: u32, mut addresses: Vec<SocketAddr>) {
    let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return };
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    if addresses.is_empty() {
        return;
    }
    thread::spawn(move || {
        for _ in 0..LOOKS {
            for socket in sockets(pid, &process) {
                addresses.retain(|address| !widen_one(&socket, *address));
            }
            if addresses.is_empty() {
                return;
            }
            thread::sleep(PAUSE);
        }
    });
}

/// Whether this is the socket that listens there.
fn widen_one(socket: &OwnedFd, address: SocketAddr) -> bool {
    let own = getsockname(socket).ok().and_then(|own| SocketAddr::try_from(own).ok());
    own == Some(address) && socket_acceptconn(socket).unwrap_or(false) && listen(socket, BACKLOG).is_ok()
}

/// Copies of the sockets that a process has now; none when it has ended or is out of reach.
fn sockets(pid: Pid, process: &OwnedFd) -> Vec<OwnedFd> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero())) else { return Vec::new() };
    let copy = |entry: std::fs::DirEntry| {
        let target = std::fs::read_link(entry.path()).ok()?;
        let number = entry.file_name().to_str()?.parse().ok()?;
        let is_socket = target.to_string_lossy().starts_with("socket:");
        is_socket.then(|| pidfd_getfd(process.as_fd(), number, PidfdGetfdFlags::empty()).ok())?
    };
    entries.filter_map(Result::ok).filter_map(copy).collect()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn a_listener_is_found_by_its_address() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let pid = rustix::process::getpid();
        let process = pidfd_open(pid, PidfdFlags::empty()).expect("this process");
        let found = sockets(pid, &process).iter().filter(|socket| widen_one(socket, address)).count();
        assert_eq!(found, 1);
    }
}
