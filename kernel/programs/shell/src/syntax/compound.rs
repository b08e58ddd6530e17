//! Compound commands and functions: groups, conditions, loops, `case` (POSIX XCU 2.9.4, 2.9.5 and 2.10).
//!
//! A reserved word is one only where a command may begin.

use super::lexer::{ENDS, MAX_NESTING, Spanned, Token, is_name};
use super::parser::Parser;
use super::{Body, Command, Compound, Part, Quoting, Script, SyntaxError, Until, Word};
use std::sync::Arc;

impl Parser<'_> {
    /// The compound command that begins here, if one does; moves `end` behind it.
    pub(super) fn compound(&mut self, end: &mut usize) -> Result<Option<Compound>, SyntaxError> {
        if let Some((_, unexpected)) = self.word(&ENDS)? {
            return Err(self.unexpected(&unexpected));
        }
        let opener = match self.operator(&["("])? {
            Some(opener) => opener,
            None => match self.word(&["{", "if", "while", "until", "for", "case"])? {
                Some((opener, _)) => opener,
                None => return Ok(None),
            },
        };
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(SyntaxError::Invalid(format!("commands are nested more than {MAX_NESTING} deep")));
        }
        let compound = match opener {
            "(" => Compound::Subshell(self.lists_until(&[")"], end)?.0),
            "{" => Compound::Group(self.lists_until(&["}"], end)?.0),
            "if" => self.conditions(end)?,
            "while" => self.repetition(Until::Failure, end)?,
            "until" => self.repetition(Until::Success, end)?,
            "for" => self.each(end)?,
            _ => self.case(end)?,
        };
        self.nesting -= 1;
        Ok(Some(compound))
    }

    /// What comes behind `NAME(`.
    pub(super) fn function(&mut self, name: &Word, end: &mut usize) -> Result<Command, SyntaxError> {
        self.expect(")", end)?;
        let [Part::Text(name, Quoting::Bare)] = name.parts.as_slice() else {
            return Err(SyntaxError::Invalid("a function has a plain name".into()));
        };
        if !is_name(name) {
            return Err(SyntaxError::Invalid(format!("{name} cannot be a function's name")));
        }
        self.skip_newlines()?;
        if self.peek()?.is_none() {
            return Err(SyntaxError::Incomplete("{"));
        }
        let body = self.compound(end)?.ok_or_else(|| {
            SyntaxError::Invalid(format!("{name}() wants a compound command, for instance {{ ...; }}"))
        })?;
        let body = Arc::new(self.redirected(body, end)?);
        Ok(Command { body: Body::Function(name.clone(), body), redirections: Vec::new() })
    }

    /// Lists up to one of these ends, at least one, and which end it was.
    fn lists_until(&mut self, ends: &[&'static str], end: &mut usize) -> Result<(Script, &'static str), SyntaxError> {
        let (script, found) = self.some_lists_until(ends, end)?;
        match script.lists.as_slice() {
            [] => Err(SyntaxError::Invalid(format!("a command is missing before {found}"))),
            _ => Ok((script, found)),
        }
    }

    /// The same, and there may be none.
    pub(super) fn some_lists_until(
        &mut self,
        ends: &[&'static str],
        end: &mut usize,
    ) -> Result<(Script, &'static str), SyntaxError> {
        let mut script = Script::default();
        loop {
            self.skip_newlines()?;
            if let Some(found) = self.end(ends, end)? {
                return Ok((script, found));
            }
            if self.peek()?.is_none() {
                return Err(SyntaxError::Incomplete(ends.last().copied().unwrap_or_default()));
            }
            script.lists.push(self.list()?);
        }
    }

    /// Takes what is next if it is one of these words or operators.
    fn end(&mut self, ends: &[&'static str], end: &mut usize) -> Result<Option<&'static str>, SyntaxError> {
        let is_end = |next: &Spanned| match next.token {
            Token::Operator(operator) => ends.iter().find(|end| **end == operator).copied(),
            _ => next.token.plain(ends),
        };
        let Some(found) = self.peek()?.and_then(is_end) else { return Ok(None) };
        Ok(self.take()?.map(|token| {
            *end = token.end;
            found
        }))
    }

    /// Takes what has to come next.
    fn expect(&mut self, wanted: &'static str, end: &mut usize) -> Result<(), SyntaxError> {
        if self.end(&[wanted], end)?.is_some() {
            return Ok(());
        }
        match self.take()? {
            Some(unexpected) => Err(self.unexpected(&unexpected)),
            None => Err(SyntaxError::Incomplete(wanted)),
        }
    }

    fn conditions(&mut self, end: &mut usize) -> Result<Compound, SyntaxError> {
        let mut branches = Vec::new();
        loop {
            let (condition, _) = self.lists_until(&["then"], end)?;
            let (body, behind) = self.lists_until(&["elif", "else", "fi"], end)?;
            branches.push((condition, body));
            match behind {
                "elif" => {}
                "else" => return Ok(Compound::If(branches, Some(self.lists_until(&["fi"], end)?.0))),
                _ => return Ok(Compound::If(branches, None)),
            }
        }
    }

    fn repetition(&mut self, until: Until, end: &mut usize) -> Result<Compound, SyntaxError> {
        let (condition, _) = self.lists_until(&["do"], end)?;
        let (body, _) = self.lists_until(&["done"], end)?;
        Ok(Compound::While(until, condition, body))
    }

    fn each(&mut self, end: &mut usize) -> Result<Compound, SyntaxError> {
        let Word { parts } = self.any_word("a variable")?;
        let name = match parts.as_slice() {
            [Part::Text(name, Quoting::Bare)] if is_name(name) => name.clone(),
            _ => return Err(SyntaxError::Invalid("for wants a variable's name".into())),
        };
        self.skip_newlines()?;
        let words = match self.word(&["in"])? {
            Some(_) => Some(self.words()?),
            None => None,
        };
        // Behind a name alone the `;` may be left out, behind words it or the end of the line has ended them.
        self.operator(&[";"])?;
        self.skip_newlines()?;
        self.expect("do", end)?;
        let (body, _) = self.lists_until(&["done"], end)?;
        Ok(Compound::For(name, words, body))
    }

    /// Words up to an operator, `;` or the end of the line.
    fn words(&mut self) -> Result<Vec<Word>, SyntaxError> {
        let mut words = Vec::new();
        loop {
            match self.peek()? {
                Some(Spanned { token: Token::Word(_), .. }) => words.push(self.any_word("a word")?),
                Some(Spanned { token: Token::Operator(";" | "\n"), .. }) => return Ok(words),
                Some(_) => {
                    let unexpected = self.take()?;
                    return Err(unexpected.map_or(SyntaxError::Incomplete("do"), |token| self.unexpected(&token)));
                }
                None => return Err(SyntaxError::Incomplete("do")),
            }
        }
    }

    fn case(&mut self, end: &mut usize) -> Result<Compound, SyntaxError> {
        let word = self.any_word("a word")?;
        self.skip_newlines()?;
        self.expect("in", end)?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines()?;
            if self.end(&["esac"], end)?.is_some() {
                return Ok(Compound::Case(word, arms));
            }
            self.operator(&["("])?;
            let mut patterns = vec![self.any_word("esac")?];
            while self.operator(&["|"])?.is_some() {
                patterns.push(self.any_word("a pattern")?);
            }
            self.expect(")", end)?;
            let (body, behind) = self.some_lists_until(&[";;", "esac"], end)?;
            arms.push((patterns, body));
            if behind == "esac" {
                return Ok(Compound::Case(word, arms));
            }
        }
    }

    fn any_word(&mut self, what: &'static str) -> Result<Word, SyntaxError> {
        match self.take()? {
            Some(Spanned { token: Token::Word(word), .. }) => Ok(word),
            Some(unexpected) => Err(self.unexpected(&unexpected)),
            None => Err(SyntaxError::Incomplete(what)),
        }
    }
}
