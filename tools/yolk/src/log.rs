//! What the machine says on COM1, read so that the machine never waits for a reader.
//!
//! The end of it is kept in memory, to show when the machine fails; all of it goes to a file where one is asked for.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};

/// Most bytes that are kept.
const KEPT: usize = 64 << 10;

/// A log being read.
pub(crate) struct Log(JoinHandle<Vec<u8>>);

impl Log {
    /// Starts to read; `path` is the file for all of it.
    pub(crate) fn read(mut source: impl Read + Send + 'static, path: Option<&Path>) -> Result<Self> {
        let mut file = match path {
            Some(path) => Some(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
            None => None,
        };
        Ok(Self(thread::spawn(move || {
            let mut tail = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = source.read(&mut buffer) {
                let new = buffer.get(..count).unwrap_or_default();
                // A full disk loses the file, not the run.
                if file.as_mut().is_some_and(|file| file.write_all(new).is_err()) {
                    file = None;
                }
                tail.extend_from_slice(new);
                tail.drain(..tail.len().saturating_sub(KEPT));
            }
            tail
        })))
    }

    /// The last lines, once the machine has ended.
    pub(crate) fn tail(self, lines: usize) -> String {
        let text = self.0.join().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<_> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}
