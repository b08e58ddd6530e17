//! What objects are called, without running code of the script.

use boa_engine::builtins::function::OrdinaryFunction;
use boa_engine::property::PropertyKey;
use boa_engine::{JsObject, JsValue, js_string};

/// Prototypes that are looked through for a name.
const MAX_CHAIN: usize = 50;

/// The value of a property of the object itself that is no accessor.
pub(crate) fn data_property(object: &JsObject, key: impl Into<PropertyKey>) -> Option<JsValue> {
    let borrowed = object.try_borrow().ok()?;
    borrowed.properties().get(&key.into())?.value().cloned()
}

/// The name of a function.
pub(super) fn function_name(function: &JsObject) -> Option<String> {
    let name = data_property(function, js_string!("name"))?.as_string()?.to_std_string_escaped();
    Some(name).filter(|name| !name.is_empty())
}

/// The name of the constructor that `object` was made by, as far as its prototypes tell.
pub(super) fn class_name(object: &JsObject) -> Option<String> {
    let mut next = object.prototype();
    for _ in 0..MAX_CHAIN {
        let prototype = next?;
        let constructor = data_property(&prototype, js_string!("constructor"));
        if let Some(name) = constructor.and_then(|value| value.as_object()).and_then(|class| function_name(&class)) {
            return Some(name);
        }
        next = prototype.prototype();
    }
    None
}

/// `[Function: name]`, `[class A extends B]` and so on.
pub(super) fn function_label(function: &JsObject) -> String {
    let name = function_name(function);
    if is_class(function) {
        let base = function.prototype().and_then(|parent| function_name(&parent));
        let base = base.map_or(String::new(), |base| format!(" extends {base}"));
        return format!("[class {}{base}]", name.as_deref().unwrap_or("(anonymous)"));
    }
    let kind = class_name(function).filter(|kind| kind.ends_with("Function")).unwrap_or_else(|| "Function".to_owned());
    match name {
        Some(name) => format!("[{kind}: {name}]"),
        None => format!("[{kind} (anonymous)]"),
    }
}

/// Whether a function of the script is a class: those alone have a prototype that cannot be replaced.
fn is_class(function: &JsObject) -> bool {
    let prototype = function.try_borrow().ok().and_then(|f| f.properties().get(&js_string!("prototype").into()));
    function.is::<OrdinaryFunction>()
        && function.is_constructor()
        && prototype.is_some_and(|prototype| prototype.writable() == Some(false))
}
