//! Objects, by their kinds.

use super::errors::error_text;
use super::inspector::{Inspector, number};
use super::layout::{Align, Frame, columns};
use super::names::{class_name, data_property, function_label};
use super::strings;
use crate::style::Ink;
use boa_engine::builtins::error::Error;
use boa_engine::builtins::promise::PromiseState;
use boa_engine::builtins::proxy::Proxy;
use boa_engine::object::builtins::{JsArrayBuffer, JsDate, JsMap, JsPromise, JsRegExp, JsSet, JsTypedArray};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{JsObject, JsSymbol, JsValue, js_string};

/// Entries of one array, map or set that are shown.
const MAX_ENTRIES: usize = 100;
/// Properties of one object that are shown.
const MAX_PROPERTIES: usize = 500;

/// An object taken apart.
#[derive(Default)]
struct Parts {
    /// What comes before the brace.
    prefix: String,
    braces: Option<[&'static str; 2]>,
    entries: Vec<String>,
    /// Entries of an array, which may go in columns.
    columns: Option<Align>,
    /// What is said of the entries that are not shown.
    rest: Option<String>,
    /// What stands for the whole when there are no entries: `[Function: f]`.
    alone: bool,
    /// Keys that the entries have already.
    skip_indexes: bool,
}

impl Inspector<'_> {
    pub(super) fn object(&mut self, object: &JsObject, depth: usize) -> String {
        if let Some(mark) = self.circle(object) {
            return mark;
        }
        if object.is::<Proxy>() {
            return self.paint(Ink::Function, "[Proxy]");
        }
        if depth > self.max_depth || self.left == 0 || guard::check().is_err() {
            let is_leaf = object.is_callable() || object.is::<Error>();
            if !is_leaf {
                let name = if object.is_array() { "Array".to_owned() } else { self.name_of(object) };
                return self.paint(Ink::Function, &format!("[{name}]"));
            }
        }
        self.left = self.left.saturating_sub(1);
        self.last_depth = depth;
        self.within.push(object.clone());
        let mut parts = self.parts(object, depth);
        self.add_properties(object, depth, &mut parts);
        self.within.pop();
        let inner_levels = self.last_depth.saturating_sub(depth);
        let shown = self.lay_out(&parts, inner_levels);
        match self.circular.iter().position(|other| JsObject::equals(other, object)) {
            Some(index) => format!("{} {shown}", self.paint(Ink::Function, &format!("<ref *{}>", index + 1))),
            None => shown,
        }
    }

    /// The mark of an object that lies in itself.
    fn circle(&mut self, object: &JsObject) -> Option<String> {
        self.within.iter().find(|other| JsObject::equals(other, object))?;
        let known = self.circular.iter().position(|other| JsObject::equals(other, object));
        let index = known.unwrap_or_else(|| {
            self.circular.push(object.clone());
            self.circular.len() - 1
        });
        Some(self.paint(Ink::Function, &format!("[Circular *{}]", index + 1)))
    }

    fn lay_out(&self, parts: &Parts, inner_levels: usize) -> String {
        if parts.alone && parts.entries.is_empty() {
            return parts.prefix.clone();
        }
        let frame = Frame {
            prefix: &parts.prefix,
            braces: parts.braces.unwrap_or(["{", "}"]),
            indent: self.indent,
            inner_levels,
        };
        let rest = parts.rest.iter().cloned();
        match parts.columns.and_then(|align| columns(&parts.entries, self.indent, align)) {
            Some(lines) => frame.break_lines(&lines.into_iter().chain(rest).collect::<Vec<_>>()),
            None => frame.join(&parts.entries.iter().cloned().chain(rest).collect::<Vec<_>>()),
        }
    }

    /// `Foo`, `Object <null prototype>`, with the tag where that says more.
    fn name_of(&self, object: &JsObject) -> String {
        let name = match object.prototype() {
            None => "Object: null prototype".to_owned(),
            Some(_) => class_name(object).unwrap_or_else(|| "Object".to_owned()),
        };
        match self.tag_of(object).filter(|tag| *tag != name) {
            Some(tag) => format!("{name} [{tag}]"),
            None => name,
        }
    }

    /// `Symbol.toStringTag` of the object or its prototypes.
    fn tag_of(&self, object: &JsObject) -> Option<String> {
        let mut next = Some(object.clone());
        for _ in 0..8 {
            let here = next?;
            if let Some(tag) = data_property(&here, JsSymbol::to_string_tag()) {
                return tag.as_string().map(|tag| tag.to_std_string_escaped()).filter(|tag| !tag.is_empty());
            }
            next = here.prototype();
        }
        None
    }

    fn parts(&mut self, object: &JsObject, depth: usize) -> Parts {
        if object.is_callable() {
            let label = function_label(object);
            return Parts { prefix: self.paint(Ink::Function, &label), alone: true, ..Parts::default() };
        }
        if object.is_array() {
            return self.array(object, depth);
        }
        if object.is::<Error>() {
            return self.error(object, depth);
        }
        let special =
            self.collection(object, depth).or_else(|| self.buffer(object)).or_else(|| self.leaf(object, depth));
        special.unwrap_or_else(|| {
            let name = self.name_of(object);
            let prefix = match name.as_str() {
                "Object" => String::new(),
                "Object: null prototype" => "[Object: null prototype]".to_owned(),
                _ => name,
            };
            Parts { prefix, ..Parts::default() }
        })
    }

