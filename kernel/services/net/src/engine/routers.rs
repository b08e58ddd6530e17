//! IPv6 autoconfiguration: router solicitation, and what router advertisements say (RFC 4861, RFC 4862, RFC 8106).
//!
//! smoltcp has an implementation too; it calls for attention for ever when no router answers, and a forged prefix makes it
//! panic. This one gives its results to [`Addressing`](super::addressing::Addressing).

use crate::config::is_host;
use crate::routes::IpNet;
use interfaces::MacAddress;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{NdiscOption, NdiscOptionType, NdiscPrefixInfoFlags};
use std::net::{IpAddr, Ipv6Addr};

/// Bounds, so that no neighbour can make lists grow.
const MAX_PREFIXES: usize = 4;
const MAX_ROUTERS: usize = 4;
const MAX_NAME_SERVERS: usize = 4;
/// RFC 7559: the first solicitation after this time, then ever more slowly.
const FIRST_INTERVAL: Duration = Duration::from_secs(4);
const LAST_INTERVAL: Duration = Duration::from_secs(3600);
/// RFC 4862, section 5.5.3 (e): an unauthenticated advertisement does not shorten a lifetime below this.
const TWO_HOURS: Duration = Duration::from_secs(7200);
/// A lifetime of all ones is for ever; no clock here runs so long.
const FOREVER_SECONDS: u64 = 100 * 365 * 24 * 3600;
/// Bytes of an advertisement before its options (RFC 4861, section 4.2).
const ADVERTISEMENT_HEADER: usize = 16;
/// The type of the recursive DNS server option, which smoltcp does not know (RFC 8106, section 5.1).
const OPTION_RDNSS: u8 = 25;

struct Known<T> {
    what: T,
    until: Instant,
}

/// What the routers on a link say.
pub(super) struct Routers {
    mac: MacAddress,
    prefixes: Vec<Known<Ipv6Addr>>,
    routers: Vec<Known<Ipv6Addr>>,
    name_servers: Vec<Known<Ipv6Addr>>,
    /// Addresses that somebody else has.
    rejected: Vec<IpAddr>,
    solicit_at: Instant,
    interval: Duration,
    /// Something was learned that was not published.
    pub(super) is_new: bool,
}

impl Routers {
    pub(super) fn new(mac: MacAddress, now: Instant) -> Routers {
        Routers {
            mac,
            prefixes: Vec::new(),
            routers: Vec::new(),
            name_servers: Vec::new(),
            rejected: Vec::new(),
            solicit_at: now,
            interval: FIRST_INTERVAL,
            is_new: false,
        }
    }

