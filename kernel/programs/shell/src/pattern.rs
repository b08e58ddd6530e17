//! File name patterns: `*`, `?` and `[...]` (POSIX XCU 2.13).
//!
//! Built by `expand` from a word's unquoted characters. Matching keeps one place to come back to, so that no pattern
//! takes more than quadratic time.

use crate::syntax::Quoting;

/// A pattern for one component of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Literal(char),
    AnyText,
    AnyCharacter,
    OneOf { ranges: Vec<(char, char)>, negated: bool },
}

impl Pattern {
    /// Compiles characters, of which only the bare ones are special.
    pub(crate) fn new(text: &[(char, Quoting)]) -> Pattern {
        let mut items = Vec::new();
        let mut rest = text;
        while let Some((&(character, quoting), tail)) = rest.split_first() {
            rest = tail;
            items.push(match (character, quoting) {
                ('*', Quoting::Bare) => Item::AnyText,
                ('?', Quoting::Bare) => Item::AnyCharacter,
                ('[', Quoting::Bare) => match set(tail) {
                    Some((item, behind)) => {
                        rest = behind;
                        item
                    }
                    None => Item::Literal('['),
                },
                _ => Item::Literal(character),
            });
        }
        Pattern { items }
    }

    /// The text, if nothing in the pattern is special.
    pub(crate) fn literal(&self) -> Option<String> {
        let character = |item: &Item| match item {
            Item::Literal(character) => Some(*character),
            _ => None,
        };
        self.items.iter().map(character).collect()
    }

    /// Whether the name of a file matches. A leading dot has to be written out.
    pub(crate) fn matches_file(&self, name: &str) -> bool {
        let is_hidden = name.starts_with('.') && self.items.first() != Some(&Item::Literal('.'));
        !is_hidden && self.matches(name)
    }

    /// The pattern for texts that are read from their end.
    pub(crate) fn reversed(&self) -> Pattern {
        Pattern { items: self.items.iter().rev().cloned().collect() }
    }

    /// For finding the part of a text that matches.
    pub(crate) fn matcher(&self) -> Matcher<'_> {
        let reached = (0..=self.items.len()).map(|index| index == 0).collect();
        let mut matcher = Matcher { pattern: self, reached };
        matcher.skip_stars();
        matcher
    }

    /// Whether a text matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut item, mut position) = (0, 0);
        // Where the last `*` stands, and how far it reaches.
        let mut star: Option<(usize, usize)> = None;
        loop {
            match (self.items.get(item), name.get(position)) {
                (None, None) => return true,
                (Some(Item::AnyText), _) => {
                    star = Some((item, position));
                    item += 1;
                    continue;
                }
                (Some(single), Some(&character)) if single.accepts(character) => {
                    (item, position) = (item + 1, position + 1);
                    continue;
                }
                _ => {}
            }
            let Some((at, reach)) = star.filter(|(_, reach)| *reach < name.len()) else { return false };
            star = Some((at, reach + 1));
            (item, position) = (at + 1, reach + 1);
        }
    }
}

/// Which beginnings of a text match: it takes the text character by character.
pub(crate) struct Matcher<'a> {
    pattern: &'a Pattern,
    /// For each item, and behind the last, whether what was taken can match all before it.
    reached: Vec<bool>,
}

impl Matcher<'_> {
    /// Takes the next character; whether what was taken matches is what [`accepts`](Self::accepts) says then.
    pub(crate) fn take(&mut self, character: char) {
        let mut reached = vec![false; self.reached.len()];
        for (index, item) in
            self.pattern.items.iter().enumerate().filter(|(index, _)| self.reached.get(*index) == Some(&true))
        {
            let next = if *item == Item::AnyText { index } else { index + 1 };
            if (*item == Item::AnyText || item.accepts(character))
                && let Some(state) = reached.get_mut(next)
            {
                *state = true;
            }
        }
        self.reached = reached;
        self.skip_stars();
    }

    /// A star can also match nothing.
    fn skip_stars(&mut self) {
        for (index, item) in self.pattern.items.iter().enumerate() {
            if *item == Item::AnyText
                && self.reached.get(index) == Some(&true)
                && let Some(next) = self.reached.get_mut(index + 1)
            {
                *next = true;
            }
        }
    }

    pub(crate) fn accepts(&self) -> bool {
        self.reached.last() == Some(&true)
    }
}

impl Item {
    fn accepts(&self, character: char) -> bool {
        match self {
            Item::Literal(literal) => *literal == character,
            Item::AnyText => false,
            Item::AnyCharacter => true,
            Item::OneOf { ranges, negated } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
        }
    }
}

/// The set behind a `[`, and what follows its `]`.
fn set(text: &[(char, Quoting)]) -> Option<(Item, &[(char, Quoting)])> {
    let negated = matches!(text.first(), Some(('!' | '^', Quoting::Bare)));
    let text = if negated { text.get(1..)? } else { text };
    let mut ranges = Vec::new();
    let mut at = 0;
    loop {
        let &(low, quoting) = text.get(at)?;
        // A `]` in the first place is a member.
        if low == ']' && quoting == Quoting::Bare && at > 0 {
            return Some((Item::OneOf { ranges, negated }, text.get(at + 1..)?));
        }
        match (text.get(at + 1), text.get(at + 2)) {
            (Some(('-', Quoting::Bare)), Some(&(high, high_quoting)))
                if high != ']' || high_quoting == Quoting::Quoted =>
            {
                ranges.push((low, high));
                at += 3;
            }
            _ => {
                ranges.push((low, low));
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        let text: Vec<_> = pattern.chars().map(|character| (character, Quoting::Bare)).collect();
        Pattern::new(&text).matches_file(name)
    }

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name) in [("*", "abc"), ("a*c", "ac"), ("a*b*c", "axbxbc"), ("?b?", "abc"), ("*.rs", "x.y.rs")] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("a", "b"), ("a*c", "ab"), ("?", ""), ("??", "a"), ("*.rs", "rs"), ("", "a")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn sets() {
        for (pattern, name) in [
            ("[abc]", "b"),
            ("[a-c]x", "bx"),
            ("[!a-c]", "d"),
            ("[]x]", "]"),
            ("[a-]", "-"),
            ("[é-ü]", "ö"),
            ("[", "["),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("[abc]", "d"), ("[^a]", "a"), ("[a-c]", "-")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn hidden_names_need_a_dot() {
        assert!(!matches("*", ".profile"));
        assert!(!matches("?profile", ".profile"));
        assert!(matches(".*", ".profile"));
    }

    #[test]
    fn quoted_characters_are_literal() {
        let pattern = Pattern::new(&[('*', Quoting::Quoted), ('?', Quoting::Bare)]);
        assert!(pattern.matches("*x") && !pattern.matches("ax"));
        assert_eq!(pattern.literal(), None);
        assert_eq!(Pattern::new(&[('*', Quoting::Quoted)]).literal().as_deref(), Some("*"));
    }

    #[test]
    fn many_stars_end_soon() {
        assert!(!matches(&"a*".repeat(100), &"a".repeat(5000).replace("aaaaa", "aaaab")[..4999].replace('a', "b")));
        assert!(!matches(&format!("{}b", "a*".repeat(50)), &"a".repeat(5000)));
    }
}
