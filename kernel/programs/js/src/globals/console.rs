//! `console` (Console Standard).

use super::console_table;
use super::native::{Native, object};
use crate::inspect::{self, DEPTH};
use crate::state::State;
use crate::style::Style;
use boa_engine::{Context, JsNativeError, JsResult, JsValue, js_string};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Groups within groups that are indented.
const MAX_GROUPS: usize = 40;
/// Counters and timers.
const MAX_LABELS: usize = 10_000;

/// What the console remembers.
#[derive(Default)]
struct Console {
    groups: Cell<usize>,
    counts: RefCell<BTreeMap<String, u64>>,
    timers: RefCell<BTreeMap<String, Instant>>,
}

/// Which stream a message goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Output,
    Errors,
}

const NATIVES: &[Native] = &[
    ("log", 0, |_, arguments, context| log(Stream::Output, arguments, context)),
    ("info", 0, |_, arguments, context| log(Stream::Output, arguments, context)),
    ("debug", 0, |_, arguments, context| log(Stream::Output, arguments, context)),
    ("error", 0, |_, arguments, context| log(Stream::Errors, arguments, context)),
    ("warn", 0, |_, arguments, context| log(Stream::Errors, arguments, context)),
    ("trace", 0, trace),
    ("assert", 0, assert),
    ("dir", 0, dir),
    ("table", 1, table),
    ("group", 0, group),
    ("groupCollapsed", 0, group),
    ("groupEnd", 0, group_end),
    ("count", 0, count),
    ("countReset", 0, count_reset),
    ("time", 0, time),
    ("timeLog", 0, |_, arguments, context| time_log(arguments, context)),
    ("timeEnd", 0, time_end),
    ("clear", 0, clear),
];

/// Makes the object.
pub(super) fn make(context: &mut Context) -> JsResult<JsValue> {
    context.insert_data(Rc::new(Console::default()));
    Ok(object(NATIVES, context).into())
}

fn console(context: &Context) -> JsResult<Rc<Console>> {
    let console = context.get_data::<Rc<Console>>().cloned();
    console.ok_or_else(|| JsNativeError::error().with_message("there is no console").into())
}

fn log(stream: Stream, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let style = match stream {
        Stream::Output => State::of(context)?.style,
        Stream::Errors => Style::Plain,
    };
    let text = inspect::logged(arguments, style, context)?;
    print(stream, &text, context)
}

fn table(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = console_table::table(arguments, context)?;
    print(Stream::Output, &text, context)
}

/// Prints lines, indented as the groups say.
fn print(stream: Stream, text: &str, context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    let indent = "  ".repeat(console(context)?.groups.get().min(MAX_GROUPS));
    let text = if indent.is_empty() {
        format!("{text}\n")
    } else {
        text.split('\n').map(|line| format!("{indent}{line}\n")).collect()
    };
    let file = match stream {
        Stream::Output => &state.stdout,
        Stream::Errors => &state.stderr,
    };
    match state.uncounted(|| file.write_all(text.as_bytes())) {
        Ok(()) => {}
        // Nobody reads any more, as behind `head`: there is no use in going on.
        Err(interfaces::Errno::EPIPE) => state.limits.request_exit(0),
        Err(error) => return Err(JsNativeError::error().with_message(format!("console: {error}")).into()),
    }
    Ok(JsValue::undefined())
}

fn label(arguments: &[JsValue], context: &mut Context) -> JsResult<String> {
    match arguments.first().filter(|label| !label.is_undefined()) {
        Some(label) => Ok(label.to_string(context)?.to_std_string_lossy()),
        None => Ok("default".to_owned()),
    }
}

fn trace(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = inspect::logged(arguments, Style::Plain, context)?;
    let calls: Vec<String> = context
        .stack_trace()
        .map(|frame| frame.code_block().name().to_std_string_escaped())
        .map(|name| format!("\n    at {}", if name.is_empty() { "<anonymous>" } else { &name }))
        .collect();
    let space = if text.is_empty() { "" } else { ": " };
    print(Stream::Errors, &format!("Trace{space}{text}{}", calls.concat()), context)
}

