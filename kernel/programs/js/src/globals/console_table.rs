//! `console.table`.

use crate::inspect;
use crate::style::Style;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsResult, JsValue};

const MAX_ROWS: usize = 10_000;
const MAX_COLUMNS: usize = 100;
/// The heading of the column of keys, and that of rows that are no objects.
const INDEX: &str = "(index)";
const VALUES: &str = "Values";

/// The rows of an array or object in columns; what is no object as `console.log` shows it.
pub(super) fn table(arguments: &[JsValue], context: &mut Context) -> JsResult<String> {
    let value = arguments.first().cloned().unwrap_or_default();
    let Some(object) = value.as_object() else {
        return inspect::logged(arguments, Style::Plain, context);
    };
    let wanted = match arguments.get(1).and_then(JsValue::as_object) {
        Some(list) => {
            Some(keys(&list, context)?.iter().map(|key| list.get(key.clone(), context)).collect::<JsResult<Vec<_>>>()?)
        }
        None => None,
    };
    let mut headings: Vec<String> = Vec::new();
    for name in wanted.iter().flatten().take(MAX_COLUMNS) {
        headings.push(name.to_string(context)?.to_std_string_lossy());
    }
    let mut rows: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for key in keys(&object, context)?.into_iter().take(MAX_ROWS) {
        let row = object.get(key.clone(), context)?;
        let cells = cells(&row, context)?;
        for (name, _) in &cells {
            if wanted.is_none() && headings.len() < MAX_COLUMNS && !headings.contains(name) {
                headings.push(name.clone());
            }
        }
        rows.push((name_of(&key), cells));
    }
    if let Some(at) = headings.iter().position(|heading| heading == VALUES) {
        let values = headings.remove(at);
        headings.push(values);
    }
    Ok(drawn(&headings, &rows))
}

/// The keys of the enumerable strings.
fn keys(object: &boa_engine::JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
    let all = object.own_property_keys(context)?;
    let is_shown = |key: &PropertyKey| match key {
        PropertyKey::Symbol(_) => false,
        _ => object.borrow().properties().get(key).is_none_or(|property| property.enumerable() == Some(true)),
    };
    Ok(all.into_iter().filter(is_shown).collect())
}

fn name_of(key: &PropertyKey) -> String {
    match key {
        PropertyKey::String(name) => name.to_std_string_lossy(),
        PropertyKey::Index(index) => index.get().to_string(),
        PropertyKey::Symbol(symbol) => symbol.descriptive_string().to_std_string_lossy(),
    }
}

/// The cells of a row, by their headings.
fn cells(row: &JsValue, context: &mut Context) -> JsResult<Vec<(String, String)>> {
    let Some(object) = row.as_object().filter(|object| !object.is_callable()) else {
        return Ok(vec![(VALUES.to_owned(), inspect::shown_to(row, Style::Plain, 0, context))]);
    };
    let mut cells = Vec::new();
    for key in keys(&object, context)?.into_iter().take(MAX_COLUMNS) {
        let value = object.get(key.clone(), context)?;
        cells.push((name_of(&key), inspect::shown_to(&value, Style::Plain, 0, context)));
    }
    Ok(cells)
}

fn drawn(headings: &[String], rows: &[(String, Vec<(String, String)>)]) -> String {
    let cell = |row: &[(String, String)], heading: &str| {
        row.iter().find(|(name, _)| name == heading).map_or(String::new(), |(_, text)| text.clone())
    };
    let mut columns =
        vec![std::iter::once(INDEX.to_owned()).chain(rows.iter().map(|(key, _)| key.clone())).collect::<Vec<_>>()];
    for heading in headings {
        columns.push(std::iter::once(heading.clone()).chain(rows.iter().map(|(_, row)| cell(row, heading))).collect());
    }
    let count = |text: &String| text.chars().count();
    let widths: Vec<usize> = columns.iter().map(|column| column.iter().map(count).max().unwrap_or(0) + 2).collect();
    let rule = |left: char, middle: &str, right: char| {
        let parts: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        format!("{left}{}{right}", parts.join(middle))
    };
    let line = |row: usize| {
        let cells: Vec<String> = columns
            .iter()
            .zip(&widths)
            .map(|(column, width)| {
                let text = column.get(row).cloned().unwrap_or_default();
                format!(" {text}{}", " ".repeat(width.saturating_sub(count(&text) + 1)))
            })
            .collect();
        format!("│{}│", cells.join("│"))
    };
    let mut lines = vec![rule('┌', "┬", '┐'), line(0), rule('├', "┼", '┤')];
    lines.extend((1..=rows.len()).map(line));
    lines.push(rule('└', "┴", '┘'));
    lines.join("\n")
}
