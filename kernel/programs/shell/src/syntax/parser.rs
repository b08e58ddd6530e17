//! Words and operators to a script (POSIX XCU 2.10, shell grammar). What nests is parsed in `compound`.

use super::here::{Awaited, Indent};
use super::lexer::{ENDS, Lexer, Spanned, Token, is_name};
use super::{
    Body, Command, Compound, Connector, List, Mode, Part, Pipeline, Quoting, Redirection, Script, Simple, SyntaxError,
    Target, Word,
};
use std::sync::Arc;

/// The highest descriptor that a redirection can name, as POSIX guarantees.
pub(crate) const MAX_FD: i32 = 9;
/// The longest line with what continues it, in bytes. Its tree takes up to fifty times as much memory.
pub(crate) const MAX_LINE: usize = 512 * 1024;

/// Parses a script as a whole.
///
/// # Errors
/// [`SyntaxError::Incomplete`] where another line could complete it.
pub(crate) fn parse(text: &str) -> Result<Script, SyntaxError> {
    let mut parser = Parser::new(text);
    let mut script = Script::default();
    while let Some(line) = parser.next_line()? {
        script.lists.extend(line.lists);
    }
    Ok(script)
}

/// Parses what stands in `$( )`: see [`ParseCommands`](super::lexer::ParseCommands).
pub(super) fn parse_commands(text: &str, start: usize, nesting: usize) -> Result<(Script, usize), SyntaxError> {
    let mut parser = Parser::inside(text, start, nesting);
    let mut end = start;
    let (script, _) = parser.some_lists_until(&[")"], &mut end)?;
    match parser.lexer.awaited.as_slice() {
        [] => Ok((script, end)),
        _ => Err(SyntaxError::Invalid("a here-document has to end before )".into())),
    }
}

