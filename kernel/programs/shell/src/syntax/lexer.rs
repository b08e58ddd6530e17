//! Text to words and operators (POSIX XCU 2.3, token recognition). What a `$` begins is read in `dollar`.

use super::here::Awaited;
use super::{Part, Quoting, Script, SyntaxError, Word};

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
const REDIRECTS: [&str; 9] = ["<<-", "<<", "<>", "<&", "<", ">>", ">&", ">|", ">"];

/// Commands inside of each other: what parses, runs and drops them takes stack for each.
pub(super) const MAX_NESTING: usize = 50;

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

/// Parses the commands of a text from a position up to the `)` that ends them, inside of so many others; with where
/// that `)` ends. It is the parser's: the lexer, which the parser stands on, only hands it on.
pub(super) type ParseCommands = fn(&str, usize, usize) -> Result<(Script, usize), SyntaxError>;

/// Reads a text from front to back.
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// What comes next, in bytes.
    pub(super) position: usize,
    pub(super) parse_commands: ParseCommands,
    /// Commands and expansions around what is read now.
    pub(super) nesting: usize,
    /// Here-documents that begin behind this line.
    pub(super) awaited: Vec<Awaited>,
}

impl<'a> Lexer<'a> {
    /// Begins at `position`, inside of `nesting` commands.
    pub(super) fn new(text: &'a str, position: usize, nesting: usize, parse_commands: ParseCommands) -> Self {
        Lexer { text, position, parse_commands, nesting, awaited: Vec::new() }
    }

    /// The next token, inside of `nesting` commands; `None` at the end.
    pub(super) fn next_token(&mut self, nesting: usize) -> Result<Option<Spanned>, SyntaxError> {
        self.nesting = nesting;
        self.skip_blanks();
        let start = self.position;
        let token = self.token()?;
        let end = self.position;
        if token.is_none() || token == Some(Token::Operator("\n")) {
            self.read_here_documents()?;
        }
        Ok(token.map(|token| Spanned { token, start, end }))
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Reads the here-documents that were announced on the line that ended.
    fn read_here_documents(&mut self) -> Result<(), SyntaxError> {
        for awaited in std::mem::take(&mut self.awaited) {
            let (body, behind) = awaited.split_off(self.remaining())?;
            self.position = self.text.len() - behind.len();
            awaited.set(body, |body| {
                // As in double quotes, which mean nothing in it.
                let mut lexer = Lexer::new(body, 0, self.nesting, self.parse_commands);
                let mut word = Word::default();
                while lexer.peek().is_some() {
                    lexer.quoted(&mut word, &['$', '`', '\\'])?;
                }
                Ok(word)
            })?;
        }
        Ok(())
    }

    /// What has not been read.
    pub(super) fn remaining(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.remaining().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        Some(next)
    }

    pub(super) fn take_prefix(&mut self, candidates: &[&'static str]) -> Option<&'static str> {
        let remaining = self.remaining();
        let found = *candidates.iter().find(|candidate| remaining.starts_with(**candidate))?;
        self.position += found.len();
        Some(found)
    }

    /// Skips blanks, comments, and line ends behind a backslash.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.position += 1,
                Some('#') => self.position += self.remaining().find('\n').unwrap_or(self.remaining().len()),
                Some('\\') if self.remaining().starts_with("\\\n") => self.position += 2,
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
        let (number, behind) = self.remaining().split_at_checked(digits).unwrap_or_default();
        if behind.starts_with(['<', '>']) {
            // A number that is no descriptor stays out of range and is refused when it is used.
            let fd = (!number.is_empty()).then(|| number.parse().unwrap_or(i32::MAX));
            self.position += digits;
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
                _ => self.bare(&mut word)?,
            }
        }
        Ok(word)
    }

    /// What comes next outside of quotes: a character, or something with a meaning.
    pub(super) fn bare(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        match self.peek() {
            Some('\'') => self.single_quoted(word),
            Some('"') => self.double_quoted(word),
            Some('\\') => self.escaped(word),
            Some('$') => self.dollar(word, Quoting::Bare),
            Some('`') => self.backquoted(word, Quoting::Bare),
            _ => {
                self.next().into_iter().for_each(|character| word.push(character, Quoting::Bare));
                Ok(())
            }
        }
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.next();
        let length = self.remaining().find('\'').ok_or(SyntaxError::Incomplete("'"))?;
        let text = self.remaining().get(..length).unwrap_or_default();
        // Quotes make a word, even around nothing.
        word.parts.push(Part::Text(text.into(), Quoting::Quoted));
        self.position += length + 1;
        Ok(())
    }

    pub(super) fn double_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.next();
        let before = word.parts.len();
        loop {
            match self.peek().ok_or(SyntaxError::Incomplete("\""))? {
                '"' => break,
                _ => self.quoted(word, &['$', '`', '"', '\\'])?,
            }
        }
        self.next();
        // Quotes make a word, even around nothing. Around "$@" they may make none.
        if word.parts.len() == before {
            word.parts.push(Part::Text(String::new(), Quoting::Quoted));
        }
        Ok(())
    }

    /// What comes next inside of double quotes, or something like them, in which a backslash can stand before these
    /// characters and the end of a line (XCU 2.2.3). Before anything else it stays.
    pub(super) fn quoted(&mut self, word: &mut Word, escapable: &[char]) -> Result<(), SyntaxError> {
        match self.peek() {
            Some('$') => return self.dollar(word, Quoting::Quoted),
            Some('`') => return self.backquoted(word, Quoting::Quoted),
            _ => {}
        }
        match self.next() {
            Some('\\') => match self.peek() {
                Some('\n') => drop(self.next()),
                Some(next) if escapable.contains(&next) => {
                    self.next();
                    word.push(next, Quoting::Quoted);
                }
                _ => word.push('\\', Quoting::Quoted),
            },
            next => next.into_iter().for_each(|character| word.push(character, Quoting::Quoted)),
        }
        Ok(())
    }

    fn escaped(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.next();
        match self.next().ok_or(SyntaxError::Incomplete("a character behind \\"))? {
            '\n' => {}
            character => word.push(character, Quoting::Quoted),
        }
        Ok(())
    }
}
