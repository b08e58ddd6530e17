//! What `ip` shows, in the form of Linux's `ip`.

use net::{AddressStatus, InterfaceStatus, NeighbourStatus, Origin, RouteStatus};
use std::fmt::Write as _;
use std::net::IpAddr;
use vfs::socket::Family;

/// What of it a user wants to see.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) family: Option<Family>,
    /// One interface's.
    pub(super) interface: Option<String>,
}

/// Whether the counts of frames are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counters {
    Hidden,
    Shown,
}

impl Selection {
    fn has_family(&self, ip: IpAddr) -> bool {
        self.family.is_none_or(|family| ip.is_ipv4() == (family == Family::V4))
    }

    fn has_interface(&self, name: &str) -> bool {
        self.interface.as_deref().is_none_or(|wanted| wanted == name)
    }
}

/// `ip addr`.
pub(super) fn addresses(interfaces: &[InterfaceStatus], selection: &Selection, counters: Counters) -> String {
    let mut text = String::new();
    for interface in interfaces.iter().filter(|interface| selection.has_interface(&interface.name)) {
        text += &link(interface);
        for known in interface.addresses.iter().filter(|known| selection.has_family(known.net.address)) {
            text += &address(known);
        }
        text += &counts(interface, counters);
    }
    text
}

/// `ip link`.
pub(super) fn links(interfaces: &[InterfaceStatus], selection: &Selection, counters: Counters) -> String {
    let chosen = interfaces.iter().filter(|interface| selection.has_interface(&interface.name));
    chosen.map(|interface| link(interface) + &counts(interface, counters)).collect()
}

