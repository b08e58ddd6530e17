//! Options: each is what it was set to, and what cannot be is refused.

use super::claims::{Checked, V4, V6, ensure, expect, fails, step};
use super::connections::{listen, pair};
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};

pub(super) fn of_connections() -> Checked {
    let (caller, _called) = pair(V4)?;
    for on in [true, false] {
        step("set no delay", caller.set_nodelay(on))?;
        expect("no delay", step("get", caller.nodelay())?, on)?;
    }
    step("set hop limit", caller.set_ttl(42))?;
    expect("hop limit", step("get", caller.ttl())?, 42)?;
    fails("too far", caller.set_ttl(256), &[ErrorKind::InvalidInput])?;
    ensure("no error waits", step("error", caller.take_error())?.is_none())?;
    let (listener, address) = listen(V4)?;
    step("set hop limit", listener.set_ttl(7))?;
    expect("hop limit", step("get", listener.ttl())?, 7)?;
    drop(listener);
    // Its port is free at once: std sets SO_REUSEADDR.
    step("the same port again", TcpListener::bind(address)).map(drop)
}

pub(super) fn of_datagrams() -> Checked {
    let socket = step("bind", UdpSocket::bind((V4, 0)))?;
    expect("no broadcast at first", step("get", socket.broadcast())?, false)?;
    step("set broadcast", socket.set_broadcast(true))?;
    expect("broadcast", step("get", socket.broadcast())?, true)?;
    step("set hop limit", socket.set_ttl(3))?;
    expect("hop limit", step("get", socket.ttl())?, 3)?;
    step("set hop limit of groups", socket.set_multicast_ttl_v4(9))?;
    expect("hop limit of groups", step("get", socket.multicast_ttl_v4())?, 9)?;
    step("set loop", socket.set_multicast_loop_v4(false))?;
    expect("loop", step("get", socket.multicast_loop_v4())?, false)?;
    let socket = step("bind", UdpSocket::bind((V6, 0)))?;
    step("set loop", socket.set_multicast_loop_v6(false))?;
    expect("loop", step("get", socket.multicast_loop_v6())?, false)
}
