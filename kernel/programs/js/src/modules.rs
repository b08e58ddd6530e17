//! Modules from the vfs: by paths that are relative to the module that imports, or absolute.

use crate::sources::Sources;
use crate::state::State;
use boa_engine::module::{Module, ModuleLoader, ModuleRequest, Referrer};
use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsString, Source, js_string};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

/// The largest module that is read.
pub(crate) const MAX_SOURCE: usize = 64 << 20;

/// Those that were loaded, by path.
#[derive(Default)]
pub(crate) struct Modules {
    loaded: RefCell<HashMap<(String, bool), Module>>,
}

impl Modules {
    /// Makes `module` the one at `path`.
    pub(crate) fn insert(&self, path: &str, module: Module) {
        self.loaded.borrow_mut().insert((path.to_owned(), false), module);
    }

    fn builtin(&self, specifier: &str, context: &mut Context) -> JsResult<Module> {
        let name = specifier.strip_prefix("node:").unwrap_or(specifier);
        let key = (format!("node:{name}"), false);
        if let Some(module) = self.loaded.borrow().get(&key) {
            return Ok(module.clone());
        }
        let made = crate::globals::builtin_module(name, context)?;
        let module = made.ok_or_else(|| JsNativeError::typ().with_message(unknown(specifier)))?;
        self.loaded.borrow_mut().insert(key, module.clone());
        Ok(module)
    }

    fn load(&self, referrer: &Referrer, request: &ModuleRequest, context: &mut Context) -> JsResult<Module> {
        let state = State::of(context)?;
        let specifier = request.specifier().to_std_string_lossy();
        if is_bare(&specifier) {
            return self.builtin(&specifier, context);
        }
        let path = resolve(&specifier, referrer.path(), &state.directory())
            .ok_or_else(|| JsNativeError::typ().with_message(unknown(&specifier)))?;
        let kind = request.get_attribute("type").map(JsString::to_std_string_lossy);
        let is_json = match kind.as_deref() {
            Some("json") => true,
            None => path.ends_with(".json"),
            Some(other) => {
                let message = format!("a module of type '{other}' cannot be imported, only json");
                return Err(JsNativeError::typ().with_message(message).into());
            }
        };
        let key = (path, is_json);
        if let Some(module) = self.loaded.borrow().get(&key) {
            return Ok(module.clone());
        }
        let content = state.vfs().read_file(&state.cwd(), &key.0, MAX_SOURCE).map_err(|error| {
            JsNativeError::error().with_message(format!("cannot import '{specifier}': {}: {error}", key.0))
        })?;
        let text = String::from_utf8_lossy(&content).into_owned();
        let module = if is_json {
            Module::parse_json(JsString::from(text.as_str()), context)?
        } else {
            parse(&key.0, &text, &state.sources, context)?
        };
        self.loaded.borrow_mut().insert(key, module.clone());
        Ok(module)
    }
}

/// Parses a module's text.
pub(crate) fn parse(path: &str, text: &str, sources: &Sources, context: &mut Context) -> JsResult<Module> {
    sources.add(path, text);
    let source = Source::from_bytes(text.as_bytes()).with_path(Path::new(path));
    Module::parse(source, None, context).map_err(|error| crate::report::in_file(error, path))
}

fn unknown(specifier: &str) -> String {
    format!(
        "cannot import '{specifier}': there are no packages, only fs, path, url and others of Node.js; a path begins with './', '../' or '/'"
    )
}

/// Whether a specifier is a name, not a path.
fn is_bare(specifier: &str) -> bool {
    let first = specifier.split('/').next().unwrap_or_default();
    !matches!(first, "" | "." | ".." | "file:")
}

/// The absolute path of what `specifier` names in the module `referrer`, or in `directory` where there is none.
fn resolve(specifier: &str, referrer: Option<&Path>, directory: &str) -> Option<String> {
    let specifier = specifier.strip_prefix("file://").unwrap_or(specifier);
    let base = if specifier.starts_with('/') {
        String::new()
    } else if specifier.starts_with("./") || specifier.starts_with("../") || specifier == "." || specifier == ".." {
        match referrer.and_then(Path::parent).and_then(Path::to_str).filter(|folder| folder.starts_with('/')) {
            Some(folder) => folder.to_owned(),
            None => directory.to_owned(),
        }
    } else {
        return None;
    };
    Some(absolute(&base, specifier))
}

/// `path` below `base`, without `.` and `..`.
pub(crate) fn absolute(base: &str, path: &str) -> String {
    let base = if path.starts_with('/') { "" } else { base };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

impl ModuleLoader for Modules {
    async fn load_imported_module(
        self: Rc<Self>,
        referrer: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> JsResult<Module> {
        self.load(&referrer, &request, &mut context.borrow_mut())
    }

    fn init_import_meta(self: Rc<Self>, import_meta: &JsObject, module: &Module, context: &mut Context) {
        let Some(path) = module.path().and_then(Path::to_str) else { return };
        let directory = path.rsplit_once('/').map_or("/", |(directory, _)| directory);
        let facts =
            [("url", format!("file://{path}")), ("filename", path.to_owned()), ("dirname", directory.to_owned())];
        for (name, value) in facts {
            // A new object takes any property.
            let _always = import_meta.create_data_property(js_string!(name), js_string!(value), context);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_are_resolved() {
        let from = Some(Path::new("/lib/a/main.js"));
        for (specifier, path) in [
            ("./b.js", "/lib/a/b.js"),
            ("../c.mjs", "/lib/c.mjs"),
            ("../../../../d.js", "/d.js"),
            ("/e.js", "/e.js"),
            ("file:///e.js", "/e.js"),
        ] {
            assert_eq!(resolve(specifier, from, "/home").as_deref(), Some(path), "{specifier}");
        }
        assert_eq!(resolve("./x.js", None, "/home").as_deref(), Some("/home/x.js"));
        assert_eq!(resolve("lodash", from, "/home"), None);
    }
}
