//! DNS messages (RFC 1035, section 4): a question out, a checked reply in.
//!
//! A reply counts only if it is to the question that was asked, and in it only what the chain of aliases from the name leads
//! to: a server that adds other names' addresses is not believed.

use smoltcp::wire::{
    DnsFlags, DnsOpcode, DnsPacket, DnsQueryType, DnsQuestion, DnsRcode, DnsRecord, DnsRecordData, DnsRepr,
};
use std::net::IpAddr;

/// The longest name in text (RFC 1035, section 2.3.4: 255 bytes in a message).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;
/// Aliases on the way to an address.
const MAX_ALIASES: usize = 16;
/// Addresses of one name, and names of one address.
const MAX_ADDRESSES: usize = 32;
/// How long "there is none" holds when the server does not say.
const DEFAULT_NEGATIVE_SECONDS: u32 = 30;

/// A host's name: lower case, without the dot at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(String);

impl Name {
    /// Letters, digits, hyphens and, as is usual, underscores.
    pub(super) fn parse(text: &str) -> Option<Name> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(allowed)
        };
        let fits = text.len() <= MAX_NAME && text.split('.').all(is_label);
        fits.then(|| Name(text.to_ascii_lowercase()))
    }

    /// The name whose pointers lead to the names of an address (RFC 1035, section 3.5; RFC 3596, section 2.5).
    pub(super) fn of_address(address: IpAddr) -> Name {
        let labels: Vec<String> = match address {
            IpAddr::V4(v4) => v4.octets().iter().rev().map(u8::to_string).collect(),
            IpAddr::V6(v6) => v6
                .octets()
                .iter()
                .rev()
                .flat_map(|byte| [byte & 0xf, byte >> 4])
                .map(|digit| format!("{digit:x}"))
                .collect(),
        };
        let zone = if address.is_ipv4() { "in-addr.arpa" } else { "ip6.arpa" };
        Name(format!("{}.{zone}", labels.join(".")))
    }

    pub(super) fn is_localhost(&self) -> bool {
        self.0 == "localhost" || self.0.ends_with(".localhost")
    }

    /// As labels with their lengths.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() + 2);
        for label in self.0.split('.') {
            bytes.extend(u8::try_from(label.len()));
            bytes.extend(label.as_bytes());
        }
        bytes.push(0);
        bytes
    }

    /// Whether it is the name at `encoded` in `packet`.
    fn is(&self, packet: &DnsPacket<&[u8]>, encoded: &[u8]) -> bool {
        decode(packet, encoded).is_some_and(|name| name == *self)
    }
}

/// The name at `encoded` in `packet`, pointers followed; `None` for one that no host has.
fn decode(packet: &DnsPacket<&[u8]>, encoded: &[u8]) -> Option<Name> {
    let mut text = String::new();
    for label in packet.parse_name(encoded) {
        let label = std::str::from_utf8(label.ok()?).ok()?;
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(label);
        if text.len() > MAX_NAME {
            return None;
        }
    }
    Name::parse(&text)
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    V4,
    V6,
    /// Names, for the name that an address has (RFC 1035, section 3.5).
    Pointer,
}

/// The type of pointers, which smoltcp has no name for.
const PTR: DnsQueryType = DnsQueryType::Unknown(12);

impl Question {
    fn query_type(self) -> DnsQueryType {
        match self {
            Question::V4 => DnsQueryType::A,
            Question::V6 => DnsQueryType::Aaaa,
            Question::Pointer => PTR,
        }
    }

    /// The message that asks for it.
    pub(super) fn encode(self, name: &Name, id: u16) -> Vec<u8> {
        let encoded = name.encode();
        let question = DnsQuestion { name: &encoded, type_: self.query_type() };
        let flags = DnsFlags::RECURSION_DESIRED;
        let repr = DnsRepr { transaction_id: id, opcode: DnsOpcode::Query, flags, question };
        let mut message = vec![0; repr.buffer_len()];
        repr.emit(&mut DnsPacket::new_unchecked(&mut message[..]));
        message
    }
}

/// What a server said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// None: there is no such name, or it has no address of this family.
    pub(super) addresses: Vec<IpAddr>,
    /// What pointers lead to.
    pub(super) names: Vec<String>,
    /// How long that holds.
    pub(super) seconds: u32,
}

impl Reply {
    /// Whether it says that there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.names.is_empty()
    }
}

/// What a message is to somebody who asked a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not the answer to it.
    Foreign,
    /// The server cannot say.
    Refused,
    /// The answer did not fit: ask again over TCP.
    Truncated,
    Answer(Reply),
}

