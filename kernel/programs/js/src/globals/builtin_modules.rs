//! `require`, and the modules that are there without a file: `fs`, `path` and others by Node.js' names.

use super::arguments::text;
use super::native::{Native, evaluate};
use crate::state::State;
use boa_engine::module::{Module, SyntheticModuleInitializer};
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, Source, js_string};
use std::path::Path;
use std::rc::Rc;

const NATIVES: &[Native] = &[("compile", 2, compile)];

/// What `lib/modules.js` gives.
struct Made(JsObject);

fn made(context: &mut Context) -> JsResult<Rc<Made>> {
    if let Some(made) = context.get_data::<Rc<Made>>() {
        return Ok(Rc::clone(made));
    }
    let made = Rc::new(Made(evaluate("modules", include_str!("lib/modules.js"), NATIVES, context)?));
    context.insert_data(Rc::clone(&made));
    Ok(made)
}

/// `require`, `module` or `exports` of the script.
pub(super) fn part(name: &str, context: &mut Context) -> JsResult<JsValue> {
    made(context)?.0.get(js_string!(name), context)
}

/// The module called `specifier` (`fs` or `node:fs`), whose exports are the members of an object; `None`: there is none.
pub(crate) fn builtin_module(specifier: &str, context: &mut Context) -> JsResult<Option<Module>> {
    let find = part("builtin", context)?.as_callable();
    let found =
        find.map(|find| find.call(&JsValue::undefined(), &[js_string!(specifier).into()], context)).transpose()?;
    let Some(object) = found.and_then(|value| value.as_object()) else { return Ok(None) };
    let keys = object.own_property_keys(context)?.into_iter();
    let mut names: Vec<JsString> = keys
        .filter_map(|key| match key {
            PropertyKey::String(name) if name != "default" => Some(name),
            _ => None,
        })
        .collect();
    names.push(js_string!("default"));
    let fill = SyntheticModuleInitializer::from_copy_closure_with_captures(
        |module, (names, object): &(Vec<JsString>, JsObject), context| {
            for name in names {
                let value =
                    if *name == "default" { object.clone().into() } else { object.get(name.clone(), context)? };
                module.set_export(name, value)?;
            }
            Ok(())
        },
        (names.clone(), object),
    );
    Ok(Some(Module::synthetic(&names, fill, None, None, context)))
}

/// The function whose body is a file's text: what `require` calls.
fn compile(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (content, name) = (text(arguments, 0, "a text")?, text(arguments, 1, "a path")?);
    State::of(context)?.sources.add(&name, &content);
    // A first line for the shell is a comment.
    let comment = if content.starts_with("#!") { "//" } else { "" };
    let wrapped = format!("(function (exports, require, module, __filename, __dirname) {{{comment}{content}\n}})");
    let source = Source::from_bytes(wrapped.as_bytes()).with_path(Path::new(&name));
    context.eval(source).map_err(|error| crate::report::in_file(error, &name))
}
