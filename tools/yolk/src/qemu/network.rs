//! A machine's network card, and which ports of this host lead into it.
//!
//! QEMU's user network gives the machine an address by DHCP (10.0.2.15) and answers names; nothing of it needs root.

use std::ffi::OsString;
use std::fmt::{Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
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

/// A card on QEMU's user network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The model.
    pub card: Card,
    /// The ways in.
    pub forwards: Vec<Forward>,
    /// Nothing that the machine sends leaves this host, and it reaches no service of this host.
    pub isolated: bool,
    /// Where all frames are written, as pcap.
    pub capture: Option<PathBuf>,
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
            Some((address, host)) => (address.parse().map_err(|_| wrong())?, host),
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
    /// QEMU's words for it.
    pub(super) fn words(&self) -> Vec<OsString> {
        let mut network = "user,id=net".to_owned();
        if self.isolated {
            network += ",restrict=on";
        }
        for Forward { address, host, guest, transport } in &self.forwards {
            let protocol = if *transport == Transport::Tcp { "tcp" } else { "udp" };
            network += &format!(",hostfwd={protocol}:{address}:{host}-:{guest}");
        }
        let model = match self.card {
            Card::Virtio => "virtio-net-pci",
            Card::E1000 => "e1000",
            Card::Rtl8139 => "rtl8139",
        };
        let mut words = vec!["-netdev".into(), network.into(), "-device".into(), format!("{model},netdev=net").into()];
        if let Some(file) = &self.capture {
            // In QEMU's lists of values a comma is doubled.
            let file = file.to_string_lossy().replace(',', ",,");
            words.extend(["-object".into(), format!("filter-dump,id=capture,netdev=net,file={file}").into()]);
        }
        words
    }
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

    #[test]
    fn a_taken_port_is_named() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = other.local_addr().expect("an address").port();
        let forward: Forward = format!("{port}:80").parse().expect("a forward");
        let error = format!("{:#}", forward.check().expect_err("taken"));
        assert!(error.contains(&format!("port {port} of 127.0.0.1")), "{error}");
    }
}
