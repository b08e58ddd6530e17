//! Splitting of text into fields (POSIX XCU 2.6.5).

use crate::syntax::Quoting;

/// Characters of an argument with what they were quoted by.
pub(crate) type Field = Vec<(char, Quoting)>;

/// What fields are split at: the value of `IFS`.
pub(crate) struct Separators(String);

impl Separators {
    /// Those of `IFS`: blanks, if it is not set.
    pub(crate) fn new(ifs: Option<&str>) -> Separators {
        Separators(ifs.unwrap_or(" \t\n").into())
    }

    pub(crate) fn contains(&self, character: char) -> bool {
        self.0.contains(character)
    }

    /// Whether it separates together with others of its kind next to it.
    pub(crate) fn is_blank(&self, character: char) -> bool {
        matches!(character, ' ' | '\t' | '\n') && self.contains(character)
    }

    /// What joins arguments in `"$*"`.
    pub(crate) fn first(&self) -> String {
        self.0.chars().take(1).collect()
    }
}

/// Makes fields out of pieces.
pub(crate) struct Splitter {
    separators: Separators,
    done: Vec<Field>,
    /// The field that is being made. `None`: there is nothing of it yet, and nothing has to come.
    current: Option<Field>,
    /// A blank ended the last field: another separator behind it is a part of the same separation.
    after_blank: bool,
}

impl Splitter {
    pub(crate) fn new(separators: Separators) -> Splitter {
        Splitter { separators, done: Vec::new(), current: None, after_blank: false }
    }

    /// Text that is not split.
    pub(crate) fn add(&mut self, text: &str, quoting: Quoting) {
        self.current.get_or_insert_default().extend(text.chars().map(|character| (character, quoting)));
        self.after_blank = false;
    }

    /// A value. What comes from one can be a pattern.
    pub(crate) fn add_split(&mut self, value: &str) {
        for character in value.chars() {
            if !self.separators.contains(character) {
                self.current.get_or_insert_default().push((character, Quoting::Bare));
                self.after_blank = false;
            } else if self.separators.is_blank(character) {
                self.after_blank |= self.current.is_some();
                self.end_field();
            } else {
                let is_empty = self.current.is_none() && !self.after_blank;
                self.done.extend(self.current.take().or(is_empty.then(Field::new)));
                self.after_blank = false;
            }
        }
    }

    /// What comes next belongs to another field.
    pub(crate) fn end_field(&mut self) {
        self.done.extend(self.current.take());
    }

    pub(crate) fn finish(mut self) -> Vec<Field> {
        self.end_field();
        self.done
    }
}
