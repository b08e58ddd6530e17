//! Strings with their quotes.

use boa_engine::JsString;

/// Characters of one string that are shown within an object.
const MAX_STRING: usize = 10_000;

/// The string between quotes that it does not contain, if there are such.
pub(super) fn quoted(string: &JsString) -> String {
    let text = string.to_std_string_escaped();
    let quote = match (text.contains('\''), text.contains('"'), text.contains('`')) {
        (true, false, _) => '"',
        (true, true, false) => '`',
        _ => '\'',
    };
    let mut output = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\u{8}' => output.push_str("\\b"),
            '\u{b}' => output.push_str("\\v"),
            '\u{c}' => output.push_str("\\f"),
            '\\' => output.push_str("\\\\"),
            _ if character == quote => {
                output.push('\\');
                output.push(quote);
            }
            _ if character.is_control() => output.push_str(&format!("\\x{:02X}", u32::from(character))),
            _ => output.push(character),
        }
    }
    output.push(quote);
    output
}

/// The same, of a long string only the start.
pub(super) fn quoted_cut(string: &JsString) -> String {
    if string.len() <= MAX_STRING {
        return quoted(string);
    }
    let start = string.get(..MAX_STRING).unwrap_or_default();
    format!("{}... {} more characters", quoted(&start), string.len() - MAX_STRING)
}

/// Whether a property's name needs no quotes.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|first| first == '_' || first == '$' || first.is_alphabetic());
    begins && characters.all(|character| character == '_' || character == '$' || character.is_alphanumeric())
}
