//! Variables, and which of them programs see.

use interfaces::{Errno, Result};
use std::collections::BTreeMap;

/// Bytes that names and values may take: each program gets a copy of most of them.
const CAPACITY: usize = 4 << 20;

/// Who sees a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visibility {
    /// The shell only.
    Own,
    /// The programs that it runs, too.
    Exported,
}

/// What a variable was before something changed it for a while.
#[derive(Clone, Debug)]
pub(crate) struct Saved(Option<(String, Visibility)>);

/// The variables of a shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, (String, Visibility)>,
    /// Bytes of all names and values.
    size: usize,
}

impl Variables {
    /// What a shell starts with: all of its environment.
    pub(crate) fn from_environment(environment: BTreeMap<String, String>) -> Variables {
        let exported = |(name, value)| (name, (value, Visibility::Exported));
        let size = environment.iter().map(|(name, value)| name.len() + value.len()).sum();
        Variables { values: environment.into_iter().map(exported).collect(), size }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// Sets a value; a new variable is the shell's own. ENOMEM when there is too much of them.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let known = self.values.get(name);
        let freed = known.map_or(0, |(old, _)| name.len() + old.len());
        let visibility = known.map_or(Visibility::Own, |(_, visibility)| *visibility);
        let size = (self.size - freed).saturating_add(name.len()).saturating_add(value.len());
        if size > CAPACITY {
            return Err(Errno::ENOMEM);
        }
        self.values.insert(name.into(), (value.into(), visibility));
        self.size = size;
        Ok(())
    }

    pub(crate) fn unset(&mut self, name: &str) {
        if let Some((value, _)) = self.values.remove(name) {
            self.size -= name.len() + value.len();
        }
    }

    /// What `name` is now, for [`restore`](Self::restore).
    pub(crate) fn save(&self, name: &str) -> Saved {
        Saved(self.values.get(name).cloned())
    }

    /// Makes `name` what it was. There was room for it.
    pub(crate) fn restore(&mut self, name: String, Saved(before): Saved) {
        self.unset(&name);
        if let Some((value, visibility)) = before {
            self.size += name.len() + value.len();
            self.values.insert(name, (value, visibility));
        }
    }

    /// Lets programs see a variable that is set.
    pub(crate) fn export(&mut self, name: &str) {
        if let Some((_, visibility)) = self.values.get_mut(name) {
            *visibility = Visibility::Exported;
        }
    }

    /// Every variable with its value, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, (value, _))| (name.as_str(), value.as_str()))
    }

    /// What programs get as environment.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let exported = self.values.iter().filter(|(_, (_, visibility))| *visibility == Visibility::Exported);
        exported.map(|(name, (value, _))| (name.clone(), value.clone())).collect()
    }
}
