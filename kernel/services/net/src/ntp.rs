//! The time from a time server: the simple network time protocol (RFC 4330), one exchange.

use crate::shared::Shared;
use crate::sockets::DatagramSocket;
use crate::state::Protocol;
use interfaces::{Errno, Result};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use vfs::Interest;
use vfs::socket::{Family, Socket, Take};

const PORT: u16 = 123;
const MESSAGE: usize = 48;
/// No leap warning, version 4, client (RFC 4330, section 4).
const CLIENT: u8 = 0x23;
const MODE_SERVER: u8 = 4;
const LEAP_UNKNOWN: u8 = 3;
/// Seconds from 1900-01-01 to 1970-01-01.
const EPOCH_SECONDS: u64 = 2_208_988_800;
const PATIENCE: Duration = Duration::from_secs(2);

/// How far the clock was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Nanoseconds that it was behind.
    pub offset_ns: i64,
    /// Nanoseconds that question and answer were on the way.
    pub delay_ns: u64,
    /// The server's distance from a reference clock.
    pub stratum: u8,
}

/// Asks `server` and sets the clock; errors as [`ask`].
pub(crate) fn synchronise(shared: &Arc<Shared>, server: IpAddr) -> Result<Correction> {
    let correction = ask(shared, server)?;
    let now_ns = shared.clock.realtime_ns();
    shared.clock.set_realtime_ns(now_ns.saturating_add_signed(correction.offset_ns));
    Ok(correction)
}

/// Asks `server` how far the clock is off: ETIMEDOUT, EPROTO (an answer that cannot be used), ECANCELED, what sending gives.
pub(crate) fn ask(shared: &Arc<Shared>, server: IpAddr) -> Result<Correction> {
    let family = if server.is_ipv4() { Family::V4 } else { Family::V6 };
    let socket = DatagramSocket::new(Arc::clone(shared), Protocol::Udp, family);
    socket.connect(SocketAddr::new(server, PORT))?;
    // The server sends our transmit time back; a random one is a proof that it saw the question (RFC 4330, section 5).
    let mut nonce = [0; 8];
    shared.entropy.fill(&mut nonce);
    let sent_ns = shared.clock.monotonic_ns();
    let wall_ns = shared.clock.realtime_ns();
    socket.send(&question(nonce), None)?;
    let deadline = Instant::now() + PATIENCE;
    let answer = wait::wait_for(Some(deadline), |waiter| {
        let _ = socket.poll(Interest { read: true, write: false }, Some(waiter));
        let mut buffer = [0; MESSAGE];
        match socket.receive(&mut buffer, Take::Remove) {
            Err(Errno::EAGAIN) => Poll::Pending,
            other => Poll::Ready(other.and_then(|received| Answer::parse(&buffer, received.count, nonce))),
        }
    })??;
    let arrived_ns = shared.clock.monotonic_ns();
    Ok(answer.correction(wall_ns, arrived_ns.saturating_sub(sent_ns)))
}

fn question(nonce: [u8; 8]) -> [u8; MESSAGE] {
    let mut message = [0; MESSAGE];
    message[0] = CLIENT;
    message[40..].copy_from_slice(&nonce);
    message
}

/// What a server said. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    stratum: u8,
    received_ns: u64,
    sent_ns: u64,
}

impl Answer {
    /// Reads an answer to the question with `nonce`: EPROTO.
    fn parse(message: &[u8; MESSAGE], length: usize, nonce: [u8; 8]) -> Result<Answer> {
        let [head, stratum, ..] = *message;
        let (leap, mode) = (head >> 6, head & 7);
        let field = |at: usize| {
            let bytes = message.get(at..).and_then(|rest| rest.first_chunk::<8>());
            bytes.copied().ok_or(Errno::EPROTO)
        };
        let sent = field(40)?;
        // Stratum 0 is a refusal; a clock that was never set says so in the leap bits.
        let usable = length >= MESSAGE
            && mode == MODE_SERVER
            && leap != LEAP_UNKNOWN
            && (1..=15).contains(&stratum)
            && field(24)? == nonce
            && sent != [0; 8];
        if !usable {
            return Err(Errno::EPROTO);
        }
        Ok(Answer { stratum, received_ns: unix_ns(field(32)?), sent_ns: unix_ns(sent) })
    }

