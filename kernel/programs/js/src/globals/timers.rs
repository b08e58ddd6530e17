//! Timers (HTML, 8.6), `queueMicrotask` and `performance`.

use super::arguments::number;
use super::native::{Native, object};
use crate::events::Events;
use boa_engine::job::PromiseJob;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsNativeError, JsResult, JsValue, js_string};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(super) const NATIVES: &[Native] = &[
    ("setTimeout", 1, |_, arguments, context| set(arguments, Repeat::Never, context)),
    ("setInterval", 1, |_, arguments, context| set(arguments, Repeat::Always, context)),
    ("setImmediate", 1, set_immediate),
    ("clearTimeout", 1, |_, arguments, context| clear(arguments, context)),
    ("clearInterval", 1, |_, arguments, context| clear(arguments, context)),
    ("clearImmediate", 1, |_, arguments, context| clear(arguments, context)),
    ("queueMicrotask", 1, queue_microtask),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Never,
    Always,
}

/// The longest delay, in milliseconds: 31 bits, as elsewhere.
const MAX_DELAY_MS: f64 = 2_147_483_647.0;

fn callback(arguments: &[JsValue]) -> JsResult<JsFunction> {
    let function = arguments.first().and_then(JsValue::as_function);
    function.ok_or_else(|| JsNativeError::typ().with_message("the callback has to be a function").into())
}

fn set(arguments: &[JsValue], repeat: Repeat, context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments)?;
    let delay = number(arguments, 1, context)?.filter(|delay| (1.0..=MAX_DELAY_MS).contains(delay)).unwrap_or(1.0);
    let delay = Duration::from_secs_f64(delay.trunc() / 1000.0);
    let every = (repeat == Repeat::Always).then_some(delay);
    let rest = arguments.get(2..).unwrap_or_default().to_vec();
    Ok(Events::of(context)?.set_timer(callback, rest, delay, every).into())
}

fn set_immediate(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments)?;
    let rest = arguments.get(1..).unwrap_or_default().to_vec();
    Ok(Events::of(context)?.set_timer(callback, rest, Duration::ZERO, None).into())
}

fn clear(arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let id = arguments.first().and_then(JsValue::as_number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of no timer are ignored")]
    if let Some(id) = id.filter(|id| *id > 0.0) {
        Events::of(context)?.clear_timer(id as u32);
    }
    Ok(JsValue::undefined())
}

fn queue_microtask(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments)?;
    let realm = context.realm().clone();
    let job = PromiseJob::with_realm(move |context| callback.call(&JsValue::undefined(), &[], context), realm);
    context.enqueue_job(job.into());
    Ok(JsValue::undefined())
}

/// When `performance` was first used.
struct Origin(Instant);

/// `performance.now()` and `performance.timeOrigin`.
pub(super) fn performance(context: &mut Context) -> JsResult<JsValue> {
    context.insert_data(Origin(Instant::now()));
    let made = object(&[("now", 0, now)], context);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    made.create_data_property(js_string!("timeOrigin"), since_epoch.as_secs_f64() * 1000.0, context)?;
    Ok(made.into())
}

fn now(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let elapsed = context.get_data::<Origin>().map(|origin| origin.0.elapsed()).unwrap_or_default();
    Ok((elapsed.as_secs_f64() * 1000.0).into())
}
