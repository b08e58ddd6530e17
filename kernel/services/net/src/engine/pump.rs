//! Moves bytes and wishes between a program's side of a connection and smoltcp's.

use crate::state::{Ending, Stream};
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::Duration;
use vfs::socket::TcpState;

/// How long sent data may stay unacknowledged before the connection is given up (RFC 9293, section 3.8.3, asks for at least
/// 100 seconds).
const RETRANSMISSION_LIMIT: Duration = Duration::from_secs(300);
/// How long a connection without a socket may go on without progress.
const ORPHAN_LIMIT: Duration = Duration::from_secs(60);
/// Keep-alive probes that may stay unanswered.
const KEEP_ALIVE_PROBES: u32 = 4;

/// Moves what can be moved; whether a program that waits would see a difference.
pub(super) fn pump(socket: &mut Socket<'static>, stream: &mut Stream) -> bool {
    let received = receive(socket, stream);
    let sent = send(socket, stream);
    apply_options(socket, stream);
    // How it ended shows from the state before.
    if socket.state() != State::Closed {
        stream.tcp_state = name(socket.state());
    }
    stream.in_flight = (socket.recv_queue(), socket.send_queue());
    received || sent
}

fn receive(socket: &mut Socket<'static>, stream: &mut Stream) -> bool {
    let mut moved = false;
    stream.stalled = false;
    while socket.can_recv() {
        if stream.ending >= Ending::Released {
            // Data for a socket that is gone: the peer must know that nobody reads it (RFC 1122, section 4.2.2.13).
            stream.ending = Ending::Aborted;
            break;
        }
        let room = if stream.deaf { usize::MAX } else { stream.receive_room() };
        if room == 0 {
            stream.stalled = true;
            break;
        }
        let count = socket.recv(|bytes| {
            let taken = bytes.get(..room).unwrap_or(bytes);
            if !stream.deaf {
                stream.received.extend(taken);
            }
            (taken.len(), taken.len())
        });
        match count {
            Ok(count) if count > 0 => {
                stream.taken = stream.taken.wrapping_add(u32::try_from(count).unwrap_or_default());
                moved = true;
            }
            _ => break,
        }
    }
    if !socket.can_recv() && has_fin(socket.state()) && !stream.received_all {
        stream.received_all = true;
        moved = true;
    }
    moved
}

fn send(socket: &mut Socket<'static>, stream: &mut Stream) -> bool {
    let mut moved = false;
    while !stream.unsent.is_empty() && socket.can_send() {
        let count = socket.send(|room| {
            let (front, _) = stream.unsent.as_slices();
            let count = room.len().min(front.len());
            if let (Some(to), Some(from)) = (room.get_mut(..count), front.get(..count)) {
                to.copy_from_slice(from);
            }
            (count, count)
        });
        let Ok(count) = count else { break };
        stream.unsent.drain(..count);
        moved = true;
    }
    match stream.ending {
        Ending::Aborted => socket.abort(),
        Ending::Shut | Ending::Released if stream.unsent.is_empty() => socket.close(),
        _ => {}
    }
    moved
}

fn apply_options(socket: &mut Socket<'static>, stream: &Stream) {
    let options = &stream.options;
    socket.set_nagle_enabled(!options.no_delay);
    socket.set_hop_limit(Some(options.hop_limit));
    let interval = Duration::from(options.keep_alive_interval);
    let keep_alive = options.keep_alive.then_some(interval);
    // Setting it winds up the timer, so only when it is new.
    if socket.keep_alive() != keep_alive {
        socket.set_keep_alive(keep_alive);
    }
    // smoltcp's time-out counts from the last packet that came, and anew when data is sent after silence: it is on while data
    // is unacknowledged. A FIN after silence would be too late at once; its time is `patience`'s.
    let silence = keep_alive.map(|interval| interval * KEEP_ALIVE_PROBES);
    let unanswered = (socket.send_queue() > 0).then_some(RETRANSMISSION_LIMIT);
    socket.set_timeout(silence.into_iter().chain(unanswered).min());
}

/// Takes what came and waits in smoltcp's ring, whatever the queue's limit: nothing more will come, and the ring goes.
pub(super) fn take_rest(socket: &mut Socket<'static>, stream: &mut Stream) {
    while !stream.deaf && stream.ending < Ending::Released && socket.can_recv() {
        let count = socket.recv(|bytes| {
            stream.received.extend(&*bytes);
            (bytes.len(), bytes.len())
        });
        if count.is_err() {
            break;
        }
    }
}

/// How long a connection whose end is under way may go on without progress; `None`: as long as it likes.
pub(super) fn patience(socket: &Socket<'static>, stream: &Stream) -> Option<Duration> {
    let fin_is_unanswered = matches!(socket.state(), State::FinWait1 | State::Closing | State::LastAck);
    match stream.ending {
        Ending::Released | Ending::Aborted => Some(ORPHAN_LIMIT),
        Ending::Shut if fin_is_unanswered && socket.send_queue() == 0 => Some(RETRANSMISSION_LIMIT),
        Ending::Shut | Ending::None => None,
    }
}

/// Whether the peer has sent its FIN, as far as smoltcp's state says.
pub(super) fn has_fin(state: State) -> bool {
    matches!(state, State::CloseWait | State::LastAck | State::Closing | State::TimeWait)
}

/// smoltcp's state in the word that programs see.
pub(super) fn name(state: State) -> TcpState {
    match state {
        State::Closed => TcpState::Closed,
        State::Listen => TcpState::Listen,
        State::SynSent => TcpState::SynSent,
        State::SynReceived => TcpState::SynReceived,
        State::Established => TcpState::Established,
        State::FinWait1 => TcpState::FinWait1,
        State::FinWait2 => TcpState::FinWait2,
        State::CloseWait => TcpState::CloseWait,
        State::Closing => TcpState::Closing,
        State::LastAck => TcpState::LastAck,
        State::TimeWait => TcpState::TimeWait,
    }
}
