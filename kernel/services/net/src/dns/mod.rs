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

/// Addresses of a host, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The addresses, the best first.
    pub addresses: Vec<IpAddr>,
    /// Who says so.
    pub source: Source,
}

/// Names of an address, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The names.
    pub names: Vec<String>,
    /// Who says so.
    pub source: Source,
}

/// Who knows a host's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The name is an address.
    Literal,
    /// `/etc/hosts`.
    HostsFile,
    /// The standard: it is `localhost`.
    Standard,
    /// A server said so a while ago.
    Cache,
    /// This name server.
    Server(IpAddr),
}

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
        Ok(self.find(host)?.addresses)
    }

    /// The same, with who says so.
    pub(crate) fn find(&self, host: &str) -> Result<Answer> {
        if let Some(literal) = literal(host) {
            return Ok(Answer { addresses: vec![literal], source: Source::Literal });
        }
        let name = Name::parse(host).ok_or(Errno::EINVAL)?;
        let listed = (self.hosts)().map(|text| hosts::find(&text, &name)).unwrap_or_default();
        if !listed.is_empty() {
            return Ok(Answer { addresses: listed, source: Source::HostsFile });
        }
        // RFC 6761, section 6.3: never asked of others.
        if name.is_localhost() {
            let addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(Answer { addresses, source: Source::Standard });
        }
        self.sorted(self.resolve(&name)?)
    }

    /// What `server` says, whatever is known here; errors as of [`lookup`](Self::lookup).
    pub(crate) fn ask_server(&self, server: IpAddr, host: &str) -> Result<Answer> {
        let name = Name::parse(host).ok_or(Errno::EINVAL)?;
        let replies = self.ask(&name, vec![Question::V4, Question::V6], &[server])?;
        let addresses = replies.into_iter().flat_map(|(_, reply, _)| reply.addresses).collect();
        self.sorted(Answer { addresses, source: Source::Server(server) })
    }

    /// The names of an address, by the word of `server` alone if there is one; errors as of [`lookup`](Self::lookup).
    pub(crate) fn find_names(&self, address: IpAddr, server: Option<IpAddr>) -> Result<Names> {
        let servers = match server {
            Some(server) => vec![server],
            None => {
                let listed = (self.hosts)().map(|text| hosts::names(&text, address)).unwrap_or_default();
                if !listed.is_empty() {
                    return Ok(Names { names: listed, source: Source::HostsFile });
                }
                if address.is_loopback() {
                    return Ok(Names { names: vec!["localhost".into()], source: Source::Standard });
                }
                self.shared.board().name_servers.clone()
            }
        };
        let replies = self.ask(&Name::of_address(address), vec![Question::Pointer], &servers)?;
        let named = replies.into_iter().find(|(_, reply, _)| !reply.names.is_empty());
        let (_, reply, server) = named.ok_or(Errno::ENOENT)?;
        Ok(Names { names: reply.names, source: Source::Server(server) })
    }

    fn sorted(&self, mut answer: Answer) -> Result<Answer> {
        if answer.addresses.is_empty() {
            return Err(Errno::ENOENT);
        }
        let routes = self.shared.routes();
        answer.addresses.sort_by_key(|address| rank(&routes, *address));
        Ok(answer)
    }

    /// IPv4 and IPv6 addresses, from the cache and from servers. Half an answer is one, when there is no more.
    fn resolve(&self, name: &Name) -> Result<Answer> {
        let mut answer = Answer { addresses: Vec::new(), source: Source::Cache };
        let mut open = Vec::new();
        for question in [Question::V4, Question::V6] {
            match self.cache().get(name, question, self.shared.clock.monotonic_ns()) {
                Some(addresses) => answer.addresses.extend(addresses),
                None => open.push(question),
            }
        }
        if open.is_empty() || !answer.addresses.is_empty() {
            return Ok(answer);
        }
        let servers = self.shared.board().name_servers.clone();
        for (question, reply, server) in self.ask(name, open, &servers)? {
            answer.addresses.extend_from_slice(&reply.addresses);
            answer.source = Source::Server(server);
            self.remember(name, question, reply);
        }
        Ok(answer)
    }

    /// Asks the servers until no question is open, or some are answered with something: nobody wants to wait then for
    /// perhaps more.
    fn ask(&self, name: &Name, mut open: Vec<Question>, servers: &[IpAddr]) -> Result<Vec<(Question, Reply, IpAddr)>> {
        let mut answers: Vec<(Question, Reply, IpAddr)> = Vec::new();
        for patience in ROUNDS {
            for turn in 0..servers.len() {
                let position = (self.favourite.load(Ordering::Relaxed) + turn) % servers.len();
                let Some(server) = servers.get(position) else { continue };
                let exchange = Exchange { shared: &self.shared, server: *server, deadline: Instant::now() + patience };
                let replies = match exchange.run(name, &open) {
                    Err(Errno::ECANCELED) => return Err(Errno::ECANCELED),
                    Err(_) => continue,
                    Ok(replies) => replies,
                };
                if !replies.is_empty() && servers.len() > 1 {
                    self.favourite.store(position, Ordering::Relaxed);
                }
                open.retain(|still| replies.iter().all(|(question, _)| question != still));
                answers.extend(replies.into_iter().map(|(question, reply)| (question, reply, *server)));
                if open.is_empty() || answers.iter().any(|(_, reply, _)| !reply.is_empty()) {
                    return Ok(answers);
                }
            }
        }
        if answers.is_empty() || !open.is_empty() { Err(Errno::EAGAIN) } else { Ok(answers) }
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
    let source = routes.path(SocketAddr::new(address, 0), None, None).ok().map(|path| path.source);
    let far = source.is_some_and(|source| !crate::routes::is_link_local(source));
    (!far, address.is_ipv4())
}
