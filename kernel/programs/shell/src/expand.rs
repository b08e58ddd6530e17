//! Expansion: words of the grammar to the arguments of a command (POSIX XCU 2.6).
//!
//! In this order: tilde and variables, splitting of unquoted values at white space, file name patterns, removal of
//! quotes. Works on a [`Shell`]'s variables and its view of the file system.

use crate::files;
use crate::pattern::Pattern;
use crate::shell::Shell;
use crate::syntax::{Part, Quoting, Word};
use interfaces::{Errno, Result};
use vfs::{Follow, Kind, Scope};

/// Characters that the words of one command may become: a script must not take all memory.
const MAX_EXPANSION: usize = 1 << 20;

/// Characters of an argument with what they were quoted by.
type Field = Vec<(char, Quoting)>;

/// How much more an expansion may yield.
struct Room(usize);

impl Room {
    /// E2BIG when it is used up.
    fn take(&mut self, count: usize) -> Result<()> {
        // Something for each piece, however short.
        self.0 = self.0.checked_sub(count.saturating_add(1)).ok_or(Errno::E2BIG)?;
        Ok(())
    }
}

/// The arguments that `words` become; E2BIG.
pub(crate) fn fields(shell: &Shell, words: &[Word]) -> Result<Vec<String>> {
    let mut room = Room(MAX_EXPANSION);
    let mut arguments = Vec::new();
    for word in words {
        for field in split(shell, word, &mut room)? {
            arguments.extend(file_names(shell, &field, &mut room)?);
        }
    }
    Ok(arguments)
}

/// What `word` becomes where exactly one value is wanted: an assignment, the target of a redirection; E2BIG.
pub(crate) fn single(shell: &Shell, word: &Word) -> Result<String> {
    let mut value = String::new();
    let mut room = Room(MAX_EXPANSION);
    for (index, part) in word.parts.iter().enumerate() {
        let piece = match part {
            Part::Text(text, Quoting::Bare) if index == 0 => tilde(shell, text),
            Part::Text(text, _) => text.clone(),
            Part::Variable(name, _) => shell.parameter(name),
        };
        room.take(piece.len())?;
        value += &piece;
    }
    Ok(value)
}

/// What `word` becomes where a text is compared with it: unquoted characters may be special; E2BIG.
pub(crate) fn pattern(shell: &Shell, word: &Word) -> Result<Pattern> {
    let mut characters = Field::new();
    let mut room = Room(MAX_EXPANSION);
    for part in &word.parts {
        let (text, quoting) = match part {
            Part::Text(text, quoting) => (text.clone(), *quoting),
            Part::Variable(name, quoting) => (shell.parameter(name), *quoting),
        };
        room.take(text.len())?;
        characters.extend(text.chars().map(|character| (character, quoting)));
    }
    Ok(Pattern::new(&characters))
}

/// Expands variables and splits their unquoted values.
fn split(shell: &Shell, word: &Word, room: &mut Room) -> Result<Vec<Field>> {
    let mut fields = Splitter { room, done: Vec::new(), current: None };
    for (index, part) in word.parts.iter().enumerate() {
        match part {
            Part::Text(text, Quoting::Bare) if index == 0 => fields.add(&tilde(shell, text), Quoting::Bare)?,
            Part::Text(text, quoting) => fields.add(text, *quoting)?,
            Part::Variable(name, Quoting::Quoted) if name == "@" => fields.add_each(shell.arguments())?,
            Part::Variable(name, Quoting::Quoted) => fields.add(&shell.parameter(name), Quoting::Quoted)?,
            Part::Variable(name, Quoting::Bare) => fields.add_split(&shell.parameter(name))?,
        }
    }
    fields.done.extend(fields.current.take());
    Ok(fields.done)
}

struct Splitter<'a> {
    room: &'a mut Room,
    done: Vec<Field>,
    /// The field that is being made. `None`: there is nothing of it yet, and nothing has to come.
    current: Option<Field>,
}

impl Splitter<'_> {
    fn add(&mut self, text: &str, quoting: Quoting) -> Result<()> {
        self.room.take(text.len())?;
        self.current.get_or_insert_default().extend(text.chars().map(|character| (character, quoting)));
        Ok(())
    }

    fn add_split(&mut self, value: &str) -> Result<()> {
        self.room.take(value.len())?;
        for character in value.chars() {
            match character {
                ' ' | '\t' | '\n' => self.done.extend(self.current.take()),
                // What comes from a variable can be a pattern.
                _ => self.current.get_or_insert_default().push((character, Quoting::Bare)),
            }
        }
        Ok(())
    }

    /// `"$@"`: each argument a field of its own, the first and last joined with what is around.
    fn add_each(&mut self, arguments: &[String]) -> Result<()> {
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                self.done.extend(self.current.take());
            }
            self.add(argument, Quoting::Quoted)?;
        }
        Ok(())
    }
}

/// `~` and `~/...` with the home directory in place of `~`.
fn tilde(shell: &Shell, text: &str) -> String {
    match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = shell.parameter("HOME");
            format!("{}{rest}", if rest.is_empty() { &home } else { home.trim_end_matches('/') })
        }
        _ => text.into(),
    }
}

/// The files that a field names if it is a pattern; else, and when there is none, its text.
fn file_names(shell: &Shell, field: &Field, room: &mut Room) -> Result<Vec<String>> {
    let text = || field.iter().map(|(character, _)| character).collect::<String>();
    let is_special =
        |(character, quoting): &(char, Quoting)| *quoting == Quoting::Bare && matches!(character, '*' | '?' | '[');
    if !field.iter().any(is_special) {
        return Ok(vec![text()]);
    }
    let mut found = vec![String::new()];
    for component in field.split_inclusive(|(character, _)| *character == '/') {
        let mut longer = Vec::new();
        for prefix in &found {
            let paths = matching(shell, prefix, component);
            paths.iter().try_for_each(|path| room.take(path.len()))?;
            longer.extend(paths);
        }
        found = longer;
    }
    Ok(if found.is_empty() { vec![text()] } else { found })
}

/// The paths that begin with `prefix` (which ends in a slash or is empty) and go on with what matches `component`.
fn matching(shell: &Shell, prefix: &str, component: &[(char, Quoting)]) -> Vec<String> {
    let (name, slash) = match component.split_last() {
        Some((('/', _), name)) => (name, "/"),
        _ => (component, ""),
    };
    let cwd = shell.cwd();
    let vfs = shell.vfs();
    let pattern = Pattern::new(name);
    if let Some(literal) = pattern.literal() {
        let path = format!("{prefix}{literal}{slash}");
        let exists = path == "/" || vfs.metadata(&cwd, &path, Scope::Anywhere, Follow::No).is_ok();
        return exists.then_some(path).into_iter().collect();
    }
    let directory = if prefix.is_empty() { "." } else { prefix };
    let entries = files::entries(vfs, &cwd, directory).unwrap_or_default();
    let is_candidate = |path: &str| {
        slash.is_empty()
            || vfs
                .metadata(&cwd, path, Scope::Anywhere, Follow::Yes)
                .is_ok_and(|metadata| metadata.kind == Kind::Directory)
    };
    entries
        .iter()
        .filter(|entry| pattern.matches_file(&entry.name))
        .map(|entry| format!("{prefix}{}{slash}", entry.name))
        .filter(|path| is_candidate(path))
        .collect()
}
