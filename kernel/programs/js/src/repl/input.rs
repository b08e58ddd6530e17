//! Texts that are entered: whether they are whole, and what they are run as.

use crate::awaiting;
use boa_engine::parser::Error;

/// How the value of a text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// A promise, whose value is shown.
    Awaited,
}

/// A text as it is run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// Names that it declares.
    pub(super) declares: Vec<String>,
}

fn parse(text: &str) -> Result<(), Error> {
    awaiting::script(text).map(drop)
}

/// Whether more lines are to come.
pub(super) fn is_incomplete(text: &str) -> bool {
    let Err(error) = parse(text) else { return false };
    // What waits or imports is no script; a brace may begin an object.
    goes_on(&error)
        || awaiting::module(text).is_err_and(|error| goes_on(&error))
        || text.trim_start().starts_with('{')
            && parse(&format!("({text}\n)")).is_err()
            && parse(&format!("({text}")).is_err_and(|error| goes_on(&error))
}

/// Whether an error is that a text ends too early.
fn goes_on(error: &Error) -> bool {
    let message = error.to_string();
    let signs = ["unterminated template literal", "unterminated multiline comment", "abrupt end"];
    matches!(error, Error::AbruptEnd) || signs.iter().any(|sign| message.contains(sign))
}

/// What is to be run for a text.
pub(super) fn prepared(text: &str) -> Text {
    let declares = declared(text);
    let trimmed = text.trim();
    // A brace begins an object rather than a block, if that is possible.
    if trimmed.starts_with('{') && !trimmed.ends_with(';') {
        let wrapped = format!("({trimmed})");
        if parse(&wrapped).is_ok() {
            return Text { text: wrapped, kind: Kind::Plain, declares };
        }
    }
    if let Some(text) = Some(trimmed).filter(|text| awaiting::is_wanted(text)).and_then(awaiting::as_function) {
        return Text { text, kind: Kind::Awaited, declares };
    }
    let text = redeclarable(text).unwrap_or_else(|| text.to_owned());
    Text { text, kind: Kind::Plain, declares }
}

/// A text with `var` where it has `let`, `const` or `class`: in a session a name is declared again and again.
fn redeclarable(text: &str) -> Option<String> {
    parse(text).ok()?;
    let mut pieces = awaiting::statements(text).into_iter().peekable();
    let mut made = String::new();
    while let Some(piece) = pieces.next() {
        match redeclared(piece) {
            // What was a declaration may need an end now.
            Some(new) if pieces.peek().is_some() && !new.trim_end().ends_with(';') => {
                let end = new.trim_end().len();
                made += &format!("{};{}", new.get(..end).unwrap_or(&new), new.get(end..).unwrap_or_default());
            }
            Some(new) => made += &new,
            None => made += piece,
        }
    }
    (made != text && parse(&made).is_ok()).then_some(made)
}

/// A statement that begins with one of the words, with `var` instead.
fn redeclared(piece: &str) -> Option<String> {
    let trimmed = piece.trim_start();
    let margin = piece.get(..piece.len() - trimmed.len()).unwrap_or_default();
    let word = ["let", "const", "class"].into_iter().find(|word| trimmed.starts_with(word))?;
    let rest = trimmed.strip_prefix(word)?;
    let begins_name = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | '$' | '[' | '{');
    if !rest.starts_with([' ', '[', '{', '\n']) || !rest.trim_start().starts_with(begins_name) {
        return None;
    }
    let made = match word {
        "class" => {
            let name = rest.split_whitespace().next()?.split('{').next()?;
            format!("{margin}var {name} = class{rest}")
        }
        // Columns stay what they are.
        _ => format!("{margin}var{}{rest}", " ".repeat(word.len() - "var".len())),
    };
    parse(&made).is_ok().then_some(made)
}

/// Names behind `let`, `const` and `class`, for completion.
fn declared(text: &str) -> Vec<String> {
    let mut words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'));
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "let" | "const" | "class") {
            names.extend(words.next().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_on_until_they_are_whole() {
        for text in [
            "if (x) {",
            "f(1,",
            "`a",
            "/* a",
            "x = [",
            "1 +",
            "class A {",
            "() =>",
            "await f(",
            "const x = await f({",
            "for await (const x of y) {",
            "import {",
            "{\n  a: 1,\n  b: 2,",
            "{ a: [",
        ] {
            assert!(is_incomplete(text), "{text}");
        }
        for text in
            ["1", "x = {}", ")", "'a", "let = ;", "await f()", "await f(})", "/a/", "{ a: 1, b: 2 }", "{ a: 1, b: }"]
        {
            assert!(!is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn texts_are_prepared() {
        let text = |text| prepared(text).text;
        assert_eq!(text("{a: 1}"), "({a: 1})");
        assert_eq!(text("{a; b}"), "{a; b}");
        assert_eq!(text("let x = 1"), "var x = 1");
        assert_eq!(text("const {a, b} = c; let d"), "var   {a, b} = c; var d");
        assert_eq!(text("class A extends B {}"), "var A = class A extends B {}");
        assert_eq!(text("class A {}\nlet b"), "var A = class A {};\nvar b");
        for same in ["let = 1", "letter = 1", "const x", "class A {} new A()", "let let = 1", "{ let x = 1; f(x); }"] {
            assert_eq!(text(same), same);
        }
        assert_eq!(text("import('fs')"), "import('fs')");
        assert_eq!(text("await (f())"), "(async () => { return (await (f())); })()");
        assert_eq!(prepared("const a = 1; let $b; class C {}").declares, ["a", "$b", "C"]);
    }
}
