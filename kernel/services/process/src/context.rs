//! What a program's main function is given.

use crate::process::{Process, Stdio};
use crate::status::ExitStatus;
use crate::table::ProcessTable;
use interfaces::Result;
use std::fmt;
use std::io;
use std::sync::Arc;
use vfs::{Location, OpenFile, OpenOptions, Scope, Vfs};

/// A stream that a program prints to: buffered by line, flushed when dropped.
pub type Output = io::LineWriter<OutputFile>;

/// An open file as an [`io::Write`].
pub struct OutputFile(Arc<OpenFile>);

impl io::Write for OutputFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut &*self.0, buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a program's main function is given.
pub struct Context {
    /// Its process.
    pub process: Arc<Process>,
    /// All processes.
    pub table: Arc<ProcessTable>,
    /// Its arguments; the first is the name that it was called by.
    pub args: Vec<String>,
    /// Standard input.
    pub stdin: Arc<OpenFile>,
    /// Standard output.
    pub stdout: Arc<OpenFile>,
    /// Standard error.
    pub stderr: Arc<OpenFile>,
}

impl Context {
    pub(crate) fn new(table: &Arc<ProcessTable>, process: &Arc<Process>, stdio: Stdio) -> Context {
        Context {
            process: Arc::clone(process),
            table: Arc::clone(table),
            args: process.args().to_vec(),
            stdin: stdio.stdin,
            stdout: stdio.stdout,
            stderr: stdio.stderr,
        }
    }

    /// The name that it was called by.
    #[must_use]
    pub fn name(&self) -> &str {
        self.args.first().map_or(self.process.name(), String::as_str)
    }

    /// The arguments behind the name.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        self.args.get(1..).unwrap_or_default()
    }

    /// The file system tree.
    #[must_use]
    pub fn vfs(&self) -> &Arc<Vfs> {
        self.process.vfs()
    }

    /// The working directory.
    #[must_use]
    pub fn cwd(&self) -> Location {
        self.process.cwd()
    }

    /// An environment variable.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<String> {
        self.process.var(name)
    }

    /// Standard output, for `writeln!`.
    #[must_use]
    pub fn out(&self) -> Output {
        output(&self.stdout)
    }

    /// Standard error, for `writeln!`.
    #[must_use]
    pub fn err(&self) -> Output {
        output(&self.stderr)
    }

    /// Opens `path` from the working directory.
    ///
    /// # Errors
    /// Those of [`Vfs::open`].
    pub fn open(&self, path: &str, options: &OpenOptions) -> Result<Arc<OpenFile>> {
        self.vfs().open(&self.cwd(), path, Scope::Anywhere, options)
    }

    /// Prints `name: message` on standard error; [`ExitStatus::FAILURE`].
    pub fn fail(&self, message: impl fmt::Display) -> ExitStatus {
        // One write, so that messages of a pipeline do not mix. There is nobody left to tell if it fails.
        let _ = self.stderr.write_all(format!("{}: {message}\n", self.name()).as_bytes());
        ExitStatus::FAILURE
    }

    /// Whether the process was killed: what a long computation asks now and then.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.process.is_killed()
    }
}

fn output(file: &Arc<OpenFile>) -> Output {
    io::LineWriter::new(OutputFile(Arc::clone(file)))
}