    fn array(&mut self, object: &JsObject, depth: usize) -> Parts {
        let length = data_property(object, js_string!("length")).and_then(|value| value.as_number()).unwrap_or(0.0);
        let mut entries = Vec::new();
        let mut holes = 0_u64;
        let mut all_numbers = true;
        let mut index = 0_u32;
        self.indent += 2;
        while f64::from(index) < length && entries.len() < MAX_ENTRIES {
            match own(object, &PropertyKey::from(index)) {
                None if holes == 0 && length > 4.0 * f64::from(index) + 100_000.0 => {
                    // A large array with nothing in it.
                    break;
                }
                None => holes += 1,
                Some(property) => {
                    push_holes(&mut entries, &mut holes, self);
                    all_numbers &= property.value().is_some_and(JsValue::is_number);
                    entries.push(self.property_value(&property, depth));
                }
            }
            index += 1;
        }
        self.indent -= 2;
        if entries.len() < MAX_ENTRIES {
            push_holes(&mut entries, &mut holes, self);
        }
        let left = length - f64::from(index);
        let rest = (left > 0.0).then(|| format!("... {left} more item{}", if left > 1.0 { "s" } else { "" }));
        let name = self.name_of(object);
        let prefix = if name == "Array" { String::new() } else { format!("{name}({length})") };
        let align = if all_numbers { Align::Right } else { Align::Left };
        Parts {
            prefix,
            braces: Some(["[", "]"]),
            entries,
            columns: Some(align),
            rest,
            skip_indexes: true,
            ..Parts::default()
        }
    }

    fn error(&mut self, object: &JsObject, depth: usize) -> Parts {
        let mut prefix = error_text(object, self.context);
        self.indent += 2;
        let cause = own(object, &js_string!("cause").into()).and_then(|property| property.value().cloned());
        let mut entries = Vec::new();
        if let Some(cause) = cause.filter(|_| depth <= self.max_depth) {
            entries.push(format!("[cause]: {}", self.value(&cause, depth + 1)));
        }
        let errors = own(object, &js_string!("errors").into()).and_then(|property| property.value().cloned());
        if let Some(errors) = errors.filter(|_| depth <= self.max_depth) {
            entries.push(format!("[errors]: {}", self.value(&errors, depth + 1)));
        }
        self.indent -= 2;
        if self.indent > 0 {
            prefix = prefix.replace('\n', &format!("\n{}", " ".repeat(self.indent)));
        }
        Parts { prefix, entries, alone: true, ..Parts::default() }
    }

    /// Maps and sets.
    fn collection(&mut self, object: &JsObject, depth: usize) -> Option<Parts> {
        let mut pairs: Vec<(Option<JsValue>, JsValue)> = Vec::new();
        if let Ok(map) = JsMap::from_object(object.clone()) {
            let walked = map.for_each_native(|key, value| {
                pairs.push((Some(key), value));
                Ok(())
            });
            walked.ok()?;
        } else if let Ok(set) = JsSet::from_object(object.clone()) {
            let walked = set.for_each_native(|value| {
                pairs.push((None, value));
                Ok(())
            });
            walked.ok()?;
        } else {
            return None;
        }
        self.indent += 2;
        let mut entries = Vec::new();
        for (key, value) in pairs.iter().take(MAX_ENTRIES) {
            let shown = self.value(value, depth + 1);
            entries.push(match key {
                Some(key) => format!("{} => {shown}", self.value(key, depth + 1)),
                None => shown,
            });
        }
        self.indent -= 2;
        let rest = more_items(pairs.len());
        Some(Parts {
            prefix: format!("{}({})", self.plain_name(object), pairs.len()),
            entries,
            rest,
            ..Parts::default()
        })
    }

    /// The class without its tag.
    fn plain_name(&self, object: &JsObject) -> String {
        class_name(object).unwrap_or_else(|| "Object".to_owned())
    }

    /// Array buffers and views on them.
    fn buffer(&mut self, object: &JsObject) -> Option<Parts> {
        if let Ok(buffer) = JsArrayBuffer::from_object(object.clone()) {
            let entries = vec![format!("byteLength: {}", self.paint(Ink::Number, &buffer.byte_length().to_string()))];
            return Some(Parts { prefix: self.plain_name(object), entries, ..Parts::default() });
        }
        let array = JsTypedArray::from_object(object.clone()).ok()?;
        let length = array.length(self.context).ok()?;
        let mut entries = Vec::new();
        for index in 0..length.min(MAX_ENTRIES) {
            let value = object.get(u32::try_from(index).ok()?, self.context).ok()?;
            entries.push(self.value(&value, 0));
        }
        Some(Parts {
            rest: more_items(length),
            prefix: format!("{}({length})", self.plain_name(object)),
            braces: Some(["[", "]"]),
            entries,
            columns: Some(Align::Right),
            skip_indexes: true,
            ..Parts::default()
        })
    }

