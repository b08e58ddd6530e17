//! Here-documents: texts of a script that a command reads (POSIX XCU 2.7.4).

use super::{Part, Quoting, SyntaxError, Word};
use std::sync::{Arc, OnceLock};

/// A document that was announced and begins behind the line.
pub(super) struct Awaited {
    /// The line that ends it.
    delimiter: String,
    /// Whether there are expansions in it: not if anything of the delimiter was quoted.
    expansions: Quoting,
    indent: Indent,
    text: Arc<OnceLock<Word>>,
}

/// What becomes of tabs at the start of its lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Indent {
    /// `<<`
    Kept,
    /// `<<-`
    Removed,
}

impl Awaited {
    /// The document that ends in a line like `word`, and where its text will be.
    pub(super) fn new(word: &Word, indent: Indent) -> Result<(Awaited, Arc<OnceLock<Word>>), SyntaxError> {
        let (mut delimiter, mut expansions) = (String::new(), Quoting::Bare);
        for part in &word.parts {
            let Part::Text(text, quoting) = part else {
                return Err(SyntaxError::Invalid("the end of a here-document is a plain word, or a quoted one".into()));
            };
            delimiter += text;
            if *quoting == Quoting::Quoted {
                expansions = Quoting::Quoted;
            }
        }
        let text = Arc::new(OnceLock::new());
        Ok((Awaited { delimiter, expansions, indent, text: Arc::clone(&text) }, text))
    }

    /// The lines of `rest` before the one that ends the document, and what is behind that.
    pub(super) fn split_off<'a>(&self, mut rest: &'a str) -> Result<(String, &'a str), SyntaxError> {
        let mut body = String::new();
        while !rest.is_empty() {
            let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let (line, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            let line = if self.indent == Indent::Removed { line.trim_start_matches('\t') } else { line };
            if line.strip_suffix('\n').unwrap_or(line) == self.delimiter {
                return Ok((body, behind));
            }
            body += line;
            rest = behind;
        }
        Err(SyntaxError::Incomplete("the end of a here-document"))
    }

    /// Sets its text: `body` as it is, unless it has expansions, which `expand` finds.
    pub(super) fn set(
        self,
        body: String,
        expand: impl FnOnce(&str) -> Result<Word, SyntaxError>,
    ) -> Result<(), SyntaxError> {
        let word = match self.expansions {
            Quoting::Quoted => Word { parts: vec![Part::Text(body, Quoting::Quoted)] },
            Quoting::Bare => expand(&body).map_err(|error| match error {
                // What comes behind the document completes nothing in it.
                SyntaxError::Incomplete(what) => SyntaxError::Invalid(format!("{what} missing in a here-document")),
                invalid => invalid,
            })?,
        };
        // It was announced once, and so is set once.
        let _set = self.text.set(word);
        Ok(())
    }
}
