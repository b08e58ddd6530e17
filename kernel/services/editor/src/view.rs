//! What of the edited line is on the terminal, and the shortest way to what should be.
//!
//! The line is broken at the terminal's width by line feeds of its own, not by the terminal's wrapping: so the
//! positions here hold whatever the terminal does in its last column. Only what differs from what was drawn is sent;
//! typing at the end sends just the character.

use std::fmt::Write;
use unicode_width::UnicodeWidthChar;

/// A place relative to where the prompt begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    row: usize,
    column: usize,
}

/// A character as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glyph {
    text: String,
    width: usize,
    at: Position,
}

/// See the module.
pub(crate) struct View {
    columns: usize,
    drawn: Vec<Glyph>,
    /// Behind the last glyph.
    end: Position,
    /// Where the cursor is.
    at: Position,
}

impl View {
    /// A view whose prompt begins where the cursor is.
    pub(crate) fn new(columns: usize) -> View {
        View { columns: columns.max(2), drawn: Vec::new(), end: Position::default(), at: Position::default() }
    }

    /// What to send so that `prompt` and `text` are shown, with the cursor before the character at byte `cursor` of
    /// `text`.
    pub(crate) fn show(&mut self, prompt: &str, text: &str, cursor: usize) -> String {
        let mut output = String::new();
        let (glyphs, end) = self.lay_out(prompt.chars().chain(text.chars()));
        let same = self.drawn.iter().zip(&glyphs).take_while(|(old, new)| old == new).count();
        if same < glyphs.len() || same < self.drawn.len() {
            self.move_to(glyphs.get(same).map_or(end, |first| first.at), &mut output);
            for glyph in glyphs.iter().skip(same) {
                self.break_line(glyph.at.row, &mut output);
                output += &glyph.text;
                self.at.column += glyph.width;
            }
            self.break_line(end.row, &mut output);
            if end < self.end {
                output += "\x1b[J";
            }
        }
        let index = prompt.chars().count() + text.get(..cursor).unwrap_or(text).chars().count();
        self.move_to(glyphs.get(index).map_or(end, |glyph| glyph.at), &mut output);
        (self.drawn, self.end) = (glyphs, end);
        output
    }

    /// What to send to leave the line: the cursor goes to the start of an empty row below it.
    pub(crate) fn leave(&mut self) -> String {
        let mut output = String::new();
        let end = self.end;
        self.move_to(end, &mut output);
        if end.column > 0 {
            output.push('\n');
        }
        *self = View::new(self.columns);
        output
    }

    /// What to send so that nothing of the line is shown and the cursor is where the prompt began.
    pub(crate) fn erase(&mut self) -> String {
        let mut output = String::new();
        step(0, self.at.row, ['B', 'A'], &mut output);
        // Always: the terminal follows the cursor's column by this, not by movements.
        output += "\r\x1b[J";
        *self = View::new(self.columns);
        output
    }

    fn lay_out(&self, characters: impl Iterator<Item = char>) -> (Vec<Glyph>, Position) {
        let mut at = Position::default();
        let mut glyphs = Vec::new();
        for character in characters {
            let text = shown(character);
            let width = text.chars().map(|part| part.width().unwrap_or(0)).sum();
            if at.column + width > self.columns {
                at = Position { row: at.row + 1, column: 0 };
            }
            glyphs.push(Glyph { text, width, at });
            at.column += width;
        }
        if at.column >= self.columns {
            at = Position { row: at.row + 1, column: 0 };
        }
        (glyphs, at)
    }

    fn break_line(&mut self, row: usize, output: &mut String) {
        while self.at.row < row {
            if self.at.column < self.columns {
                // A wide character did not fit; something narrow may have stood there.
                output.push_str("\x1b[K");
            }
            output.push('\n');
            self.at = Position { row: self.at.row + 1, column: 0 };
        }
    }

    /// Moves over what is drawn already.
    fn move_to(&mut self, to: Position, output: &mut String) {
        let Position { row, column } = self.at;
        if to.row != row {
            step(to.row, row, ['B', 'A'], output);
            output.push('\r');
            step(to.column, 0, ['C', 'D'], output);
        } else {
            step(to.column, column, ['C', 'D'], output);
        }
        self.at = to;
    }
}

/// Moves from one row or column to another, by the sequence for more or for less.
fn step(to: usize, from: usize, [more, less]: [char; 2], output: &mut String) {
    let (count, letter) = if to > from { (to - from, more) } else { (from - to, less) };
    if count > 0 {
        // Writing to a string cannot fail.
        let _infallible = write!(output, "\x1b[{count}{letter}");
    }
}

/// Control characters show as ^X.
fn shown(character: char) -> String {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii_control() => format!("^{}", char::from(byte ^ 0x40)),
        _ if character.is_control() => char::REPLACEMENT_CHARACTER.into(),
        _ => character.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_at_the_end_sends_the_character_alone() {
        let mut view = View::new(80);
        assert_eq!(view.show("$ ", "", 0), "$ ");
        assert_eq!(view.show("$ ", "l", 1), "l");
        assert_eq!(view.show("$ ", "ls", 2), "s");
        assert_eq!(view.show("$ ", "ls", 2), "");
    }

    #[test]
    fn changes_in_the_middle_send_the_rest() {
        let mut view = View::new(80);
        view.show("$ ", "ac", 1);
        assert_eq!(view.show("$ ", "abc", 2), "bc\x1b[1D");
        assert_eq!(view.show("$ ", "ab", 2), "\x1b[J");
        assert_eq!(view.show("$ ", "a", 1), "\x1b[1D\x1b[J");
    }

    #[test]
    fn long_lines_break_at_the_width() {
        let mut view = View::new(4);
        assert_eq!(view.show("$ ", "abc", 3), "$ ab\nc");
        assert_eq!(view.show("$ ", "abcdef", 6), "def\n", "the cursor waits on the next row");
        assert_eq!(view.show("$ ", "abcdef", 0), "\x1b[2A\r\x1b[2C");
        assert_eq!(view.show("$ ", "", 0), "\x1b[J");
    }

    #[test]
    fn wide_and_control_characters() {
        let mut view = View::new(4);
        assert_eq!(view.show("", "a日日", 7), "a日\x1b[K\n日");
        assert_eq!(view.show("", "\x01", 0), "\x1b[1A\r^A\x1b[J\x1b[2D");
    }

    #[test]
    fn erasing_goes_back_to_the_prompt() {
        let mut view = View::new(4);
        view.show("$ ", "abc", 3);
        assert_eq!(view.erase(), "\x1b[1A\r\x1b[J");
        assert_eq!(view.show("$ ", "a", 1), "$ a");
        assert_eq!(view.erase(), "\r\x1b[J");
    }

    #[test]
    fn leaving_goes_below_all_rows() {
        let mut view = View::new(4);
        view.show("$ ", "abc", 0);
        assert_eq!(view.leave(), "\x1b[1B\r\x1b[1C\n");
        assert_eq!(view.show("$ ", "ab", 0), "$ ab\n\x1b[1A\r\x1b[2C");
        assert_eq!(view.leave(), "\x1b[1B\r", "that row is empty already");
    }
}
