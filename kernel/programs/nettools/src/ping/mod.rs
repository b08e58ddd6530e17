//! `ping`: echo requests (RFC 792, RFC 4443 section 4), and what came back.

mod statistics;

use crate::call::{Call, Failure, Interrupt, Outcome, failed};
use crate::hosts::find_one;
use interfaces::Errno;
use lexopt::{Arg, ValueExt};
use process::ExitStatus;
use statistics::{Statistics, milliseconds};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use vfs::Interest;
use vfs::socket::{Family, Network, Received, Socket, SocketKind, Take};
use wait::WaitError;

/// Type, code, checksum, identifier, sequence number.
const HEADER: usize = 8;
const REQUEST_V4: u8 = 8;
const REPLY_V4: u8 = 0;
const REQUEST_V6: u8 = 128;
const REPLY_V6: u8 = 129;
/// The shortest pause between requests: a stream of them is a flood.
const LEAST_INTERVAL: Duration = Duration::from_millis(2);
/// iputils' status for anything but "no reply".
const TROUBLE: ExitStatus = ExitStatus::Exited(2);

/// What the command line says.
struct Plan {
    host: String,
    family: Option<Family>,
    count: Option<u64>,
    interval: Duration,
    /// How long a reply may take.
    patience: Duration,
    /// Bytes behind the header.
    size: usize,
    quiet: bool,
}

pub(crate) fn run(call: &Call<'_>) -> Outcome {
    let plan = parse(call)?;
    match ping(call, &plan) {
        Err(Failure::Error(message)) => {
            call.complain(message);
            Ok(TROUBLE)
        }
        outcome => outcome,
    }
}

fn parse(call: &Call<'_>) -> Result<Plan, Failure> {
    let mut plan = Plan {
        host: String::new(),
        family: None,
        count: None,
        interval: Duration::from_secs(1),
        patience: Duration::from_secs(10),
        size: 56,
        quiet: false,
    };
    let mut parser = call.parser();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('4') => plan.family = Some(Family::V4),
            Arg::Short('6') => plan.family = Some(Family::V6),
            Arg::Short('q') => plan.quiet = true,
            Arg::Short('c') => plan.count = Some(number(&parser.value()?.string()?, "a count")?),
            Arg::Short('s') => plan.size = number(&parser.value()?.string()?, "a number of bytes")?,
            Arg::Short('i') => plan.interval = seconds(&parser.value()?.string()?)?,
            Arg::Short('W') => plan.patience = seconds(&parser.value()?.string()?)?,
            Arg::Value(value) if plan.host.is_empty() => plan.host = value.to_string_lossy().into_owned(),
            other => return Err(other.unexpected().into()),
        }
    }
    if plan.host.is_empty() {
        return Err(Failure::Usage("a host is missing".into()));
    }
    if plan.count == Some(0) {
        return Err(Failure::Usage("-c 0: one request at least".into()));
    }
    if plan.interval < LEAST_INTERVAL {
        return Err(Failure::Usage("-i: at least 0.002 seconds".into()));
    }
    Ok(plan)
}

fn number<T: FromStr>(text: &str, what: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::Usage(format!("{text}: not {what}")))
}

fn seconds(text: &str) -> Result<Duration, Failure> {
    let parsed = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    parsed.ok_or_else(|| Failure::Usage(format!("{text}: not a number of seconds")))
}

fn ping(call: &Call<'_>, plan: &Plan) -> Outcome {
    let target = find_one(call.net, &plan.host, plan.family)?;
    let family = if target.is_ipv4() { Family::V4 } else { Family::V6 };
    let socket = call.net.socket(family, SocketKind::Echo)?;
    socket.connect(target).map_err(|error| failed(target.ip(), error))?;
    let mut pinger = Pinger {
        call,
        plan,
        target,
        socket,
        interrupt: call.catch_interrupt(),
        waiting: BTreeMap::new(),
        statistics: Statistics::default(),
    };
    let bytes = plan.size;
    call.print(&format!("PING {} ({}): {bytes} data bytes\n", plan.host, target.ip()))?;
    let start = Instant::now();
    pinger.run(start)?;
    let elapsed = start.elapsed();
    let summary = pinger.statistics.summary(elapsed);
    call.print(&format!("\n--- {} ping statistics ---\n{summary}", plan.host))?;
    Ok(if pinger.statistics.received > 0 { ExitStatus::SUCCESS } else { ExitStatus::FAILURE })
}

/// Sends requests and hears replies.
struct Pinger<'a> {
    call: &'a Call<'a>,
    plan: &'a Plan,
    target: SocketAddr,
    socket: Arc<dyn Socket>,
    interrupt: Arc<Interrupt>,
    /// Requests that were not answered yet, by sequence number, and when they went.
    waiting: BTreeMap<u16, Instant>,
    statistics: Statistics,
}

/// What a wait ended with.
enum Event {
    /// A message that came.
    Came(Received),
    /// What the network says of a request.
    Failed(Errno),
    /// It is time to do something.
    Due,
    /// ^C.
    Interrupted,
}