    /// Begins anew, on a link that may be another one.
    pub(super) fn restart(&mut self, now: Instant) {
        *self = Routers::new(self.mac, now);
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = IpNet> {
        let made = self.prefixes.iter().map(|known| IpAddr::from(with_interface_id(known.what, self.mac)));
        made.filter(|address| !self.rejected.contains(address)).map(|address| IpNet { address, prefix: 64 })
    }

    pub(super) fn gateways(&self) -> impl Iterator<Item = IpAddr> {
        self.routers.iter().map(|known| known.what.into())
    }

    pub(super) fn name_servers(&self) -> impl Iterator<Item = IpAddr> {
        self.name_servers.iter().map(|known| known.what.into())
    }

    /// Never uses `address` again: somebody else has it.
    pub(super) fn reject(&mut self, address: IpAddr) {
        if self.addresses().any(|net| net.address == address) {
            self.rejected.push(address);
        }
    }

    /// Whether a solicitation is to be sent now.
    pub(super) fn should_solicit(&mut self, now: Instant) -> bool {
        if !self.routers.is_empty() || now < self.solicit_at {
            return false;
        }
        self.solicit_at = now + self.interval;
        self.interval = (self.interval * 2).min(LAST_INTERVAL);
        true
    }

    /// Reads an advertisement: the ICMPv6 message of a packet whose sender, hop limit and checksum were checked.
    pub(super) fn hear(&mut self, router: Ipv6Addr, message: &[u8], now: Instant) {
        let Some((header, mut options)) = message.split_at_checked(ADVERTISEMENT_HEADER) else { return };
        self.is_new = true;
        let lifetime = match header {
            [_, _, _, _, _, _, high, low, ..] => u16::from_be_bytes([*high, *low]),
            _ => return,
        };
        note(&mut self.routers, MAX_ROUTERS, router, lifetime.into(), now);
        while let Ok(option) = NdiscOption::new_checked(options) {
            let length = usize::from(option.data_len()) * 8;
            let Some((this, rest)) = options.split_at_checked(length).filter(|_| length > 0) else { return };
            match option.option_type() {
                NdiscOptionType::PrefixInformation => self.hear_prefix(&option, now),
                NdiscOptionType::Unknown(OPTION_RDNSS) => self.hear_servers(this, now),
                _ => {}
            }
            options = rest;
        }
    }

    fn hear_prefix(&mut self, option: &NdiscOption<&[u8]>, now: Instant) {
        let (prefix, valid) = (option.prefix(), option.valid_lifetime());
        let usable = option.prefix_flags().contains(NdiscPrefixInfoFlags::ADDRCONF)
            && option.prefix_len() == 64
            && option.preferred_lifetime() <= valid
            && !prefix.is_unicast_link_local()
            && is_host(with_interface_id(prefix, self.mac).into());
        if !usable {
            return;
        }
        let network = Ipv6Addr::from_bits(prefix.to_bits() >> 64 << 64);
        let left = self.prefixes.iter().find(|known| known.what == network).map(|known| known.until - now);
        let lifetime = match left {
            Some(left) if valid < TWO_HOURS && valid < left => left.min(TWO_HOURS),
            _ => valid,
        };
        note(&mut self.prefixes, MAX_PREFIXES, network, lifetime.secs(), now);
    }

    fn hear_servers(&mut self, option: &[u8], now: Instant) {
        let Some((&[_, _, _, _, a, b, c, d], addresses)) = option.split_first_chunk::<8>() else { return };
        let lifetime = u32::from_be_bytes([a, b, c, d]);
        for octets in addresses.chunks_exact(16) {
            let Ok(octets) = <[u8; 16]>::try_from(octets) else { continue };
            let server = Ipv6Addr::from(octets);
            if is_host(server.into()) {
                note(&mut self.name_servers, MAX_NAME_SERVERS, server, lifetime.into(), now);
            }
        }
    }

    /// Drops what is no longer true; whether that was anything.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let count = |routers: &Routers| routers.prefixes.len() + routers.routers.len() + routers.name_servers.len();
        let before = count(self);
        for list in [&mut self.prefixes, &mut self.routers, &mut self.name_servers] {
            list.retain(|known| known.until > now);
        }
        let lost = count(self) != before;
        if lost && self.routers.is_empty() {
            (self.solicit_at, self.interval) = (now, FIRST_INTERVAL);
        }
        lost
    }

    /// When to look again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let lists = [&self.prefixes, &self.routers, &self.name_servers];
        let expiry = lists.into_iter().flatten().map(|known| known.until).min();
        let solicit = self.routers.is_empty().then_some(self.solicit_at);
        expiry.into_iter().chain(solicit).min()
    }
}

/// The address that an interface has on its link alone (RFC 4291, section 2.5.6).
pub(super) fn link_local(mac: MacAddress) -> Ipv6Addr {
    with_interface_id(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), mac)
}

/// The first half of `prefix` with the interface's modified EUI-64 (RFC 4291, appendix A).
fn with_interface_id(prefix: Ipv6Addr, mac: MacAddress) -> Ipv6Addr {
    let [a, b, c, d, e, f] = mac.0;
    let id = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    let network = prefix.to_bits() >> 64 << 64;
    Ipv6Addr::from_bits(network | u128::from(id))
}

