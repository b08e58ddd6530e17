//! `ss`: sockets, their states and whose they are.

use crate::call::{Call, Outcome};
use lexopt::Arg;
use net::SocketStatus;
use process::{ExitStatus, ProcessTable};
use std::net::{IpAddr, SocketAddr};
use vfs::socket::{Family, SocketKind, TcpState};

/// Which sockets a user wants to see.
#[derive(Clone, Copy, Debug, Default)]
struct Selection {
    streams: bool,
    datagrams: bool,
    echo: bool,
    states: States,
    family: Option<Family>,
}

/// In which states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum States {
    /// With a peer.
    #[default]
    Connected,
    /// Waiting for one.
    Listening,
    All,
}

pub(crate) fn run(call: &Call<'_>) -> Outcome {
    let mut selection = Selection::default();
    let mut with_process = false;
    let mut parser = call.parser();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('t') | Arg::Long("tcp") => selection.streams = true,
            Arg::Short('u') | Arg::Long("udp") => selection.datagrams = true,
            Arg::Short('w') | Arg::Long("raw") => selection.echo = true,
            Arg::Short('l') | Arg::Long("listening") => selection.states = States::Listening,
            Arg::Short('a') | Arg::Long("all") => selection.states = States::All,
            Arg::Short('4') => selection.family = Some(Family::V4),
            Arg::Short('6') => selection.family = Some(Family::V6),
            Arg::Short('p') | Arg::Long("processes") => with_process = true,
            // Ports are always numbers.
            Arg::Short('n') | Arg::Long("numeric") => {}
            other => return Err(other.unexpected().into()),
        }
    }
    let sockets: Vec<SocketStatus> = call.net.sockets().into_iter().filter(|one| selection.has(one)).collect();
    let owner = |socket: &SocketStatus| {
        if with_process { socket.owner.map(|pid| describe(&call.context.table, pid)) } else { None }
    };
    let rows: Vec<Row> = sockets.iter().map(|socket| Row::new(socket, owner(socket).unwrap_or_default())).collect();
    call.print(&table(&rows))?;
    Ok(ExitStatus::SUCCESS)
}

impl Selection {
    fn has(&self, socket: &SocketStatus) -> bool {
        let nothing_said = !(self.streams || self.datagrams || self.echo);
        let kind = match socket.kind {
            SocketKind::Stream => self.streams,
            SocketKind::Datagram => self.datagrams,
            SocketKind::Echo => self.echo,
        };
        let waits = match socket.kind {
            SocketKind::Stream => socket.state == TcpState::Listen,
            SocketKind::Datagram | SocketKind::Echo => socket.remote.is_none(),
        };
        let state = match self.states {
            States::All => true,
            States::Listening => waits,
            States::Connected => !waits,
        };
        (kind || nothing_said) && state && self.family.is_none_or(|family| family == socket.family)
    }
}

/// A process by its number and what it was started as.
fn describe(table: &ProcessTable, pid: u32) -> String {
    // One that has ended has left the connection to the stack.
    table.get(pid).map_or(String::new(), |process| format!("{pid}/{}", process.args().join(" ")))
}

/// A line of the listing.
struct Row([String; 7]);

const HEADING: [&str; 7] = ["Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process"];

impl Row {
    fn new(socket: &SocketStatus, owner: String) -> Row {
        let (kind, state) = match (socket.kind, socket.remote) {
            (SocketKind::Stream, _) => ("tcp", state_name(socket.state)),
            (SocketKind::Datagram, None) => ("udp", "UNCONN"),
            (SocketKind::Datagram, Some(_)) => ("udp", "ESTAB"),
            (SocketKind::Echo, None) => ("icmp", "UNCONN"),
            (SocketKind::Echo, Some(_)) => ("icmp", "ESTAB"),
        };
        let (receive, send) = (socket.receive_queue.to_string(), socket.send_queue.to_string());
        let remote = socket.remote.map_or_else(|| any(socket.family), address);
        Row([kind.into(), state.into(), receive, send, address(socket.local), remote, owner])
    }
}