impl Pinger<'_> {
    fn run(&mut self, start: Instant) -> Result<(), Failure> {
        let mut buffer = vec![0; HEADER + self.plan.size.max(1500)];
        let mut next_send = Some(start);
        while !self.interrupt.is_pressed() {
            let now = Instant::now();
            if next_send.is_some_and(|at| at <= now) {
                self.send(now)?;
                let more = self.plan.count.is_none_or(|count| self.statistics.sent < count);
                // What was missed is not made up for.
                next_send = more.then(|| now + self.plan.interval);
            }
            self.waiting.retain(|_, sent| *sent + self.plan.patience > now);
            let give_up = self.waiting.values().next().map(|sent| *sent + self.plan.patience);
            if next_send.is_none() && give_up.is_none() {
                break;
            }
            match self.wait(next_send.or(give_up), &mut buffer)? {
                Event::Came(Received { count, hop_limit, .. }) => {
                    self.hear(buffer.get(..count).unwrap_or_default(), hop_limit)?;
                }
                Event::Failed(error) => self.note_failure(error)?,
                Event::Due => {}
                Event::Interrupted => break,
            }
        }
        Ok(())
    }

    fn send(&mut self, now: Instant) -> Result<(), Failure> {
        // Numbers begin at 1, as iputils' do, and anew after 65,535.
        let sequence = (self.statistics.sent.wrapping_add(1) & 0xffff) as u16;
        let request = request(self.target, sequence, self.plan.size);
        match self.socket.send(&request, None) {
            Ok(_) => {
                self.waiting.insert(sequence, now);
            }
            Err(error @ (Errno::EMSGSIZE | Errno::EINVAL | Errno::EACCES)) => return Err(failed("send", error)),
            // The network may come back.
            Err(error) => self.note_failure(error)?,
        }
        self.statistics.sent += 1;
        Ok(())
    }

    fn wait(&self, until: Option<Instant>, buffer: &mut [u8]) -> Result<Event, Failure> {
        let event = wait::wait_for(until, |waiter| {
            self.interrupt.register(waiter);
            let _ = self.socket.poll(Interest { read: true, write: false }, Some(waiter));
            if self.interrupt.is_pressed() {
                return Poll::Ready(Event::Interrupted);
            }
            match self.socket.receive(buffer, Take::Remove) {
                Ok(received) => Poll::Ready(Event::Came(received)),
                Err(Errno::EAGAIN) => Poll::Pending,
                Err(error) => Poll::Ready(Event::Failed(error)),
            }
        });
        match event {
            Err(WaitError::TimedOut) => Ok(Event::Due),
            other => other.map_err(|error| Errno::from(error).into()),
        }
    }

    fn hear(&mut self, message: &[u8], hop_limit: Option<u8>) -> Result<(), Failure> {
        let wanted = if self.target.is_ipv4() { REPLY_V4 } else { REPLY_V6 };
        let [kind, _, _, _, _, _, high, low, ..] = *message else { return Ok(()) };
        let sequence = u16::from_be_bytes([high, low]);
        if kind != wanted {
            return Ok(());
        }
        let Some(sent) = self.waiting.remove(&sequence) else {
            // A second one, or one that nobody waits for any more.
            self.statistics.duplicates += 1;
            return Ok(());
        };
        let time = sent.elapsed();
        self.statistics.note(time);
        if self.plan.quiet {
            return Ok(());
        }
        let (bytes, from) = (message.len(), self.target.ip());
        // iputils says ttl for IPv6, too.
        let ttl = hop_limit.map(|hops| format!(" ttl={hops}")).unwrap_or_default();
        let time = milliseconds(time);
        self.call.print(&format!("{bytes} bytes from {from}: icmp_seq={sequence}{ttl} time={time} ms\n"))
    }

    fn note_failure(&mut self, error: Errno) -> Result<(), Failure> {
        if error == Errno::ECANCELED {
            return Err(error.into());
        }
        self.statistics.errors += 1;
        if self.plan.quiet {
            return Ok(());
        }
        self.call.print(&format!("{}: {error}\n", self.target.ip()))
    }
}

/// A request with `size` bytes behind its header; identifier and checksum are the socket's.
fn request(target: SocketAddr, sequence: u16, size: usize) -> Vec<u8> {
    let kind = if target.is_ipv4() { REQUEST_V4 } else { REQUEST_V6 };
    let [high, low] = sequence.to_be_bytes();
    let mut message = vec![kind, 0, 0, 0, 0, 0, high, low];
    message.extend((0..=u8::MAX).cycle().take(size));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_the_form_of_their_family() {
        let v4 = request("127.0.0.1:0".parse().expect("an address"), 258, 300);
        assert_eq!((&v4[..8], v4.len()), (&[8, 0, 0, 0, 0, 0, 1, 2][..], 308));
        let v6 = request("[::1]:0".parse().expect("an address"), 0, 0);
        assert_eq!(v6, [128, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn times_are_read_and_shown() {
        assert_eq!(seconds("0.2").ok(), Some(Duration::from_millis(200)));
        assert!(seconds("-1").is_err() && seconds("soon").is_err() && seconds("1e99").is_err());
        assert_eq!(milliseconds(Duration::from_micros(1234)), "1.234");
    }
}
