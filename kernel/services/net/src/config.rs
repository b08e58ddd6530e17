//! The network's configuration as the kernel command line gives it.
//!
//! ```text
//! ip=dhcp | off | ADDRESS/LENGTH[,gw=ADDRESS][,dns=ADDRESS]...      default: dhcp
//! ip6=auto | off | ADDRESS/LENGTH[,gw=ADDRESS][,dns=ADDRESS]...     default: auto
//! dns=ADDRESS[,ADDRESS]...     ntp=HOST | off
//! ```
//!
//! `ip=eth1:...` and `ip6=eth1:...` are for one interface. Without a name, `dhcp`, `auto` and `off` are for all and an address
//! is for the first. A word that cannot be read is reported and has no effect.

use crate::routes::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;

/// An address that is given, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StaticPlan {
    pub(crate) net: IpNet,
    pub(crate) gateway: Option<IpAddr>,
    pub(crate) name_servers: Vec<IpAddr>,
}

/// How an interface gets its addresses of one family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum FamilyPlan {
    /// By DHCP, or from router advertisements.
    #[default]
    Automatic,
    Off,
    Static(StaticPlan),
}

/// How an interface gets its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkPlan {
    pub(crate) v4: FamilyPlan,
    pub(crate) v6: FamilyPlan,
}

/// Who is asked for the time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimePlan {
    /// Whom DHCP names, or else the public pool.
    #[default]
    Automatic,
    Off,
    Server(String),
}

/// The configuration of all interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    v4: FamilyRules,
    v6: FamilyRules,
    pub(crate) name_servers: Vec<IpAddr>,
    pub(crate) time: TimePlan,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct FamilyRules {
    by_name: HashMap<String, FamilyPlan>,
    first: Option<FamilyPlan>,
    all: FamilyPlan,
}

impl Plan {
    /// Reads the words of a command line; also what is wrong with them.
    pub(crate) fn parse(command_line: &str) -> (Plan, Vec<String>) {
        let mut plan = Plan::default();
        let mut complaints = Vec::new();
        for word in command_line.split_ascii_whitespace() {
            let Some((key, value)) = word.split_once('=') else { continue };
            let understood = match key {
                "ip" => plan.v4.read(value, "dhcp", IpAddr::is_ipv4),
                "ip6" => plan.v6.read(value, "auto", IpAddr::is_ipv6),
                "dns" => addresses(value).map(|servers| plan.name_servers.extend(servers)),
                "ntp" => {
                    plan.time = if value == "off" { TimePlan::Off } else { TimePlan::Server(value.into()) };
                    Some(())
                }
                _ => Some(()),
            };
            if understood.is_none() {
                complaints.push(format!("net: cannot read \"{word}\" on the command line"));
            }
        }
        (plan, complaints)
    }

    /// The plan for the network card at `position` (from 0), called `name`.
    pub(crate) fn link(&self, position: usize, name: &str) -> LinkPlan {
        LinkPlan { v4: self.v4.of(position, name), v6: self.v6.of(position, name) }
    }
}

impl FamilyRules {
    fn read(&mut self, value: &str, automatic: &str, family: fn(&IpAddr) -> bool) -> Option<()> {
        let (name, text) = match value.split_once(':') {
            // An interface's name begins with a letter and is no hexadecimal number.
            Some((name, text)) if is_name(name) => (Some(name), text),
            _ => (None, value),
        };
        let plan = match text {
            "off" => FamilyPlan::Off,
            _ if text == automatic => FamilyPlan::Automatic,
            _ => FamilyPlan::Static(StaticPlan::parse(text, family)?),
        };
        match (name, &plan) {
            (Some(name), _) => {
                self.by_name.insert(name.into(), plan);
            }
            (None, FamilyPlan::Static(_)) => self.first = Some(plan),
            (None, _) => self.all = plan,
        }
        Some(())
    }

