//! Errors as they are told: the line that they come from with a mark below, the error, the calls that led there.

use crate::inspect;
use crate::state::State;
use crate::style::Style;
use boa_engine::{Context, JsError, JsNativeError, JsValue};

/// Columns of a line that are shown.
const MAX_LINE: usize = 200;

/// Adds the file to an error of the parser, whose message ends in a place.
pub(crate) fn in_file(error: JsError, file: &str) -> JsError {
    let Some(native) = error.as_native().filter(|native| native.is_syntax()) else { return error };
    let message = native.message();
    let Some((text, line, column)) = split_place(message) else { return error };
    JsNativeError::syntax().with_message(format!("{text} ({file}:{line}:{column})")).into()
}

/// Of the errors that a text has as a script and as a module, the one further behind: that grammar is the one that is meant.
pub(crate) fn later(script: JsError, module: JsError) -> JsError {
    // An error without a place is the text's end.
    let place = |error: &JsError| {
        let message = error.as_native().map(|native| native.message().to_string())?;
        places(&message).last().map(|(_, line, column)| (line, column))
    };
    match (place(&script), place(&module)) {
        (Some(first), Some(second)) if second > first => module,
        (Some(_), None) => module,
        _ => script,
    }
}

/// `text at line 3, col 5`.
fn split_place(message: &str) -> Option<(&str, usize, usize)> {
    let (text, place) = message.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(", col ")?;
    Some((text, line.parse().ok()?, column.parse().ok()?))
}

/// What is said of an error that nobody caught.
pub(crate) fn thrown(error: &JsError, state: &State, context: &mut Context) -> String {
    let shown = match error.as_opaque() {
        Some(value) => {
            let text = value_text(value, context);
            // The error that was thrown may come from elsewhere; its own calls are better.
            if text.contains("\n    at ") { text } else { text + &calls_of(error) }
        }
        None => error.to_string(),
    };
    told(&shown, "Uncaught ", state)
}

/// What is said of a rejection that nobody handled.
pub(crate) fn rejected(reason: &JsValue, state: &State, context: &mut Context) -> String {
    let shown = value_text(reason, context);
    told(&shown, "Uncaught (in promise) ", state)
}

fn value_text(value: &JsValue, context: &mut Context) -> String {
    inspect::shown(value, Style::Plain, context)
}

/// The calls that led to an error, a line each.
fn calls_of(error: &JsError) -> String {
    let text = error.to_string();
    text.find("\n    at ").and_then(|start| text.get(start..)).unwrap_or_default().to_owned()
}

/// The text with the line before it that it comes from.
fn told(shown: &str, verb: &str, state: &State) -> String {
    let shown = without_engine_places(&without_caller(shown));
    let excerpt = places(&shown).find_map(|(file, line, column)| {
        let text = state.sources.line(file, line)?;
        Some(format!("{file}:{line}:{column}\n{}\n", marked(&text, column)))
    });
    format!("{}{verb}{shown}\n", excerpt.unwrap_or_default())
}

/// The engine puts the place of the outermost call behind a message; below it stand all of them, the innermost first. The
/// parser's errors have their own place in the message.
fn without_caller(text: &str) -> String {
    let (header, calls) = text.find("\n    at ").map_or((text, ""), |at| text.split_at(at));
    let parsed = header.starts_with("SyntaxError") && places(header).count() < 2;
    let stripped =
        header.rfind(" (").filter(|at| !parsed && header.get(*at..).is_some_and(|end| places(end).count() == 1));
    match stripped.filter(|_| !calls.is_empty()) {
        Some(at) => format!("{}{calls}", header.get(..at).unwrap_or(header)),
        None => text.to_owned(),
    }
}

/// Functions of the engine have places in its own sources, which help nobody.
fn without_engine_places(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = match line.find(" (native at ") {
            Some(at) if index == 0 => line.get(..at).unwrap_or(line).to_owned(),
            Some(at) => format!("{} (native)", line.get(..at).unwrap_or(line)),
            None => line.to_owned(),
        };
        lines.push(line);
    }
    lines.join("\n")
}

/// The line, and below it a mark at the column; of a long line the part around it.
fn marked(line: &str, column: usize) -> String {
    let characters: Vec<char> = line.chars().map(|character| if character == '\t' { ' ' } else { character }).collect();
    let at = column.saturating_sub(1).min(characters.len());
    let start = at.saturating_sub(MAX_LINE / 2);
    let part: String = characters.iter().skip(start).take(MAX_LINE).collect();
    format!("{part}\n{}^", " ".repeat(at - start))
}

/// The places `(file:line:column)` in a text, in order.
fn places(text: &str) -> impl Iterator<Item = (&str, usize, usize)> {
    text.split('(').skip(1).filter_map(|rest| {
        let place = rest.get(..rest.find(')')?)?;
        let (rest, column) = place.rsplit_once(':')?;
        let (file, line) = rest.rsplit_once(':')?;
        Some((file, line.parse().ok()?, column.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found() {
        let text = "Error: (x) (a b)\n    at f (/tmp/a.js:3:7)\n    at <main> ([eval]:1:2)";
        assert_eq!(places(text).collect::<Vec<_>>(), [("/tmp/a.js", 3, 7), ("[eval]", 1, 2)]);
        assert_eq!(split_place("bad at line 3, col 5"), Some(("bad", 3, 5)));
    }

    #[test]
    fn the_mark_stands_below_its_column() {
        assert_eq!(marked("\tfoo()", 2), " foo()\n ^");
        assert_eq!(marked("x", 9), "x\n ^");
        let long = marked(&"y".repeat(1000), 500);
        assert!(long.lines().all(|line| line.chars().count() <= MAX_LINE), "{long}");
    }
}
