//! Words and operators to a script (POSIX XCU 2.10, shell grammar).

use super::lexer::{Spanned, Token, is_name, tokenize};
use super::{Command, Connector, List, Mode, Part, Pipeline, Quoting, Redirection, Script, SyntaxError, Target, Word};
use std::iter::Peekable;
use std::vec::IntoIter;

/// The highest descriptor that a redirection can name, as POSIX guarantees.
const MAX_FD: i32 = 9;

/// Parses a script.
///
/// # Errors
/// [`SyntaxError::Incomplete`] where another line could complete it.
pub(crate) fn parse(text: &str) -> Result<Script, SyntaxError> {
    let mut parser = Parser { text, tokens: tokenize(text)?.into_iter().peekable() };
    parser.script()
}

struct Parser<'a> {
    text: &'a str,
    tokens: Peekable<IntoIter<Spanned>>,
}

impl Parser<'_> {
    fn script(&mut self) -> Result<Script, SyntaxError> {
        let mut script = Script::default();
        loop {
            self.skip_newlines();
            if self.tokens.peek().is_none() {
                return Ok(script);
            }
            script.lists.push(self.list()?);
        }
    }

    fn list(&mut self) -> Result<List, SyntaxError> {
        let start = self.tokens.peek().map_or(0, |token| token.start);
        let mut end = start;
        let first = self.pipeline(&mut end)?;
        let mut rest = Vec::new();
        while let Some(connector) = self.connector() {
            self.skip_newlines();
            rest.push((connector, self.pipeline(&mut end)?));
        }
        let mode = match self.operator(&[";", "&", "\n"]) {
            Some("&") => Mode::Background,
            Some(_) => Mode::Foreground,
            None => match self.tokens.next() {
                None => Mode::Foreground,
                Some(unexpected) => return Err(self.unexpected(&unexpected)),
            },
        };
        let text = self.text.get(start..end).unwrap_or_default().to_string();
        Ok(List { first, rest, mode, text })
    }

    fn connector(&mut self) -> Option<Connector> {
        self.operator(&["&&", "||"]).map(|operator| if operator == "&&" { Connector::And } else { Connector::Or })
    }

    /// Commands joined by `|`; moves `end` behind them.
    fn pipeline(&mut self, end: &mut usize) -> Result<Pipeline, SyntaxError> {
        let mut pipeline = Pipeline::default();
        let bang = Token::Word(Word { parts: vec![Part::Text("!".into(), Quoting::Bare)] });
        while self.tokens.next_if(|next| next.token == bang).is_some() {
            pipeline.negated = !pipeline.negated;
        }
        loop {
            pipeline.commands.push(self.command(end)?);
            if self.operator(&["|"]).is_none() {
                return Ok(pipeline);
            }
            self.skip_newlines();
        }
    }

    fn command(&mut self, end: &mut usize) -> Result<Command, SyntaxError> {
        let mut command = Command::default();
        while let Some(next) = self.tokens.next_if(|next| !matches!(next.token, Token::Operator(_))) {
            *end = next.end;
            match next.token {
                Token::Word(word) => match assignment(&word).filter(|_| command.words.is_empty()) {
                    Some(assignment) => command.assignments.push(assignment),
                    None => command.words.push(word),
                },
                Token::Redirect(fd, operator) => command.redirections.push(self.redirection(fd, operator, end)?),
                Token::Operator(_) => {}
            }
        }
        if command != Command::default() {
            return Ok(command);
        }
        match self.tokens.next() {
            Some(unexpected) => Err(self.unexpected(&unexpected)),
            None => Err(SyntaxError::Incomplete("a command")),
        }
    }

    fn redirection(
        &mut self,
        fd: Option<i32>,
        operator: &'static str,
        end: &mut usize,
    ) -> Result<Redirection, SyntaxError> {
        let default_fd = if operator.starts_with('<') { 0 } else { 1 };
        let fd = fd.unwrap_or(default_fd);
        if fd > MAX_FD {
            return Err(SyntaxError::Invalid(format!("descriptors go from 0 to {MAX_FD}")));
        }
        let word = match self.tokens.next() {
            Some(Spanned { token: Token::Word(word), end: word_end, .. }) => {
                *end = word_end;
                word
            }
            Some(unexpected) => return Err(self.unexpected(&unexpected)),
            None => return Err(SyntaxError::Invalid(format!("a file name is missing behind {operator}"))),
        };
        let target = match operator {
            "<" => Target::Read(word),
            ">" | ">|" => Target::Write(word),
            ">>" => Target::Append(word),
            ">&" | "<&" => Target::Duplicate(descriptor(&word)?),
            other => return Err(SyntaxError::Invalid(format!("{other} is not known here; use a file"))),
        };
        Ok(Redirection { fd, target })
    }

    fn operator(&mut self, wanted: &[&'static str]) -> Option<&'static str> {
        let is_wanted = |next: &Spanned| matches!(&next.token, Token::Operator(operator) if wanted.contains(operator));
        match self.tokens.next_if(is_wanted)?.token {
            Token::Operator(operator) => Some(operator),
            _ => None,
        }
    }

    fn skip_newlines(&mut self) {
        while self.operator(&["\n"]).is_some() {}
    }

    fn unexpected(&self, token: &Spanned) -> SyntaxError {
        let text = self.text.get(token.start..token.end).unwrap_or_default();
        let text = if text == "\n" { "the end of the line" } else { text };
        SyntaxError::Invalid(format!("unexpected {text}"))
    }
}

/// `NAME=value`, taken apart.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let (first, rest) = word.parts.split_first()?;
    let Part::Text(text, Quoting::Bare) = first else { return None };
    let (name, value) = text.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let mut parts = Vec::new();
    if !value.is_empty() {
        parts.push(Part::Text(value.into(), Quoting::Bare));
    }
    parts.extend_from_slice(rest);
    Some((name.into(), Word { parts }))
}

fn descriptor(word: &Word) -> Result<i32, SyntaxError> {
    let number = match word.parts.as_slice() {
        [Part::Text(text, _)] => text.parse().ok().filter(|fd| (0..=MAX_FD).contains(fd)),
        _ => None,
    };
    number.ok_or_else(|| SyntaxError::Invalid(format!("a descriptor from 0 to {MAX_FD} is wanted behind &")))
}

/// The word at the end of an unfinished line, for completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastWord {
    /// Where it starts in the text, in bytes.
    pub(crate) start: usize,
    pub(crate) word: Word,
    pub(crate) role: Role,
}

/// What a word is to its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Command,
    Argument,
}

/// Finds the word that `text` ends in; an empty one behind a blank or an operator.
pub(crate) fn last_word(text: &str) -> LastWord {
    // Quotes that are still open are closed by trying.
    let closed = ["", "'", "\"", " "].iter().find_map(|closer| tokenize(&format!("{text}{closer}")).ok());
    let mut role = Role::Command;
    for Spanned { token, start, end } in closed.unwrap_or_default() {
        match token {
            Token::Word(word) if end >= text.len() => return LastWord { start, word, role },
            Token::Word(word) if role == Role::Command && assignment(&word).is_some() => {}
            Token::Word(_) | Token::Redirect(..) => role = Role::Argument,
            Token::Operator(_) => role = Role::Command,
        }
    }
    LastWord { start: text.len(), word: Word::default(), role }
}
