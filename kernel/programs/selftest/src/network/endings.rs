//! How connections and calls end: in order, by force, by time.

use super::claims::{Checked, V4, ensure, expect, fails, step};
use super::connections::{listen, pair};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

/// Long enough to tell that a call waited, too short to wait for.
const BRIEF: Duration = Duration::from_millis(30);
/// What a call says whose time is over: POSIX allows either.
const OVER: &[ErrorKind] = &[ErrorKind::WouldBlock, ErrorKind::TimedOut];

pub(super) fn refused() -> Checked {
    let (listener, address) = listen(V4)?;
    drop(listener);
    fails("nobody listens", TcpStream::connect(address), &[ErrorKind::ConnectionRefused])
}

pub(super) fn half() -> Checked {
    let (mut caller, mut called) = pair(V4)?;
    step("write", caller.write_all(b"last words"))?;
    step("shutdown", caller.shutdown(Shutdown::Write))?;
    let mut heard = Vec::new();
    step("read", called.read_to_end(&mut heard))?;
    expect("all that was said", &heard[..], b"last words")?;
    fails("this way is shut", caller.write(b"x"), &[ErrorKind::BrokenPipe])?;
    step("write", called.write_all(b"an answer"))?;
    drop(called);
    let mut answer = String::new();
    step("read", caller.read_to_string(&mut answer))?;
    expect("the other way is open", answer.as_str(), "an answer")?;
    let (caller, _called) = pair(V4)?;
    let waiting = step("copy", caller.try_clone())?;
    let reader = thread::spawn(move || (&waiting).read(&mut [0]));
    step("shutdown", caller.shutdown(Shutdown::Both))?;
    let read = reader.join().map_err(|_| "the reader panicked")?;
    expect("a reader that waits sees the end", step("read", read)?, 0)
}

pub(super) fn reset() -> Checked {
    let (mut caller, called) = pair(V4)?;
    step("write", caller.write_all(b"never read"))?;
    step("look", called.peek(&mut [0]))?;
    // RFC 2525, section 2.17: what was not read makes the end a reset.
    drop(called);
    fails("reset", caller.read(&mut [0]), &[ErrorKind::ConnectionReset])
}

pub(super) fn time_limits() -> Checked {
    let (mut caller, called) = pair(V4)?;
    step("set", caller.set_read_timeout(Some(BRIEF)))?;
    // Linux rounds up to its own ticks.
    ensure("not less than was set", step("get", caller.read_timeout())? >= Some(BRIEF))?;
    fails("nothing to read", caller.read(&mut [0]), OVER)?;
    ensure("no time at all is an error", caller.set_read_timeout(Some(Duration::ZERO)).is_err())?;
    step("unset", caller.set_read_timeout(None))?;
    expect("none", step("get", caller.read_timeout())?, None)?;
    step("set", caller.set_write_timeout(Some(BRIEF)))?;
    let full = loop {
        if let Err(error) = caller.write(&[0; 4096]) {
            break error;
        }
    };
    ensure("no room to write", OVER.contains(&full.kind()))?;
    drop(called);
    let socket = step("bind", UdpSocket::bind((V4, 0)))?;
    step("set", socket.set_read_timeout(Some(BRIEF)))?;
    fails("no datagram", socket.recv_from(&mut [0]), OVER)
}

pub(super) fn without_blocking() -> Checked {
    let (listener, address) = listen(V4)?;
    step("without blocking", listener.set_nonblocking(true))?;
    fails("nobody calls", listener.accept(), &[ErrorKind::WouldBlock])?;
    let caller = step("connect", TcpStream::connect(address))?;
    step("blocking", listener.set_nonblocking(false))?;
    let (called, _) = step("accept", listener.accept())?;
    step("without blocking", called.set_nonblocking(true))?;
    fails("nothing to read", (&called).read(&mut [0]), &[ErrorKind::WouldBlock])?;
    step("write", (&caller).write_all(b"x"))?;
    step("blocking", called.set_nonblocking(false))?;
    expect("blocking again", step("read", (&called).read(&mut [0; 2]))?, 1)?;
    let socket = step("bind", UdpSocket::bind((V4, 0)))?;
    step("without blocking", socket.set_nonblocking(true))?;
    fails("no datagram", socket.recv_from(&mut [0]), &[ErrorKind::WouldBlock])
}
