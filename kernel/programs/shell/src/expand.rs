//! Expansion: words of the grammar to the arguments of a command (POSIX XCU 2.6).
//!
//! In this order: tilde, parameters, commands and arithmetic (`parameters`); splitting of what they gave where it was not quoted (`split`); file name
//! patterns; removal of quotes.

use crate::files;
use crate::launch::StartError;
use crate::parameters::{self, Piece, Room};
use crate::pattern::Pattern;
use crate::shell::Shell;
use crate::split::{Field, Splitter};
use crate::syntax::{Part, Quoting, Word};
use interfaces::Result;
use vfs::{Follow, Kind, Scope};

/// The arguments that `words` become.
pub(crate) fn fields(shell: &mut Shell, words: &[Word]) -> std::result::Result<Vec<String>, StartError> {
    let mut room = Room::default();
    let mut arguments = Vec::new();
    for word in words {
        let pieces = parameters::expand(shell, word, &mut room)?;
        let mut splitter = Splitter::new(shell.separators());
        pieces.iter().for_each(|piece| match piece {
            Piece::Text(text, quoting) => splitter.add(text, *quoting),
            Piece::Value(value) => splitter.add_split(value),
            Piece::Break(_) => splitter.end_field(),
        });
        for field in splitter.finish() {
            arguments.extend(file_names(shell, &field, &mut room).map_err(|error| StartError::new("words", error))?);
        }
    }
    Ok(arguments)
}

/// What `word` becomes where exactly one value is wanted: an assignment, the target of a redirection.
pub(crate) fn single(shell: &mut Shell, word: &Word) -> std::result::Result<String, StartError> {
    let pieces = parameters::expand(shell, word, &mut Room::default())?;
    Ok(pieces.iter().map(Piece::text).collect())
}

/// What `word` becomes where a text is compared with it: unquoted characters may be special.
pub(crate) fn pattern(shell: &mut Shell, word: &Word) -> std::result::Result<Pattern, StartError> {
    let pieces = parameters::expand(shell, word, &mut Room::default())?;
    Ok(parameters::pattern(&pieces))
}

/// What has been typed of `word` so far, for completion: nothing is run and nothing set for it.
pub(crate) fn typed(shell: &Shell, word: &Word) -> String {
    let part = |(index, part): (usize, &Part)| match part {
        Part::Text(text, Quoting::Bare) if index == 0 => parameters::tilde(shell, text),
        Part::Text(text, _) => text.clone(),
        Part::Variable(name, _) => shell.parameter(name),
        Part::Modified(..) | Part::Commands(..) | Part::Arithmetic(..) => String::new(),
    };
    word.parts.iter().enumerate().map(part).collect()
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
