//! Names to addresses: literals, `/etc/hosts`, a cache, and name servers (RFC 1034, RFC 1035).
//!
//! `message` reads and writes DNS messages, `exchange` asks a server, `cache` remembers, `hosts` reads the file. A lookup
//! runs in the thread that asks for it; the net thread only carries its packets. There is no search list.

mod cache;
mod exchange;
mod hosts;
mod message;

use crate::routes::RouteTable;
use crate::shared::Shared;
use cache::Cache;
use exchange::Exchange;
use interfaces::{Errno, Result};
use message::{Name, Question, Reply};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Gives the text of `/etc/hosts`, if there is one.
pub type HostsFile = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// How long each round of questions to all servers waits for each of them.
const ROUNDS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Finds the addresses of hosts.
pub(crate) struct Resolver {
    shared: Arc<Shared>,
    hosts: HostsFile,
    cache: Mutex<Cache>,
    /// The server that is asked first: the one that answered last.
    favourite: AtomicUsize,
}

impl Resolver {
    pub(crate) fn new(shared: Arc<Shared>, hosts: HostsFile) -> Resolver {
        Resolver { shared, hosts, cache: Mutex::default(), favourite: AtomicUsize::new(0) }
    }

    /// The addresses of `host`, the best first: ENOENT (there is none), EAGAIN (nobody answered), EINVAL (not a name),
    /// ECANCELED.
    pub(crate) fn lookup(&self, host: &str) -> Result<Vec<IpAddr>> {
        if let Some(literal) = literal(host) {
            return Ok(vec![literal]);
        }
        let name = Name::parse(host).ok_or(Errno::EINVAL)?;
        let listed = (self.hosts)().map(|text| hosts::find(&text, &name)).unwrap_or_default();
        if !listed.is_empty() {
            return Ok(listed);
        }
        // RFC 6761, section 6.3: never asked of others.
        if name.is_localhost() {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let mut addresses = self.resolve(&name)?;
        if addresses.is_empty() {
            return Err(Errno::ENOENT);
        }
        let routes = self.shared.routes();
        addresses.sort_by_key(|address| rank(&routes, *address));
        Ok(addresses)
    }

    /// IPv4 and IPv6 addresses, from the cache and from servers. Half an answer is one, when there is no more.
    fn resolve(&self, name: &Name) -> Result<Vec<IpAddr>> {
        let mut found = Vec::new();
        let mut open = Vec::new();
        for question in [Question::V4, Question::V6] {
            match self.cache().get(name, question, self.shared.clock.monotonic_ns()) {
                Some(addresses) => found.extend(addresses),
                None => open.push(question),
            }
        }
        match self.ask(name, &mut open, &mut found) {
            Err(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    /// Asks the servers until no question is open.
    fn ask(&self, name: &Name, open: &mut Vec<Question>, found: &mut Vec<IpAddr>) -> Result<()> {
        let servers = self.shared.board().name_servers.clone();
        for patience in ROUNDS {
            for turn in 0..servers.len() {
                // With some addresses in hand nobody wants to wait for perhaps more.
                if open.is_empty() || !found.is_empty() {
                    return Ok(());
                }
                let position = (self.favourite.load(Ordering::Relaxed) + turn) % servers.len();
                let Some(server) = servers.get(position) else { continue };
                let exchange = Exchange { shared: &self.shared, server: *server, deadline: Instant::now() + patience };
                let replies = match exchange.run(name, open) {
                    Err(Errno::ECANCELED) => return Err(Errno::ECANCELED),
                    Err(_) => continue,
                    Ok(replies) => replies,
                };
                if !replies.is_empty() {
                    self.favourite.store(position, Ordering::Relaxed);
                }
                for (question, reply) in replies {
                    open.retain(|still| *still != question);
                    found.extend_from_slice(&reply.addresses);
                    self.remember(name, question, reply);
                }
            }
        }
        if open.is_empty() { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    fn remember(&self, name: &Name, question: Question, reply: Reply) {
        self.cache().put(name, question, reply, self.shared.clock.monotonic_ns());
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        // Single map operations.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An address in digits, with or without the brackets of a URL.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match bare {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => host.parse().ok(),
    }
}

/// What can be reached comes first, then IPv6, as far as it can be reached from more than the link (RFC 6724, section 6).
fn rank(routes: &RouteTable, address: IpAddr) -> (bool, bool) {
    let source = routes.path(SocketAddr::new(address, 0), None).ok().map(|path| path.source);
    let far = source.is_some_and(|source| !crate::routes::is_link_local(source));
    (!far, address.is_ipv4())
}
