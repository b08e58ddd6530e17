//! What failures to log in cost: time, and more of it each time, per address.
//!
//! A wrong password makes its whole address wait, also on other connections: twice as long as the time before. A key that
//! opens nothing costs a short time, the same each time: an agent offers several, and nobody guesses one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// What a key that opens nothing costs.
pub(crate) const WRONG_KEY: Duration = Duration::from_millis(500);
/// What the first wrong password costs.
const FIRST: Duration = Duration::from_secs(1);
/// What one costs at most.
const MOST: Duration = Duration::from_secs(60);
/// Failures are forgotten after this time without another one.
const MEMORY: Duration = Duration::from_secs(15 * 60);
/// So many addresses are remembered.
const ADDRESSES: usize = 1024;

/// Who has failed lately.
#[derive(Default)]
pub(crate) struct Throttle {
    failures: HashMap<Option<IpAddr>, Failures>,
}

struct Failures {
    count: u32,
    last: Instant,
    until: Instant,
}

impl Throttle {
    /// Until when the address has to wait.
    pub(crate) fn until(&self, address: Option<IpAddr>) -> Option<Instant> {
        self.failures.get(&network(address)).map(|failures| failures.until)
    }

    /// Counts a wrong password.
    pub(crate) fn failed(&mut self, address: Option<IpAddr>, now: Instant) {
        self.failures.retain(|_, failures| now.saturating_duration_since(failures.last) < MEMORY);
        if self.failures.len() >= ADDRESSES {
            let oldest = self.failures.iter().min_by_key(|(_, failures)| failures.last).map(|(address, _)| *address);
            oldest.map(|oldest| self.failures.remove(&oldest));
        }
        let failures = self.failures.entry(network(address)).or_insert(Failures { count: 0, last: now, until: now });
        let cost = FIRST.saturating_mul(2_u32.saturating_pow(failures.count)).min(MOST);
        *failures = Failures { count: failures.count.saturating_add(1), last: now, until: now + cost };
    }

    /// Forgets the failures of an address from which somebody has logged in.
    pub(crate) fn succeeded(&mut self, address: Option<IpAddr>) {
        self.failures.remove(&network(address));
    }
}

/// What one user has: an address of IPv4, a network of 64 bits of IPv6.
fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    match address?.to_canonical() {
        IpAddr::V4(address) => Some(address.into()),
        IpAddr::V6(address) => Some(IpAddr::V6((u128::from(address) >> 64 << 64).into())),
    }
}

#[cfg(test)]
mod tests {
    use super::{ADDRESSES, MEMORY, Throttle};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("address"))
    }

    #[test]
    fn each_failure_costs_more_until_one_succeeds() {
        let (mut throttle, now, peer) = (Throttle::default(), Instant::now(), address("10.0.0.1"));
        assert_eq!(throttle.until(peer), None);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            throttle.failed(peer, now);
            assert_eq!(throttle.until(peer), Some(now + Duration::from_secs(seconds)));
        }
        assert_eq!(throttle.until(address("10.0.0.2")), None);
        throttle.succeeded(peer);
        assert_eq!(throttle.until(peer), None);
    }

    #[test]
    fn failures_are_forgotten() {
        let (mut throttle, now, peer) = (Throttle::default(), Instant::now(), address("10.0.0.1"));
        throttle.failed(peer, now);
        throttle.failed(peer, now + MEMORY);
        assert_eq!(throttle.until(peer), Some(now + MEMORY + Duration::from_secs(1)));
    }

    #[test]
    fn a_network_of_ipv6_is_one() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        throttle.failed(address("2001:db8::1"), now);
        assert!(throttle.until(address("2001:db8::ffff:1")).is_some());
        assert_eq!(throttle.until(address("2001:db8:0:1::1")), None);
        throttle.failed(address("::ffff:10.0.0.1"), now);
        assert!(throttle.until(address("10.0.0.1")).is_some());
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        for number in 0..2 * u32::try_from(ADDRESSES).expect("a number") {
            throttle.failed(Some(Ipv4Addr::from_bits(number).into()), now);
        }
        assert_eq!(throttle.failures.len(), ADDRESSES);
    }
}
