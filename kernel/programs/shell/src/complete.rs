//! What a word on the command line can become: names of commands, and of files.

use crate::builtins::BUILTINS;
use crate::expand;
use crate::files;
use crate::shell::Shell;
use crate::syntax::{self, LastWord, Role};
use editor::{Candidate, Completer};
use vfs::{Follow, Kind, Scope};

impl Completer for Shell {
    fn complete(&self, text: &str) -> (usize, Vec<Candidate>) {
        let LastWord { start, word, role } = syntax::last_word(text);
        let typed = text.get(start..).unwrap_or_default();
        let value = expand::typed(self, &word);
        let candidates = if role == Role::Command && !value.contains('/') {
            self.commands(&value)
        } else {
            self.paths(typed, &value)
        };
        (start, candidates)
    }
}

impl Shell {
    fn commands(&self, prefix: &str) -> Vec<Candidate> {
        let programs = self.state.programs.names(self.vfs(), &self.cwd(), &self.parameter("PATH"));
        let builtins = BUILTINS.iter().map(|builtin| builtin.name.to_string());
        let mut names: Vec<_> = programs.into_iter().chain(builtins).filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        names.dedup();
        names.into_iter().map(|name| Candidate { text: escaped(&name), name, end: " " }).collect()
    }

    /// The files whose path begins with `value`. What was `typed` of their directory stays as it is.
    fn paths(&self, typed: &str, value: &str) -> Vec<Candidate> {
        let (directory, prefix) = match value.rfind('/') {
            Some(slash) => value.split_at(slash + 1),
            None => ("", value),
        };
        let kept = match typed.rfind('/') {
            _ if typed.contains(['\'', '"']) => escaped(directory),
            Some(slash) => typed.get(..=slash).unwrap_or_default().into(),
            None => String::new(),
        };
        let listed = if directory.is_empty() { "." } else { directory };
        let entries = files::entries(self.vfs(), &self.cwd(), listed).unwrap_or_default();
        entries
            .into_iter()
            .filter(|entry| entry.name.starts_with(prefix) && (prefix.starts_with('.') || !entry.name.starts_with('.')))
            .map(|entry| {
                let path = format!("{directory}{}", entry.name);
                let slash = if self.is_directory(&path) { "/" } else { "" };
                Candidate {
                    text: format!("{kept}{}{slash}", escaped(&entry.name)),
                    name: format!("{}{slash}", entry.name),
                    end: if slash.is_empty() { " " } else { "" },
                }
            })
            .collect()
    }

    fn is_directory(&self, path: &str) -> bool {
        let metadata = self.vfs().metadata(&self.cwd(), path, Scope::Anywhere, Follow::Yes);
        metadata.is_ok_and(|metadata| metadata.kind == Kind::Directory)
    }
}

/// `text` with a backslash before each character that means something to the shell.
fn escaped(text: &str) -> String {
    let is_special = |character: char| " \t\n'\"\\$`;&|<>()*?[]#~!{}".contains(character);
    text.chars().flat_map(|character| is_special(character).then_some('\\').into_iter().chain([character])).collect()
}
