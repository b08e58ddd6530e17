//! The global objects beside those of ECMAScript, each made when it is first used: an engine that shows one number needs none.
//!
//! One row of [`TABLE`] is one object or one family of them. `lib` has those that are written in JavaScript, on top of a few
//! functions of this crate.

mod arguments;
mod builtin_modules;
mod console;
mod console_table;
mod fetch;
mod files;
mod machine;
mod native;
mod process;
mod programs;
mod timers;

use boa_engine::object::builtins::JsArrayBuffer;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsNativeError, JsResult, JsValue, NativeFunction, js_string};
use native::{Native, evaluate};

pub(crate) use builtin_modules::builtin_module;
pub(crate) use process::exit_code;

/// How global objects come to be.
enum Make {
    /// A function defines them.
    Define(fn(&mut Context) -> JsResult<()>),
    /// A function makes one.
    Value(fn(&mut Context) -> JsResult<JsValue>),
    /// A text gives a function that, called with an object of natives, gives an object with them.
    Text { name: &'static str, text: &'static str, natives: &'static [Native] },
}

struct Row {
    names: &'static [&'static str],
    make: Make,
}

const TABLE: &[Row] = &[
    Row { names: &["console"], make: Make::Value(console::make) },
    Row {
        names: &["TextEncoder", "TextDecoder"],
        make: Make::Define(|context| boa_runtime::text::register(None, context)),
    },
    Row {
        names: &["URL", "URLSearchParams"],
        make: Make::Text { name: "url", text: include_str!("lib/url.js"), natives: &[("parser", 0, url_parser)] },
    },
    Row {
        names: &["structuredClone"],
        make: Make::Text { name: "clone", text: include_str!("lib/clone.js"), natives: &[("transfer", 1, transfer)] },
    },
    Row { names: &["atob", "btoa"], make: Make::Define(|context| boa_runtime::base64::register(None, context)) },
    Row {
        names: &["AbortController", "AbortSignal"],
        make: Make::Text { name: "abort", text: include_str!("lib/abort.js"), natives: &[] },
    },
    Row {
        names: &["fetch", "Headers", "Request", "Response", "http"],
        make: Make::Text { name: "fetch", text: include_str!("lib/fetch.js"), natives: fetch::NATIVES },
    },
    Row { names: &["fs"], make: Make::Text { name: "fs", text: include_str!("lib/fs.js"), natives: files::NATIVES } },
    Row {
        names: &["process"],
        make: Make::Text { name: "process", text: include_str!("lib/process.js"), natives: process::NATIVES },
    },
    Row {
        names: &["run", "runSync"],
        make: Make::Text { name: "run", text: include_str!("lib/run.js"), natives: programs::NATIVES },
    },
    Row { names: &["require"], make: Make::Value(|context| builtin_modules::part("require", context)) },
    Row { names: &["module"], make: Make::Value(|context| builtin_modules::part("module", context)) },
    Row { names: &["exports"], make: Make::Value(|context| builtin_modules::part("exports", context)) },
    Row { names: &["sys"], make: Make::Value(machine::make) },
    Row { names: &["performance"], make: Make::Value(timers::performance) },
    Row { names: &["Intl"], make: Make::Define(no_intl) },
];

/// Gives the global object what is in the table.
pub(crate) fn define(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for (row, entry) in TABLE.iter().enumerate() {
        for name in entry.names {
            let getter = function(context, name, move |_, _, context| make(row, name, context));
            let setter = function(context, name, move |_, arguments, context| {
                let value = arguments.first().cloned().unwrap_or_default();
                replace(&context.global_object(), name, value, context)
            });
            let property = PropertyDescriptor::builder().get(getter).set(setter).enumerable(false).configurable(true);
            global.define_property_or_throw(js_string!(*name), property, context)?;
        }
    }
    for (name, length, native) in timers::NATIVES {
        context.register_global_builtin_callable(js_string!(*name), *length, NativeFunction::from_fn_ptr(*native))?;
    }
    let this: JsValue = global.into();
    context.register_global_property(js_string!("global"), this, Attribute::WRITABLE | Attribute::CONFIGURABLE)
}

fn function<F>(context: &mut Context, name: &str, body: F) -> JsValue
where
    F: Fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue> + Copy + 'static,
{
    let function = NativeFunction::from_copy_closure(body);
    FunctionObjectBuilder::new(context.realm(), function).name(js_string!(name)).build().into()
}

/// Makes what `row` stands for; the object called `name`.
fn make(row: usize, name: &str, context: &mut Context) -> JsResult<JsValue> {
    let entry = TABLE.get(row).ok_or_else(|| JsNativeError::error().with_message("no such object"))?;
    let global = context.global_object();
    match &entry.make {
        Make::Define(define) => define(context)?,
        Make::Value(make) => {
            let value = make(context)?;
            replace(&global, name, value, context)?;
        }
        Make::Text { name: file, text, natives } => {
            let made = evaluate(file, text, natives, context)?;
            for name in entry.names {
                let value = made.get(js_string!(*name), context)?;
                replace(&global, name, value, context)?;
            }
        }
    }
    // Of a data property now: what was an accessor would come back here.
    let property = global.borrow().properties().get(&js_string!(name).into());
    property
        .and_then(|property| property.value().cloned())
        .ok_or_else(|| JsNativeError::error().with_message(format!("{name} could not be made")).into())
}

/// Makes a global a data property.
fn replace(global: &JsObject, name: &str, value: JsValue, context: &mut Context) -> JsResult<JsValue> {
    let property = PropertyDescriptor::builder().value(value).writable(true).enumerable(false).configurable(true);
    global.define_property_or_throw(js_string!(name), property, context)?;
    Ok(JsValue::undefined())
}

/// The class that parses: what `URL` is made of.
fn url_parser(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    boa_runtime::url::Url::register(None, context)?;
    context.global_object().get(js_string!("URL"), context)
}

/// Moves what a buffer holds to a new one.
fn transfer(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = arguments.first().and_then(JsValue::as_object);
    let buffer = object.and_then(|object| JsArrayBuffer::from_object(object).ok());
    let content = buffer.map(|buffer| buffer.detach(&JsValue::undefined())).transpose()?;
    match content {
        Some(content) => Ok(JsArrayBuffer::from_byte_block(content, context)?.into()),
        None => Err(JsNativeError::typ().with_message("no ArrayBuffer").into()),
    }
}

/// ECMA-402 is not there: scripts that ask for it are told, others go on with what ECMA-262 says of `toLocaleString`.
fn no_intl(_: &mut Context) -> JsResult<()> {
    let message = "Intl is not available: this engine is built without internationalization (ECMA-402)";
    Err(JsNativeError::reference().with_message(message).into())
}
