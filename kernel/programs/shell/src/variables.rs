//! Variables, and which of them programs see.

use std::collections::BTreeMap;

/// Who sees a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visibility {
    /// The shell only.
    Own,
    /// The programs that it runs, too.
    Exported,
}

/// The variables of a shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, (String, Visibility)>,
}

impl Variables {
    /// What a shell starts with: all of its environment.
    pub(crate) fn from_environment(environment: BTreeMap<String, String>) -> Variables {
        let exported = |(name, value)| (name, (value, Visibility::Exported));
        Variables { values: environment.into_iter().map(exported).collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// Sets a value; a new variable is the shell's own.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.values.entry(name.into()).or_insert_with(|| (String::new(), Visibility::Own)).0 = value.into();
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.values.remove(name);
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
