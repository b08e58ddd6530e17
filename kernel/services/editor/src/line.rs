//! The text that is being edited, with the cursor in it.
//!
//! Invariant: the cursor lies on a character boundary of the text.

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    text: String,
    cursor: usize,
}

/// A stretch of text beside the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// One character.
    Character,
    /// Up to the next boundary between letters or digits and anything else.
    Word,
    /// Up to the next white space.
    BigWord,
    /// All there is.
    All,
}

impl Line {
    /// A line with the cursor at its end.
    pub(crate) fn new(text: &str) -> Line {
        Line { text: text.into(), cursor: text.len() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn before_cursor(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn behind_cursor(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    pub(crate) fn insert(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    /// Replaces what is between `start` (a byte before the cursor) and the cursor.
    pub(crate) fn replace_before_cursor(&mut self, start: usize, text: &str) {
        if self.text.is_char_boundary(start) && start <= self.cursor {
            self.text.replace_range(start..self.cursor, text);
            self.cursor = start + text.len();
        }
    }

    pub(crate) fn move_left(&mut self, span: Span) {
        self.cursor = self.left(span);
    }

    pub(crate) fn move_right(&mut self, span: Span) {
        self.cursor = self.right(span);
    }

    /// Deletes to the left and returns what it was.
    pub(crate) fn delete_left(&mut self, span: Span) -> String {
        let start = self.left(span);
        let deleted = self.text.drain(start..self.cursor).collect();
        self.cursor = start;
        deleted
    }

    /// Deletes to the right and returns what it was.
    pub(crate) fn delete_right(&mut self, span: Span) -> String {
        let end = self.right(span);
        self.text.drain(self.cursor..end).collect()
    }

    /// Where a span to the left of the cursor begins.
    fn left(&self, span: Span) -> usize {
        let before = self.before_cursor();
        match span {
            Span::Character => before.chars().next_back().map_or(0, |last| self.cursor - last.len_utf8()),
            Span::Word => before.trim_end_matches(|c| !is_word(c)).trim_end_matches(is_word).len(),
            Span::BigWord => before.trim_end().trim_end_matches(|c: char| !c.is_whitespace()).len(),
            Span::All => 0,
        }
    }

    /// Where a span to the right of the cursor ends.
    fn right(&self, span: Span) -> usize {
        let behind = self.behind_cursor();
        let rest = match span {
            Span::Character => behind.get(behind.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
            Span::Word => behind.trim_start_matches(|c| !is_word(c)).trim_start_matches(is_word),
            Span::BigWord => behind.trim_start().trim_start_matches(|c: char| !c.is_whitespace()),
            Span::All => "",
        };
        self.text.len() - rest.len()
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_characters() {
        let mut line = Line::new("run /bin/höllo.wasm x");
        assert_eq!(line.delete_left(Span::BigWord), "x");
        assert_eq!(line.delete_left(Span::Word), "wasm ");
        line.move_left(Span::Word);
        assert_eq!(line.before_cursor(), "run /bin/");
        line.move_right(Span::Character);
        assert_eq!(line.delete_right(Span::Character), "ö");
        assert_eq!(line.delete_right(Span::Word), "llo");
        assert_eq!(line.text(), "run /bin/h.");
        line.move_left(Span::All);
        assert_eq!(line.delete_left(Span::Character), "");
        line.move_right(Span::BigWord);
        assert_eq!(line.before_cursor(), "run");
        assert_eq!(line.delete_right(Span::All), " /bin/h.");
        line.insert("é");
        line.replace_before_cursor(1, "m");
        assert_eq!((line.text(), line.before_cursor()), ("rm", "rm"));
    }
}
