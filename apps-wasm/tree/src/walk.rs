//! The walk through the directories, and what it draws.

use std::fmt;
use std::fs::{self, DirEntry, Metadata};
use std::io::{self, Write};
use std::path::Path;

/// What is shown, and how.
pub(crate) struct Options {
    /// Also names that begin with a dot.
    pub(crate) hidden: bool,
    /// No files.
    pub(crate) directories_only: bool,
    /// Sizes of files.
    pub(crate) sizes: bool,
    /// Directories deeper than this are not entered; 1 shows the entries of the root.
    pub(crate) depth: usize,
    /// What the lines are made of.
    pub(crate) characters: &'static Characters,
}

/// What stands before a name: for the entry itself, and for all that is below an entry.
pub(crate) struct Characters {
    entry: &'static str,
    last_entry: &'static str,
    below: &'static str,
    below_last: &'static str,
}

/// Box-drawing characters.
pub(crate) const LINES: Characters =
    Characters { entry: "├── ", last_entry: "└── ", below: "│   ", below_last: "    " };

/// For a terminal without box-drawing characters.
pub(crate) const ASCII: Characters =
    Characters { entry: "|-- ", last_entry: "`-- ", below: "|   ", below_last: "    " };

/// What the walk met.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) directories: u64,
    pub(crate) files: u64,
    /// What could not be read; the walk went on without it.
    pub(crate) errors: Vec<String>,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directories = if self.directories == 1 { "directory" } else { "directories" };
        let files = if self.files == 1 { "file" } else { "files" };
        write!(f, "{} {directories}, {} {files}", self.directories, self.files)
    }
}

/// Draws trees on `output`. Its errors are those of `output`.
pub(crate) struct Walk<W> {
    options: Options,
    output: W,
    counts: Counts,
}

impl<W: Write> Walk<W> {
    pub(crate) fn new(options: Options, output: W) -> Walk<W> {
        Walk { options, output, counts: Counts::default() }
    }

    /// The output, and what was met.
    pub(crate) fn finish(self) -> (W, Counts) {
        (self.output, self.counts)
    }

    pub(crate) fn draw(&mut self, root: &Path) -> io::Result<()> {
        writeln!(self.output, "{}", root.display())?;
        self.draw_entries(root, "", 0)
    }

    /// Draws what is in `directory`, each line after `indent`.
    fn draw_entries(&mut self, directory: &Path, indent: &str, depth: usize) -> io::Result<()> {
        if depth >= self.options.depth {
            return Ok(());
        }
        let entries = self.entries(directory);
        let characters = self.options.characters;
        let last = entries.len().saturating_sub(1);
        for (index, (entry, metadata)) in entries.iter().enumerate() {
            let (before, below) = if index == last {
                (characters.last_entry, characters.below_last)
            } else {
                (characters.entry, characters.below)
            };
            writeln!(self.output, "{indent}{before}{}", self.label(entry, metadata))?;
            if metadata.is_dir() {
                self.counts.directories += 1;
                self.draw_entries(&entry.path(), &format!("{indent}{below}"), depth + 1)?;
            } else {
                self.counts.files += 1;
            }
        }
        Ok(())
    }

    /// The entries to show, by name.
    fn entries(&mut self, directory: &Path) -> Vec<(DirEntry, Metadata)> {
        let mut entries = Vec::new();
        match fs::read_dir(directory) {
            Ok(found) => entries.extend(found.filter_map(|entry| self.examined(directory, entry))),
            Err(error) => self.note(directory, &error),
        }
        entries.sort_by_key(|(entry, _)| entry.file_name());
        entries
    }

    /// The entry with its attributes, if it is to be shown and can be examined.
    fn examined(&mut self, directory: &Path, entry: io::Result<DirEntry>) -> Option<(DirEntry, Metadata)> {
        let entry = entry.map_err(|error| self.note(directory, &error)).ok()?;
        if !self.options.hidden && entry.file_name().as_encoded_bytes().starts_with(b".") {
            return None;
        }
        let metadata = entry.metadata().map_err(|error| self.note(&entry.path(), &error)).ok()?;
        (metadata.is_dir() || !self.options.directories_only).then_some((entry, metadata))
    }

    fn label(&self, entry: &DirEntry, metadata: &Metadata) -> String {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if metadata.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap_or_else(|_| "?".into());
            format!("{name} -> {}", target.display())
        } else if metadata.is_file() && self.options.sizes {
            format!("{name} ({})", metadata.len())
        } else {
            name.into_owned()
        }
    }

    fn note(&mut self, path: &Path, error: &io::Error) {
        self.counts.errors.push(format!("{}: {error}", path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::{ASCII, Counts, LINES, Options, Walk};
    use std::fs;
    use std::path::PathBuf;

    /// A directory of the test `name`; it goes when the value does.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let root = std::env::temp_dir().join(format!("tree-{name}-{}", std::process::id()));
            fs::create_dir_all(root.join("bin/deep")).expect("directory");
            fs::write(root.join("bin/deep/z"), "four").expect("file");
            fs::write(root.join("bin/.hidden"), "").expect("file");
            fs::write(root.join("last"), "").expect("file");
            Scratch(root)
        }

        /// What is drawn below the root.
        fn draw(&self, options: Options) -> (String, Counts) {
            let mut walk = Walk::new(options, Vec::new());
            walk.draw(&self.0).expect("a vector takes all");
            let (output, counts) = walk.finish();
            let text = String::from_utf8(output).expect("text");
            (text.lines().skip(1).map(|line| format!("{line}\n")).collect(), counts)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn options() -> Options {
        Options { hidden: false, directories_only: false, sizes: false, depth: usize::MAX, characters: &LINES }
    }

    #[test]
    fn entries_are_drawn_by_name() {
        let (text, counts) = Scratch::new("plain").draw(options());
        assert_eq!(text, "├── bin\n│   └── deep\n│       └── z\n└── last\n");
        assert_eq!(counts.to_string(), "2 directories, 2 files");
    }

    #[test]
    fn everything_in_ascii() {
        let all = Options { hidden: true, sizes: true, characters: &ASCII, ..options() };
        let (text, _) = Scratch::new("all").draw(all);
        assert_eq!(text, "|-- bin\n|   |-- .hidden (0)\n|   `-- deep\n|       `-- z (4)\n`-- last (0)\n");
    }

    #[test]
    fn no_deeper_and_no_files() {
        let (text, counts) = Scratch::new("level").draw(Options { depth: 1, directories_only: true, ..options() });
        assert_eq!(text, "└── bin\n");
        assert_eq!(counts.to_string(), "1 directory, 0 files");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let scratch = Scratch::new("link");
        std::os::unix::fs::symlink("..", scratch.0.join("bin/deep/up")).expect("link");
        let (text, _) = scratch.draw(options());
        assert!(text.contains("├── up -> ..\n│       └── z\n"), "{text}");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let mut walk = Walk::new(options(), Vec::new());
        walk.draw(&std::env::temp_dir().join("no such directory")).expect("a vector takes all");
        assert_eq!(walk.finish().1.errors.len(), 1);
    }
}
