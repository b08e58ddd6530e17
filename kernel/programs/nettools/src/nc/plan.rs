//! What `nc`'s command line says.

use crate::call::Failure;
use crate::hosts::port;
use lexopt::{Arg, Parser, ValueExt};
use std::ops::RangeInclusive;
use std::time::Duration;
use vfs::socket::Family;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Connect,
    Listen,
    /// Only tell whether ports are open.
    Scan,
}

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

/// How many a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peers {
    One,
    /// One after the other.
    Many,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) action: Action,
    pub(super) transport: Transport,
    pub(super) peers: Peers,
    pub(super) family: Option<Family>,
    /// Empty when listening on all addresses.
    pub(super) host: String,
    pub(super) ports: RangeInclusive<u16>,
    /// How long connecting may take, and silence.
    pub(super) patience: Option<Duration>,
    pub(super) verbose: bool,
}

impl Plan {
    pub(super) fn parse(mut parser: Parser) -> Result<Plan, Failure> {
        let mut plan = Plan {
            action: Action::Connect,
            transport: Transport::Tcp,
            peers: Peers::One,
            family: None,
            host: String::new(),
            ports: 0..=0,
            patience: None,
            verbose: false,
        };
        let mut own_port = None;
        let mut operands = Vec::new();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('4') => plan.family = Some(Family::V4),
                Arg::Short('6') => plan.family = Some(Family::V6),
                Arg::Short('u') => plan.transport = Transport::Udp,
                Arg::Short('v') => plan.verbose = true,
                // Addresses are always numbers, and the end of input always ends half of a connection.
                Arg::Short('n' | 'N') => {}
                Arg::Short('k') => plan.peers = Peers::Many,
                Arg::Short('l') => plan.act(Action::Listen)?,
                Arg::Short('z') => plan.act(Action::Scan)?,
                Arg::Short('p') => own_port = Some(parser.value()?.string()?),
                Arg::Short('w') => plan.patience = Some(seconds(&parser.value()?.string()?)?),
                Arg::Value(value) => operands.push(value.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        plan.take_operands(operands, own_port)?;
        Ok(plan)
    }

    pub(super) fn first_port(&self) -> u16 {
        *self.ports.start()
    }

    fn act(&mut self, action: Action) -> Result<(), Failure> {
        if self.action != Action::Connect && self.action != action {
            return Err(Failure::Usage("-l and -z together make no sense".into()));
        }
        self.action = action;
        Ok(())
    }

    fn take_operands(&mut self, operands: Vec<String>, own_port: Option<String>) -> Result<(), Failure> {
        if own_port.is_some() && self.action != Action::Listen {
            return Err(Failure::Usage("-p says where to listen; it needs -l".into()));
        }
        if self.peers == Peers::Many && self.action != Action::Listen {
            return Err(Failure::Usage("-k says to listen on; it needs -l".into()));
        }
        let mut operands: Vec<String> = operands.into_iter().chain(own_port).collect();
        let ports = operands.pop().ok_or_else(|| Failure::Usage("a port is missing".into()))?;
        self.ports = match (self.action, ports.split_once('-')) {
            (Action::Scan, Some((first, last))) => port(first)?..=port(last)?,
            _ => port(&ports)?..=port(&ports)?,
        };
        if self.ports.is_empty() {
            return Err(Failure::Usage(format!("{ports}: the first port is above the last")));
        }
        self.host = match (self.action, operands.pop()) {
            (_, Some(host)) => host,
            (Action::Listen, None) => String::new(),
            (_, None) => return Err(Failure::Usage("a host and a port are wanted".into())),
        };
        match operands.pop() {
            Some(word) => Err(Failure::Usage(format!("{word}: one host and one port at a time"))),
            None => Ok(()),
        }
    }
}

fn seconds(text: &str) -> Result<Duration, Failure> {
    let parsed = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let positive = parsed.filter(|time| !time.is_zero());
    positive.ok_or_else(|| Failure::Usage(format!("{text}: not a number of seconds above 0")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(words: &str) -> Result<Plan, String> {
        Plan::parse(Parser::from_args(words.split_whitespace())).map_err(|failure| match failure {
            Failure::Usage(message) => message,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn who_calls_and_who_listens() {
        let call = plan("-w 1.5 host 80").expect("a plan");
        assert_eq!((call.action, call.host.as_str(), call.ports), (Action::Connect, "host", 80..=80));
        assert_eq!(call.patience, Some(Duration::from_millis(1500)));
        let listen = plan("-lu 5353").expect("a plan");
        assert_eq!((listen.action, listen.transport, listen.host.as_str()), (Action::Listen, Transport::Udp, ""));
        assert_eq!((listen.peers, plan("-lk 90").expect("a plan").peers), (Peers::One, Peers::Many));
        assert_eq!(plan("-l -p 90").expect("a plan").first_port(), 90);
        assert_eq!(plan("-l 127.0.0.1 90").expect("a plan").host, "127.0.0.1");
        assert_eq!(plan("-zv host 20-30").expect("a plan").ports, 20..=30);
    }

    #[test]
    fn nonsense_is_named() {
        let all = [
            "",
            "host",
            "host 0",
            "host 80 90",
            "-l -z 80",
            "-p 80 host 90",
            "-z host 30-20",
            "-k host 90",
            "-w 0 host 80",
            "-x h 1",
        ];
        for words in all {
            assert!(plan(words).is_err(), "{words}");
        }
    }
}
