//! What is said of an error.

use super::names::{class_name, data_property};
use boa_engine::{Context, JsObject, js_string};

/// Calls that are shown.
const MAX_CALLS: usize = 30;

/// Name, message and calls of an error object.
pub(super) fn error_text(error: &JsObject, context: &mut Context) -> String {
    let own = |name: &str| inherited(error, name).map(|text| text.to_std_string_lossy());
    let name = class_name(error).filter(|_| data_property(error, js_string!("name")).is_none());
    let name = own("name").filter(|known| known != "Error").or(name).unwrap_or_else(|| "Error".to_owned());
    let message = own("message").unwrap_or_default();
    let header = if message.is_empty() { name } else { format!("{name}: {message}") };
    let stack = error.get(js_string!("stack"), context).ok().and_then(|stack| stack.as_string());
    let stack = stack.map(|stack| stack.to_std_string_lossy()).unwrap_or_default();
    let calls: Vec<&str> = stack.lines().filter(|line| line.trim_start().starts_with("at ")).take(MAX_CALLS).collect();
    if calls.is_empty() {
        return header;
    }
    format!("{header}\n{}", calls.join("\n"))
}

/// A string among the properties of an object and its prototypes.
fn inherited(object: &JsObject, name: &str) -> Option<boa_engine::JsString> {
    let mut next = Some(object.clone());
    for _ in 0..16 {
        let here = next?;
        if let Some(value) = data_property(&here, js_string!(name)) {
            return value.as_string();
        }
        next = here.prototype();
    }
    None
}
