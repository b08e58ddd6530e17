//! Hosts and ports as users name them, and interfaces; with errors that say what to do next.

use crate::call::Failure;
use interfaces::Errno;
use net::Net;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use vfs::socket::{Family, Network};

/// The addresses of `host`, of one family or of both, the best first.
pub(crate) fn find(net: &Net, host: &str, family: Option<Family>) -> Result<Vec<SocketAddr>, Failure> {
    // A link-local address with its interface: `fe80::1%eth0`.
    if let Some((address, interface)) = host.split_once('%')
        && let Ok(ip) = address.parse()
    {
        let scope = index_of(net, interface)?;
        return Ok(vec![SocketAddrV6::new(ip, 0, 0, scope).into()]);
    }
    let found = net.lookup(host).map_err(|error| explain(net, host, error))?;
    let fits = |ip: &IpAddr| family.is_none_or(|family| ip.is_ipv4() == (family == Family::V4));
    let fitting: Vec<SocketAddr> = found.into_iter().filter(fits).map(|ip| SocketAddr::new(ip, 0)).collect();
    match family {
        Some(family) if fitting.is_empty() => Err(Failure::Error(format!("{host}: no {} address", name_of(family)))),
        _ => Ok(fitting),
    }
}

/// The best address of `host`.
pub(crate) fn find_one(net: &Net, host: &str, family: Option<Family>) -> Result<SocketAddr, Failure> {
    let found = find(net, host, family)?;
    found.first().copied().ok_or_else(|| Failure::Error(format!("{host}: no such host")))
}

/// What a lookup's error means to a user.
pub(crate) fn explain(net: &Net, host: &str, error: Errno) -> Failure {
    match error {
        Errno::ENOENT => Failure::Error(format!("{host}: no such host")),
        Errno::EINVAL => Failure::Error(format!("{host}: not a name that a host can have")),
        Errno::EAGAIN if net.name_servers().is_empty() => {
            Failure::Error(format!("{host}: no name server is known; see ip dns"))
        }
        Errno::EAGAIN => Failure::Error(format!("{host}: no name server answers; see ip dns")),
        error => crate::call::failed(host, error),
    }
}

/// The port that a user names by its number.
pub(crate) fn port(text: &str) -> Result<u16, Failure> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| Failure::Usage(format!("{text}: not a port; those are 1 to 65535")))
}

/// The index of the interface that a user names.
pub(crate) fn index_of(net: &Net, name: &str) -> Result<u32, Failure> {
    let interfaces = net.interfaces();
    let known = interfaces.iter().find(|interface| interface.name == name);
    known.map(|interface| interface.index).ok_or_else(|| {
        let names: Vec<_> = interfaces.iter().map(|interface| interface.name.as_str()).collect();
        Failure::Error(format!("{name}: no such interface; there is {}", names.join(", ")))
    })
}

/// What a family is called.
pub(crate) fn name_of(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}
