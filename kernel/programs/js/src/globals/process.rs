//! What `process` is made of.

use super::arguments::{bytes, flag, number, plain_object, system_error, text};
use super::native::Native;
use crate::state::State;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsResult, JsValue, js_string};
use interfaces::Errno;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use vfs::{Follow, OpenFile, Scope};

pub(super) const NATIVES: &[Native] = &[
    ("argv", 0, argv),
    ("env", 0, env),
    ("setEnv", 2, set_env),
    ("cwd", 0, |_, _, context| Ok(js_string!(State::of(context)?.directory()).into())),
    ("chdir", 1, chdir),
    ("exit", 1, exit),
    ("setExitCode", 1, set_exit_code),
    ("write", 2, write),
    ("isTerminal", 1, is_terminal),
    ("readInput", 1, read_input),
    ("pid", 0, |_, _, context| Ok(State::of(context)?.process.pid().into())),
    ("ppid", 0, |_, _, context| Ok(State::of(context)?.process.parent().into())),
    ("uptime", 0, |_, _, context| Ok(State::of(context)?.process.started().elapsed().as_secs_f64().into())),
    ("cpuTime", 0, |_, _, context| Ok(State::of(context)?.process.cpu_time().as_secs_f64().into())),
    ("clock", 0, clock),
    ("memory", 0, memory),
];

/// What `process.exitCode` was set to.
#[derive(Default)]
struct ExitCode(Cell<Option<i32>>);

/// The status that a script has asked for, should it end by itself.
pub(crate) fn exit_code(context: &Context) -> Option<i32> {
    context.get_data::<Rc<ExitCode>>().and_then(|code| code.0.get())
}

fn argv(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    let words: Vec<JsValue> = state.arguments.iter().map(|word| js_string!(word.as_str()).into()).collect();
    Ok(JsArray::from_iter(words, context).into())
}

fn env(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let variables = State::of(context)?.process.env();
    let properties = variables.iter().map(|(name, value)| (name.as_str(), js_string!(value.as_str()).into())).collect();
    plain_object(properties, context)
}

/// `setEnv(name, value)`; without a value the variable is removed.
fn set_env(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, name) = (State::of(context)?, text(arguments, 0, "a variable's name")?);
    let value = match arguments.get(1).filter(|value| !value.is_undefined()) {
        Some(value) => Some(value.to_string(context)?.to_std_string_lossy()),
        None => None,
    };
    state.uncounted(|| state.process.set_var(&name, value.as_deref()));
    Ok(JsValue::undefined())
}

fn chdir(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    let changed = state.vfs().resolve(&state.cwd(), &path, Scope::Anywhere, Follow::Yes);
    let changed = changed.and_then(|location| state.process.set_cwd(location));
    changed.map_err(|error| system_error(error, "chdir", &path, context))?;
    Ok(JsValue::undefined())
}

fn status(arguments: &[JsValue], context: &mut Context) -> JsResult<Option<i32>> {
    match arguments.first().filter(|value| !value.is_null_or_undefined()) {
        Some(value) => Ok(Some(value.to_i32(context)?)),
        None => Ok(None),
    }
}

/// Ends the script: with what is given, else with `exitCode`.
fn exit(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let code = status(arguments, context)?.or_else(|| exit_code(context)).unwrap_or(0);
    State::of(context)?.limits.request_exit(code);
    guard::ask_next();
    // Looks at the limits again, so that not one more statement is run.
    context.global_object().get(js_string!("undefined"), context)
}

fn set_exit_code(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let code = status(arguments, context)?;
    match context.get_data::<Rc<ExitCode>>() {
        Some(known) => known.0.set(code),
        None => drop(context.insert_data(Rc::new(ExitCode(Cell::new(code))))),
    }
    Ok(JsValue::undefined())
}

fn stream(state: &State, number: f64) -> &Arc<OpenFile> {
    if number == 0.0 {
        &state.stdin
    } else if number == 2.0 {
        &state.stderr
    } else {
        &state.stdout
    }
}

/// `write(stream, data)`.
fn write(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    let file = number(arguments, 0, context)?.unwrap_or(1.0);
    let data = bytes(&arguments.get(1).cloned().unwrap_or_default(), context)?;
    match state.uncounted(|| stream(&state, file).write_all(&data)) {
        Ok(()) => Ok(true.into()),
        // As `console.log` does: nobody reads any more.
        Err(Errno::EPIPE) => {
            state.limits.request_exit(0);
            Ok(false.into())
        }
        Err(error) => Err(system_error(error, "write", "stdout", context)),
    }
}

fn is_terminal(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    let file = number(arguments, 0, context)?.unwrap_or(1.0);
    let Some(terminal) = stream(&state, file).as_terminal() else { return Ok(JsValue::null()) };
    let size = terminal.window_size();
    plain_object(vec![("columns", size.columns.into()), ("rows", size.rows.into())], context)
}

/// A line of standard input without its end, or with `true` all that is left; null at its end.
fn read_input(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    let to_the_end = flag(arguments, 0);
    let mut content = Vec::new();
    let mut buffer = [0; 4096];
    let chunk = if to_the_end { buffer.len() } else { 1 };
    loop {
        let read = state.read_some(&state.stdin, buffer.get_mut(..chunk).unwrap_or_default());
        let count = read.map_err(|error| system_error(error, "read", "stdin", context))?;
        let is_line = !to_the_end && count == 1 && buffer.first() == Some(&b'\n');
        if count == 0 && content.is_empty() {
            return Ok(JsValue::null());
        }
        if count == 0 || is_line {
            return Ok(js_string!(String::from_utf8_lossy(&content).as_ref()).into());
        }
        content.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if content.len() > state.limits.memory_bytes() / 4 {
            return Err(system_error(Errno::EFBIG, "read", "stdin", context));
        }
    }
}

/// Seconds and nanoseconds since some moment.
fn clock(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let elapsed = State::of(context)?.process.started().elapsed();
    #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers")]
    let seconds = elapsed.as_secs() as f64;
    let pair: [JsValue; 2] = [seconds.into(), elapsed.subsec_nanos().into()];
    Ok(JsArray::from_iter(pair, context).into())
}

fn memory(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers")]
    let properties = vec![
        ("used", (state.machine.memory_used() as f64).into()),
        ("limit", (state.limits.memory_bytes() as f64).into()),
        ("total", (state.machine.memory().total as f64).into()),
    ];
    plain_object(properties, context)
}
