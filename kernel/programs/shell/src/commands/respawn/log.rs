//! A log file of bounded size: when it is full it becomes `FILE.1`, in the place of the one before, and a new one begins.

use process::Context;
use std::sync::Arc;
use vfs::{Follow, OpenFile, OpenOptions, Scope};

/// The size at which a file is full.
const FULL: u64 = 256 * 1024;

/// The log.
pub(super) struct Log<'a> {
    context: &'a Context,
    path: &'a str,
    file: Arc<OpenFile>,
    bytes: u64,
}

impl<'a> Log<'a> {
    /// The log at this path, behind what is there. The errors of opening.
    pub(super) fn open(context: &'a Context, path: &'a str) -> interfaces::Result<Self> {
        let file = context.open(path, &OpenOptions::append())?;
        let bytes = context.vfs().metadata(&context.cwd(), path, Scope::Anywhere, Follow::Yes)?.size;
        Ok(Self { context, path, file, bytes })
    }

    /// Adds bytes. They are lost where there is no room: who is logged goes on.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.bytes >= FULL {
            self.rotate();
        }
        if self.file.write_all(bytes).is_ok() {
            self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        }
    }

    fn rotate(&mut self) {
        let Self { context, path, .. } = self;
        let cwd = context.cwd();
        let old = format!("{path}.1");
        // It may have been removed or moved meanwhile.
        let _ = context.vfs().rename(&cwd, path, &cwd, &old, Scope::Anywhere);
        if let Ok(file) = context.open(path, &OpenOptions::append()) {
            (self.file, self.bytes) = (file, 0);
        }
    }
}
