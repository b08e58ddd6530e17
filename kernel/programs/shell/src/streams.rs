//! The descriptors that one command starts with; `redirect` changes them.

use crate::syntax::MAX_FD;
use interfaces::{Errno, Result};
use process::{Process, Stdio};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;
use vfs::OpenFile;

/// Standard input, output and error.
pub(crate) const STDIN: i32 = 0;
pub(crate) const STDOUT: i32 = 1;
pub(crate) const STDERR: i32 = 2;

/// Open files by descriptor.
#[derive(Clone, Default)]
pub(crate) struct Streams {
    files: BTreeMap<i32, Arc<OpenFile>>,
}

impl Streams {
    /// The streams of `process`, as far as they are open.
    pub(crate) fn of(process: &Process) -> Streams {
        let file = |fd| Some((fd, process.files().get(fd).ok()?));
        Streams { files: (STDIN..=MAX_FD).filter_map(file).collect() }
    }

    /// Replaces what `fd` leads to.
    pub(crate) fn with(mut self, fd: i32, file: Arc<OpenFile>) -> Streams {
        self.files.insert(fd, file);
        self
    }

    /// The file at `fd`; EBADF.
    pub(crate) fn get(&self, fd: i32) -> Result<Arc<OpenFile>> {
        self.files.get(&fd).cloned().ok_or(Errno::EBADF)
    }

    /// The first three, as a new process wants them; EBADF.
    pub(crate) fn stdio(&self) -> Result<Stdio> {
        Ok(Stdio { stdin: self.get(STDIN)?, stdout: self.get(STDOUT)?, stderr: self.get(STDERR)? })
    }

    /// Gives the process that was started with [`stdio`](Self::stdio) the others, too.
    pub(crate) fn install_others(self, process: &Process) {
        for (fd, file) in self.files.into_iter().filter(|(fd, _)| *fd > STDERR) {
            // A new process has room for the nine that the grammar knows.
            let _replaced = process.files().insert_at(fd, file);
        }
    }

    /// Writes `text` to standard output; whether it went.
    pub(crate) fn print(&self, text: impl Display) -> Result<()> {
        self.get(STDOUT)?.write_all(text.to_string().as_bytes())
    }

    /// Writes a message of the shell to standard error; a message that nobody can see is no error.
    pub(crate) fn complain(&self, message: impl Display) {
        if let Ok(stderr) = self.get(STDERR) {
            let _unseen = writeln!(&*stderr, "{message}");
        }
    }
}