fn assert(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (condition, rest) =
        arguments.split_first().map_or((false, arguments), |(first, rest)| (first.to_boolean(), rest));
    if condition {
        return Ok(JsValue::undefined());
    }
    let text = inspect::logged(rest, Style::Plain, context)?;
    let text = if text.is_empty() { "Assertion failed".to_owned() } else { format!("Assertion failed: {text}") };
    print(Stream::Errors, &text, context)
}

fn dir(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arguments.first().cloned().unwrap_or_default();
    let options = arguments.get(1).and_then(JsValue::as_object);
    let depth = match options.map(|options| options.get(js_string!("depth"), context)).transpose()? {
        Some(depth) if depth.is_null() => 100,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        Some(depth) if depth.is_number() => depth.to_number(context)?.clamp(0.0, 100.0) as usize,
        _ => DEPTH,
    };
    let style = State::of(context)?.style;
    let text = inspect::shown_to(&value, style, depth, context);
    print(Stream::Output, &text, context)
}

fn group(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if !arguments.is_empty() {
        log(Stream::Output, arguments, context)?;
    }
    let console = console(context)?;
    console.groups.set(console.groups.get().saturating_add(1));
    Ok(JsValue::undefined())
}

fn group_end(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let console = console(context)?;
    console.groups.set(console.groups.get().saturating_sub(1));
    Ok(JsValue::undefined())
}

fn count(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let console = console(context)?;
    let mut counts = console.counts.borrow_mut();
    if counts.len() >= MAX_LABELS && !counts.contains_key(&label) {
        return Err(JsNativeError::range().with_message("console.count: too many labels").into());
    }
    let count = counts.entry(label.clone()).or_default();
    *count = count.saturating_add(1);
    let text = format!("{label}: {count}");
    drop(counts);
    print(Stream::Output, &text, context)
}

fn count_reset(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let removed = console(context)?.counts.borrow_mut().remove(&label);
    match removed {
        Some(_) => Ok(JsValue::undefined()),
        None => print(Stream::Errors, &format!("Count for '{label}' does not exist"), context),
    }
}

fn time(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let console = console(context)?;
    let mut timers = console.timers.borrow_mut();
    if timers.contains_key(&label) {
        drop(timers);
        return print(Stream::Errors, &format!("Timer '{label}' already exists"), context);
    }
    if timers.len() >= MAX_LABELS {
        return Err(JsNativeError::range().with_message("console.time: too many labels").into());
    }
    timers.insert(label, Instant::now());
    Ok(JsValue::undefined())
}

fn time_log(arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let started = console(context)?.timers.borrow().get(&label).copied();
    let Some(started) = started else {
        return print(Stream::Errors, &format!("Timer '{label}' does not exist"), context);
    };
    let more = inspect::logged(arguments.get(1..).unwrap_or_default(), Style::Plain, context)?;
    let space = if more.is_empty() { "" } else { " " };
    print(Stream::Output, &format!("{label}: {}{space}{more}", duration(started.elapsed())), context)
}

fn time_end(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    time_log(arguments.get(..1).unwrap_or(arguments), context)?;
    let label = label(arguments, context)?;
    console(context)?.timers.borrow_mut().remove(&label);
    Ok(JsValue::undefined())
}

fn duration(duration: Duration) -> String {
    if duration >= Duration::from_secs(1) {
        return format!("{:.3}s", duration.as_secs_f64());
    }
    format!("{:.3}ms", duration.as_secs_f64() * 1000.0)
}

fn clear(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    if state.stdout.as_terminal().is_some() {
        // A terminal that is gone is noticed by what prints next.
        let _gone = state.stdout.write_all(b"\x1b[H\x1b[2J");
    }
    Ok(JsValue::undefined())
}