/// Parses a script line by line.
pub(crate) struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// A token that was looked at and not taken.
    ahead: Option<Spanned>,
    /// Where the line begins.
    start: usize,
    /// Compound commands around what is parsed now.
    pub(super) nesting: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Parser::inside(text, 0, 0)
    }

    /// Begins at `start`, inside of `nesting` commands.
    fn inside(text: &'a str, start: usize, nesting: usize) -> Self {
        Parser { text, lexer: Lexer::new(text, start, nesting, parse_commands), ahead: None, start, nesting }
    }

    /// The next line that is not empty, with the lines that continue it; `None` at the end.
    ///
    /// # Errors
    /// As [`parse`]. What comes after an error makes no sense.
    pub(crate) fn next_line(&mut self) -> Result<Option<Script>, SyntaxError> {
        // What lies between lines does not count.
        self.start = usize::MAX;
        self.skip_newlines()?;
        let Some(first) = self.peek()? else { return Ok(None) };
        self.start = first.start;
        let mut script = Script::default();
        loop {
            script.lists.push(self.list()?);
            if self.peek()?.is_none() || self.operator(&["\n"])?.is_some() {
                return Ok(Some(script));
            }
        }
    }

    pub(super) fn peek(&mut self) -> Result<Option<&Spanned>, SyntaxError> {
        if self.ahead.is_none() {
            self.ahead = self.lexer.next_token(self.nesting)?;
        }
        match &self.ahead {
            Some(next) if next.end.saturating_sub(self.start) > MAX_LINE && next.token != Token::Operator("\n") => {
                Err(SyntaxError::Invalid(format!("a line is longer than {MAX_LINE} bytes")))
            }
            next => Ok(next.as_ref()),
        }
    }

    pub(super) fn take(&mut self) -> Result<Option<Spanned>, SyntaxError> {
        self.peek()?;
        Ok(self.ahead.take())
    }

    fn take_if(&mut self, is_wanted: impl Fn(&Spanned) -> bool) -> Result<Option<Spanned>, SyntaxError> {
        let is_next = self.peek()?.is_some_and(is_wanted);
        Ok(if is_next { self.ahead.take() } else { None })
    }

    /// A list and the `;` or `&` behind it. Only what can end a list may follow.
    pub(super) fn list(&mut self) -> Result<List, SyntaxError> {
        let start = self.peek()?.map_or(0, |token| token.start);
        let mut end = start;
        let first = self.pipeline(&mut end)?;
        let mut rest = Vec::new();
        while let Some(connector) = self.connector()? {
            self.skip_newlines()?;
            rest.push((connector, self.pipeline(&mut end)?));
        }
        let mode = match self.operator(&[";", "&"])? {
            Some("&") => Mode::Background,
            Some(_) => Mode::Foreground,
            None => match self.take_if(|next| !next.token.ends_list())? {
                None => Mode::Foreground,
                Some(unexpected) => return Err(self.unexpected(&unexpected)),
            },
        };
        let text = self.text.get(start..end).unwrap_or_default().to_string();
        Ok(List { first, rest, mode, text })
    }

    fn connector(&mut self) -> Result<Option<Connector>, SyntaxError> {
        let operator = self.operator(&["&&", "||"])?;
        Ok(operator.map(|operator| if operator == "&&" { Connector::And } else { Connector::Or }))
    }

    /// Takes the next word if it is this one, unquoted.
    pub(super) fn word(&mut self, wanted: &[&'static str]) -> Result<Option<(&'static str, Spanned)>, SyntaxError> {
        let Some(found) = self.peek()?.and_then(|next| next.token.plain(wanted)) else { return Ok(None) };
        Ok(self.take()?.map(|token| (found, token)))
    }

    /// Commands joined by `|`; moves `end` behind them.
    fn pipeline(&mut self, end: &mut usize) -> Result<Pipeline, SyntaxError> {
        let mut pipeline = Pipeline::default();
        while self.word(&["!"])?.is_some() {
            pipeline.negated = !pipeline.negated;
        }
        loop {
            pipeline.commands.push(self.command(end)?);
            if self.operator(&["|"])?.is_none() {
                return Ok(pipeline);
            }
            self.skip_newlines()?;
        }
    }

    fn command(&mut self, end: &mut usize) -> Result<Command, SyntaxError> {
        match self.compound(end)? {
            Some(compound) => self.redirected(compound, end),
            None => self.simple(end),
        }
    }

    /// A compound command and the redirections behind it.
    pub(super) fn redirected(&mut self, compound: Compound, end: &mut usize) -> Result<Command, SyntaxError> {
        let mut redirections = Vec::new();
        while let Some(next) = self.take_if(|next| matches!(next.token, Token::Redirect(..)))? {
            if let Token::Redirect(fd, operator) = next.token {
                redirections.push(self.redirection(fd, operator, end)?);
            }
        }
        Ok(Command { body: Body::Compound(Arc::new(compound)), redirections })
    }

    fn simple(&mut self, end: &mut usize) -> Result<Command, SyntaxError> {
        let (mut simple, mut redirections) = (Simple::default(), Vec::new());
        while let Some(next) = self.take_if(|next| !matches!(next.token, Token::Operator(_)))? {
            *end = next.end;
            match next.token {
                Token::Word(word) => match assignment(&word).filter(|_| simple.words.is_empty()) {
                    Some(assignment) => simple.assignments.push(assignment),
                    None => simple.words.push(word),
                },
                Token::Redirect(fd, operator) => redirections.push(self.redirection(fd, operator, end)?),
                Token::Operator(_) => {}
            }
        }
        if let ([name], [], []) = (&*simple.words, &*simple.assignments, &*redirections)
            && self.operator(&["("])?.is_some()
        {
            return self.function(name, end);
        }
        if simple != Simple::default() || !redirections.is_empty() {
            return Ok(Command { body: Body::Simple(simple), redirections });
        }
        match self.take()? {
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
        let word = match self.take()? {
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
            "<<" => self.here_document(&word, Indent::Kept)?,
            "<<-" => self.here_document(&word, Indent::Removed)?,
            other => return Err(SyntaxError::Invalid(format!("{other} is not known here; use < or >"))),
        };
        Ok(Redirection { fd, target })
    }

    /// A document that ends in a line like `word`. Nothing behind `word` has been looked at: its text is read with the end of the line.
    fn here_document(&mut self, word: &Word, indent: Indent) -> Result<Target, SyntaxError> {
        let (awaited, text) = Awaited::new(word, indent)?;
        self.lexer.awaited.push(awaited);
        Ok(Target::Here(text))
    }

    pub(super) fn operator(&mut self, wanted: &[&'static str]) -> Result<Option<&'static str>, SyntaxError> {
        let is_wanted = |next: &Spanned| matches!(&next.token, Token::Operator(operator) if wanted.contains(operator));
        Ok(self.take_if(is_wanted)?.and_then(|next| match next.token {
            Token::Operator(operator) => Some(operator),
            _ => None,
        }))
    }

    pub(super) fn skip_newlines(&mut self) -> Result<(), SyntaxError> {
        while self.operator(&["\n"])?.is_some() {}
        Ok(())
    }

    pub(super) fn unexpected(&self, token: &Spanned) -> SyntaxError {
        let text = self.text.get(token.start..token.end).unwrap_or_default();
        let text = if text == "\n" { "the end of the line" } else { text };
        SyntaxError::Invalid(format!("unexpected {text}"))
    }
}

impl Token {
    /// Whether a list can end before it. A reserved word ends one only behind a compound command: behind a simple one it is an
    /// argument.
    fn ends_list(&self) -> bool {
        matches!(self, Token::Operator("\n" | ")" | ";;")) || self.plain(&ENDS).is_some()
    }
}

/// `NAME=value`, taken apart.
pub(super) fn assignment(word: &Word) -> Option<(String, Word)> {
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