    fn of(&self, position: usize, name: &str) -> FamilyPlan {
        let first = if position == 0 { self.first.as_ref() } else { None };
        self.by_name.get(name).or(first).unwrap_or(&self.all).clone()
    }
}

impl StaticPlan {
    fn parse(text: &str, family: fn(&IpAddr) -> bool) -> Option<StaticPlan> {
        let mut parts = text.split(',');
        let net: IpNet = parts.next()?.parse().ok()?;
        let mut plan = StaticPlan { net, gateway: None, name_servers: Vec::new() };
        for part in parts {
            let (key, address) = part.split_once('=')?;
            let address: IpAddr = address.parse().ok()?;
            match key {
                "gw" => plan.gateway = Some(address),
                "dns" => plan.name_servers.push(address),
                _ => return None,
            }
        }
        let gateway_fits = plan.gateway.is_none_or(|gateway| family(&gateway) && is_host(gateway));
        (family(&net.address) && is_host(net.address) && gateway_fits).then_some(plan)
    }
}

/// Whether an address can belong to an interface on a wire.
pub(crate) fn is_host(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    let mapped = matches!(ip, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    !ip.is_unspecified() && !ip.is_multicast() && !ip.is_loopback() && !broadcast && !mapped
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.chars().all(|c| c.is_ascii_hexdigit())
}

fn addresses(text: &str) -> Option<Vec<IpAddr>> {
    text.split(',').map(|address| address.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        let (plan, complaints) = Plan::parse(text);
        assert!(complaints.is_empty(), "{complaints:?}");
        plan
    }

    fn net_of(plan: &FamilyPlan) -> Option<String> {
        match plan {
            FamilyPlan::Static(fixed) => Some(fixed.net.to_string()),
            _ => None,
        }
    }

    #[test]
    fn nothing_said_is_automatic() {
        assert_eq!(plan("console=ttyS0 autorun=/x").link(0, "eth0"), LinkPlan::default());
    }

    #[test]
    fn an_address_is_for_the_first_card_and_a_name_for_its_own() {
        let plan = plan(
            "ip=192.168.1.5/24,gw=192.168.1.1,dns=9.9.9.9,dns=1.1.1.1 ip=eth1:10.0.0.2/8 ip6=eth1:off ip6=fd00::5/64",
        );
        assert_eq!(net_of(&plan.link(0, "eth0").v4), Some("192.168.1.5/24".into()));
        assert_eq!(net_of(&plan.link(0, "eth0").v6), Some("fd00::5/64".into()));
        assert_eq!(net_of(&plan.link(1, "eth1").v4), Some("10.0.0.2/8".into()));
        assert_eq!(plan.link(1, "eth1").v6, FamilyPlan::Off);
        assert_eq!(plan.link(2, "eth2"), LinkPlan::default());
        let FamilyPlan::Static(fixed) = plan.link(0, "eth0").v4 else { panic!("not static") };
        assert_eq!((fixed.gateway, fixed.name_servers.len()), (Some([192, 168, 1, 1].into()), 2));
    }

    #[test]
    fn off_is_for_all() {
        let plan = plan("ip=off dns=10.0.2.3,fd00::1 ntp=off");
        assert_eq!(plan.link(3, "eth3").v4, FamilyPlan::Off);
        assert_eq!((plan.name_servers.len(), plan.time), (2, TimePlan::Off));
    }

    #[test]
    fn nonsense_is_reported_and_ignored() {
        let bad = "ip=1.2.3/24 ip=fd00::1/64 ip6=1.2.3.4/8 ip=255.255.255.255/8 ip=10.0.0.1/8,gw=fd00::1 ip=10.0.0.1/8,mtu=3 dns=x ip=127.0.0.1/8 ip6=ff02::1/64 ip=10.0.0.1/99";
        let (plan, complaints) = Plan::parse(bad);
        assert_eq!(complaints.len(), 10, "{complaints:?}");
        assert_eq!(plan, Plan::default());
    }
}
