//! A name server (RFC 1035) for the names that a test gives it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::udp;

use super::udp_socket::udp_socket;

const PORT: u16 = 53;
const HEADER: usize = 12;
const TYPE_A: u16 = 1;
const TYPE_PTR: u16 = 12;
const TYPE_AAAA: u16 = 28;
/// An answer, with recursion; with code 3, that there is no such name (section 4.1.1).
const FOUND: [u8; 2] = [0x81, 0x80];
const NO_SUCH_NAME: [u8; 2] = [0x81, 0x83];

/// The server.
pub struct Dns {
    /// What it knows.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// How many questions came.
    pub questions: usize,
    socket: SocketHandle,
}

impl Dns {
    pub(super) fn new(sockets: &mut SocketSet<'static>) -> Self {
        Self { names: BTreeMap::new(), questions: 0, socket: udp_socket(sockets, PORT) }
    }

    pub(super) fn serve(&mut self, sockets: &mut SocketSet<'static>) {
        let socket = sockets.get_mut::<udp::Socket<'_>>(self.socket);
        while let Ok((question, from)) = socket.recv().map(|(bytes, from)| (bytes.to_vec(), from.endpoint)) {
            self.questions += 1;
            if let Some(answer) = answer(&self.names, &question) {
                // A client asks again.
                let _ = socket.send_slice(&answer, from);
            }
        }
    }
}

/// Hosts and their addresses.
type Names = BTreeMap<String, Vec<IpAddr>>;

/// The answer to a question, from these names; `None` where it is none.
pub fn answer(names: &Names, question: &[u8]) -> Option<Vec<u8>> {
    let (name, end) = read_name(question)?;
    let kind = u16::from_be_bytes(question.get(end..end + 2)?.try_into().ok()?);
    let records = records(names, &name.to_ascii_lowercase(), kind);
    let mut answer = question.get(..2)?.to_vec();
    answer.extend(if records.is_some() { FOUND } else { NO_SUCH_NAME });
    let records = records.unwrap_or_default();
    answer.extend([0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    answer.extend(question.get(HEADER..end + 4)?);
    for bytes in records {
        // The name of the question, its type, class IN, a minute.
        answer.extend([0xc0, HEADER as u8, 0, kind as u8, 0, 1, 0, 0, 0, 60, 0, bytes.len() as u8]);
        answer.extend(bytes);
    }
    Some(answer)
}

/// What is known of this type about a name; `None`: there is no such name.
fn records(names: &Names, name: &str, kind: u16) -> Option<Vec<Vec<u8>>> {
    if kind == TYPE_PTR {
        return host_at(names, name).map(|host| vec![encode(host)]);
    }
    let octets = names.get(name)?.iter().filter_map(|address| match address {
        IpAddr::V4(v4) if kind == TYPE_A => Some(v4.octets().to_vec()),
        IpAddr::V6(v6) if kind == TYPE_AAAA => Some(v6.octets().to_vec()),
        _ => None,
    });
    Some(octets.collect())
}

/// The host with the IPv4 address that a name below `in-addr.arpa` stands for.
fn host_at<'a>(names: &'a Names, name: &str) -> Option<&'a str> {
    let mut octets: Vec<u8> = name.strip_suffix(".in-addr.arpa")?.split('.').flat_map(str::parse).collect();
    octets.reverse();
    let address = IpAddr::from(<[u8; 4]>::try_from(octets).ok()?);
    names.iter().find(|(_, addresses)| addresses.contains(&address)).map(|(host, _)| host.as_str())
}

/// A name as labels with their lengths.
fn encode(name: &str) -> Vec<u8> {
    let labels = name.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat());
    labels.chain([0]).collect()
}

/// The name of the first question, and where it ends.
fn read_name(question: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = HEADER;
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(question.get(at..at + length)?).into_owned());
        at += length;
    }
}