/// Reads the reply to `question` for `name`, asked with `id`.
pub(super) fn read(message: &[u8], name: &Name, question: Question, id: u16) -> Verdict {
    let Ok(packet) = DnsPacket::new_checked(message) else { return Verdict::Foreign };
    let is_reply = packet.flags().contains(DnsFlags::RESPONSE) && packet.opcode() == DnsOpcode::Query;
    if packet.transaction_id() != id || !is_reply || packet.question_count() != 1 {
        return Verdict::Foreign;
    }
    let Ok((records, asked)) = DnsQuestion::parse(packet.payload()) else { return Verdict::Foreign };
    if asked.type_ != question.query_type() || !name.is(&packet, asked.name) {
        return Verdict::Foreign;
    }
    match packet.rcode() {
        _ if packet.flags().contains(DnsFlags::TRUNCATED) => Verdict::Truncated,
        DnsRcode::NoError | DnsRcode::NXDomain => read_records(&packet, records, name),
        _ => Verdict::Refused,
    }
}

fn read_records(packet: &DnsPacket<&[u8]>, mut rest: &[u8], name: &Name) -> Verdict {
    let mut answers = Vec::new();
    for _ in 0..packet.answer_record_count() {
        let Ok((next, record)) = DnsRecord::parse(rest) else { return Verdict::Refused };
        answers.push(record);
        rest = next;
    }
    let reply = follow(packet, &answers, name);
    if !reply.is_empty() {
        return Verdict::Answer(reply);
    }
    let seconds = negative_seconds(packet, rest);
    Verdict::Answer(Reply { seconds, ..Reply::default() })
}

