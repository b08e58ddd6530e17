//! Who listens where: the sockets that the net thread looks up for a packet from a stranger.

use crate::routes::LinkId;
use crate::state::{Endpoint, Listener, Message, Protocol};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The listening sockets, by port.
#[derive(Default)]
pub(crate) struct ListenerIndex {
    by_port: Mutex<HashMap<u16, Vec<Arc<Listener>>>>,
}

impl ListenerIndex {
    pub(crate) fn insert(&self, listener: &Arc<Listener>) {
        self.lock().entry(listener.lease.port).or_default().push(Arc::clone(listener));
    }

    pub(crate) fn remove(&self, listener: &Listener) {
        remove(&mut self.lock(), &listener.lease.port, |known| known.id == listener.id);
    }

    /// The listener for a connection to `host` at `port` that comes through `link`: one for that address before one for all.
    pub(crate) fn find(&self, host: IpAddr, port: u16, link: LinkId) -> Option<Arc<Listener>> {
        let index = self.lock();
        let fits = |listener: &&Arc<Listener>| listener.host().covers(host) && listener.options().allows(link);
        let candidates = index.get(&port)?.iter().filter(fits);
        candidates.max_by_key(|listener| listener.host().one().is_some()).cloned()
    }

    pub(crate) fn list(&self) -> Vec<Arc<Listener>> {
        self.lock().values().flatten().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u16, Vec<Arc<Listener>>>> {
        // Single map operations.
        self.by_port.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Key = (Protocol, u16);

/// The datagram sockets, by protocol and port.
#[derive(Default)]
pub(crate) struct EndpointIndex {
    by_port: Mutex<HashMap<Key, Vec<Arc<Endpoint>>>>,
}

impl EndpointIndex {
    pub(crate) fn insert(&self, endpoint: &Arc<Endpoint>, port: u16) {
        self.lock().entry((endpoint.protocol, port)).or_default().push(Arc::clone(endpoint));
    }

    pub(crate) fn remove(&self, endpoint: &Endpoint, port: u16) {
        remove(&mut self.lock(), &(endpoint.protocol, port), |known| known.id == endpoint.id);
    }

    /// Gives `message` to the socket that fits best, or with `everyone` to all that fit; whether there was one.
    pub(crate) fn deliver(&self, protocol: Protocol, message: &Message<'_>, audience: Audience) -> bool {
        let candidates = self.at(protocol, message.port);
        let interested = candidates.iter().filter_map(|endpoint| Some((endpoint.interest(message)?, endpoint)));
        match audience {
            Audience::Everyone => interested.fold(false, |_, (_, endpoint)| {
                endpoint.deliver(message);
                true
            }),
            Audience::Best => match interested.max_by_key(|(score, _)| *score) {
                Some((_, endpoint)) => {
                    endpoint.deliver(message);
                    true
                }
                None => false,
            },
        }
    }

    /// The sockets at a port.
    pub(crate) fn at(&self, protocol: Protocol, port: u16) -> Vec<Arc<Endpoint>> {
        self.lock().get(&(protocol, port)).cloned().unwrap_or_default()
    }

    pub(crate) fn list(&self) -> Vec<Arc<Endpoint>> {
        self.lock().values().flatten().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Arc<Endpoint>>>> {
        // Single map operations.
        self.by_port.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who gets a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Best,
    Everyone,
}

fn remove<K: std::hash::Hash + Eq, V>(map: &mut HashMap<K, Vec<V>>, key: &K, is_it: impl Fn(&V) -> bool) {
    if let Some(values) = map.get_mut(key) {
        values.retain(|value| !is_it(value));
        if values.is_empty() {
            map.remove(key);
        }
    }
}
