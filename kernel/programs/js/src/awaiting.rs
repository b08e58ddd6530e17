//! Texts that wait or import at their top level, as modules may and scripts may not: how they are told from scripts, and how
//! they become something that has a value.

use boa_engine::ast::Script;
use boa_engine::ast::expression::Identifier;
use boa_engine::ast::scope::Scope;
use boa_engine::ast::visitor::Visitor;
use boa_engine::interner::{Interner, Sym};
use boa_engine::parser::{Error, Parser, Source};
use std::ops::ControlFlow;

/// Longer texts, and those with more places where a statement may end, are taken as one statement: each place is tried.
const MAX_TEXT: usize = 64 << 10;
const MAX_PLACES: usize = 100;

/// Parses a text as a script.
pub(crate) fn script(text: &str) -> Result<Script, Error> {
    let source = Source::from_bytes(text.as_bytes());
    Parser::new(source).parse_script(&Scope::new_global(), &mut Interner::default())
}

/// Parses a text as a module.
pub(crate) fn module(text: &str) -> Result<(), Error> {
    let source = Source::from_bytes(text.as_bytes());
    Parser::new(source).parse_module(&Scope::new_global(), &mut Interner::default()).map(drop)
}

/// Finds a name `await`.
struct Mentions;

impl<'ast> Visitor<'ast> for Mentions {
    type BreakTy = ();

    fn visit_identifier(&mut self, name: &'ast Identifier) -> ControlFlow<()> {
        if name.sym() == Sym::AWAIT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Whether a text is a script only by chance: `await (x)` calls a function there, and waits in a module.
pub(crate) fn is_ambiguous(text: &str) -> bool {
    text.contains("await")
        && script(text).is_ok_and(|script| Mentions.visit_script(&script).is_break())
        && module(text).is_ok()
}

/// Whether a text waits or imports at its top level.
pub(crate) fn is_wanted(text: &str) -> bool {
    let may_be = text.contains("await") || text.contains("import");
    may_be && module(text).is_ok() && (script(text).is_err() || is_ambiguous(text))
}

/// Such a text as a call of an asynchronous function, whose value is that of the last statement. What it declares and imports
/// becomes global.
pub(crate) fn as_function(text: &str) -> Option<String> {
    let mut pieces: Vec<String> = statements(text.trim()).into_iter().map(made_global).collect();
    let last = pieces.pop()?;
    let before = pieces.concat();
    let (value, end) = (last.trim().trim_end_matches(';'), end_of(&last));
    let candidates = [
        format!("(async () => {{ {before}return ({value}{end}); }})()"),
        format!("(async () => {{ {before}{last}{end} }})()"),
    ];
    candidates.into_iter().find(|candidate| script(candidate).is_ok())
}

/// The statements of a text, as far as they can be told apart; all of them together are the text.
pub(crate) fn statements(text: &str) -> Vec<&str> {
    if text.len() > MAX_TEXT {
        return vec![text];
    }
    let (mut found, mut start, mut depth, mut places) = (Vec::new(), 0, 0_i32, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            // Strings and comments may have brackets: then the statement just goes on.
            b';' | b'\n' if depth == 0 && places < MAX_PLACES => {
                places += 1;
                let piece = text.get(start..=at).unwrap_or_default();
                if script(piece).is_ok() || module(piece).is_ok() {
                    found.push(piece);
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    found.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    found
}

/// What has to stand behind a text before something else may: the end of a line where there may be a comment.
fn end_of(text: &str) -> &'static str {
    if text.contains("//") { "\n" } else { "" }
}

/// A statement of a function that makes global what this one declares.
fn made_global(piece: &str) -> String {
    let text = piece.trim();
    let made = imported(text).or_else(|| declared(text)).filter(|made| module(made).is_ok());
    made.unwrap_or_else(|| piece.to_owned())
}

fn declared(text: &str) -> Option<String> {
    for word in ["const", "let", "var"] {
        let Some(rest) = text.strip_prefix(word) else { continue };
        if rest.starts_with([' ', '[', '{', '\n', '\t']) && rest.contains('=') {
            return Some(format!("void ({}{}); ", rest.trim().trim_end_matches(';'), end_of(rest)));
        }
    }
    let head = ["class ", "function ", "function* ", "async function ", "async function* "];
    let rest = head.into_iter().find_map(|head| text.strip_prefix(head))?;
    let end =
        rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '$'))).unwrap_or(rest.len());
    let name = rest.get(..end).filter(|name| !name.is_empty())?;
    Some(format!("globalThis.{name} = {}; ", text.trim_end_matches(';')))
}

/// `import ... from '...'` as statements that make global variables of what it imports.
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
    Some(format!("{{ const m = await import({});{steps} }} ", module.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_told_from_scripts() {
        for text in
            ["await f()", "await (x)", "await [x][0]", "x = await +y", "import 'a'", "for await (const x of y);"]
        {
            assert!(is_wanted(text), "{text}");
        }
        for text in
            ["await", "var await = 1; await + 1", "function await() {} await(1)", "import('a')", "await f(", "1"]
        {
            assert!(!is_wanted(text) || text == "await", "{text}");
        }
        assert!(is_ambiguous("await (x)") && !is_ambiguous("await f()") && !is_ambiguous("async () => await (x)"));
    }

    #[test]
    fn statements_are_told_apart() {
        for pieces in [
            &["let a = 1;", " let b = `;\n`;", " a"][..],
            &["for (let i = 0; i < 3; i++) {}"],
            &["f({\n a: 1,\n b\n});", "\n", "g()"],
            &["if (a) {\n b();\n}\n", "c"],
        ] {
            assert_eq!(statements(&pieces.concat()), pieces);
        }
        assert_eq!(statements("'(' ; a"), ["'(' ; a"], "as far as can be told");
    }

    #[test]
    fn a_function_is_made_of_what_waits() {
        let made = |text| as_function(text).expect(text);
        assert_eq!(made("await f() // g"), "(async () => { return (await f() // g\n); })()");
        assert_eq!(made("const x = await f();"), "(async () => { return (void (x = await f())); })()");
        assert_eq!(
            made("let { a, b: [c] } = await f(); a + c"),
            "(async () => { void ({ a, b: [c] } = await f()); return (a + c); })()"
        );
        assert_eq!(
            made("import a, { b as c, d } from './e.js'"),
            "(async () => { { const m = await import('./e.js'); globalThis.a = m.default; globalThis.c = m.b; globalThis.d = m.d; }  })()"
        );
        assert_eq!(
            made("import * as fs from 'fs'; fs.x"),
            "(async () => { { const m = await import('fs'); globalThis.fs = m; } return (fs.x); })()"
        );
        assert_eq!(made("for await (const x of y) {}"), "(async () => { for await (const x of y) {} })()");
        assert_eq!(made("class A {}; await f()"), "(async () => { globalThis.A = class A {}; return (await f()); })()");
        assert_eq!(as_function("await f("), None);
    }
}
