//! Functions of this crate as scripts see them.

use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::{Context, JsNativeError, JsResult, JsString, JsValue, NativeFunction, Source};
use std::path::Path;

/// A function: its name, how many arguments it has.
pub(super) type Native = (&'static str, usize, NativeFunctionPointer);

/// An object with functions.
pub(super) fn object(natives: &[Native], context: &mut Context) -> JsObject {
    let mut object = ObjectInitializer::new(context);
    for (name, length, native) in natives {
        object.function(NativeFunction::from_fn_ptr(*native), JsString::from(*name), *length);
    }
    object.build()
}

/// What the function that a text gives makes of an object with `natives`.
pub(super) fn evaluate(file: &str, text: &str, natives: &[Native], context: &mut Context) -> JsResult<JsObject> {
    let name = format!("js:{file}");
    let function = context.eval(Source::from_bytes(text.as_bytes()).with_path(Path::new(&name)))?;
    let host = object(natives, context);
    let made = function.as_callable().map(|function| function.call(&JsValue::undefined(), &[host.into()], context));
    let made = made.transpose()?.and_then(|value| value.as_object());
    made.ok_or_else(|| JsNativeError::error().with_message(format!("{name} gives nothing")).into())
}