/// Adds, renews or (with lifetime 0) removes an entry; a full list keeps what it has.
fn note(list: &mut Vec<Known<Ipv6Addr>>, limit: usize, what: Ipv6Addr, seconds: u64, now: Instant) {
    let until = now + Duration::from_secs(seconds.min(FOREVER_SECONDS));
    if seconds == 0 {
        list.retain(|known| known.what != what);
    } else if let Some(known) = list.iter_mut().find(|known| known.what == what) {
        known.until = until;
    } else if list.len() < limit {
        list.push(Known { what, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: MacAddress = MacAddress([2, 0, 0, 0, 0, 5]);
    const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

    fn advertisement(router_lifetime: u16, options: &[Vec<u8>]) -> Vec<u8> {
        let mut message = vec![134, 0, 0, 0, 64, 0];
        message.extend(router_lifetime.to_be_bytes());
        message.extend([0; 8]);
        message.extend(options.iter().flatten());
        message
    }

    fn prefix(text: &str, length: u8, flags: u8, valid: u32) -> Vec<u8> {
        let mut option = vec![3, 4, length, flags];
        option.extend(valid.to_be_bytes());
        option.extend(valid.to_be_bytes());
        option.extend([0; 4]);
        option.extend(text.parse::<Ipv6Addr>().expect("an address").octets());
        option
    }

    fn rdnss(server: &str, lifetime: u32) -> Vec<u8> {
        let mut option = vec![25, 3, 0, 0];
        option.extend(lifetime.to_be_bytes());
        option.extend(server.parse::<Ipv6Addr>().expect("an address").octets());
        option
    }

    fn addresses(routers: &Routers) -> Vec<String> {
        routers.addresses().map(|net| net.to_string()).collect()
    }

    #[test]
    fn an_advertisement_gives_address_router_and_name_server() {
        let now = Instant::from_secs(100);
        let mut routers = Routers::new(MAC, now);
        assert!(routers.should_solicit(now) && !routers.should_solicit(now));
        let message = advertisement(1800, &[prefix("2001:db8::", 64, 0xc0, 86400), rdnss("2001:db8::53", 600)]);
        routers.hear(ROUTER, &message, now);
        assert_eq!(addresses(&routers), ["2001:db8::ff:fe00:5/64"]);
        assert_eq!(routers.gateways().collect::<Vec<_>>(), [IpAddr::from(ROUTER)]);
        assert_eq!(routers.name_servers().count(), 1);
        assert_eq!(routers.deadline(), Some(now + Duration::from_secs(600)));
        assert!(routers.expire(now + Duration::from_secs(1800)));
        assert_eq!((routers.gateways().count(), routers.name_servers().count(), addresses(&routers).len()), (0, 0, 1));
        assert!(routers.should_solicit(now + Duration::from_secs(1800)));
    }

    #[test]
    fn forged_prefixes_are_ignored() {
        let now = Instant::from_secs(1);
        let mut routers = Routers::new(MAC, now);
        for (text, length, flags) in
            [("ff02::", 64, 0xc0), ("fe80::", 64, 0xc0), ("2001:db8::", 63, 0xc0), ("2001:db8::", 64, 0x80)]
        {
            routers.hear(ROUTER, &advertisement(0, &[prefix(text, length, flags, 600)]), now);
        }
        for n in 0..9 {
            routers.hear(ROUTER, &advertisement(0, &[prefix(&format!("2001:db8:{n}::"), 64, 0xc0, 600)]), now);
        }
        assert_eq!(addresses(&routers).len(), MAX_PREFIXES);
    }

    #[test]
    fn a_forged_end_does_not_take_the_address_away_at_once() {
        let now = Instant::from_secs(1);
        let mut routers = Routers::new(MAC, now);
        routers.hear(ROUTER, &advertisement(0, &[prefix("2001:db8::", 64, 0xc0, 86400)]), now);
        routers.hear(ROUTER, &advertisement(0, &[prefix("2001:db8::", 64, 0xc0, 0)]), now);
        assert!(!routers.expire(now + Duration::from_secs(7199)));
        assert!(routers.expire(now + Duration::from_secs(7200)));
    }

    #[test]
    fn broken_options_end_the_reading() {
        let now = Instant::from_secs(1);
        let mut routers = Routers::new(MAC, now);
        let mut message = advertisement(0, &[]);
        message.extend([3, 0, 0, 0]);
        routers.hear(ROUTER, &message, now);
        let whole = advertisement(9, &[prefix("2001:db8::", 64, 0xc0, 600), rdnss("2001:db8::53", 600)]);
        for length in 0..whole.len() {
            routers.hear(ROUTER, whole.get(..length).expect("a prefix"), now);
        }
    }

    #[test]
    fn solicitations_become_rare() {
        let mut now = Instant::from_secs(0);
        let mut routers = Routers::new(MAC, now);
        let mut sent = 0;
        while now < Instant::from_secs(86400) {
            sent += usize::from(routers.should_solicit(now));
            now = routers.deadline().expect("no router yet");
        }
        assert!(sent < 50, "{sent} solicitations in a day");
    }
}
