//! What redirections make of a command's descriptors (POSIX XCU 2.7).

use crate::expand;
use crate::shell::Shell;
use crate::streams::Streams;
use crate::syntax::{Redirection, Target, Word};
use interfaces::Errno;
use vfs::{OpenOptions, Scope};

impl Streams {
    /// The same after redirections, from left to right. An error comes with the path that it is about.
    pub(crate) fn redirect(
        mut self,
        shell: &Shell,
        redirections: &[Redirection],
    ) -> std::result::Result<Streams, (String, Errno)> {
        for Redirection { fd, target } in redirections {
            let open = |word: &Word, options: OpenOptions| {
                let path = expand::single(shell, word).map_err(|error| ("redirection".to_string(), error))?;
                let opened = shell.vfs().open(&shell.cwd(), &path, Scope::Anywhere, &options);
                opened.map_err(|error| (path, error))
            };
            let file = match target {
                Target::Read(word) => open(word, OpenOptions::read())?,
                Target::Write(word) => open(word, OpenOptions::rewrite())?,
                Target::Append(word) => open(word, OpenOptions::append())?,
                Target::Duplicate(from) => self.get(*from).map_err(|error| (from.to_string(), error))?,
            };
            self = self.with(*fd, file);
        }
        Ok(self)
    }
}
