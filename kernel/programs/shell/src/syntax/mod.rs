//! The shell's grammar: text to a tree, without looking at variables or files.
//!
//! `lexer` splits text into words and operators, `dollar` reads what a `$` begins and `here` here-documents; `parser` builds the [`Script`], `compound`
//! those parts that nest; `expand` and `execute` work on the tree. POSIX.1-2017, XCU 2 (shell command language), without aliases and `<>`.
//! What nests does so up to a depth that no stack is too small for.

mod compound;
mod dollar;
mod here;
mod last;
mod lexer;
mod parser;

pub(crate) use last::{LastWord, Role, last_word};
pub(crate) use lexer::is_name;
pub(crate) use parser::{MAX_FD, MAX_LINE, Parser, parse};

use std::fmt;
use std::sync::{Arc, OnceLock};

/// Commands in the order in which they run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) lists: Vec<List>,
}

/// Whether the shell waits for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `;` or the end of the line.
    Foreground,
    /// `&`.
    Background,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) first: Pipeline,
    pub(crate) rest: Vec<(Connector, Pipeline)>,
    pub(crate) mode: Mode,
    /// What the user wrote, for `jobs`.
    pub(crate) text: String,
}

/// When the next pipeline of a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connector {
    /// After success.
    And,
    /// After failure.
    Or,
}

/// Commands that run side by side, each reading what the one before writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) commands: Vec<Command>,
    /// `!` in front: success and failure are swapped.
    pub(crate) negated: bool,
}

/// One command, before expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) body: Body,
    pub(crate) redirections: Vec<Redirection>,
}

impl Command {
    /// Whether it takes a shell to expand its words: they run commands or set variables. What is inside of a compound command does not count.
    pub(crate) fn needs_shell(&self) -> bool {
        let simple = match &self.body {
            Body::Simple(simple) => Some(simple),
            Body::Compound(_) | Body::Function(..) => None,
        };
        let own = simple.into_iter().flat_map(|simple| {
            let assigned = simple.assignments.iter().map(|(_, word)| word);
            simple.words.iter().chain(assigned)
        });
        let redirected = self.redirections.iter().filter_map(|redirection| match &redirection.target {
            Target::Read(word) | Target::Write(word) | Target::Append(word) => Some(word),
            Target::Here(text) => text.get(),
            Target::Duplicate(_) => None,
        });
        own.chain(redirected).any(Word::needs_shell)
    }
}

/// What a command is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Simple(Simple),
    Compound(Arc<Compound>),
    /// `NAME() COMPOUND`, with the redirections behind it: they hold for each call.
    Function(String, Arc<Command>),
}

/// A command's name and arguments, and what is set for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Simple {
    pub(crate) assignments: Vec<(String, Word)>,
    pub(crate) words: Vec<Word>,
}

/// Commands that are run once, several times, or not at all (XCU 2.9.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Compound {
    /// `{ ...; }`
    Group(Script),
    /// `( ... )`
    Subshell(Script),
    /// `if ...; then ...; elif ...; then ...; else ...; fi`: conditions and what they lead to; what is left then.
    If(Vec<(Script, Script)>, Option<Script>),
    /// `while ...; do ...; done` and `until`.
    While(Until, Script, Script),
    /// `for NAME in WORD...; do ...; done`; without words the arguments.
    For(String, Option<Vec<Word>>, Script),
    /// `case WORD in PATTERN | PATTERN) ...;; esac`
    Case(Word, Vec<(Vec<Word>, Script)>),
}

/// What ends a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// `while`: that its condition fails.
    Failure,
    /// `until`: that its condition succeeds.
    Success,
}

/// A change of a descriptor for one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirection {
    pub(crate) fd: i32,
    pub(crate) target: Target,
}

/// Where a descriptor leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `<`
    Read(Word),
    /// `>`
    Write(Word),
    /// `>>`
    Append(Word),
    /// `>&` and `<&`
    Duplicate(i32),
    /// `<<`: a text of the script, which stands behind the line and is set once that was read.
    Here(Arc<OnceLock<Word>>),
}

/// A word, before expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) parts: Vec<Part>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text as it is.
    Text(String, Quoting),
    /// A variable's value.
    Variable(String, Quoting),
    /// What is made of a variable's value.
    Modified(Box<Modified>, Quoting),
    /// `$(...)`: what commands print.
    Commands(Arc<Script>, Quoting),
    /// `$((...))`: a number.
    Arithmetic(Word, Quoting),
}

/// `${NAME...}` (XCU 2.6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Modified {
    pub(crate) name: String,
    pub(crate) modifier: Modifier,
}

/// What is made of a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Modifier {
    /// `${#NAME}`: its length, in characters.
    Length,
    /// `${NAME:-WORD}` and the like: what depends on its presence.
    Presence(Absence, Substitute, Word),
    /// `${NAME#WORD}` and the like: it without what matches a pattern.
    Trim(Side, Extent, Word),
}

/// What counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// Without a colon: what is not set.
    Unset,
    /// With one: what is empty, too.
    Empty,
}

/// What a word stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Substitute {
    /// `-`: for the absent value.
    Default,
    /// `=`: for the absent value, from now on.
    Assigned,
    /// `?`: it is the message with which the script ends without a value.
    Message,
    /// `+`: for a value that is there.
    Alternative,
}

/// From which end a value is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// `#`
    Start,
    /// `%`
    End,
}

/// How much is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Shortest,
    /// With the character doubled.
    Longest,
}

/// Whether a piece of a word is quoted: then it is neither split nor a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    Bare,
    Quoted,
}

impl Word {
    fn push(&mut self, character: char, quoting: Quoting) {
        match self.parts.last_mut() {
            Some(Part::Text(text, last)) if *last == quoting => text.push(character),
            _ => self.parts.push(Part::Text(character.into(), quoting)),
        }
    }

    /// Whether it takes a shell to expand it: it runs commands or sets variables.
    pub(crate) fn needs_shell(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Text(..) | Part::Variable(..)))
    }
}

/// Why text is not a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SyntaxError {
    /// More text could complete it.
    Incomplete(&'static str),
    /// No text could.
    Invalid(String),
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyntaxError::Incomplete(what) => write!(f, "syntax error: {what} missing at the end"),
            SyntaxError::Invalid(why) => write!(f, "syntax error: {why}"),
        }
    }
}

#[cfg(test)]
mod tests;
