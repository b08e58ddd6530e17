//! Nesting is bounded: each level takes stack here, and again in everybody who walks the tree.

#[path = "../patch.rs"]
mod patch;

use patch::{Change, apply};

/// Refuses at the token that comes next.
const REFUSE: &str = "\
                let Ok(_nesting) = guard::Nesting::enter() else {
                    let position = cursor.peek(0, interner)?.map_or(boa_ast::Position::new(1, 1), |token| boa_ast::Spanned::span(token).start());
                    return Err(crate::Error::general(\"the source is nested too deeply\", position));
                };
";
const REFUSE_CHAIN: &str = "\
                    if _chain.link().is_err() {
                        let position = cursor.peek(0, interner)?.map_or(boa_ast::Position::new(1, 1), |token| boa_ast::Spanned::span(token).start());
                        return Err(crate::Error::general(\"the expression is too long\", position));
                    }
";

/// Digits take more than linear time to become a number.
const REFUSE_DIGITS: &str = "\
        if buf.len() > 400_000 {
            return Err(Error::syntax(\"the number has too many digits\", cursor.pos()));
        }
";

/// `export {}` may end a text, and `export default async` begin an arrow function (ECMA-262, 16.2.3).
const EXPORTS: [(&str, &str); 3] = [
    (
        "                let next = cursor.peek(0, interner).or_abrupt()?;

                if matches!(
                    next.kind(),
                    TokenKind::IdentifierName((Sym::FROM, ContainsEscapeSequence(false)))
                ) {
",
        "                let is_from = cursor.peek(0, interner)?.is_some_and(|next| {
                    next.kind() == &TokenKind::IdentifierName((Sym::FROM, ContainsEscapeSequence(false)))
                });
                if is_from {
",
    ),
    (
        "                let tok = cursor.peek(0, interner).or_abrupt()?;

                match tok.kind() {
                    TokenKind::Keyword((Keyword::Function, false)) => {
",
        "                let mut is = |at: usize, keyword: Keyword, interner: &mut Interner| {
                    let token = cursor.peek(at, interner)?;
                    ParseResult::Ok(token.is_some_and(|token| token.kind() == &TokenKind::Keyword((keyword, false))))
                };
                let is_async_function = is(0, Keyword::Async, interner)? && is(1, Keyword::Function, interner)?;
                let tok = cursor.peek(0, interner).or_abrupt()?;

                match tok.kind() {
                    TokenKind::Keyword((Keyword::Function, false)) => {
",
    ),
    (
        "                    TokenKind::Keyword((Keyword::Async, false)) => {
                        let next_token = cursor.peek(2, interner).or_abrupt()?;
",
        "                    TokenKind::Keyword((Keyword::Async, false))
                        if is_async_function =>
                    {
                        let next_token = cursor.peek(2, interner).or_abrupt()?;
",
    ),
];

fn main() {
    let mut changes = Vec::new();
    let digits = "        let num_str = unsafe { str::from_utf8_unchecked(buf.as_slice()) };\n";
    changes.push(Change { file: "lexer/number.rs", old: digits, new: String::leak(format!("{REFUSE_DIGITS}{digits}")) });
    let mut before = |file, line: &'static str, text: &str| {
        let new: &'static str = String::leak(format!("{text}{line}"));
        changes.push(Change { file, old: line, new });
    };
    for (file, line) in [
        ("parser/expression/assignment/mod.rs", "        cursor.set_goal(InputElement::RegExp);\n\n        match cursor.peek(0, interner).or_abrupt()?.kind() {\n"),
        ("parser/expression/unary.rs", "        let tok = cursor.peek(0, interner).or_abrupt()?;\n        let token_start = tok.span().start();\n"),
        ("parser/expression/assignment/exponentiation.rs", "        let next = cursor.peek(0, interner).or_abrupt()?;\n        match next.kind() {\n"),
        ("parser/expression/left_hand_side/member.rs", "        cursor.set_goal(InputElement::RegExp);\n\n        let token = cursor.peek(0, interner).or_abrupt()?;\n"),
        ("parser/statement/mod.rs", "        // TODO: add BreakableStatement and divide Whiles, fors and so on to another place.\n"),
        ("parser/statement/mod.rs", "        let tok = cursor.peek(0, interner).or_abrupt()?;\n\n        match tok.kind().clone() {\n"),
        ("parser/statement/mod.rs", "        let start = cursor\n            .expect(\n                TokenKind::Punctuator(Punctuator::OpenBlock),\n                \"object binding pattern\",\n"),
        ("parser/statement/mod.rs", "        let start = cursor\n            .expect(\n                TokenKind::Punctuator(Punctuator::OpenBracket),\n                \"array binding pattern\",\n"),
    ] {
        before(file, line, REFUSE);
    }
    // Loops that build a tree to the left. The counter stands before the loop, the check in its condition.
    for (file, line) in [
        ("parser/expression/mod.rs", "                while let Some(tok) = cursor.peek(0, interner)? {\n                    match *tok.kind() {\n                        TokenKind::Punctuator(op) if $( op == $op )||* => {\n"),
        ("parser/expression/mod.rs", "        while let Some(tok) = cursor.peek(0, interner)? {\n            match *tok.kind() {\n                TokenKind::Punctuator(Punctuator::Comma) => {\n"),
        ("parser/expression/mod.rs", "        while let Some(tok) = cursor.peek(0, interner)? {\n            match tok.kind() {\n                TokenKind::Punctuator(Punctuator::BoolAnd) => {\n"),
        ("parser/expression/mod.rs", "        while let Some(tok) = cursor.peek(0, interner)? {\n            match *tok.kind() {\n                TokenKind::Punctuator(op)\n                    if op == Punctuator::LessThan\n"),
        ("parser/expression/left_hand_side/member.rs", "        while let Some(tok) = cursor.peek(0, interner)? {\n"),
        ("parser/expression/left_hand_side/call.rs", "        while let Some(token) = cursor.peek(0, interner)?.cloned() {\n"),
    ] {
        let condition = "= cursor.peek(0, interner)?";
        let new = line.replacen(condition, &format!("= {{\n{REFUSE_CHAIN}cursor.peek(0, interner)?\n}}"), 1);
        let new = String::leak(format!("let mut _chain = guard::Chain::default();\n{new}"));
        changes.push(Change { file, old: line, new });
    }
    changes.extend(EXPORTS.map(|(old, new)| Change { file: "parser/statement/declaration/export.rs", old, new }));
    apply(&changes);
}
