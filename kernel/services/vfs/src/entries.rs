//! The entries of a directory: names in the order in which they came, found by name or by cookie.
//!
//! Used by `ramfs` and `devfs`. Each entry has a cookie that is never given again in this directory, so that reading
//! can go on after any entry, whatever was added or removed meanwhile.

use crate::node::{DirEntry, Kind};
use interfaces::{Errno, Result};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Cookies below stand for `.` and `..`.
const FIRST_COOKIE: u64 = 2;

pub(crate) struct Entries<T> {
    cookies: HashMap<Arc<str>, u64>,
    by_cookie: BTreeMap<u64, (Arc<str>, T)>,
    next_cookie: u64,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries { cookies: HashMap::new(), by_cookie: BTreeMap::new(), next_cookie: FIRST_COOKIE }
    }
}

impl<T> Entries<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.by_cookie.get(self.cookies.get(name)?).map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_cookie.is_empty()
    }

    /// EEXIST, ENOMEM.
    pub(crate) fn insert(&mut self, name: &str, value: T) -> Result<()> {
        self.cookies.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        let name: Arc<str> = Arc::from(name);
        let Entry::Vacant(vacant) = self.cookies.entry(Arc::clone(&name)) else {
            return Err(Errno::EEXIST);
        };
        vacant.insert(self.next_cookie);
        self.by_cookie.insert(self.next_cookie, (name, value));
        self.next_cookie += 1;
        Ok(())
    }

    /// Puts `value` where `name` is already, under the same cookie; returns what was there.
    pub(crate) fn replace(&mut self, name: &str, value: T) -> Option<T> {
        let (_, there) = self.by_cookie.get_mut(self.cookies.get(name)?)?;
        Some(std::mem::replace(there, value))
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<T> {
        let cookie = self.cookies.remove(name)?;
        // A directory that was large once must not hold its memory for ever.
        if self.cookies.capacity() > 64 && self.cookies.len() < self.cookies.capacity() / 8 {
            self.cookies.shrink_to_fit();
        }
        self.by_cookie.remove(&cookie).map(|(_, value)| value)
    }

    /// Empties the directory.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = T> + use<T> {
        self.cookies = HashMap::new();
        std::mem::take(&mut self.by_cookie).into_values().map(|(_, value)| value)
    }

    /// A page of what `readdir` gives, from `cookie` on. `dots` are the numbers of `.` and `..`; `describe` gives the
    /// number and kind of an entry.
    pub(crate) fn page(
        &self,
        cookie: u64,
        limit: usize,
        dots: [u64; 2],
        describe: impl Fn(&T) -> (u64, Kind),
    ) -> Vec<DirEntry> {
        let dots = (0..).zip([".", ".."]).zip(dots).filter(|((at, _), _)| *at >= cookie).map(|((at, name), inode)| {
            DirEntry { name: name.to_owned(), inode, kind: Kind::Directory, next_cookie: at + 1 }
        });
        let entries = self.by_cookie.range(cookie..).map(|(at, (name, value))| {
            let (inode, kind) = describe(value);
            DirEntry { name: name.as_ref().to_owned(), inode, kind, next_cookie: at + 1 }
        });
        dots.chain(entries).take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entries: &Entries<u64>, cookie: u64, limit: usize) -> (Vec<String>, u64) {
        let page = entries.page(cookie, limit, [1, 1], |&inode| (inode, Kind::Regular));
        let next = page.last().map_or(cookie, |entry| entry.next_cookie);
        (page.into_iter().map(|entry| entry.name).collect(), next)
    }

    #[test]
    fn reading_goes_on_while_the_directory_changes() {
        let mut entries = Entries::default();
        for name in ["a", "b", "c", "d"] {
            entries.insert(name, 7).unwrap();
        }
        let (first, cookie) = names(&entries, 0, 4);
        assert_eq!(first, [".", "..", "a", "b"]);
        entries.remove("a");
        entries.remove("b");
        entries.insert("a", 8).unwrap();
        assert_eq!(entries.replace("c", 9), Some(7));
        assert_eq!(names(&entries, cookie, 9).0, ["c", "d", "a"]);
        assert_eq!(names(&entries, 1, 2).0, ["..", "c"]);
        assert_eq!(names(&entries, u64::MAX, 2).0, [""; 0]);
    }

    #[test]
    fn a_name_is_there_once() {
        let mut entries = Entries::default();
        entries.insert("a", 1).unwrap();
        assert_eq!(entries.insert("a", 2), Err(Errno::EEXIST));
        assert_eq!(entries.get("a"), Some(&1));
        assert_eq!(entries.remove("a"), Some(1));
        assert_eq!(entries.remove("a"), None);
        assert!(entries.is_empty());
    }
}