/// `ip route`. The loopback interface's own networks are no news.
pub(super) fn routes(routes: &[RouteStatus], selection: &Selection) -> String {
    let mut text = String::new();
    let chosen = routes.iter().filter(|route| {
        let is_news = route.interface != "lo" || selection.interface.is_some();
        is_news && selection.has_interface(&route.interface) && selection.has_family(route.to.address)
    });
    for route in chosen {
        let to = if route.to.prefix == 0 { "default".to_owned() } else { route.to.to_string() };
        let via = route.via.map(|via| format!(" via {via}")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{to}{via} dev {} proto {}", route.interface, route.origin.name());
    }
    text
}

/// `ip neigh`.
pub(super) fn neighbours(neighbours: &[NeighbourStatus], selection: &Selection) -> String {
    let chosen = neighbours
        .iter()
        .filter(|known| selection.has_interface(&known.interface) && selection.has_family(known.address));
    let line = |known: &NeighbourStatus| {
        format!("{} dev {} lladdr {} seen {} s ago\n", known.address, known.interface, known.mac, known.age_seconds)
    };
    chosen.map(line).collect()
}

/// An interface without its addresses.
fn link(interface: &InterfaceStatus) -> String {
    let is_loopback = interface.name == "lo";
    let mut flags = vec![if is_loopback { "LOOPBACK" } else { "BROADCAST,MULTICAST" }];
    if interface.enabled {
        flags.push("UP");
    }
    if interface.enabled && interface.carrier {
        flags.push("LOWER_UP");
    } else if interface.enabled {
        flags.push("NO-CARRIER");
    }
    let kind = if is_loopback { "loopback" } else { "ether" };
    format!(
        "{}: {}: <{}> mtu {} driver {}\n    link/{kind} {}\n",
        interface.index,
        interface.name,
        flags.join(","),
        interface.mtu,
        interface.driver,
        interface.mac
    )
}

fn address(known: &AddressStatus) -> String {
    let family = if known.net.address.is_ipv4() { "inet" } else { "inet6" };
    // The scopes of Linux, and how it came to be unless it was given.
    let (scope, how) = match known.origin {
        Origin::Loopback => ("host", ""),
        Origin::LinkLocal => ("link", ""),
        Origin::Static | Origin::Kernel => ("global", ""),
        Origin::Dhcp => ("global", " dhcp"),
        Origin::Router => ("global", " ra"),
    };
    format!("    {family} {} scope {scope}{how}\n", known.net)
}

fn counts(interface: &InterfaceStatus, counters: Counters) -> String {
    if counters == Counters::Hidden {
        return String::new();
    }
    let s = &interface.statistics;
    let errors = s.receive_errors.saturating_add(interface.refused);
    let mut text = String::new();
    let mut row = |name: &str, cells: [&str; 4]| {
        let [bytes, packets, errors, dropped] = cells;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {name:<4}{bytes:>12} {packets:>10} {errors:>8} {dropped:>8}");
    };
    let cells = |values: [u64; 4]| values.map(|value| value.to_string());
    row("", ["bytes", "packets", "errors", "dropped"]);
    let received = cells([s.received_bytes, s.received_frames, errors, s.receive_dropped]);
    row("RX", received.each_ref().map(String::as_str));
    let sent = cells([s.transmitted_bytes, s.transmitted_frames, s.transmit_errors, s.transmit_dropped]);
    row("TX", sent.each_ref().map(String::as_str));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use interfaces::{MacAddress, NetStatistics};

    fn interface() -> InterfaceStatus {
        let address = |net: &str, origin| AddressStatus { net: net.parse().expect("a network"), origin };
        InterfaceStatus {
            index: 2,
            name: "eth0".into(),
            driver: "virtio-net",
            mac: MacAddress([0x52, 0x54, 0, 0x12, 0x34, 0x56]),
            mtu: 1500,
            enabled: true,
            carrier: true,
            addresses: vec![
                address("10.0.2.15/24", Origin::Dhcp),
                address("fe80::5054:ff:fe12:3456/64", Origin::LinkLocal),
            ],
            statistics: NetStatistics { received_bytes: 1234, received_frames: 5, ..NetStatistics::default() },
            refused: 1,
        }
    }

    #[test]
    fn interfaces_look_as_on_linux() {
        let text = addresses(&[interface()], &Selection::default(), Counters::Hidden);
        assert_eq!(
            text,
            "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 driver virtio-net\n    link/ether 52:54:00:12:34:56\n    \
             inet 10.0.2.15/24 scope global dhcp\n    inet6 fe80::5054:ff:fe12:3456/64 scope link\n"
        );
        let only_v4 = Selection { family: Some(Family::V4), interface: None };
        assert!(!addresses(&[interface()], &only_v4, Counters::Hidden).contains("inet6"));
        let of_another = Selection { family: None, interface: Some("eth1".into()) };
        assert_eq!(addresses(&[interface()], &of_another, Counters::Hidden), "");
        let unplugged = InterfaceStatus { carrier: false, ..interface() };
        assert!(links(&[unplugged], &Selection::default(), Counters::Hidden).contains("UP,NO-CARRIER>"));
    }

    #[test]
    fn counts_stand_in_columns() {
        let text = links(&[interface()], &Selection::default(), Counters::Shown);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[1].split_whitespace().collect::<Vec<_>>(), ["RX", "1234", "5", "1", "0"]);
        assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    }

    #[test]
    fn routes_and_neighbours() {
        let route = |to: &str, via: Option<&str>, interface: &str, origin| RouteStatus {
            to: to.parse().expect("a network"),
            via: via.map(|via| via.parse().expect("an address")),
            interface: interface.into(),
            origin,
        };
        let all = [
            route("127.0.0.0/8", None, "lo", Origin::Kernel),
            route("10.0.2.0/24", None, "eth0", Origin::Kernel),
            route("0.0.0.0/0", Some("10.0.2.2"), "eth0", Origin::Dhcp),
        ];
        assert_eq!(
            routes(&all, &Selection::default()),
            "10.0.2.0/24 dev eth0 proto kernel\ndefault via 10.0.2.2 dev eth0 proto dhcp\n"
        );
        let known = NeighbourStatus {
            address: "10.0.2.2".parse().expect("an address"),
            mac: MacAddress([2, 0, 0, 0, 0, 1]),
            interface: "eth0".into(),
            age_seconds: 3,
        };
        assert_eq!(
            neighbours(&[known], &Selection::default()),
            "10.0.2.2 dev eth0 lladdr 02:00:00:00:00:01 seen 3 s ago\n"
        );
    }
}
