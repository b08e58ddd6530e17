//! What begins with `$` or a backquote: parameters, commands, arithmetic (POSIX XCU 2.6).

use super::lexer::{Lexer, MAX_NESTING};
use super::{Absence, Extent, Modified, Modifier, Part, Quoting, Side, Substitute, SyntaxError, Word};
use std::sync::Arc;

/// Parameters whose name is a sign.
const SPECIAL: [char; 6] = ['?', '$', '#', '@', '*', '!'];
/// What can stand behind a name in braces, the longer ones first.
const MODIFIERS: [&str; 12] = [":-", ":=", ":?", ":+", "-", "=", "?", "+", "##", "#", "%%", "%"];

impl Lexer<'_> {
    /// Reads what a `$` begins; before anything that it does not begin it is itself.
    pub(super) fn dollar(&mut self, word: &mut Word, quoting: Quoting) -> Result<(), SyntaxError> {
        self.next();
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(SyntaxError::Invalid(format!("commands are nested more than {MAX_NESTING} deep")));
        }
        match self.peek() {
            Some('{') => word.parts.push(self.braced(quoting)?),
            Some('(') => word.parts.push(self.parenthesised(quoting)?),
            _ => match self.name() {
                name if name.is_empty() => word.push('$', quoting),
                name => word.parts.push(Part::Variable(name, quoting)),
            },
        }
        self.nesting -= 1;
        Ok(())
    }

    /// A variable's name, a sign or a digit; empty if there is none.
    fn name(&mut self) -> String {
        let rest = self.remaining();
        let length = match rest.chars().next() {
            Some(sign) if SPECIAL.contains(&sign) || sign.is_ascii_digit() => 1,
            _ => rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count(),
        };
        self.position += length;
        rest.get(..length).unwrap_or_default().into()
    }

    /// `{NAME}` and what can stand in braces with it.
    fn braced(&mut self, quoting: Quoting) -> Result<Part, SyntaxError> {
        let start = self.position;
        self.next();
        // `${#}` and `${#-word}` are about the parameter `#`, `${#name}` is a length.
        let is_followed = |rest: &str| !rest.starts_with(['}', '-', '+', ':', '=']);
        let measured = self.remaining().strip_prefix('#').is_some_and(is_followed);
        if measured {
            self.next();
        }
        let mut name = self.name();
        if name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() {
            let digits = self.remaining().bytes().take_while(u8::is_ascii_digit).count();
            name += self.remaining().get(..digits).unwrap_or_default();
            self.position += digits;
        }
        let modifier = match (measured, self.peek().ok_or(SyntaxError::Incomplete("}"))?) {
            _ if name.is_empty() => return Err(self.not_a_variable(start)),
            (true, '}') => Some(Modifier::Length),
            (true, _) => return Err(self.not_a_variable(start)),
            (false, '}') => None,
            (false, _) => match self.take_prefix(&MODIFIERS) {
                Some(sign) => Some(self.modifier(sign, quoting)?),
                None if self.remaining() == ":" => return Err(SyntaxError::Incomplete("}")),
                None => return Err(self.not_a_variable(start)),
            },
        };
        self.next();
        Ok(match modifier {
            Some(modifier) => Part::Modified(Box::new(Modified { name, modifier }), quoting),
            None => Part::Variable(name, quoting),
        })
    }

    fn not_a_variable(&self, start: usize) -> SyntaxError {
        let rest = self.text().get(start..).unwrap_or_default();
        match rest.find('}') {
            Some(end) => SyntaxError::Invalid(format!("${} is not a variable", rest.get(..=end).unwrap_or_default())),
            None => SyntaxError::Incomplete("}"),
        }
    }

    fn modifier(&mut self, sign: &str, quoting: Quoting) -> Result<Modifier, SyntaxError> {
        let side = match sign.as_bytes() {
            [b'#', ..] => Side::Start,
            [b'%', ..] => Side::End,
            _ => {
                let absence = if sign.starts_with(':') { Absence::Empty } else { Absence::Unset };
                let substitute = match sign.trim_start_matches(':') {
                    "-" => Substitute::Default,
                    "=" => Substitute::Assigned,
                    "?" => Substitute::Message,
                    _ => Substitute::Alternative,
                };
                return Ok(Modifier::Presence(absence, substitute, self.word_in_braces(quoting)?));
            }
        };
        let extent = if sign.len() > 1 { Extent::Longest } else { Extent::Shortest };
        // A pattern is one in quotes, too, and has its own (XCU 2.6.2).
        Ok(Modifier::Trim(side, extent, self.word_in_braces(Quoting::Bare)?))
    }

    /// What stands before the closing brace.
    fn word_in_braces(&mut self, quoting: Quoting) -> Result<Word, SyntaxError> {
        let mut word = Word::default();
        loop {
            match (self.peek().ok_or(SyntaxError::Incomplete("}"))?, quoting) {
                ('}', _) => return Ok(word),
                ('"', _) => self.double_quoted(&mut word)?,
                (_, Quoting::Bare) => self.bare(&mut word)?,
                (_, Quoting::Quoted) => self.quoted(&mut word, &['$', '`', '"', '\\', '}'])?,
            }
        }
    }

    /// `((EXPRESSION))` or `(COMMANDS)`. What could be both is an expression, as long as it ends like one.
    fn parenthesised(&mut self, quoting: Quoting) -> Result<Part, SyntaxError> {
        let start = self.position;
        if self.take_prefix(&["(("]).is_some() {
            if let Some(expression) = self.expression()? {
                return Ok(Part::Arithmetic(expression, quoting));
            }
            self.position = start;
        }
        let (script, end) = (self.parse_commands)(self.text(), start + 1, self.nesting)?;
        self.position = end;
        Ok(Part::Commands(Arc::new(script), quoting))
    }

    /// What stands before `))`; `None` if it is a single `)` that ends it.
    fn expression(&mut self) -> Result<Option<Word>, SyntaxError> {
        let mut word = Word::default();
        let mut open = 0_usize;
        loop {
            match self.peek().ok_or(SyntaxError::Incomplete("))"))? {
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' if self.remaining() == ")" => return Err(SyntaxError::Incomplete(")")),
                ')' => return Ok(self.take_prefix(&["))"]).map(|_| word)),
                _ => {}
            }
            self.quoted(&mut word, &['$', '`', '"', '\\'])?;
        }
    }

    /// Commands in backquotes: a backslash before `$`, a backquote and itself is not theirs (XCU 2.6.3).
    pub(super) fn backquoted(&mut self, word: &mut Word, quoting: Quoting) -> Result<(), SyntaxError> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next().ok_or(SyntaxError::Incomplete("`"))? {
                '`' => break,
                '\\' => match self.next().ok_or(SyntaxError::Incomplete("`"))? {
                    escaped @ ('$' | '`' | '\\') => text.push(escaped),
                    '"' if quoting == Quoting::Quoted => text.push('"'),
                    other => text.extend(['\\', other]),
                },
                character => text.push(character),
            }
        }
        let length = text.len();
        // Closed on a line of its own, which is in no comment.
        text += "\n)";
        let (script, end) = (self.parse_commands)(&text, 0, self.nesting + 1).map_err(|error| match error {
            // What comes behind the backquote completes nothing.
            SyntaxError::Incomplete(what) => SyntaxError::Invalid(format!("{what} missing before `")),
            invalid => invalid,
        })?;
        if end < text.len() {
            return Err(SyntaxError::Invalid(format!("unexpected ) in `{}`", text.get(..length).unwrap_or_default())));
        }
        word.parts.push(Part::Commands(Arc::new(script), quoting));
        Ok(())
    }
}
