//! Reading the arguments of built-in functions, and making errors as scripts know them.

use boa_engine::object::builtins::{AlignedVec, JsArrayBuffer, JsTypedArray, JsUint8Array};
use boa_engine::{Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, js_string};
use interfaces::Errno;

/// Argument `index` as a string that a path or a name can be.
pub(super) fn text(arguments: &[JsValue], index: usize, what: &str) -> JsResult<String> {
    let value = arguments.get(index).cloned().unwrap_or_default();
    let Some(text) = value.as_string() else {
        let message = format!("{what} has to be a string, not {}", value.type_of());
        return Err(JsNativeError::typ().with_message(message).into());
    };
    Ok(text.to_std_string_lossy())
}

/// Argument `index` as a number; `None` where it is not given.
pub(super) fn number(arguments: &[JsValue], index: usize, context: &mut Context) -> JsResult<Option<f64>> {
    match arguments.get(index) {
        None => Ok(None),
        Some(value) if value.is_undefined() => Ok(None),
        Some(value) => value.to_number(context).map(Some),
    }
}

pub(super) fn flag(arguments: &[JsValue], index: usize) -> bool {
    arguments.get(index).is_some_and(JsValue::to_boolean)
}

/// The bytes of a string (as UTF-8), an array buffer or a view on one.
pub(super) fn bytes(value: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    let Some(object) = value.as_object() else {
        return Ok(value.to_string(context)?.to_std_string_lossy().into_bytes());
    };
    if let Ok(buffer) = JsArrayBuffer::from_object(object.clone()) {
        return buffer.to_vec().ok_or_else(|| JsNativeError::typ().with_message("the buffer is detached").into());
    }
    if let Ok(view) = JsTypedArray::from_object(object.clone()) {
        let (start, length) = (view.byte_offset(context)?, view.byte_length(context)?);
        let buffer = view.buffer(context)?.as_object().and_then(|buffer| JsArrayBuffer::from_object(buffer).ok());
        let content = buffer.and_then(|buffer| {
            buffer.data().and_then(|data| data.get(start..start.checked_add(length)?).map(<[u8]>::to_vec))
        });
        return content.ok_or_else(|| JsNativeError::typ().with_message("the buffer is detached").into());
    }
    Ok(value.to_string(context)?.to_std_string_lossy().into_bytes())
}

/// Bytes as a script sees them.
pub(super) fn byte_array(bytes: &[u8], context: &mut Context) -> JsResult<JsValue> {
    let block = AlignedVec::from_slice(64, bytes);
    let buffer = JsArrayBuffer::from_byte_block(block, context)?;
    Ok(JsUint8Array::from_array_buffer(buffer, context)?.into())
}

/// An error of the kernel, as Node.js gives those of its system: `ENOENT: no such file or directory, open 'x'`.
pub(super) fn system_error(error: Errno, call: &str, path: &str, context: &mut Context) -> JsError {
    let code = error.name();
    let message = format!("{code}: {}, {call} '{path}'", error.text());
    let object = JsNativeError::error().with_message(message).into_opaque(context);
    let facts: [(&str, JsValue); 4] = [
        ("errno", (-error.number()).into()),
        ("code", js_string!(code).into()),
        ("syscall", js_string!(call).into()),
        ("path", js_string!(path).into()),
    ];
    for (name, value) in facts {
        // A new object takes any property.
        let _always = object.create_data_property(js_string!(name), value, context);
    }
    JsError::from_opaque(object.into())
}

/// Sets properties of an object.
pub(super) fn fill(object: &JsObject, properties: Vec<(&str, JsValue)>, context: &mut Context) -> JsResult<()> {
    for (name, value) in properties {
        object.create_data_property(JsString::from(name), value, context)?;
    }
    Ok(())
}

/// A new plain object.
pub(super) fn plain_object(properties: Vec<(&str, JsValue)>, context: &mut Context) -> JsResult<JsValue> {
    let object = JsObject::with_object_proto(context.intrinsics());
    fill(&object, properties, context)?;
    Ok(object.into())
}
