//! Answers that still hold, also those that there is none.

use super::message::{Name, Question, Reply};
use std::collections::HashMap;
use std::net::IpAddr;

/// Answers kept; when more come, those that end first go.
const CAPACITY: usize = 512;
/// An answer is asked for again after this time, whatever it says of itself: a day, five minutes.
const MAX_SECONDS: u32 = 86_400;
const MAX_NEGATIVE_SECONDS: u32 = 300;

struct Entry {
    addresses: Vec<IpAddr>,
    until_ns: u64,
}

/// The cache. Times are nanoseconds since boot.
#[derive(Default)]
pub(super) struct Cache {
    entries: HashMap<(Name, Question), Entry>,
}

impl Cache {
    pub(super) fn get(&self, name: &Name, question: Question, now_ns: u64) -> Option<Vec<IpAddr>> {
        let entry = self.entries.get(&(name.clone(), question))?;
        (entry.until_ns > now_ns).then(|| entry.addresses.clone())
    }

    pub(super) fn put(&mut self, name: &Name, question: Question, reply: Reply, now_ns: u64) {
        let limit = if reply.addresses.is_empty() { MAX_NEGATIVE_SECONDS } else { MAX_SECONDS };
        let lifetime_ns = u64::from(reply.seconds.min(limit)) * 1_000_000_000;
        if lifetime_ns == 0 {
            return;
        }
        self.entries.retain(|_, entry| entry.until_ns > now_ns);
        if self.entries.len() >= CAPACITY {
            let first = self.entries.iter().min_by_key(|(_, entry)| entry.until_ns).map(|(key, _)| key.clone());
            first.map(|key| self.entries.remove(&key));
        }
        let entry = Entry { addresses: reply.addresses, until_ns: now_ns.saturating_add(lifetime_ns) };
        self.entries.insert((name.clone(), question), entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    #[test]
    fn answers_end_with_their_time() {
        let mut cache = Cache::default();
        let reply = Reply { addresses: vec![[1, 2, 3, 4].into()], seconds: 10, ..Reply::default() };
        cache.put(&name("a.b"), Question::V4, reply, 0);
        cache.put(&name("a.b"), Question::V6, Reply { addresses: vec![], seconds: 9999, ..Reply::default() }, 0);
        cache.put(
            &name("zero"),
            Question::V4,
            Reply { addresses: vec![[1, 1, 1, 1].into()], seconds: 0, ..Reply::default() },
            0,
        );
        assert_eq!(cache.get(&name("a.b"), Question::V4, 9_999_999_999), Some(vec![[1, 2, 3, 4].into()]));
        assert_eq!(cache.get(&name("a.b"), Question::V4, 10_000_000_000), None);
        assert_eq!(cache.get(&name("a.b"), Question::V6, 299_000_000_000), Some(vec![]));
        assert_eq!(cache.get(&name("a.b"), Question::V6, 300_000_000_000), None);
        assert_eq!(cache.get(&name("zero"), Question::V4, 0), None);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut cache = Cache::default();
        for n in 0..5000 {
            let reply = Reply { addresses: vec![[1, 2, 3, 4].into()], seconds: 100, ..Reply::default() };
            cache.put(&name(&format!("host{n}")), Question::V4, reply, n);
        }
        assert_eq!(cache.entries.len(), CAPACITY);
        assert!(cache.get(&name("host4999"), Question::V4, 5000).is_some());
    }
}
