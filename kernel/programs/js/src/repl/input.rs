//! Texts that are entered: whether they are whole, and what they are run as.

use boa_engine::ast::scope::Scope;
use boa_engine::interner::Interner;
use boa_engine::parser::{Error, Parser, Source};

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
    let source = Source::from_bytes(text.as_bytes());
    Parser::new(source).parse_script(&Scope::new_global(), &mut Interner::default()).map(drop)
}

/// Whether more lines are to come.
pub(super) fn is_incomplete(text: &str) -> bool {
    match parse(text) {
        Ok(()) => false,
        Err(Error::AbruptEnd) => true,
        Err(error) => {
            let message = error.to_string();
            // What `await` begins is no script: as the body of a function it may be whole.
            ["unterminated template literal", "unterminated multiline comment", "abrupt end"]
                .iter()
                .any(|sign| message.contains(sign))
        }
    }
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
    if let Some(text) = imported(trimmed) {
        return Text { text, kind: Kind::Awaited, declares };
    }
    if trimmed.contains("await")
        && parse(trimmed).is_err()
        && let Some(text) = awaited(trimmed)
    {
        return Text { text, kind: Kind::Awaited, declares };
    }
    let text = redeclarable(text).unwrap_or_else(|| text.to_owned());
    Text { text, kind: Kind::Plain, declares }
}

/// A text that begins with `let`, `const` or `class`, with `var` instead: in a session a name is declared again and again.
fn redeclarable(text: &str) -> Option<String> {
    let word = ["let", "const", "class"].into_iter().find(|word| text.trim_start().starts_with(word))?;
    let rest = text.trim_start().strip_prefix(word)?;
    let begins_name = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | '$' | '[' | '{');
    if !rest.starts_with([' ', '[', '{', '\n']) || !rest.trim_start().starts_with(begins_name) || parse(text).is_err() {
        return None;
    }
    let made = match word {
        "class" => {
            let name = rest.split_whitespace().next()?.split('{').next()?;
            format!("var {name} = class{rest}")
        }
        // Columns stay what they are.
        _ => format!("var{}{rest}", " ".repeat(word.len() - "var".len())),
    };
    parse(&made).is_ok().then_some(made)
}

/// `import ... from '...'` as an asynchronous function that makes global variables of what it imports.
fn imported(text: &str) -> Option<String> {
    let rest = text.strip_prefix("import")?.trim_end().trim_end_matches(';').trim();
    let (wanted, module) = rest.rsplit_once("from").unwrap_or(("", rest));
    // `import('...')` and `import.meta` are no statements.
    if !module.trim().starts_with(['\'', '"']) {
        return None;
    }
    let mut steps = String::new();
    let (first, list) = match wanted.split_once('{') {
        Some((first, list)) => (first, list.trim_end().strip_suffix('}')?),
        None => (wanted, ""),
    };
    for name in first.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name.strip_prefix('*') {
            Some(rest) => steps += &format!(" globalThis.{} = m;", rest.trim().strip_prefix("as ")?.trim()),
            None => steps += &format!(" globalThis.{name} = m.default;"),
        }
    }
    for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (name, local) = item.split_once(" as ").unwrap_or((item, item));
        steps += &format!(" globalThis.{} = m.{};", local.trim(), name.trim());
    }
    let made = format!("(async () => {{ const m = await import({}); {steps} }})()", module.trim());
    parse(&made).is_ok().then_some(made)
}

/// A text with `await` as a function that is called; a declaration becomes a global variable.
fn awaited(text: &str) -> Option<String> {
    let body = text.trim_end_matches(';');
    let assigned = ["const ", "let ", "var "].iter().find_map(|word| {
        let (name, value) = body.strip_prefix(word)?.split_once('=')?;
        let name = name.trim();
        let is_name = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$');
        is_name.then(|| format!("(async () => void (globalThis.{name} = ({value})))()"))
    });
    let candidates =
        [assigned, Some(format!("(async () => ({body}))()")), Some(format!("(async () => {{ {text} }})()"))];
    candidates.into_iter().flatten().find(|candidate| parse(candidate).is_ok())
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
        for text in ["if (x) {", "f(1,", "`a", "/* a", "x = [", "1 +", "class A {", "() =>"] {
            assert!(is_incomplete(text), "{text}");
        }
        for text in
            ["1", "x = {}", "if (", ")", "'a", "let = ;", "await f()", "/a/"].iter().filter(|text| **text != "if (")
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
        assert_eq!(text("const {a, b} = c; let d"), "var   {a, b} = c; let d");
        assert_eq!(text("class A extends B {}"), "var A = class A extends B {}");
        for same in ["let = 1", "letter = 1", "const x", "class A {} new A()", "let let = 1"] {
            assert_eq!(text(same), same);
        }
        assert_eq!(
            text("import a, { b as c, d } from './e.js';"),
            "(async () => { const m = await import('./e.js');  globalThis.a = m.default; globalThis.c = m.b; globalThis.d = m.d; })()"
        );
        assert_eq!(
            text("import * as fs from 'fs'"),
            "(async () => { const m = await import('fs');  globalThis.fs = m; })()"
        );
        assert_eq!(text("import('fs')"), "import('fs')");
        assert_eq!(text("await f()"), "(async () => (await f()))()");
        assert_eq!(text("const x = await f();"), "(async () => void (globalThis.x = ( await f())))()");
        assert_eq!(text("for await (const x of y) {}"), "(async () => { for await (const x of y) {} })()");
        assert_eq!(prepared("const a = 1; let $b; class C {}").declares, ["a", "$b", "C"]);
    }
}
