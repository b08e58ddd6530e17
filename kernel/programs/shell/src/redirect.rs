//! What redirections make of a command's descriptors (POSIX XCU 2.7).

use crate::expand;
use crate::launch::StartError;
use crate::shell::Shell;
use crate::streams::Streams;
use crate::syntax::{Redirection, Target, Word};
use interfaces::Errno;
use std::sync::Arc;
use vfs::{OpenFile, OpenOptions, Scope};

impl Streams {
    /// The same after redirections, from left to right.
    pub(crate) fn redirect(mut self, shell: &mut Shell, redirections: &[Redirection]) -> Result<Streams, StartError> {
        for Redirection { fd, target } in redirections {
            let file = match target {
                Target::Read(word) => open(shell, word, &OpenOptions::read())?,
                Target::Write(word) => open(shell, word, &OpenOptions::rewrite())?,
                Target::Append(word) => open(shell, word, &OpenOptions::append())?,
                Target::Duplicate(from) => {
                    self.get(*from).map_err(|error| StartError::new(&from.to_string(), error))?
                }
                Target::Here(text) => here(shell, text.get())?,
            };
            self = self.with(*fd, file);
        }
        Ok(self)
    }
}

fn open(shell: &mut Shell, word: &Word, options: &OpenOptions) -> Result<Arc<OpenFile>, StartError> {
    let path = expand::single(shell, word)?;
    let opened = shell.vfs().open(&shell.cwd(), &path, Scope::Anywhere, options);
    opened.map_err(|error| StartError::new(&path, error))
}

/// A pipe that holds all of a here-document.
fn here(shell: &mut Shell, text: Option<&Word>) -> Result<Arc<OpenFile>, StartError> {
    let text = text.map_or(Ok(String::new()), |text| expand::single(shell, text))?;
    let (reader, writer) = OpenFile::pipe(text.len().max(1));
    let failed = |error: Errno| StartError::new("here-document", error);
    writer.write_all(text.as_bytes()).map_err(failed)?;
    Ok(reader)
}
