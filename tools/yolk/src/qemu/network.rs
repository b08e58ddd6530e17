//! A machine's network cards, and where their cables lead. Nothing of it needs root.
//!
//! QEMU's user network gives the machine an address by DHCP (10.0.2.15) and answers names; ports of this host can lead into
//! it. Tests plug the cable into a socket instead.

use std::ffi::OsString;
use std::fmt::{Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result};

/// The models that Yolk has drivers for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Card {
    /// virtio-net, the fastest
    #[default]
    Virtio,
    /// Intel 82540EM
    E1000,
    /// Intel 82574L
    E1000e,
    /// Realtek RTL8139
    Rtl8139,
}

/// What is forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

/// A port of this host that leads to one of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The address of this host that is listened on.
    pub address: IpAddr,
    /// The port of this host.
    pub host: u16,
    /// The port of the machine.
    pub guest: u16,
    /// What is forwarded.
    pub transport: Transport,
}

/// A card and its cable.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The model.
    pub card: Card,
    /// Where the cable leads.
    pub wire: Wire,
    /// Where the card sits.
    pub slot: Slot,
    /// The card's address, where it matters: cards of several machines on one wire would have the same.
    pub mac: Option<[u8; 6]>,
    /// Where all frames are written, as pcap.
    pub capture: Option<PathBuf>,
}

/// Where a cable leads.
#[derive(Clone, Debug)]
pub enum Wire {
    /// To QEMU's user network.
    User(UserNetwork),
    /// To whoever listens at this socket: frames as a stream, each behind its length (four bytes, the highest first).
    Stream(PathBuf),
}

/// QEMU's user network.
#[derive(Clone, Debug, Default)]
pub struct UserNetwork {
    /// The ways in.
    pub forwards: Vec<Forward>,
    /// Nothing that the machine sends leaves this host, and it reaches no service of this host.
    pub isolated: bool,
    /// The ways out, also of an isolated machine: a connection that it opens to this address leads to a port of this host.
    pub doors: Vec<(SocketAddrV4, u16)>,
}

impl Default for Wire {
    fn default() -> Self {
        Self::User(UserNetwork::default())
    }
}

/// Where a card sits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slot {
    /// On the board.
    #[default]
    Fixed,
    /// In a slot of its own, out of which it can be pulled (PCI Express cards alone).
    Removable,
}

impl FromStr for Forward {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write [ADDRESS:]HOST:GUEST, two ports, with /udp behind them for datagrams".to_owned();
        let (ports, transport) = match text.rsplit_once('/') {
            None | Some((_, "tcp")) => (text.trim_end_matches("/tcp"), Transport::Tcp),
            Some((ports, "udp")) => (ports, Transport::Udp),
            Some(_) => return Err(wrong()),
        };
        let (rest, guest) = ports.rsplit_once(':').ok_or_else(wrong)?;
        let (address, host) = match rest.rsplit_once(':') {
            Some((address, host)) => {
                let address = address.trim_start_matches('[').trim_end_matches(']');
                (address.parse().map_err(|_| wrong())?, host)
            }
            None => (IpAddr::V4(Ipv4Addr::LOCALHOST), rest),
        };
        let port = |text: &str| text.parse().ok().filter(|port| *port != 0).ok_or_else(wrong);
        Ok(Self { address, host: port(host)?, guest: port(guest)?, transport })
    }
}

impl Display for Forward {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "port {} of {}", self.host, self.address)
    }
}

impl Forward {
    /// Fails with the reason where somebody else has the port: QEMU itself would say no more than that it failed.
    pub fn check(&self) -> Result<()> {
        let place = (self.address, self.host);
        let taken = match self.transport {
            Transport::Tcp => TcpListener::bind(place).map(drop),
            Transport::Udp => UdpSocket::bind(place).map(drop),
        };
        taken.with_context(|| format!("{self} cannot be published"))
    }
}

impl Network {
    /// Where QEMU listens for connections into the machine.
    pub(super) fn listens(&self) -> Vec<SocketAddr> {
        let Wire::User(network) = &self.wire else { return Vec::new() };
        let streams = network.forwards.iter().filter(|forward| forward.transport == Transport::Tcp);
        streams.map(|forward| SocketAddr::new(forward.address, forward.host)).collect()
    }

