//! Functions of this crate as scripts see them.

use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::{Context, JsString, NativeFunction};

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
