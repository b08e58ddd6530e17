//! The addresses of hosts and services by name (WasmEdge's `sock_getaddrinfo`, after RFC 3493, section 6.1).
//!
//! The guest passes a chain of records, each with a place for an address, and is told how many were filled. Where the names
//! come from is the network's business; literal addresses need none.

mod layout;

use crate::calls::wasmedge::{DATAGRAM, INET4, INET6, STREAM, UNSPECIFIED};
use crate::context::Context;
use crate::errno::LookupError;
use crate::failure::Result;
use crate::memory::{GuestPtr, GuestSlice, Memory};
use bitflags::bitflags;
use interfaces::Errno;
use layout::{AddrInfo, SockAddr, data};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use vfs::socket::{Family, Network};

bitflags! {
    /// `__wasi_aiflags_t`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct Flags: u16 {
        const PASSIVE = 1;
        const CANONNAME = 1 << 1;
        const NUMERICHOST = 1 << 2;
        const NUMERICSERV = 1 << 3;
        const V4MAPPED = 1 << 4;
        const ALL = 1 << 5;
        const ADDRCONFIG = 1 << 6;
    }
}

/// `__wasi_protocol_t`.
const TCP: u8 = 1;
/// `__wasi_protocol_t`.
const UDP: u8 = 2;

/// Types of sockets and their protocols, in the order of the results.
const KINDS: [(u8, u8); 2] = [(STREAM, TCP), (DATAGRAM, UDP)];

/// Services that guests ask for by name (IANA's registry of ports).
const SERVICES: &[(&str, u16)] = &[
    ("domain", 53),
    ("echo", 7),
    ("ftp", 21),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap", 143),
    ("imaps", 993),
    ("mqtt", 1883),
    ("ntp", 123),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("redis", 6379),
    ("smtp", 25),
    ("ssh", 22),
    ("telnet", 23),
];

#[expect(clippy::too_many_arguments, reason = "WasmEdge's")]
pub(crate) fn sock_getaddrinfo(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    node: GuestPtr<u8>,
    node_len: u32,
    service: GuestPtr<u8>,
    service_len: u32,
    hint: GuestPtr<AddrInfo>,
    results: GuestPtr<u32>,
    room: u32,
    found: GuestPtr<u32>,
) -> Result<()> {
    let node = text(memory, node.slice(node_len), LookupError::NoName)?;
    let service = text(memory, service.slice(service_len), LookupError::Service)?;
    let wanted = Wanted::new(memory, hint, &node)?;
    let first = results.read(memory)?;
    found.check(memory)?;
    if node.is_empty() && service.is_empty() {
        return Err(LookupError::NoName.into());
    }
    if room == 0 {
        return Err(LookupError::Memory.into());
    }
    let port = port(&service, wanted.flags)?;
    let addresses = wanted.addresses(ctx.network.as_deref(), &node)?;
    let answers = addresses
        .iter()
        .flat_map(|ip| wanted.kinds.iter().map(|kind| Answer { address: SocketAddr::new(*ip, port), kind: *kind }));
    let answers: Vec<Answer> = answers.take(usize::try_from(room).unwrap_or(usize::MAX)).collect();
    let canonical = if wanted.flags.contains(Flags::CANONNAME) { node.as_str() } else { "" };
    let count = fill(memory, first, &answers, canonical)?;
    found.write(memory, count)
}

/// A string that may end in NUL, as the crate `wasmedge_wasi_socket` passes it.
fn text(memory: &Memory<'_>, bytes: GuestSlice<u8>, error: LookupError) -> Result<String> {
    let bytes = bytes.bytes(memory)?.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(std::str::from_utf8(bytes).map_err(|_| error)?.to_owned())
}

fn port(service: &str, flags: Flags) -> Result<u16> {
    if service.is_empty() {
        return Ok(0);
    }
    if let Ok(port) = service.parse() {
        return Ok(port);
    }
    if flags.contains(Flags::NUMERICSERV) {
        return Err(LookupError::NoName.into());
    }
    let known = SERVICES.iter().find(|(name, _)| *name == service);
    Ok(known.map(|(_, port)| *port).ok_or(LookupError::Service)?)
}

/// A result: an address, with a type of socket and its protocol.
struct Answer {
    address: SocketAddr,
    kind: (u8, u8),
}

/// What the guest wants to know.
struct Wanted {
    flags: Flags,
    family: Option<Family>,
    kinds: Vec<(u8, u8)>,
}

