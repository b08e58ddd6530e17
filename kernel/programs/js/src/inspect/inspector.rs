//! The walk over a value.

use super::strings;
use crate::style::{Ink, Style};
use boa_engine::{Context, JsObject, JsValue, JsVariant};

/// Values that are shown at most, all in all.
const MAX_VALUES: usize = 20_000;

/// Shows one value.
pub(super) struct Inspector<'a> {
    pub(super) context: &'a mut Context,
    style: Style,
    pub(super) max_depth: usize,
    /// The objects that the one at hand lies in.
    pub(super) within: Vec<JsObject>,
    /// Objects that lie in themselves, in the order in which that was found.
    pub(super) circular: Vec<JsObject>,
    /// Columns that the lines at hand are indented.
    pub(super) indent: usize,
    /// The depth of the object that was shown last.
    pub(super) last_depth: usize,
    pub(super) left: usize,
}

impl<'a> Inspector<'a> {
    pub(super) fn new(style: Style, max_depth: usize, context: &'a mut Context) -> Inspector<'a> {
        Inspector {
            context,
            style,
            max_depth,
            within: Vec::new(),
            circular: Vec::new(),
            indent: 0,
            last_depth: 0,
            left: MAX_VALUES,
        }
    }

    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        self.style.paint(ink, text)
    }

    pub(super) fn value(&mut self, value: &JsValue, depth: usize) -> String {
        match value.variant() {
            JsVariant::Object(object) => self.object(&object, depth),
            JsVariant::String(string) => self.paint(Ink::String, &strings::quoted_cut(&string)),
            _ => self.primitive(value),
        }
    }

    /// What is neither an object nor a string.
    fn primitive(&self, value: &JsValue) -> String {
        match value.variant() {
            JsVariant::Undefined => self.paint(Ink::Undefined, "undefined"),
            JsVariant::Null => self.paint(Ink::Null, "null"),
            JsVariant::Boolean(value) => self.paint(Ink::Number, if value { "true" } else { "false" }),
            JsVariant::Integer32(value) => self.paint(Ink::Number, &value.to_string()),
            JsVariant::Float64(value) => self.paint(Ink::Number, &number(value)),
            JsVariant::BigInt(value) => self.paint(Ink::Number, &format!("{value}n")),
            JsVariant::Symbol(symbol) => self.paint(Ink::Symbol, &symbol.descriptive_string().to_std_string_lossy()),
            JsVariant::Object(_) | JsVariant::String(_) => String::new(),
        }
    }
}

/// A number as it is shown: with the sign of zero.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 && value.is_sign_negative() {
        return "-0".to_owned();
    }
    JsValue::from(value).display().to_string()
}
