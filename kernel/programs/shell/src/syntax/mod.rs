//! The shell's grammar: text to a tree, without looking at variables or files.
//!
//! `lexer` splits text into words and operators, `parser` builds the [`Script`], `compound` those parts that nest; `expand` and `execute` work on the
//! tree. A subset of POSIX.1-2017, XCU 2 (shell command language): quoting, parameters, pipelines, and-or lists,
//! background lists, redirections and compound commands. These nest, up to a depth that no stack is too small for.

mod compound;
mod lexer;
mod parser;

pub(crate) use lexer::is_name;
pub(crate) use parser::{LastWord, MAX_FD, MAX_LINE, Parser, Role, last_word, parse};

use std::fmt;
use std::sync::Arc;

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
}

/// Whether a piece of a word is quoted: then it is neither split nor a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    Bare,
    Quoted,
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