impl Wanted {
    /// Without a hint (a null pointer): everything.
    fn new(memory: &Memory<'_>, hint: GuestPtr<AddrInfo>, node: &str) -> Result<Wanted> {
        if hint.address() == 0 {
            return Ok(Wanted { flags: Flags::empty(), family: None, kinds: KINDS.to_vec() });
        }
        let hint = hint.read(memory)?;
        let flags = Flags::from_bits(hint.flags).ok_or(LookupError::BadFlags)?;
        if flags.contains(Flags::CANONNAME) && node.is_empty() {
            return Err(LookupError::BadFlags.into());
        }
        let family = match hint.family {
            UNSPECIFIED => None,
            INET4 => Some(Family::V4),
            INET6 => Some(Family::V6),
            _ => return Err(LookupError::Family.into()),
        };
        let fits = |wanted: u8, is: u8| wanted == 0 || wanted == is;
        let kinds: Vec<(u8, u8)> = KINDS
            .into_iter()
            .filter(|(kind, protocol)| fits(hint.kind, *kind) && fits(hint.protocol, *protocol))
            .collect();
        if kinds.is_empty() { Err(LookupError::SocketType.into()) } else { Ok(Wanted { flags, family, kinds }) }
    }

    /// The addresses of a host, in the family that the guest wants.
    fn addresses(&self, network: Option<&dyn Network>, node: &str) -> Result<Vec<IpAddr>> {
        let all = self.of_any_family(network, node)?;
        let of = |family| all.iter().copied().filter(move |ip| ip.is_ipv4() == (family == Family::V4));
        let mut fitting: Vec<IpAddr> = match self.family {
            Some(family) => of(family).collect(),
            None => all.clone(),
        };
        let maps = self.family == Some(Family::V6) && self.flags.contains(Flags::V4MAPPED);
        if maps && (fitting.is_empty() || self.flags.contains(Flags::ALL)) {
            fitting.extend(all.iter().filter_map(|ip| match ip {
                IpAddr::V4(ip) => Some(IpAddr::V6(ip.to_ipv6_mapped())),
                IpAddr::V6(_) => None,
            }));
        }
        if fitting.is_empty() { Err(LookupError::NoData.into()) } else { Ok(fitting) }
    }

    fn of_any_family(&self, network: Option<&dyn Network>, node: &str) -> Result<Vec<IpAddr>> {
        if node.is_empty() {
            return Ok(if self.flags.contains(Flags::PASSIVE) {
                vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()]
            } else {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            });
        }
        if let Ok(ip) = node.parse() {
            return Ok(vec![ip]);
        }
        if self.flags.contains(Flags::NUMERICHOST) {
            return Err(LookupError::NoName.into());
        }
        let answer = network.ok_or(LookupError::Again)?.lookup(node);
        answer.map_err(|errno| match errno {
            Errno::ENOENT | Errno::EINVAL => LookupError::NoName.into(),
            Errno::EAGAIN | Errno::ETIMEDOUT => LookupError::Again.into(),
            // Ends the guest, whose process was killed.
            Errno::ECANCELED => errno.into(),
            _ => LookupError::Failed.into(),
        })
    }
}

/// Fills the records of the chain that starts at `first`; returns how many. Nothing is written before every record's
/// claims hold.
fn fill(memory: &mut Memory<'_>, first: u32, answers: &[Answer], canonical: &str) -> Result<u32> {
    let mut records = Vec::with_capacity(answers.len());
    let mut next = first;
    for answer in answers {
        if next == 0 {
            break;
        }
        let at = GuestPtr::<AddrInfo>::from(next);
        let record = at.read(memory)?;
        let socket_address = record.address.read(memory)?;
        // The buffers of the crate `wasmedge_wasi_socket` hold 26 bytes, though their records say 14: like WasmEdge, this
        // relies on what the dialect's buffers are, not on what is said of them.
        let data = data(answer.address);
        socket_address.data.slice(data_len(&data)?).check(memory)?;
        next = record.next;
        records.push((at, record, socket_address, data, answer));
    }
    let count = u32::try_from(records.len()).map_err(|_| Errno::EOVERFLOW)?;
    for (index, (at, record, socket_address, data, answer)) in records.into_iter().enumerate() {
        let name = if index == 0 { canonical } else { "" };
        let name_len = put_name(memory, &record, name)?;
        let family = if answer.address.is_ipv4() { INET4 } else { INET6 };
        let data_len = data_len(&data)?;
        socket_address.data.slice(data_len).bytes_mut(memory)?.copy_from_slice(&data);
        record.address.write(memory, SockAddr { family, data_len, ..socket_address })?;
        // The family's two bytes come before the data.
        let address_len = data_len + 2;
        let (kind, protocol) = answer.kind;
        at.write(memory, AddrInfo { family, kind, protocol, address_len, name_len, ..record })?;
    }
    Ok(count)
}

fn data_len(data: &[u8]) -> Result<u32> {
    Ok(u32::try_from(data.len()).map_err(|_| Errno::EOVERFLOW)?)
}

/// Writes the host's name with a NUL if there is room; returns its length, or 0.
fn put_name(memory: &mut Memory<'_>, record: &AddrInfo, name: &str) -> Result<u32> {
    let len = u32::try_from(name.len()).map_err(|_| Errno::EOVERFLOW)?;
    if name.is_empty() || record.name_len <= len {
        return Ok(0);
    }
    record.name.slice(len).bytes_mut(memory)?.copy_from_slice(name.as_bytes());
    record.name.element(len)?.write(memory, 0)?;
    Ok(len)
}