    /// RFC 4330, section 5: half the way is taken to be the way back.
    fn correction(&self, wall_ns: u64, elapsed_ns: u64) -> Correction {
        let served_ns = self.sent_ns.saturating_sub(self.received_ns);
        let delay_ns = elapsed_ns.saturating_sub(served_ns);
        let there = i128::from(self.received_ns) - i128::from(wall_ns);
        let back = i128::from(self.sent_ns) - i128::from(wall_ns) - i128::from(elapsed_ns);
        let offset_ns = i64::try_from((there + back) / 2).unwrap_or(0);
        Correction { offset_ns, delay_ns, stratum: self.stratum }
    }
}

/// A timestamp of 32.32 bits since 1900, or since 2036 where the first bit is not set (RFC 4330, section 3).
fn unix_ns(timestamp: [u8; 8]) -> u64 {
    let bits = u64::from_be_bytes(timestamp);
    let (seconds, fraction) = (bits >> 32, bits & 0xffff_ffff);
    let era = if seconds >> 31 == 1 { 0 } else { 1 << 32 };
    let unix = (seconds + era).saturating_sub(EPOCH_SECONDS);
    unix * 1_000_000_000 + ((fraction * 1_000_000_000) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01 00:00:00 UTC.
    const NEW_YEAR: u64 = 1_767_225_600;

    fn stamp(unix_ns: u64) -> [u8; 8] {
        let seconds = unix_ns / 1_000_000_000 + EPOCH_SECONDS;
        let fraction = (unix_ns % 1_000_000_000) << 32;
        ((seconds << 32) + fraction.div_ceil(1_000_000_000)).to_be_bytes()
    }

    fn answer(nonce: [u8; 8], received_ns: u64, sent_ns: u64) -> [u8; MESSAGE] {
        let mut message = [0; MESSAGE];
        (message[0], message[1]) = (0x24, 2);
        message[24..32].copy_from_slice(&nonce);
        message[32..40].copy_from_slice(&stamp(received_ns));
        message[40..].copy_from_slice(&stamp(sent_ns));
        message
    }

    #[test]
    fn the_way_is_taken_out_of_the_offset() {
        let now = NEW_YEAR * 1_000_000_000;
        // 30 ms each way, 5 ms in the server; our clock is 2 s behind.
        let message = answer([7; 8], now + 2_030_000_000, now + 2_035_000_000);
        let answer = Answer::parse(&message, MESSAGE, [7; 8]).expect("an answer");
        let correction = answer.correction(now, 65_000_000);
        assert_eq!(correction, Correction { offset_ns: 2_000_000_000, delay_ns: 60_000_000, stratum: 2 });
    }

    #[test]
    fn lies_are_refused() {
        let good = answer([7; 8], 1, NEW_YEAR * 1_000_000_000);
        let refused = |change: fn(&mut [u8; MESSAGE])| {
            let mut message = good;
            change(&mut message);
            Answer::parse(&message, MESSAGE, [7; 8]) == Err(Errno::EPROTO)
        };
        assert!(refused(|m| m[1] = 0));
        assert!(refused(|m| m[1] = 16));
        assert!(refused(|m| m[0] = 0xe4));
        assert!(refused(|m| m[0] = 0x23));
        assert!(refused(|m| m[24] = 0));
        assert!(refused(|m| m[40..].fill(0)));
        assert_eq!(Answer::parse(&good, MESSAGE - 1, [7; 8]), Err(Errno::EPROTO));
    }

    #[test]
    fn the_era_changes_in_2036() {
        let last = u64::from(u32::MAX) - EPOCH_SECONDS;
        assert_eq!(unix_ns([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), last * 1_000_000_000);
        assert_eq!(unix_ns([0, 0, 0, 0, 0x80, 0, 0, 0]), (last + 1) * 1_000_000_000 + 500_000_000);
    }
}