    /// Dates, regular expressions, promises, boxed primitives.
    fn leaf(&mut self, object: &JsObject, depth: usize) -> Option<Parts> {
        if let Ok(date) = JsDate::from_object(object.clone()) {
            let text = date.to_iso_string(self.context).ok().and_then(|value| value.as_string());
            let text = text.map_or("Invalid Date".to_owned(), |text| text.to_std_string_escaped());
            return Some(Parts { prefix: self.paint(Ink::Date, &text), alone: true, ..Parts::default() });
        }
        if let Ok(expression) = JsRegExp::from_object(object.clone()) {
            let text = expression.to_string(self.context).ok()?;
            return Some(Parts { prefix: self.paint(Ink::RegExp, &text), alone: true, ..Parts::default() });
        }
        if let Ok(promise) = JsPromise::from_object(object.clone()) {
            self.indent += 2;
            let entry = match promise.state() {
                PromiseState::Pending => self.paint(Ink::Function, "<pending>"),
                PromiseState::Fulfilled(value) => self.value(&value, depth + 1),
                PromiseState::Rejected(reason) => {
                    format!("{} {}", self.paint(Ink::Function, "<rejected>"), self.value(&reason, depth + 1))
                }
            };
            self.indent -= 2;
            return Some(Parts { prefix: self.plain_name(object), entries: vec![entry], ..Parts::default() });
        }
        let (kind, shown, ink) = self.boxed(object)?;
        let text = format!("[{kind}: {shown}]");
        Some(Parts { prefix: self.paint(ink, &text), alone: true, skip_indexes: true, ..Parts::default() })
    }

    /// A primitive in an object: its class, how it is shown.
    fn boxed(&mut self, object: &JsObject) -> Option<(&'static str, String, Ink)> {
        if let Some(text) = object.downcast_ref::<boa_engine::JsString>() {
            return Some(("String", strings::quoted(&text), Ink::String));
        }
        if let Some(value) = object.downcast_ref::<f64>() {
            return Some(("Number", number(*value), Ink::Number));
        }
        if let Some(truth) = object.downcast_ref::<bool>() {
            return Some(("Boolean", truth.to_string(), Ink::Number));
        }
        let symbol = object.downcast_ref::<JsSymbol>()?;
        Some(("Symbol", symbol.descriptive_string().to_std_string_escaped(), Ink::Symbol))
    }

    fn add_properties(&mut self, object: &JsObject, depth: usize, parts: &mut Parts) {
        let Ok(keys) = object.own_property_keys(self.context) else { return };
        self.indent += 2;
        let mut count = 0;
        for key in keys {
            if parts.skip_indexes && matches!(key, PropertyKey::Index(_)) {
                continue;
            }
            let Some(property) = own(object, &key).filter(|property| property.enumerable() == Some(true)) else {
                continue;
            };
            if count == MAX_PROPERTIES {
                parts.entries.push("... more properties".to_owned());
                break;
            }
            count += 1;
            let name = match &key {
                PropertyKey::String(name) => {
                    let text = name.to_std_string_escaped();
                    if strings::is_identifier(&text) { text } else { self.paint(Ink::String, &strings::quoted(name)) }
                }
                PropertyKey::Index(index) => self.paint(Ink::String, &format!("'{}'", index.get())),
                PropertyKey::Symbol(symbol) => {
                    let text = symbol.descriptive_string().to_std_string_escaped();
                    format!("[{}]", self.paint(Ink::Symbol, &text))
                }
            };
            let value = self.property_value(&property, depth);
            parts.entries.push(format!("{name}: {value}"));
        }
        self.indent -= 2;
    }

    fn property_value(&mut self, property: &PropertyDescriptor, depth: usize) -> String {
        let is_function = |accessor: Option<&JsValue>| accessor.is_some_and(JsValue::is_callable);
        match property.value() {
            Some(value) => self.value(&value.clone(), depth + 1),
            None => {
                let text = match (is_function(property.get()), is_function(property.set())) {
                    (true, true) => "[Getter/Setter]",
                    (false, true) => "[Setter]",
                    _ => "[Getter]",
                };
                self.paint(Ink::Function, text)
            }
        }
    }
}

/// What is said of entries beyond those that are shown.
fn more_items(length: usize) -> Option<String> {
    let left = length.checked_sub(MAX_ENTRIES).filter(|left| *left > 0)?;
    Some(format!("... {left} more item{}", if left > 1 { "s" } else { "" }))
}

fn own(object: &JsObject, key: &PropertyKey) -> Option<PropertyDescriptor> {
    object.try_borrow().ok()?.properties().get(key)
}

fn push_holes(entries: &mut Vec<String>, holes: &mut u64, inspector: &Inspector<'_>) {
    if *holes > 0 {
        let text = format!("<{holes} empty item{}>", if *holes > 1 { "s" } else { "" });
        entries.push(inspector.paint(Ink::Undefined, &text));
        *holes = 0;
    }
}
