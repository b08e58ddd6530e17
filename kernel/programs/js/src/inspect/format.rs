//! What `console.log` makes of its arguments (Console Standard, 2.1 and 2.2).

use super::inspector::number;
use super::show::{DEPTH, shown, shown_to};
use crate::style::Style;
use boa_engine::{Context, JsResult, JsValue};

/// Joins the arguments; the first may have directives.
pub(crate) fn logged(arguments: &[JsValue], style: Style, context: &mut Context) -> JsResult<String> {
    let Some((first, rest)) = arguments.split_first() else { return Ok(String::new()) };
    let mut left = rest.iter();
    let mut output = match first.as_string() {
        Some(text) if !rest.is_empty() => formatted(&text.to_std_string_lossy(), &mut left, context)?,
        Some(text) => text.to_std_string_lossy(),
        None => shown(first, style, context),
    };
    for value in left {
        output.push(' ');
        match value.as_string() {
            Some(text) => output.push_str(&text.to_std_string_lossy()),
            None => output.push_str(&shown(value, style, context)),
        }
    }
    Ok(output)
}

fn formatted(text: &str, values: &mut std::slice::Iter<'_, JsValue>, context: &mut Context) -> JsResult<String> {
    let mut output = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let directive = if character == '%' { characters.clone().next() } else { None };
        if directive == Some('%') {
            characters.next();
            output.push('%');
            continue;
        }
        let Some(directive) = directive.filter(|letter| "sdifjoOc".contains(*letter)) else {
            output.push(character);
            continue;
        };
        let Some(value) = values.as_slice().first().cloned() else {
            output.push(character);
            continue;
        };
        values.next();
        characters.next();
        output.push_str(&directed(directive, &value, context)?);
    }
    Ok(output)
}

fn directed(directive: char, value: &JsValue, context: &mut Context) -> JsResult<String> {
    Ok(match directive {
        's' => match value.as_string() {
            Some(text) => text.to_std_string_lossy(),
            None => shown_to(value, Style::Plain, 0, context),
        },
        'd' | 'i' | 'f' if value.is_object() || value.is_symbol() => "NaN".to_owned(),
        'd' | 'i' if value.is_bigint() => shown(value, Style::Plain, context),
        'd' => number(value.to_number(context)?),
        'i' => number(value.to_number(context)?.trunc()),
        'f' => number(value.to_number(context)?),
        'j' => match value.to_json(context) {
            Ok(Some(json)) => json.to_string(),
            _ => "undefined".to_owned(),
        },
        'o' => shown_to(value, Style::Plain, DEPTH + 2, context),
        'O' => shown(value, Style::Plain, context),
        // %c is style sheets.
        _ => String::new(),
    })
}