/// The addresses at the end of the chain of aliases that begins at `name`.
fn follow(packet: &DnsPacket<&[u8]>, answers: &[DnsRecord<'_>], name: &Name) -> Reply {
    let mut name = name.clone();
    let mut reply = Reply { seconds: u32::MAX, ..Reply::default() };
    for _ in 0..MAX_ALIASES {
        let mut alias = None;
        for record in answers.iter().filter(|record| name.is(packet, record.name)) {
            let address = match record.data {
                DnsRecordData::A(v4) => IpAddr::V4(v4),
                DnsRecordData::Aaaa(v6) => IpAddr::V6(v6),
                DnsRecordData::Cname(target) => {
                    alias = decode(packet, target);
                    reply.seconds = reply.seconds.min(record.ttl);
                    continue;
                }
                DnsRecordData::Other(PTR, target) => {
                    reply.names.extend(
                        decode(packet, target).filter(|_| reply.names.len() < MAX_ADDRESSES).map(|name| name.0),
                    );
                    reply.seconds = reply.seconds.min(record.ttl);
                    continue;
                }
                DnsRecordData::Other(..) => continue,
            };
            if reply.addresses.len() < MAX_ADDRESSES {
                reply.addresses.push(address);
                reply.seconds = reply.seconds.min(record.ttl);
            }
        }
        match alias {
            Some(target) if reply.is_empty() => name = target,
            _ => break,
        }
    }
    reply
}

/// How long the absence holds: the zone's word (RFC 2308, section 5).
fn negative_seconds(packet: &DnsPacket<&[u8]>, mut rest: &[u8]) -> u32 {
    for _ in 0..packet.authority_record_count() {
        let Ok((next, record)) = DnsRecord::parse(rest) else { break };
        rest = next;
        if let DnsRecordData::Other(DnsQueryType::Soa, data) = record.data {
            // MINIMUM is the last of five numbers (RFC 1035, section 3.3.13).
            let minimum = data.last_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
            return minimum.unwrap_or(DEFAULT_NEGATIVE_SECONDS).min(record.ttl);
        }
    }
    DEFAULT_NEGATIVE_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    /// A reply with records given as (owner, type, ttl, data).
    fn reply(
        question: &[u8],
        flags: u16,
        answers: &[(&str, u16, u32, Vec<u8>)],
        authority: &[(&str, u16, u32, Vec<u8>)],
    ) -> Vec<u8> {
        let mut message = question.to_vec();
        message[2..4].copy_from_slice(&flags.to_be_bytes());
        message[6..8].copy_from_slice(&u16::try_from(answers.len()).expect("few").to_be_bytes());
        message[8..10].copy_from_slice(&u16::try_from(authority.len()).expect("few").to_be_bytes());
        for (owner, kind, ttl, data) in answers.iter().chain(authority) {
            message.extend(name(owner).encode());
            message.extend(kind.to_be_bytes());
            message.extend([0, 1]);
            message.extend(ttl.to_be_bytes());
            message.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
            message.extend(data);
        }
        message
    }

    const OK: u16 = 0x8180;

    #[test]
    fn names_are_checked_and_made_lower_case() {
        assert_eq!(name("Example.COM."), Name("example.com".into()));
        for bad in ["", ".", "a..b", "a b", "é.de", &"x".repeat(64), &"abcdefg.".repeat(40)] {
            assert!(Name::parse(bad).is_none(), "{bad}");
        }
        assert!(name("x.localhost").is_localhost() && !name("localhost.de").is_localhost());
    }

    #[test]
    fn aliases_are_followed_and_strangers_ignored() {
        let asked = name("www.example.com");
        let query = Question::V4.encode(&asked, 7);
        let message = reply(
            &query,
            OK,
            &[
                ("evil.com", 1, 60, vec![6, 6, 6, 6]),
                ("host.example.com", 1, 90, vec![10, 0, 0, 1]),
                ("www.example.com", 5, 30, name("host.example.com").encode()),
            ],
            &[],
        );
        let expected = Reply { addresses: vec![[10, 0, 0, 1].into()], seconds: 30, ..Reply::default() };
        assert_eq!(read(&message, &asked, Question::V4, 7), Verdict::Answer(expected));
        assert_eq!(read(&message, &asked, Question::V4, 8), Verdict::Foreign);
        assert_eq!(read(&message, &asked, Question::V6, 7), Verdict::Foreign);
        assert_eq!(read(&message, &name("example.com"), Question::V4, 7), Verdict::Foreign);
        assert_eq!(read(&query, &asked, Question::V4, 7), Verdict::Foreign);
    }

    #[test]
    fn an_address_has_names() {
        let asked = Name::of_address([10, 0, 2, 1].into());
        assert_eq!(asked.0, "1.2.0.10.in-addr.arpa");
        let query = Question::Pointer.encode(&asked, 7);
        let pointer = |target: &str| ("1.2.0.10.in-addr.arpa", 12, 90, name(target).encode());
        let message = reply(&query, OK, &[pointer("one.example"), pointer("two.example")], &[]);
        let expected =
            Reply { names: vec!["one.example".into(), "two.example".into()], seconds: 90, ..Reply::default() };
        assert_eq!(read(&message, &asked, Question::Pointer, 7), Verdict::Answer(expected));
        let v6 = Name::of_address("2001:db8::1".parse().expect("an address"));
        assert_eq!(v6.0, format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23)));
        assert!(Name::parse(&v6.0).is_some());
    }

    #[test]
    fn absence_holds_as_long_as_the_zone_says() {
        let asked = name("gone.example.com");
        let query = Question::V6.encode(&asked, 1);
        let mut soa = vec![0, 0];
        soa.extend([0; 16]);
        soa.extend(45u32.to_be_bytes());
        let message = reply(&query, 0x8183, &[], &[("example.com", 6, 3600, soa)]);
        let expected = Reply { seconds: 45, ..Reply::default() };
        assert_eq!(read(&message, &asked, Question::V6, 1), Verdict::Answer(expected));
        let silent = reply(&query, 0x8183, &[], &[]);
        let expected = Reply { seconds: DEFAULT_NEGATIVE_SECONDS, ..Reply::default() };
        assert_eq!(read(&silent, &asked, Question::V6, 1), Verdict::Answer(expected));
    }

    #[test]
    fn failures_and_truncation_are_told_apart() {
        let asked = name("a.b");
        let query = Question::V4.encode(&asked, 1);
        assert_eq!(read(&reply(&query, 0x8182, &[], &[]), &asked, Question::V4, 1), Verdict::Refused);
        assert_eq!(read(&reply(&query, 0x8380, &[], &[]), &asked, Question::V4, 1), Verdict::Truncated);
    }

    #[test]
    fn alias_loops_and_broken_messages_end() {
        let asked = name("a.b");
        let query = Question::V4.encode(&asked, 1);
        let looping =
            reply(&query, OK, &[("a.b", 5, 9, name("c.d").encode()), ("c.d", 5, 9, name("a.b").encode())], &[]);
        assert!(
            matches!(read(&looping, &asked, Question::V4, 1), Verdict::Answer(reply) if reply.addresses.is_empty())
        );
        for length in 0..looping.len() {
            read(looping.get(..length).expect("a prefix"), &asked, Question::V4, 1);
        }
        let mut pointers = reply(&query, OK, &[("a.b", 1, 9, vec![1, 2, 3, 4])], &[]);
        for at in 12..pointers.len() {
            let before = pointers[at];
            pointers[at] = 0xc0;
            read(&pointers, &asked, Question::V4, 1);
            pointers[at] = before;
        }
    }
}
