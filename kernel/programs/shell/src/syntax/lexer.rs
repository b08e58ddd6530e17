//! Text to words and operators (POSIX XCU 2.3, token recognition).

use super::{Part, Quoting, SyntaxError, Word};
use std::iter::Peekable;
use std::str::CharIndices;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;`, `;;`, `&`, `&&`, `|`, `||`, `(`, `)` or the end of a line (`"\n"`).
    Operator(&'static str),
    /// A redirection operator with the descriptor in front of it, if any.
    Redirect(Option<i32>, &'static str),
}

impl Token {
    /// Which of these words it is, if it is one of them and nothing of it is quoted: only then a word is reserved.
    pub(super) fn plain(&self, words: &[&'static str]) -> Option<&'static str> {
        let Token::Word(Word { parts }) = self else { return None };
        let [Part::Text(text, Quoting::Bare)] = parts.as_slice() else { return None };
        words.iter().find(|word| **word == text.as_str()).copied()
    }
}

/// Reserved words behind which a command begins.
pub(super) const BEFORE_COMMANDS: [&str; 9] = ["!", "{", "if", "then", "elif", "else", "while", "until", "do"];
/// Reserved words that end a list, and so begin no command.
pub(super) const ENDS: [&str; 8] = ["}", "then", "elif", "else", "fi", "do", "done", "esac"];

/// Operators, the longer ones first. Of redirections those that the grammar has no use for are known too, to be refused by
/// name.
const OPERATORS: [&str; 9] = ["&&", "||", ";;", ";", "&", "|", "\n", "(", ")"];
const REDIRECTS: [&str; 8] = ["<<", "<>", "<&", "<", ">>", ">&", ">|", ">"];

/// A token and where it stands in the text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Whether `name` can name a variable.
pub(crate) fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
}

/// Reads a text from front to back.
pub(super) struct Lexer<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Lexer { text, rest: text.char_indices().peekable() }
    }

    /// The next token; `None` at the end.
    pub(super) fn next_token(&mut self) -> Result<Option<Spanned>, SyntaxError> {
        self.skip_blanks();
        let start = self.position();
        let token = self.token()?;
        let end = self.position();
        Ok(token.map(|token| Spanned { token, start, end }))
    }

    fn position(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(position, _)| *position)
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, character)| *character)
    }

    fn next(&mut self) -> Option<char> {
        self.rest.next().map(|(_, character)| character)
    }

    /// Skips ASCII characters.
    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn remaining(&mut self) -> &'a str {
        let position = self.position();
        self.text.get(position..).unwrap_or_default()
    }

    fn take_prefix(&mut self, candidates: &[&'static str]) -> Option<&'static str> {
        let remaining = self.remaining();
        let found = *candidates.iter().find(|candidate| remaining.starts_with(**candidate))?;
        self.skip(found.len());
        Some(found)
    }

    /// Skips blanks, comments, and line ends behind a backslash.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.skip(1),
                Some('#') => while self.rest.next_if(|(_, character)| *character != '\n').is_some() {},
                Some('\\') if self.remaining().starts_with("\\\n") => self.skip(2),
                _ => return,
            }
        }
    }

    fn token(&mut self) -> Result<Option<Token>, SyntaxError> {
        if self.peek().is_none() {
            return Ok(None);
        }
        if let Some(operator) = self.take_prefix(&OPERATORS) {
            return Ok(Some(Token::Operator(operator)));
        }
        let digits = self.remaining().bytes().take_while(u8::is_ascii_digit).count();
        let behind = self.remaining().get(digits..).unwrap_or_default();
        if behind.starts_with(['<', '>']) {
            // A number that is no descriptor stays out of range and is refused when it is used.
            let number = self.remaining().get(..digits).filter(|number| !number.is_empty());
            let fd = number.map(|number| number.parse().unwrap_or(i32::MAX));
            self.skip(digits);
            return Ok(self.take_prefix(&REDIRECTS).map(|operator| Token::Redirect(fd, operator)));
        }
        Ok(Some(Token::Word(self.word()?)))
    }

    /// One word, up to an unquoted blank or operator.
    fn word(&mut self) -> Result<Word, SyntaxError> {
        let mut word = Word::default();
        while let Some(character) = self.peek() {
            match character {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '\\' => self.escaped(&mut word)?,
                '$' => self.dollar(&mut word, Quoting::Bare)?,
                _ => {
                    self.next();
                    word.push(character, Quoting::Bare);
                }
            }
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.next();
        word.begin_quotes();
        loop {
            match self.next().ok_or(SyntaxError::Incomplete("'"))? {
                '\'' => return Ok(()),
                character => word.push(character, Quoting::Quoted),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        const UNCLOSED: SyntaxError = SyntaxError::Incomplete("\"");
        self.next();
        word.begin_quotes();
        loop {
            match self.peek().ok_or(UNCLOSED)? {
                '"' => {
                    self.next();
                    return Ok(());
                }
                '$' => self.dollar(word, Quoting::Quoted)?,
                '\\' => {
                    self.next();
                    match self.next().ok_or(UNCLOSED)? {
                        '\n' => {}
                        // XCU 2.2.3: before anything else the backslash stays.
                        character => {
                            if !matches!(character, '$' | '`' | '"' | '\\') {
                                word.push('\\', Quoting::Quoted);
                            }
                            word.push(character, Quoting::Quoted);
                        }
                    }
                }
                character => {
                    self.next();
                    word.push(character, Quoting::Quoted);
                }
            }
        }
    }

    fn escaped(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.next();
        match self.next().ok_or(SyntaxError::Incomplete("a character behind \\"))? {
            '\n' => {}
            character => word.push(character, Quoting::Quoted),
        }
        Ok(())
    }

    /// `$NAME`, `${NAME}`, `$1`, `$?` and the like; a `$` before anything else is itself.
    fn dollar(&mut self, word: &mut Word, quoting: Quoting) -> Result<(), SyntaxError> {
        self.next();
        let name = match self.peek() {
            Some('{') => {
                self.next();
                self.braced_name()?
            }
            Some(special @ ('?' | '$' | '#' | '@' | '*' | '!' | '0'..='9')) => {
                self.next();
                special.to_string()
            }
            _ => self.plain_name(),
        };
        match name.as_str() {
            "" => word.push('$', quoting),
            _ => word.parts.push(Part::Variable(name, quoting)),
        }
        Ok(())
    }

    fn plain_name(&mut self) -> String {
        let mut name = String::new();
        while let Some(character) = self.peek() {
            name.push(character);
            if !is_name(&name) {
                name.pop();
                break;
            }
            self.next();
        }
        name
    }

    fn braced_name(&mut self) -> Result<String, SyntaxError> {
        let mut name = String::new();
        loop {
            match self.next().ok_or(SyntaxError::Incomplete("}"))? {
                '}' => break,
                character => name.push(character),
            }
        }
        let special = matches!(name.as_str(), "?" | "$" | "#" | "@" | "*" | "!");
        let positional = !name.is_empty() && name.chars().all(|digit| digit.is_ascii_digit());
        if special || positional || is_name(&name) {
            Ok(name)
        } else {
            Err(SyntaxError::Invalid(format!("${{{name}}} is not a variable")))
        }
    }
}

impl Word {
    fn push(&mut self, character: char, quoting: Quoting) {
        match self.parts.last_mut() {
            Some(Part::Text(text, last)) if *last == quoting => text.push(character),
            _ => self.parts.push(Part::Text(character.into(), quoting)),
        }
    }

    /// Quotes make a word, even around nothing.
    fn begin_quotes(&mut self) {
        if !matches!(self.parts.last(), Some(Part::Text(_, Quoting::Quoted))) {
            self.parts.push(Part::Text(String::new(), Quoting::Quoted));
        }
    }
}
