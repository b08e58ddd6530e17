//! Connections: what goes in comes out, also much of it and on many at once.

use super::claims::{Checked, LIMIT, V4, ensure, expect, fails, step};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// More than all buffers on the way.
const LONG: usize = 4 << 20;
const MANY: usize = 200;

/// A listener, and its address.
pub(super) fn listen(host: IpAddr) -> Result<(TcpListener, SocketAddr), String> {
    let listener = step("bind", TcpListener::bind((host, 0)))?;
    let address = step("local address", listener.local_addr())?;
    Ok((listener, address))
}

/// Two ends of a connection: who called, who was called.
pub(super) fn pair(host: IpAddr) -> Result<(TcpStream, TcpStream), String> {
    let (listener, address) = listen(host)?;
    let caller = step("connect", TcpStream::connect(address))?;
    let (called, from) = step("accept", listener.accept())?;
    expect("the caller's address", Ok(from), caller.local_addr().map_err(|error| error.to_string()))?;
    for end in [&caller, &called] {
        step("time limit", end.set_read_timeout(Some(LIMIT)))?;
        step("time limit", end.set_write_timeout(Some(LIMIT)))?;
    }
    Ok((caller, called))
}

pub(super) fn echo(host: IpAddr) -> Checked {
    let (listener, address) = listen(host)?;
    let server = thread::spawn(move || -> io::Result<u64> {
        let (stream, _) = listener.accept()?;
        io::copy(&mut &stream, &mut &stream)
    });
    let mut stream = step("connect", TcpStream::connect(address))?;
    step("time limit", stream.set_read_timeout(Some(LIMIT)))?;
    for word in [&b"one"[..], b"two and three", b"x"] {
        step("write", stream.write_all(word))?;
        let mut back = vec![0; word.len()];
        step("read", stream.read_exact(&mut back))?;
        expect("the echo", &back[..], word)?;
    }
    let parts = [IoSlice::new(b"in "), IoSlice::new(b""), IoSlice::new(b"parts")];
    let went = step("write of parts", stream.write_vectored(&parts))?;
    let mut back = vec![0; went];
    step("read", stream.read_exact(&mut back))?;
    ensure("parts come in their order", b"in parts".starts_with(&back))?;
    drop(stream);
    let copied = server.join().map_err(|_| "the server panicked")?;
    expect("bytes that were echoed", step("the server", copied)?, 17 + went as u64)
}

pub(super) fn long_transfer() -> Checked {
    let (mut caller, mut called) = pair(V4)?;
    let writer = thread::spawn(move || caller.write_all(&(0..LONG).map(pattern).collect::<Vec<u8>>()));
    let mut came = Vec::new();
    step("read", called.read_to_end(&mut came))?;
    step("write", writer.join().map_err(|_| "the writer panicked")?)?;
    expect("bytes", came.len(), LONG)?;
    ensure("each in its place", came.iter().enumerate().all(|(at, byte)| *byte == pattern(at)))
}

/// Bytes in which a lost or doubled piece would show.
fn pattern(at: usize) -> u8 {
    ((at as u32).wrapping_mul(2_654_435_761) >> 24) as u8
}

pub(super) fn many() -> Checked {
    let (listener, address) = listen(V4)?;
    let server = thread::spawn(move || -> io::Result<Vec<TcpStream>> {
        let mut open = Vec::new();
        for _ in 0..MANY {
            open.push(listener.accept()?.0);
        }
        for stream in &mut open {
            let mut word = [0; 4];
            stream.read_exact(&mut word)?;
            stream.write_all(&word)?;
        }
        Ok(open)
    });
    let mut streams = Vec::new();
    for _ in 0..MANY {
        streams.push(step("connect", TcpStream::connect(address))?);
    }
    for (number, stream) in (0_u32..).zip(&mut streams) {
        step("write", stream.write_all(&number.to_le_bytes()))?;
    }
    for (number, stream) in (0_u32..).zip(&mut streams) {
        let mut back = [0; 4];
        step("time limit", stream.set_read_timeout(Some(LIMIT)))?;
        step("read", stream.read_exact(&mut back))?;
        expect("the answer", u32::from_le_bytes(back), number)?;
    }
    let served = server.join().map_err(|_| "the server panicked")?;
    expect("connections", step("the server", served)?.len(), MANY)
}

pub(super) fn peek() -> Checked {
    let (mut caller, mut called) = pair(V4)?;
    step("write", caller.write_all(b"look"))?;
    let mut buffer = [0; 8];
    let seen = step("peek", called.peek(&mut buffer))?;
    ensure("something is seen", seen > 0 && b"look".starts_with(&buffer[..seen]))?;
    let mut all = [0; 4];
    step("read", called.read_exact(&mut all))?;
    expect("what was seen is still there", &all, b"look")
}

pub(super) fn copies() -> Checked {
    let (mut caller, called) = pair(V4)?;
    let copy = step("copy", called.try_clone())?;
    step("without blocking", copy.set_nonblocking(true))?;
    fails("the original follows", (&called).read(&mut [0]), &[ErrorKind::WouldBlock])?;
    step("blocking", called.set_nonblocking(false))?;
    drop(called);
    step("write", caller.write_all(b"still"))?;
    let mut word = [0; 5];
    step("read", (&copy).read_exact(&mut word))?;
    expect("the copy stays open", &word, b"still")
}

pub(super) fn addresses() -> Checked {
    let (caller, called) = pair(V4)?;
    let of = |address: io::Result<SocketAddr>| step("address", address);
    expect("the peer", of(caller.peer_addr())?, of(called.local_addr())?)?;
    expect("the peer's peer", of(called.peer_addr())?, of(caller.local_addr())?)?;
    let (_listener, taken) = listen(V4)?;
    fails("a taken port", TcpListener::bind(taken), &[ErrorKind::AddrInUse])?;
    // An address for documentation (RFC 5737), which no machine has.
    fails("another machine's address", TcpListener::bind("192.0.2.1:0"), &[ErrorKind::AddrNotAvailable])
}

pub(super) fn connect_in_time() -> Checked {
    let (listener, address) = listen(V4)?;
    let caller = step("connect", TcpStream::connect_timeout(&address, LIMIT))?;
    let (mut called, _) = step("accept", listener.accept())?;
    step("write", called.write_all(b"!"))?;
    let mut byte = [0];
    // It blocks again from here on.
    step("read", (&caller).read_exact(&mut byte))?;
    expect("what came", byte, *b"!")?;
    drop(listener);
    fails("refused", TcpStream::connect_timeout(&address, LIMIT), &[ErrorKind::ConnectionRefused])?;
    let no_time = TcpStream::connect_timeout(&address, std::time::Duration::ZERO);
    ensure("no time at all is an error", no_time.is_err())
}
