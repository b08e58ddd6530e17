//! Programs: the table that help, completion and starting derive from.

use crate::context::Context;
use crate::status::ExitStatus;
use interfaces::{Errno, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vfs::{Follow, Kind, Location, OpenOptions, Scope, Vfs};

/// A program: one row of the table.
#[derive(Clone)]
pub struct Program {
    /// What it is called by.
    pub name: &'static str,
    /// Its arguments, in the form of a manual page, without the name.
    pub usage: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The rest of its manual; may be empty.
    pub details: &'static str,
    /// Bytes of stack that it needs; 0 for std's usual size.
    pub stack_size: usize,
    /// Runs it.
    pub main: Arc<dyn Fn(&Context) -> ExitStatus + Send + Sync>,
}

/// A program that runs files of a kind: `run` runs `.wasm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loader {
    /// How such files end.
    pub suffix: &'static str,
    /// The program that is given the file's path as first argument.
    pub program: &'static str,
}

/// What a command's name stands for.
#[derive(Clone)]
pub struct Command {
    /// The program to run.
    pub program: Program,
    /// What its arguments begin with: its name and, for a file that a loader runs, the file's path.
    pub args: Vec<String>,
}

/// The table of programs and loaders.
pub struct Programs {
    programs: BTreeMap<&'static str, Program>,
    loaders: Vec<Loader>,
}

impl Programs {
    /// A table. Of rows with the same name the first counts.
    #[must_use]
    pub fn new(programs: Vec<Program>, loaders: Vec<Loader>) -> Programs {
        let mut table = BTreeMap::new();
        for program in programs {
            table.entry(program.name).or_insert(program);
        }
        Programs { programs: table, loaders }
    }

    /// The program called `name`.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<&Program> {
        self.programs.get(name)
    }

    /// Every program, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Program> {
        self.programs.values()
    }

    /// Every loader.
    #[must_use]
    pub fn loaders(&self) -> &[Loader] {
        &self.loaders
    }

    /// What runs when a user types `name` in the directory `cwd`: a program of the table; else a file in one of the
    /// directories of `search` (as in `PATH`, joined by colons); with a slash in it, that file. A file's suffix may be
    /// left out.
    ///
    /// # Errors
    /// ENOENT; EISDIR (a directory); ENOEXEC (a file that no loader knows); what resolving a path gives.
    pub fn find(&self, vfs: &Vfs, cwd: &Location, search: &str, name: &str) -> Result<Command> {
        if name.is_empty() {
            return Err(Errno::ENOENT);
        }
        if name.contains('/') {
            return self.find_file(vfs, cwd, name);
        }
        if let Some(program) = self.lookup(name) {
            return Ok(Command { program: program.clone(), args: vec![name.to_owned()] });
        }
        let mut result = Err(Errno::ENOENT);
        for directory in search.split(':') {
            match self.find_file(vfs, cwd, &path_in(directory, name)) {
                Ok(command) => return Ok(command),
                Err(Errno::ENOENT | Errno::ENOTDIR) => {}
                // Something is there, only not the right thing: worth saying, if nothing better comes.
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Names that a user can type: programs, and files that a loader runs in the directories of `search`, without
    /// suffix. Sorted, each once.
    #[must_use]
    pub fn names(&self, vfs: &Vfs, cwd: &Location, search: &str) -> Vec<String> {
        let mut names: BTreeSet<String> = self.programs.keys().map(|&name| name.to_owned()).collect();
        for directory in search.split(':') {
            let files = files_in(vfs, cwd, &path_in(directory, ""));
            names.extend(files.iter().filter_map(|file| self.stem(file)).map(str::to_owned));
        }
        names.into_iter().collect()
    }

    /// The name of a file that a loader runs, without its suffix.
    fn stem<'a>(&self, file: &'a str) -> Option<&'a str> {
        let stem = self.loaders.iter().find_map(|loader| file.strip_suffix(loader.suffix));
        stem.filter(|stem| !stem.is_empty())
    }

    /// The file at `path`, or at `path` with a loader's suffix.
    fn find_file(&self, vfs: &Vfs, cwd: &Location, path: &str) -> Result<Command> {
        let kind = |path: &str| vfs.metadata(cwd, path, Scope::Anywhere, Follow::Yes).map(|metadata| metadata.kind);
        for loader in &self.loaders {
            let Some(program) = self.lookup(loader.program) else {
                continue;
            };
            let suffix = if path.ends_with(loader.suffix) { "" } else { loader.suffix };
            let path = format!("{path}{suffix}");
            if kind(&path) == Ok(Kind::Regular) {
                return Ok(Command { program: program.clone(), args: vec![program.name.to_owned(), path] });
            }
        }
        match kind(path)? {
            Kind::Directory => Err(Errno::EISDIR),
            _ => Err(Errno::ENOEXEC),
        }
    }
}

/// The path of `name` in a directory of the search path, where an empty one is the working directory (POSIX, XBD 8.3).
fn path_in(directory: &str, name: &str) -> String {
    let directory = if directory.is_empty() { "." } else { directory };
    format!("{}/{name}", directory.trim_end_matches('/'))
}

/// The names of what is no directory in the directory at `path`; none where there is no directory.
fn files_in(vfs: &Vfs, cwd: &Location, path: &str) -> Vec<String> {
    const CHUNK: usize = 64;
    let Ok(directory) = vfs.open(cwd, path, Scope::Anywhere, &OpenOptions::read()) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut cookie = 0;
    while let Ok(entries) = directory.read_dir(cookie, CHUNK) {
        let Some(last) = entries.last() else {
            break;
        };
        cookie = last.next_cookie;
        names.extend(entries.into_iter().filter(|entry| entry.kind != Kind::Directory).map(|entry| entry.name));
    }
    names
}
