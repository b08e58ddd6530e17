//! `nc`: bytes between standard streams and a connection, or datagrams.
//!
//! `plan` reads the command line, `talk` copies in both directions.

mod plan;
mod talk;

use crate::call::{Call, Failure, Outcome, errno, failed};
use crate::hosts::find;
use interfaces::Errno;
use plan::{Action, Peers, Plan, Transport};
use process::ExitStatus;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;
use talk::{Input, is_over, talk};
use vfs::socket::Family;

/// How long a closed UDP port may take to say so, where nobody said.
const REFUSAL_TIME: Duration = Duration::from_secs(1);
/// The longest UDP datagram.
const DATAGRAM: usize = 65_535;

pub(crate) fn run(call: &Call<'_>) -> Outcome {
    let plan = Plan::parse(call.parser())?;
    match (plan.action, plan.transport) {
        (Action::Scan, _) => scan(call, &plan),
        (Action::Connect, Transport::Tcp) => {
            let stream = connect(call, &plan, plan.first_port())?;
            talk(call, stream, plan.patience)
        }
        (Action::Connect, Transport::Udp) => {
            let socket = socket_to(call, &plan, plan.first_port())?;
            talk(call, socket, plan.patience)
        }
        (Action::Listen, Transport::Tcp) => {
            let listener = bind(call, &plan, TcpListener::bind)?;
            say(call, &plan, format_args!("listening on {}", listener.local_addr()?))?;
            if plan.peers == Peers::Many {
                return serve(call, &plan, &listener);
            }
            let (stream, peer) = listener.accept()?;
            // One peer: others are refused from now on.
            drop(listener);
            say(call, &plan, format_args!("connection from {}", canonical(peer)))?;
            talk(call, stream, plan.patience)
        }
        (Action::Listen, Transport::Udp) => {
            let socket = bind(call, &plan, UdpSocket::bind)?;
            say(call, &plan, format_args!("listening on {}", socket.local_addr()?))?;
            if plan.peers == Peers::Many {
                return print_datagrams(call, &plan, &socket);
            }
            // Whoever comes first is the peer.
            let (_, peer) = socket.peek_from(&mut [0; DATAGRAM])?;
            socket.connect(peer)?;
            say(call, &plan, format_args!("datagrams from {peer}"))?;
            talk(call, socket, plan.patience)
        }
    }
}

/// Talks with one peer after the other, for ever; what becomes of one does not concern the next.
fn serve(call: &Call<'_>, plan: &Plan, listener: &TcpListener) -> Outcome {
    let input = Input::start(call, Peers::Many)?;
    loop {
        let (stream, peer) = listener.accept()?;
        let peer = canonical(peer);
        say(call, plan, format_args!("connection from {peer}"))?;
        match input.talk(call, stream, plan.patience) {
            Ok(_) => {}
            Err(Failure::Error(message)) => call.complain(format_args!("{peer}: {message}")),
            Err(other) => return Err(other),
        }
    }
}

/// Prints what comes, from whomever; there is nobody to send input to.
fn print_datagrams(call: &Call<'_>, plan: &Plan, socket: &UdpSocket) -> Outcome {
    socket.set_read_timeout(plan.patience)?;
    let mut buffer = vec![0; DATAGRAM];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((count, peer)) => {
                say(call, plan, format_args!("a datagram from {}", canonical(peer)))?;
                call.context.stdout.write_all(buffer.get(..count).unwrap_or_default())?;
            }
            Err(error) if is_over(&error) => return Ok(ExitStatus::SUCCESS),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A listener of both families tells IPv4's addresses as IPv6's.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A remark for who wants to hear it.
fn say(call: &Call<'_>, plan: &Plan, text: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    if plan.verbose { call.remark(text) } else { Ok(()) }
}

/// Connects to the first of the host's addresses that answers.
fn connect(call: &Call<'_>, plan: &Plan, port: u16) -> Result<TcpStream, Failure> {
    let to = |address: SocketAddr| match plan.patience {
        Some(patience) => TcpStream::connect_timeout(&address, patience),
        None => TcpStream::connect(address),
    };
    let stream = first_of(call, plan, port, to)?;
    say(call, plan, format_args!("connected to {}", stream.peer_addr()?))?;
    Ok(stream)
}

/// A datagram socket whose peer is the host.
fn socket_to(call: &Call<'_>, plan: &Plan, port: u16) -> Result<UdpSocket, Failure> {
    first_of(call, plan, port, |address| {
        let any = if address.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(address)?;
        Ok(socket)
    })
}

/// Tries the host's addresses until one will do; the last one's error.
fn first_of<T>(
    call: &Call<'_>,
    plan: &Plan,
    port: u16,
    attempt: impl Fn(SocketAddr) -> io::Result<T>,
) -> Result<T, Failure> {
    let mut last = Failure::Error(format!("{}: no such host", plan.host));
    for mut address in find(call.net, &plan.host, plan.family)? {
        address.set_port(port);
        match attempt(address) {
            Ok(made) => return Ok(made),
            Err(error) if errno(&error) == Some(Errno::ECANCELED) => return Err(error.into()),
            Err(error) => last = failed(format_args!("{} port {port}", plan.host), error),
        }
    }
    Err(last)
}

/// Binds to the port: on the given address, or on all, of both families where that is possible.
fn bind<T>(call: &Call<'_>, plan: &Plan, bind: impl Fn(SocketAddr) -> io::Result<T>) -> Result<T, Failure> {
    let port = plan.first_port();
    if !plan.host.is_empty() {
        return first_of(call, plan, port, bind);
    }
    let (v4, v6) = (IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED));
    let bound = match plan.family {
        Some(Family::V4) => bind((v4, port).into()),
        Some(Family::V6) => bind((v6, port).into()),
        None => bind((v6, port).into()).or_else(|error| match errno(&error) {
            Some(Errno::EAFNOSUPPORT | Errno::EADDRNOTAVAIL) => bind((v4, port).into()),
            _ => Err(error),
        }),
    };
    bound.map_err(|error| failed(format_args!("port {port}"), error))
}

/// Tells which of the ports are open; success if one is.
fn scan(call: &Call<'_>, plan: &Plan) -> Outcome {
    let mut open = 0;
    for port in plan.ports.clone() {
        let outcome = match plan.transport {
            Transport::Tcp => connect(call, plan, port).map(drop),
            Transport::Udp => ask(call, plan, port),
        };
        match outcome {
            Ok(()) => open += 1,
            Err(Failure::Error(message)) if plan.verbose => call.complain(message),
            Err(Failure::Error(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(if open > 0 { ExitStatus::SUCCESS } else { ExitStatus::FAILURE })
}

/// Sends an empty datagram: a closed port says so, an open one perhaps nothing.
fn ask(call: &Call<'_>, plan: &Plan, port: u16) -> Result<(), Failure> {
    let socket = socket_to(call, plan, port)?;
    socket.set_read_timeout(Some(plan.patience.unwrap_or(REFUSAL_TIME)))?;
    socket.send(&[])?;
    match socket.recv(&mut [0; 1]) {
        Err(error) if !is_over(&error) => Err(failed(format_args!("{} port {port}", plan.host), error)),
        _ => say(call, plan, format_args!("{} port {port}: open, or silent", plan.host)),
    }
}
