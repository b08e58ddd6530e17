//! Which packets are shown: words like `tcp and (host 10.0.2.2 or not port 80)`.
//!
//! ```text
//! any     = all { ("or" | "||") all }            all  = one { ["and" | "&&"] one }
//! one     = ("not" | "!") one | "(" any ")" | ["src" | "dst"] ("host" ADDRESS | "port" NUMBER)
//!         | "tcp" | "udp" | "icmp" | "icmp6" | "arp" | "ip" | "ip6"
//! ```

use super::packet::{Packet, Protocol};
use crate::call::Failure;
use crate::hosts::port;
use std::net::IpAddr;

/// How deep parentheses and `not` may go.
const MAX_DEPTH: usize = 50;

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Everything,
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Host(Side, Vec<IpAddr>),
    Port(Side, u16),
    Protocol(Protocol),
}

/// Which end of a packet's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
    Either,
}

impl Side {
    fn is<T: PartialEq>(self, source: T, destination: T, wanted: &[T]) -> bool {
        match self {
            Side::Source => wanted.contains(&source),
            Side::Destination => wanted.contains(&destination),
            Side::Either => wanted.contains(&source) || wanted.contains(&destination),
        }
    }
}

impl Filter {
    /// Reads the words of a filter; `find` gives a host's addresses.
    pub(super) fn parse(
        words: &[String],
        find: &dyn Fn(&str) -> Result<Vec<IpAddr>, Failure>,
    ) -> Result<Filter, Failure> {
        let text = words.join(" ").replace('(', " ( ").replace(')', " ) ").replace('!', " ! ");
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() {
            return Ok(Filter::Everything);
        }
        let mut reader = Reader { words: &words, find };
        let filter = reader.any(0)?;
        match reader.next() {
            None => Ok(filter),
            Some(word) => Err(unexpected(word)),
        }
    }

    /// Whether a packet is one of those.
    pub(super) fn passes(&self, packet: &Packet<'_>) -> bool {
        match self {
            Filter::Everything => true,
            Filter::Any(parts) => parts.iter().any(|part| part.passes(packet)),
            Filter::All(parts) => parts.iter().all(|part| part.passes(packet)),
            Filter::Not(part) => !part.passes(packet),
            Filter::Host(side, hosts) => {
                packet.hosts().is_some_and(|(source, destination)| side.is(source, destination, hosts))
            }
            Filter::Port(side, port) => {
                packet.ports().is_some_and(|(source, destination)| side.is(source, destination, &[*port]))
            }
            Filter::Protocol(protocol) => packet.is(*protocol),
        }
    }
}

/// The words that are left.
struct Reader<'a> {
    words: &'a [&'a str],
    find: &'a dyn Fn(&str) -> Result<Vec<IpAddr>, Failure>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// Takes one of these words if it comes next.
    fn skip(&mut self, wanted: &[&str]) -> bool {
        let comes = self.words.first().is_some_and(|word| wanted.contains(word));
        if comes {
            self.next();
        }
        comes
    }

    fn any(&mut self, depth: usize) -> Result<Filter, Failure> {
        let mut parts = vec![self.all(depth)?];
        while self.skip(&["or", "||"]) {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Any(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Filter, Failure> {
        let mut parts = vec![self.one(depth)?];
        while self.skip(&["and", "&&"]) || self.words.first().is_some_and(|word| !["or", "||", ")"].contains(word)) {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::All(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Filter, Failure> {
        if depth > MAX_DEPTH {
            return Err(Failure::Usage("the filter is nested too deeply".into()));
        }
        let word = self.next().ok_or_else(|| Failure::Usage("the filter ends too early".into()))?;
        let side = match word {
            "not" | "!" => return Ok(Filter::Not(Box::new(self.one(depth + 1)?))),
            "(" => {
                let inner = self.any(depth + 1)?;
                return if self.skip(&[")"]) { Ok(inner) } else { Err(Failure::Usage("a ) is missing".into())) };
            }
            "src" => Side::Source,
            "dst" => Side::Destination,
            "host" | "port" => return self.end(Side::Either, word),
            _ => return Protocol::by_name(word).map(Filter::Protocol).ok_or_else(|| unexpected(word)),
        };
        match self.next() {
            Some(kind @ ("host" | "port")) => self.end(side, kind),
            _ => Err(Failure::Usage(format!("{word}: say {word} host or {word} port"))),
        }
    }

    fn end(&mut self, side: Side, kind: &str) -> Result<Filter, Failure> {
        let value = self.next().ok_or_else(|| Failure::Usage(format!("{kind}: which one?")))?;
        if kind == "port" {
            return Ok(Filter::Port(side, port(value)?));
        }
        Ok(Filter::Host(side, (self.find)(value)?))
    }
}

fn unexpected(word: &str) -> Failure {
    Failure::Usage(format!("{word}: not a word of filters; see help tcpdump"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Filter, String> {
        let find = |host: &str| host.parse().map(|ip| vec![ip]).map_err(|_| Failure::Error("no host".into()));
        Filter::parse(&[text.to_owned()], &find).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn words_bind_as_usual() {
        let (tcp, udp) = (Filter::Protocol(Protocol::Tcp), Filter::Protocol(Protocol::Udp));
        let port = Filter::Port(Side::Either, 80);
        assert_eq!(parse(""), Ok(Filter::Everything));
        assert_eq!(parse("tcp port 80"), Ok(Filter::All(vec![tcp.clone(), port.clone()])));
        assert_eq!(
            parse("udp or tcp and not port 80"),
            Ok(Filter::Any(vec![udp.clone(), Filter::All(vec![tcp.clone(), Filter::Not(Box::new(port.clone()))])]))
        );
        assert_eq!(parse("(udp || tcp) port 80"), Ok(Filter::All(vec![Filter::Any(vec![udp, tcp]), port])));
        assert_eq!(parse("src host ::1"), Ok(Filter::Host(Side::Source, vec!["::1".parse().expect("an address")])));
    }

    #[test]
    fn mistakes_are_named() {
        let deep = "(".repeat(100_000);
        for text in ["tcp or", "port", "port x", "src tcp", "(tcp", "tcp)", "ether", "host nobody", "not", &deep] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
