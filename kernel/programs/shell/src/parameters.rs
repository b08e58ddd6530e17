//! Parameters, commands and arithmetic in words, and tildes (POSIX XCU 2.6.1 to 2.6.4).

use crate::arithmetic::{self, Names};
use crate::flow::{Flow, Stop};
use crate::launch::StartError;
use crate::pattern::Pattern;
use crate::shell::{OnUnset, Shell};
use crate::split::Field;
use crate::syntax::{Absence, Extent, Modified, Modifier, Part, Quoting, Side, Substitute, Word};
use interfaces::Errno;

/// Characters that the words of one command may become: a script must not take all memory.
const MAX_EXPANSION: usize = 1 << 20;

type Result<T> = std::result::Result<T, StartError>;

/// How much more an expansion may yield.
pub(crate) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Room(MAX_EXPANSION)
    }
}

impl Room {
    /// E2BIG when it is used up.
    pub(crate) fn take(&mut self, count: usize) -> interfaces::Result<()> {
        // Something for each piece, however short.
        self.0 = self.0.checked_sub(count.saturating_add(1)).ok_or(Errno::E2BIG)?;
        Ok(())
    }
}

/// A piece of an expanded word.
pub(crate) enum Piece {
    /// Text as it is.
    Text(String, Quoting),
    /// What an expansion outside of quotes gave: it is split, and can be a pattern.
    Value(String),
    /// The end of one argument of `$@` or `$*`, and what joins it with the next one where nothing is split.
    Break(String),
}

impl Piece {
    pub(crate) fn text(&self) -> &str {
        match self {
            Piece::Text(text, _) | Piece::Value(text) | Piece::Break(text) => text,
        }
    }
}

/// The text that the pieces make up, in which unquoted characters may be special.
pub(crate) fn pattern(pieces: &[Piece]) -> Pattern {
    let characters = pieces.iter().flat_map(|piece| {
        let quoting = if matches!(piece, Piece::Text(_, Quoting::Quoted)) { Quoting::Quoted } else { Quoting::Bare };
        piece.text().chars().map(move |character| (character, quoting))
    });
    Pattern::new(&characters.collect::<Field>())
}

/// Expands a word, as far as the pieces are known without splitting.
pub(crate) fn expand(shell: &mut Shell, word: &Word, room: &mut Room) -> Result<Vec<Piece>> {
    let mut expansion = Expansion { shell, room, pieces: Vec::new() };
    for (index, part) in word.parts.iter().enumerate() {
        match part {
            Part::Text(text, Quoting::Bare) if index == 0 => {
                let text = tilde(expansion.shell, text);
                expansion.push(Piece::Text(text, Quoting::Bare))?;
            }
            part => expansion.part(part)?,
        }
    }
    Ok(expansion.pieces)
}

/// `~` and `~/...` with the home directory in place of `~`.
pub(crate) fn tilde(shell: &Shell, text: &str) -> String {
    match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = shell.parameter("HOME");
            format!("{}{rest}", if rest.is_empty() { &home } else { home.trim_end_matches('/') })
        }
        _ => text.into(),
    }
}

struct Expansion<'a> {
    shell: &'a mut Shell,
    room: &'a mut Room,
    pieces: Vec<Piece>,
}