/// The names of Linux's `ss`.
fn state_name(state: TcpState) -> &'static str {
    match state {
        TcpState::Closed => "CLOSE",
        TcpState::Listen => "LISTEN",
        TcpState::SynSent => "SYN-SENT",
        TcpState::SynReceived => "SYN-RECV",
        TcpState::Established => "ESTAB",
        TcpState::FinWait1 => "FIN-WAIT-1",
        TcpState::FinWait2 => "FIN-WAIT-2",
        TcpState::CloseWait => "CLOSE-WAIT",
        TcpState::Closing => "CLOSING",
        TcpState::LastAck => "LAST-ACK",
        TcpState::TimeWait => "TIME-WAIT",
    }
}

fn address(address: SocketAddr) -> String {
    if address.port() == 0 {
        return match address.ip() {
            IpAddr::V4(v4) => format!("{v4}:*"),
            IpAddr::V6(v6) => format!("[{v6}]:*"),
        };
    }
    address.to_string()
}

fn any(family: Family) -> String {
    match family {
        Family::V4 => "0.0.0.0:*".into(),
        Family::V6 => "[::]:*".into(),
    }
}

/// The rows in columns as wide as they have to be, numbers to the right.
fn table(rows: &[Row]) -> String {
    let mut widths = HEADING.map(str::len);
    for Row(cells) in rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.len());
        }
    }
    let line = |cells: [&str; 7]| {
        let mut text = String::new();
        for (column, (cell, width)) in cells.into_iter().zip(widths).enumerate() {
            text += &if column == 2 || column == 3 { format!("{cell:>width$} ") } else { format!("{cell:<width$} ") };
        }
        text.trim_end().to_owned() + "\n"
    };
    let heading = line(HEADING);
    rows.iter().fold(heading, |text, Row(cells)| text + &line(cells.each_ref().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(kind: SocketKind, state: TcpState, local: &str, remote: Option<&str>) -> SocketStatus {
        let local: SocketAddr = local.parse().expect("an address");
        SocketStatus {
            kind,
            family: if local.is_ipv4() { Family::V4 } else { Family::V6 },
            local,
            remote: remote.map(|remote| remote.parse().expect("an address")),
            state,
            receive_queue: 0,
            send_queue: 128,
            dropped: 0,
            owner: None,
            id: 1,
        }
    }

    #[test]
    fn columns_hold_their_content() {
        let listener = socket(SocketKind::Stream, TcpState::Listen, "0.0.0.0:80", None);
        let resolver = socket(SocketKind::Datagram, TcpState::Closed, "[::]:40000", None);
        let text = table(&[Row::new(&listener, "3/run httpd.wasm".into()), Row::new(&resolver, String::new())]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>()[..6],
            ["tcp", "LISTEN", "0", "128", "0.0.0.0:80", "0.0.0.0:*"]
        );
        assert!(lines[1].ends_with("3/run httpd.wasm"), "{text}");
        assert_eq!(
            lines[2].split_whitespace().collect::<Vec<_>>(),
            ["udp", "UNCONN", "0", "128", "[::]:40000", "[::]:*"]
        );
        assert_eq!(lines[0].find("Local"), lines[1].find("0.0.0.0:80"));
    }

    #[test]
    fn what_is_shown_is_what_was_asked_for() {
        let listener = socket(SocketKind::Stream, TcpState::Listen, "0.0.0.0:80", None);
        let client = socket(SocketKind::Stream, TcpState::Established, "[::1]:5000", Some("[::1]:80"));
        let datagrams = socket(SocketKind::Datagram, TcpState::Closed, "0.0.0.0:53", None);
        let all = [&listener, &client, &datagrams];
        let shown = |selection: Selection| all.map(|socket| selection.has(socket));
        let none = Selection::default();
        assert_eq!(shown(none), [false, true, false]);
        assert_eq!(shown(Selection { states: States::Listening, ..none }), [true, false, true]);
        assert_eq!(shown(Selection { states: States::All, streams: true, ..none }), [true, true, false]);
        assert_eq!(shown(Selection { states: States::All, family: Some(Family::V4), ..none }), [true, false, true]);
    }
}
