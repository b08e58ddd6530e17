//! `sys`: the machine itself, as eggos offered it.

use super::arguments::{number, plain_object};
use super::native::{Native, object};
use crate::state::State;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsNativeError, JsResult, JsValue, js_string};

const NATIVES: &[Native] = &[("in8", 1, in8), ("out8", 2, out8), ("cpuinfo", 0, cpuinfo), ("meminfo", 0, meminfo)];

/// Makes the object.
pub(super) fn make(context: &mut Context) -> JsResult<JsValue> {
    Ok(object(NATIVES, context).into())
}

/// Argument `index` as a whole number up to `limit`.
fn whole(arguments: &[JsValue], index: usize, limit: u16, context: &mut Context) -> JsResult<u16> {
    let value = number(arguments, index, context)?.unwrap_or(f64::NAN);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    if value.trunc() == value && (0.0..=f64::from(limit)).contains(&value) {
        return Ok(value as u16);
    }
    let message = format!("argument {} has to be a whole number from 0 to {limit}", index + 1);
    Err(JsNativeError::range().with_message(message).into())
}

fn denied() -> JsNativeError {
    JsNativeError::error().with_message("EPERM: this machine gives scripts no I/O ports")
}

fn in8(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let port = whole(arguments, 0, u16::MAX, context)?;
    let value = State::of(context)?.machine.read_port(port).ok_or_else(denied)?;
    Ok(i32::from(value).into())
}

fn out8(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let port = whole(arguments, 0, u16::MAX, context)?;
    let value = u8::try_from(whole(arguments, 1, u16::from(u8::MAX), context)?).unwrap_or(u8::MAX);
    State::of(context)?.machine.write_port(port, value).ok_or_else(denied)?;
    Ok(JsValue::undefined())
}

fn cpuinfo(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (model, hz, features, count) = State::of(context)?.machine.cpus();
    let features: Vec<JsValue> = features.into_iter().map(|feature| js_string!(feature).into()).collect();
    let features = JsArray::from_iter(features, context);
    #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers")]
    let properties = vec![
        ("model", js_string!(model).into()),
        ("count", (count as f64).into()),
        ("hz", (hz as f64).into()),
        ("features", features.into()),
    ];
    plain_object(properties, context)
}

fn meminfo(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let memory = State::of(context)?.machine.memory();
    #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers")]
    let properties = vec![("total", (memory.total as f64).into()), ("free", (memory.free as f64).into())];
    plain_object(properties, context)
}
