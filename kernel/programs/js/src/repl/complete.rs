//! What names can become: globals, and members of what a path of names leads to. No code of the script runs.

use crate::engine::Engine;
use crate::events::Events;
use crate::inspect::data_property;
use boa_engine::builtins::function::{BoundFunction, OrdinaryFunction};
use boa_engine::builtins::proxy::Proxy;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsObject, JsValue, Source, js_string};
use editor::{Background, Candidate, Completer};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Instant;
use wait::Waiter;

const KEYWORDS: &[&str] = &[
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "null",
    "of",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];
const INDENT: &str = "  ";
/// Prototypes that are looked through.
const MAX_CHAIN: usize = 50;

/// The names that a session knows.
pub(super) struct Names<'a> {
    context: RefCell<&'a mut Context>,
    declared: &'a [String],
    events: Rc<Events>,
}

impl<'a> Names<'a> {
    pub(super) fn new(engine: &'a mut Engine, declared: &'a [String]) -> Names<'a> {
        let events = Rc::clone(&engine.events);
        Names { context: RefCell::new(&mut engine.context), declared, events }
    }

    /// All globals.
    pub(super) fn all(&self) -> Vec<String> {
        let global = self.context.borrow().global_object();
        let mut names = self.members(&global);
        names.extend(self.declared.iter().cloned());
        names.into_iter().collect()
    }

    /// Names of the properties of an object and its prototypes.
    fn members(&self, object: &JsObject) -> BTreeSet<String> {
        let context = &mut **self.context.borrow_mut();
        let mut names = BTreeSet::new();
        let mut next = Some(object.clone());
        for _ in 0..MAX_CHAIN {
            // What a proxy has, only its traps know.
            let Some(here) = next.filter(|here| !here.is::<Proxy>()) else { break };
            for key in here.own_property_keys(context).unwrap_or_default() {
                if let PropertyKey::String(name) = key {
                    names.insert(name.to_std_string_escaped());
                }
            }
            next = here.prototype();
        }
        names.retain(|name| is_name(name));
        names
    }

    /// What a path of names leads to.
    fn object_at(&self, path: &str) -> Option<JsObject> {
        let mut parts = path.split('.');
        let first = parts.next().filter(|name| is_name(name))?;
        let context = &mut **self.context.borrow_mut();
        let global = context.global_object();
        let known = global.borrow().properties().get(&js_string!(first).into());
        let mut value = if let Some(property) = known {
            match property.get().and_then(JsValue::as_object) {
                // Those that are made when they are first used are made now.
                Some(getter) if !is_scripts(&getter) => global.get(js_string!(first), context).ok()?,
                Some(_) => return None,
                None => property.value()?.clone(),
            }
        } else if first == "this" || self.declared.iter().any(|name| name == first) {
            context.eval(Source::from_bytes(first.as_bytes())).ok()?
        } else {
            return None;
        };
        for name in parts {
            value = inherited(&value.to_object(context).ok()?, name)?;
        }
        value.to_object(context).ok().filter(|object| !object.is::<Proxy>())
    }
}

/// Whether a function is, or may lead to, one of the script's.
fn is_scripts(function: &JsObject) -> bool {
    function.is::<OrdinaryFunction>() || function.is::<BoundFunction>() || function.is::<Proxy>()
}

fn inherited(object: &JsObject, name: &str) -> Option<JsValue> {
    let mut next = Some(object.clone());
    for _ in 0..MAX_CHAIN {
        let here = next.filter(|here| !here.is::<Proxy>())?;
        if let Some(value) = data_property(&here, js_string!(name)) {
            return Some(value);
        }
        next = here.prototype();
    }
    None
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$')
}

/// What a session has started goes on while a line is edited.
impl Background for Names<'_> {
    fn deadline(&self) -> Option<Instant> {
        self.events.next_timer()
    }

    fn is_due(&self, waiter: &Waiter) -> bool {
        self.events.is_ready(waiter)
    }
}

impl Completer for Names<'_> {
    fn complete(&self, text: &str) -> (usize, Vec<Candidate>) {
        // At the beginning of a line Tab indents it.
        if text.trim().is_empty() {
            return (text.len(), vec![Candidate { name: String::new(), text: INDENT.to_owned(), end: "" }]);
        }
        let is_path = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.');
        let start = text
            .rfind(|letter| !is_path(letter))
            .map_or(0, |at| at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let path = text.get(start..).unwrap_or_default();
        let (start, prefix, names) = match path.rsplit_once('.') {
            Some((object, prefix)) => {
                let names = self.object_at(object).map(|object| self.members(&object)).unwrap_or_default();
                (start + object.len() + 1, prefix, names.into_iter().collect::<Vec<_>>())
            }
            None => {
                let mut names = self.all();
                names.extend(KEYWORDS.iter().map(|word| (*word).to_owned()));
                names.sort();
                names.dedup();
                (start, path, names)
            }
        };
        let found = names.into_iter().filter(|name| name.starts_with(prefix));
        (start, found.map(|name| Candidate { text: name.clone(), name, end: "" }).collect())
    }
}