impl Expansion<'_> {
    fn push(&mut self, piece: Piece) -> Result<()> {
        self.room.take(piece.text().len()).map_err(|error| StartError::new("words", error))?;
        self.pieces.push(piece);
        Ok(())
    }

    /// What an expansion gave.
    fn push_value(&mut self, value: String, quoting: Quoting) -> Result<()> {
        self.push(match quoting {
            Quoting::Bare => Piece::Value(value),
            Quoting::Quoted => Piece::Text(value, Quoting::Quoted),
        })
    }

    fn part(&mut self, part: &Part) -> Result<()> {
        match part {
            Part::Text(text, quoting) => self.push(Piece::Text(text.clone(), *quoting)),
            Part::Variable(name, quoting) => self.variable(name, *quoting),
            Part::Modified(modified, quoting) => self.modified(modified, *quoting),
            Part::Commands(script, quoting) => {
                let output = self.shell.output_of(script, self.room)?;
                self.push_value(output, *quoting)
            }
            Part::Arithmetic(expression, quoting) => {
                let text: String = expand(self.shell, expression, self.room)?.iter().map(Piece::text).collect();
                let value = arithmetic::evaluate(&text, self.shell).map_err(fatal)?;
                self.push_value(value.to_string(), *quoting)
            }
        }
    }

    fn variable(&mut self, name: &str, quoting: Quoting) -> Result<()> {
        match (name, quoting) {
            ("@", _) | ("*", Quoting::Bare) => {
                let joint = if name == "*" { self.shell.separators().first() } else { " ".into() };
                for (index, argument) in self.shell.arguments().to_vec().into_iter().enumerate() {
                    if index > 0 {
                        self.push(Piece::Break(joint.clone()))?;
                    }
                    self.push_value(argument, quoting)?;
                }
                Ok(())
            }
            _ => {
                let value = self.value(name)?;
                self.push_value(value, quoting)
            }
        }
    }

    /// A value that has to be there if `set -u` says so.
    fn value(&self, name: &str) -> Result<String> {
        match self.shell.find_parameter(name) {
            Some(value) => Ok(value),
            None => absent(self.shell, name).map_err(fatal),
        }
    }

    fn modified(&mut self, modified: &Modified, quoting: Quoting) -> Result<()> {
        let Modified { name, modifier } = modified;
        match modifier {
            Modifier::Length if matches!(name.as_str(), "@" | "*") => {
                let count = self.shell.arguments().len();
                self.push_value(count.to_string(), quoting)
            }
            Modifier::Length => {
                let length = self.value(name)?.chars().count();
                self.push_value(length.to_string(), quoting)
            }
            Modifier::Trim(side, extent, word) => {
                let pieces = expand(self.shell, word, self.room)?;
                let value = self.value(name)?;
                let kept = trimmed(self.shell, &value, &pattern(&pieces), *side, *extent)?;
                self.push_value(kept, quoting)
            }
            Modifier::Presence(absence, substitute, word) => self.presence(name, *absence, *substitute, word, quoting),
        }
    }

    fn presence(
        &mut self,
        name: &str,
        absence: Absence,
        substitute: Substitute,
        word: &Word,
        quoting: Quoting,
    ) -> Result<()> {
        let value = self.shell.find_parameter(name);
        let is_there = value.is_some_and(|value| absence == Absence::Unset || !value.is_empty());
        match (substitute, is_there) {
            (Substitute::Alternative, false) => self.push_value(String::new(), quoting),
            (Substitute::Alternative, true) | (Substitute::Default, false) => self.word(word, quoting),
            (_, true) => self.variable(name, quoting),
            (Substitute::Assigned, false) => {
                let value = expand(self.shell, word, self.room)?.iter().map(Piece::text).collect::<String>();
                self.assign(name, &value).map_err(fatal)?;
                self.push_value(value, quoting)
            }
            (Substitute::Message, false) => {
                let message: String = expand(self.shell, word, self.room)?.iter().map(Piece::text).collect();
                let message = if message.is_empty() { "is not set" } else { &message };
                Err(fatal(format!("{name}: {message}")))
            }
        }
    }

    /// A word in braces: what is not quoted in it comes from an expansion.
    fn word(&mut self, word: &Word, quoting: Quoting) -> Result<()> {
        if word.parts.is_empty() {
            return self.push_value(String::new(), quoting);
        }
        for piece in expand(self.shell, word, self.room)? {
            self.pieces.push(match (piece, quoting) {
                (Piece::Text(text, Quoting::Bare), Quoting::Bare) => Piece::Value(text),
                (Piece::Text(text, _) | Piece::Value(text), Quoting::Quoted) => Piece::Text(text, Quoting::Quoted),
                (piece, _) => piece,
            });
        }
        Ok(())
    }

    fn assign(&mut self, name: &str, value: &str) -> std::result::Result<(), String> {
        if !crate::syntax::is_name(name) {
            return Err(format!("{name}: only a variable can be set"));
        }
        self.shell.state.variables.set(name, value).map_err(|error| format!("{name}: {error}"))
    }
}

/// What stands for a value that is not there.
fn absent(shell: &Shell, name: &str) -> std::result::Result<String, String> {
    match shell.state.on_unset {
        OnUnset::Empty => Ok(String::new()),
        OnUnset::Exit => Err(format!("{name}: is not set")),
    }
}

/// An error that ends the script (XCU 2.8.1).
fn fatal(message: String) -> StartError {
    StartError { message, status: process::ExitStatus::USAGE.code(), stop: Some(Stop::Script) }
}

/// `value` without what matches at one end. Takes as many steps as its length times that of the pattern, and heeds ^C.
fn trimmed(shell: &mut Shell, value: &str, pattern: &Pattern, side: Side, extent: Extent) -> Result<String> {
    let (mut characters, pattern): (Vec<char>, _) = match side {
        Side::Start => (value.chars().collect(), pattern.clone()),
        Side::End => (value.chars().rev().collect(), pattern.reversed()),
    };
    let mut matcher = pattern.matcher();
    let mut cut = matcher.accepts().then_some(0);
    for (index, character) in characters.iter().enumerate() {
        if cut.is_some() && extent == Extent::Shortest {
            break;
        }
        if let Flow::Break(stop) = shell.heed_interrupt() {
            return Err(StartError::stopped(stop, shell.state.status));
        }
        matcher.take(*character);
        cut = if matcher.accepts() { Some(index + 1) } else { cut };
    }
    characters.drain(..cut.unwrap_or(0));
    Ok(match side {
        Side::Start => characters.into_iter().collect(),
        Side::End => characters.into_iter().rev().collect(),
    })
}

impl Names for Shell {
    fn get(&self, name: &str) -> std::result::Result<Option<String>, String> {
        match self.find_parameter(name) {
            Some(value) => Ok(Some(value)),
            None => absent(self, name).map(|_| None),
        }
    }

    fn set(&mut self, name: &str, value: i64) -> std::result::Result<(), String> {
        self.state.variables.set(name, &value.to_string()).map_err(|error| format!("{name}: {error}"))
    }
}
