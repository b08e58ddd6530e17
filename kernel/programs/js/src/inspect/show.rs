//! Showing one value.

use super::inspector::Inspector;
use crate::style::Style;
use boa_engine::{Context, JsValue};

/// Objects within objects that are shown.
pub(crate) const DEPTH: usize = 2;

/// `value` as a session shows it.
pub(crate) fn shown(value: &JsValue, style: Style, context: &mut Context) -> String {
    shown_to(value, style, DEPTH, context)
}

/// The same with `depth` objects within objects.
pub(crate) fn shown_to(value: &JsValue, style: Style, depth: usize, context: &mut Context) -> String {
    Inspector::new(style, depth, context).value(value, 0)
}
