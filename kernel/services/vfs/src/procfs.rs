//! `/proc`: the machine and its processes as text, in Linux's formats (proc(5)).
//!
//! `node` is the tree, `machine` and `process` write the texts, which are made when a file is opened. What there is to
//! tell is in `facts`; since this crate knows no processes, it asks a [`ProcSource`] for them. Others add folders
//! ([`TextFolder`]).

mod facts;
mod load;
mod machine;
mod node;
mod process;

pub use facts::{Machine, ProcSource, ProcessInfo, ProcessState, TextFolder};

use crate::node::Node;
use crate::procfs::facts::Facts;
use crate::procfs::node::{Entry, Place};
use std::sync::{Arc, Mutex, RwLock};

/// The file system of facts.
pub struct ProcFs {
    facts: Arc<Facts>,
}

impl ProcFs {
    /// A file system on `machine` and the processes of `source`.
    #[must_use]
    pub fn new(machine: Machine, source: Arc<dyn ProcSource>) -> Arc<ProcFs> {
        Arc::new(ProcFs {
            facts: Arc::new(Facts { machine, source, load: Mutex::default(), folders: RwLock::default() }),
        })
    }

    /// Adds a folder of files that another crate writes.
    pub fn add_folder(&self, name: &'static str, folder: Arc<dyn TextFolder>) {
        self.facts.add_folder(name, folder);
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> Arc<dyn Node> {
        Arc::new(Entry::new(&self.facts, Place::Root))
    }
}

#[cfg(test)]
mod tests;
