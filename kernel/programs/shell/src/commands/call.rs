//! One call of a command: its arguments and streams, and helpers that most commands want.

use super::options::Options;
use crate::system::System;
use interfaces::Errno;
use process::{Context, ExitStatus, Output, Programs};
pub(crate) use process::{Failure, Outcome};
use std::cell::Cell;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use vfs::{Follow, Kind, Metadata, OpenFile, OpenOptions, Scope};

/// See the module.
pub(crate) struct Call<'a> {
    pub(crate) context: &'a Context,
    pub(crate) system: &'a dyn System,
    pub(crate) programs: Arc<Programs>,
    options: Options,
    status: Cell<ExitStatus>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        context: &'a Context,
        options: Options,
        system: &'a dyn System,
        programs: Arc<Programs>,
    ) -> Call<'a> {
        Call { context, system, programs, options, status: Cell::new(ExitStatus::SUCCESS) }
    }

    /// Whether an option was given.
    pub(super) fn has(&self, option: char) -> bool {
        self.options.has(option)
    }

    /// The value of an option.
    pub(super) fn value(&self, option: char) -> Option<&str> {
        self.options.value(option)
    }

    /// The value of an option as a number.
    pub(super) fn number(&self, option: char) -> Result<Option<u64>, Failure> {
        let parse = |value: &str| value.parse().map_err(|_| Failure::Usage(format!("{value} is not a number")));
        self.options.value(option).map(parse).transpose()
    }

    /// The arguments that are no options.
    pub(super) fn operands(&self) -> &[String] {
        &self.options.operands
    }

    /// The operands, of which there has to be at least one.
    pub(super) fn some_operands(&self, what: &str) -> Result<&[String], Failure> {
        match self.operands() {
            [] => Err(Failure::Usage(format!("{what} is missing"))),
            operands => Ok(operands),
        }
    }

    /// Standard output.
    pub(super) fn out(&self) -> Output {
        self.context.out()
    }

    /// Says what is wrong with `what` and goes on; the command fails in the end.
    pub(super) fn complain(&self, what: &str, error: impl Display) {
        self.status.set(self.context.fail(format_args!("{what}: {error}")));
    }

    /// Complains of an error, except of one that ends the command.
    pub(super) fn tolerate<T>(&self, what: &str, result: interfaces::Result<T>) -> Result<Option<T>, Failure> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error @ (Errno::EPIPE | Errno::ECANCELED)) => Err(error.into()),
            Err(error) => {
                self.complain(what, error);
                Ok(None)
            }
        }
    }

    /// Success, or failure if there was anything to complain of.
    pub(super) fn status(&self) -> Outcome {
        Ok(self.status.get())
    }

    /// Opens the file at `path` for reading; `-` is standard input.
    pub(super) fn open(&self, path: &str) -> interfaces::Result<Arc<OpenFile>> {
        match path {
            "-" => Ok(Arc::clone(&self.context.stdin)),
            _ => self.context.open(path, &OpenOptions::read()),
        }
    }

    /// Every file that the operands name, or standard input without any; complains of those that cannot be opened.
    pub(super) fn inputs(&self) -> Result<Vec<(String, Arc<OpenFile>)>, Failure> {
        let names = match self.operands() {
            [] => &["-".to_string()],
            operands => operands,
        };
        self.open_all(names)
    }

    /// Opens files for reading; complains of those that cannot be opened.
    pub(super) fn open_all(&self, names: &[String]) -> Result<Vec<(String, Arc<OpenFile>)>, Failure> {
        let mut files = Vec::new();
        for name in names {
            files.extend(self.tolerate(name, self.open(name))?.map(|file| (name.clone(), file)));
        }
        Ok(files)
    }

    /// The attributes of what `path` leads to.
    pub(super) fn metadata(&self, path: &str, follow: Follow) -> interfaces::Result<Metadata> {
        self.context.vfs().metadata(&self.context.cwd(), path, Scope::Anywhere, follow)
    }

    pub(super) fn is_directory(&self, path: &str) -> bool {
        self.metadata(path, Follow::Yes).is_ok_and(|metadata| metadata.kind == Kind::Directory)
    }

    /// Bytes that the command may keep of what it reads: a part of what is free. What it reads may have no end, and
    /// memory that runs out would take others along.
    pub(super) fn spare_memory(&self) -> usize {
        const LEAST: usize = 1 << 20;
        let free = self.read_text("/proc/meminfo").ok().and_then(|text| memory_field(&text, "MemFree:"));
        free.and_then(|free| usize::try_from(free / 4).ok()).unwrap_or(LEAST).max(LEAST)
    }

    /// A file of the kernel's, as text.
    pub(super) fn read_text(&self, path: &str) -> Result<String, Failure> {
        const LIMIT: usize = 1 << 20;
        let content = self.context.vfs().read_file(&self.context.cwd(), path, LIMIT);
        let content = content.map_err(|error| Failure::Error(format!("{path}: {error}")))?;
        Ok(String::from_utf8_lossy(&content).into_owned())
    }
}

/// A field of `/proc/meminfo`, in bytes.
pub(super) fn memory_field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Reads one line with its end into `line`, which is cleared first; whether there was one. ENOMEM when it is longer
/// than `limit` bytes.
pub(super) fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, limit: usize) -> Result<bool, Failure> {
    line.clear();
    let wanted = u64::try_from(limit).unwrap_or(u64::MAX);
    let count = reader.take(wanted).read_until(b'\n', line)?;
    if count >= limit && line.last() != Some(&b'\n') {
        return Err(Errno::ENOMEM.into());
    }
    Ok(count > 0)
}

/// Calls `each` with every line of `file`, its end included.
pub(super) fn for_each_line(
    call: &Call,
    file: &OpenFile,
    mut each: impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let limit = call.spare_memory();
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while read_line(&mut reader, &mut line, limit)? {
        each(&line)?;
    }
    Ok(())
}
