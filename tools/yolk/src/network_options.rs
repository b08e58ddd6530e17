//! The options of a machine's network card.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use yolk::qemu::{Card, Forward, Network, UserNetwork, Wire};

#[derive(Args, Default)]
pub(crate) struct NetworkOptions {
    /// The network card [default: none, or virtio where another option needs one]
    #[arg(long, value_name = "CARD")]
    net: Option<NetworkCard>,
    /// Leads a port of this host into the machine; only this host can use it unless ADDRESS says more
    #[arg(long = "publish", value_name = "[ADDRESS:]HOST:GUEST[/udp]")]
    published: Vec<Forward>,
    /// The same, but goes without where the port is taken, and says so
    #[arg(long = "try-publish", value_name = "[ADDRESS:]HOST:GUEST[/udp]")]
    offered: Vec<Forward>,
    /// The machine reaches nothing outside; what is published still leads in
    #[arg(long)]
    isolate: bool,
    /// Writes all frames to a file, for Wireshark or tcpdump
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NetworkCard {
    /// no network
    None,
    /// virtio-net, the fastest
    Virtio,
    /// Intel 82540EM
    E1000,
    /// Intel 82574L
    E1000e,
    /// Realtek RTL8139
    Rtl8139,
}

impl NetworkOptions {
    /// Something else needs a card: there is one, although no option asks for it.
    ///
    /// # Errors
    /// There is to be none.
    pub(crate) fn need_card(&mut self) -> Result<()> {
        match self.net.get_or_insert(NetworkCard::Virtio) {
            NetworkCard::None => bail!("--net none leaves nothing to listen on"),
            _ => Ok(()),
        }
    }

    /// The card that the options ask for, with its cable.
    ///
    /// # Errors
    /// The options contradict each other, or a port is taken.
    pub(crate) fn card(&self) -> Result<Option<Network>> {
        let wanted = !self.published.is_empty() || !self.offered.is_empty() || self.pcap.is_some();
        let card = match self.net {
            None if wanted => Card::Virtio,
            None => return Ok(None),
            Some(NetworkCard::None) if wanted => bail!("--net none leaves nothing to publish and nothing to record"),
            Some(NetworkCard::None) => return Ok(None),
            Some(NetworkCard::Virtio) => Card::Virtio,
            Some(NetworkCard::E1000) => Card::E1000,
            Some(NetworkCard::E1000e) => Card::E1000e,
            Some(NetworkCard::Rtl8139) => Card::Rtl8139,
        };
        let wire = Wire::User(UserNetwork { forwards: self.forwards()?, isolated: self.isolate, doors: Vec::new() });
        Ok(Some(Network { card, wire, capture: self.pcap.clone(), ..Network::default() }))
    }

    fn forwards(&self) -> Result<Vec<Forward>> {
        let mut forwards = self.published.clone();
        forwards.iter().try_for_each(Forward::check)?;
        for forward in &self.offered {
            match forward.check() {
                Ok(()) => forwards.push(forward.clone()),
                Err(error) => eprintln!("yolk: going on without: {error:#}"),
            }
        }
        Ok(forwards)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        network: NetworkOptions,
    }

    fn read(words: &[&str]) -> NetworkOptions {
        let line = Line::try_parse_from([&["yolk"], words].concat());
        line.unwrap_or_else(|error| panic!("{error}")).network
    }

    fn card(words: &[&str]) -> Option<Card> {
        read(words).card().expect("sound options").map(|network| network.card)
    }

    #[test]
    fn a_card_is_there_when_it_is_needed() {
        assert_eq!(card(&[]), None);
        assert_eq!(card(&["--net", "none"]), None);
        assert_eq!(card(&["--net", "e1000"]), Some(Card::E1000));
        assert_eq!(card(&["--pcap", "x.pcap"]), Some(Card::Virtio));
        let mut options = read(&[]);
        options.need_card().expect("nobody objects");
        assert_eq!(options.card().expect("sound options").map(|network| network.card), Some(Card::Virtio));
    }

    #[test]
    fn contradictions_are_refused() {
        let error = read(&["--net", "none", "--pcap", "x.pcap"]).card().expect_err("nothing to record");
        assert!(error.to_string().contains("--net none"), "{error}");
        let error = read(&["--net", "none"]).need_card().expect_err("no card");
        assert!(error.to_string().contains("--net none"), "{error}");
        assert!(Line::try_parse_from(["yolk", "--net", "token-ring"]).is_err());
        assert!(Line::try_parse_from(["yolk", "--publish", "80"]).is_err());
    }

    #[test]
    fn a_taken_port_stops_publish_and_not_try_publish() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let ports = format!("{}:80", other.local_addr().expect("an address").port());
        assert!(read(&["--publish", &ports]).card().is_err());
        let network = read(&["--try-publish", &ports]).card().expect("goes on").expect("a card");
        assert!(matches!(network.wire, Wire::User(UserNetwork { forwards, .. }) if forwards.is_empty()));
    }
}
