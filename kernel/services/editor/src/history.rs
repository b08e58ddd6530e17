//! What was entered before, in memory and in a file.

use std::collections::VecDeque;
use vfs::{Location, OpenOptions, Scope, Vfs};

/// Lines that are remembered.
const CAPACITY: usize = 1000;
/// The longest line that is remembered, in bytes.
const MAX_LINE: usize = 4096;
/// The most that is read of the file.
const MAX_FILE: usize = 1 << 20;

/// Lines, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    lines: VecDeque<String>,
    /// Lines that the file has; beyond twice the capacity it is written anew.
    in_file: usize,
}

impl History {
    /// From the oldest on.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.lines.iter().map(String::as_str)
    }

    /// A line by its number, from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.lines.get(index).map(String::as_str)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether it has no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Remembers `line`, unless it is blank, begins with a blank, repeats the last one or is huge; says whether.
    pub fn add(&mut self, line: &str) -> bool {
        let is_news = !line.trim().is_empty()
            && line.len() <= MAX_LINE
            && !line.starts_with(' ')
            && self.lines.back().is_none_or(|last| last != line);
        if is_news {
            if self.lines.len() == CAPACITY {
                self.lines.pop_front();
            }
            self.lines.push_back(line.into());
        }
        is_news
    }

    /// Forgets them all.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// Adds the lines of the file at `path`, if there is one.
    pub fn load(&mut self, vfs: &Vfs, base: &Location, path: &str) {
        let content = vfs.read_file(base, path, MAX_FILE).unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        self.in_file = content.lines().count();
        for line in content.lines() {
            self.add(line);
        }
    }

    /// Adds the newest line to the file at `path`. History is a convenience: a file that cannot be written is left
    /// alone.
    pub fn save_newest(&mut self, vfs: &Vfs, base: &Location, path: &str) {
        // A line of several lines would come back as several.
        let Some(newest) = self.lines.back().filter(|line| !line.contains('\n')) else { return };
        if self.in_file >= 2 * CAPACITY {
            let all: String = self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
            if vfs.write_file(base, path, all.as_bytes()).is_ok() {
                self.in_file = self.lines.len();
            }
            return;
        }
        let file = vfs.open(base, path, Scope::Anywhere, &OpenOptions::append());
        if file.is_ok_and(|file| file.write_all(format!("{newest}\n").as_bytes()).is_ok()) {
            self.in_file += 1;
        }
    }
}