    /// QEMU's words for the card with this number.
    pub(super) fn words(&self, number: usize) -> Vec<OsString> {
        let mut device = format!("{},id=card{number},netdev=net{number}", self.card.model());
        let mut words = vec!["-netdev".into(), self.wire.words(number).into()];
        if self.slot == Slot::Removable {
            let chassis = number + 1;
            words.extend(["-device".into(), format!("pcie-root-port,id=slot{number},chassis={chassis}").into()]);
            device += &format!(",bus=slot{number}");
        }
        if let Some([a, b, c, d, e, f]) = self.mac {
            device += &format!(",mac={a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
        }
        words.extend(["-device".into(), device.into()]);
        if let Some(file) = &self.capture {
            let dump = format!("filter-dump,id=capture{number},netdev=net{number},file={}", in_list(file));
            words.extend(["-object".into(), dump.into()]);
        }
        words
    }
}

impl Card {
    fn model(self) -> &'static str {
        match self {
            Self::Virtio => "virtio-net-pci",
            Self::E1000 => "e1000",
            Self::E1000e => "e1000e",
            Self::Rtl8139 => "rtl8139",
        }
    }
}

impl Wire {
    fn words(&self, number: usize) -> String {
        let network = match self {
            Self::Stream(path) => {
                return format!("stream,id=net{number},server=off,addr.type=unix,addr.path={}", in_list(path));
            }
            Self::User(network) => network,
        };
        let mut words = format!("user,id=net{number}");
        if network.isolated {
            words += ",restrict=on";
        }
        for Forward { address, host, guest, transport } in &network.forwards {
            let protocol = if *transport == Transport::Tcp { "tcp" } else { "udp" };
            let address = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
            words += &format!(",hostfwd={protocol}:{address}:{host}-:{guest}");
        }
        for (address, host) in &network.doors {
            // Without a command in between QEMU connects once, at its start, and tells nobody of an end.
            words += &format!(",guestfwd=tcp:{}:{}-cmd:nc -N 127.0.0.1 {host}", address.ip(), address.port());
        }
        words
    }
}

/// A path in one of QEMU's lists of values, where a comma is doubled.
fn in_list(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwards_are_read() {
        let forward = |text: &str| text.parse::<Forward>();
        let usual = forward("8080:80").expect("two ports");
        assert_eq!((usual.address, usual.host, usual.guest), (Ipv4Addr::LOCALHOST.into(), 8080, 80));
        let open = forward("0.0.0.0:53:5353/udp").expect("an address, two ports, a transport");
        assert_eq!((open.address, open.transport), (Ipv4Addr::UNSPECIFIED.into(), Transport::Udp));
        for wrong in ["", "80", "80:", ":80", "0:80", "80:0", "70000:80", "x:80:80", "1:2/sctp"] {
            assert!(forward(wrong).is_err(), "{wrong}");
        }
    }

    fn words(network: &Network) -> String {
        let words: Vec<String> = network.words(1).iter().map(|word| word.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }

    #[test]
    fn a_user_network_is_described() {
        let user = UserNetwork {
            forwards: vec!["8080:80".parse().expect("a forward"), "[::1]:53:5353/udp".parse().expect("a forward")],
            isolated: true,
            doors: vec![("10.0.2.9:7".parse().expect("an address"), 4000)],
        };
        let capture = Some(PathBuf::from("a,b.pcap"));
        let network = Network { card: Card::Rtl8139, wire: Wire::User(user), capture, ..Network::default() };
        assert_eq!(
            words(&network),
            "-netdev user,id=net1,restrict=on,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:[::1]:53-:5353,\
             guestfwd=tcp:10.0.2.9:7-cmd:nc -N 127.0.0.1 4000 -device rtl8139,id=card1,netdev=net1 \
             -object filter-dump,id=capture1,netdev=net1,file=a,,b.pcap"
        );
    }

    #[test]
    fn a_cable_ends_in_a_socket_and_a_card_in_a_slot() {
        let wire = Wire::Stream(PathBuf::from("/tmp/x"));
        let mac = Some([2, 0, 0, 0, 0, 0xab]);
        let network = Network { card: Card::E1000e, wire, slot: Slot::Removable, mac, capture: None };
        assert_eq!(
            words(&network),
            "-netdev stream,id=net1,server=off,addr.type=unix,addr.path=/tmp/x \
             -device pcie-root-port,id=slot1,chassis=2 \
             -device e1000e,id=card1,netdev=net1,bus=slot1,mac=02:00:00:00:00:ab"
        );
    }

    #[test]
    fn a_taken_port_is_named() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = other.local_addr().expect("an address").port();
        let forward: Forward = format!("{port}:80").parse().expect("a forward");
        let error = format!("{:#}", forward.check().expect_err("taken"));
        assert!(error.contains(&format!("port {port} of 127.0.0.1")), "{error}");
    }
}
