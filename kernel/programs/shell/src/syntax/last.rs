//! The word that an unfinished line ends in, for completion.

use super::lexer::{BEFORE_COMMANDS, Lexer, Spanned, Token};
use super::parser::{assignment, parse_commands};
use super::{SyntaxError, Word};

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
    // What is still open is closed by trying. Commands in `$(` or a backquote are a line of their own.
    const CLOSERS: [&str; 7] = ["", "'", "\"", " ", "\\\"", "}", "}\""];
    let mut line = text;
    let tokens = loop {
        if let Some(tokens) = CLOSERS.iter().find_map(|closer| tokens(&format!("{line}{closer}")).ok()) {
            break tokens;
        }
        let opened = line.rfind("$(").map(|start| start + 2).max(line.rfind('`').map(|start| start + 1));
        let Some(inner) = opened.and_then(|start| line.get(start..)) else { break Vec::new() };
        line = inner;
    };
    let skipped = text.len() - line.len();
    let mut role = Role::Command;
    for Spanned { token, start, end } in tokens {
        match token {
            Token::Word(word) if end >= line.len() => return LastWord { start: skipped + start, word, role },
            ref word if role == Role::Command && word.plain(&BEFORE_COMMANDS).is_some() => {}
            Token::Word(word) if role == Role::Command && assignment(&word).is_some() => {}
            Token::Word(_) | Token::Redirect(..) => role = Role::Argument,
            Token::Operator(_) => role = Role::Command,
        }
    }
    LastWord { start: text.len(), word: Word::default(), role }
}

fn tokens(text: &str) -> Result<Vec<Spanned>, SyntaxError> {
    let mut lexer = Lexer::new(text, 0, 0, parse_commands);
    std::iter::from_fn(|| lexer.next_token(0).transpose()).collect()
}
