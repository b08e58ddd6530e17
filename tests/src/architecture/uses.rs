//! Finds what each module of a crate uses of the others, and circles in that.
//!
//! An edge goes to the module that defines a name: a re-export is a signpost, and makes nobody depend on the module with
//! the signpost. The module that re-exports depends on the other only where its own code uses the name.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::cycle::{self, Graph};
use super::modules::{Modules, is_test};

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Module(String),
    /// An item in this module.
    Item(String),
}

/// Import chains longer than this are circles of imports.
const LONGEST_CHAIN: usize = 16;

/// A circle among the modules of a crate.
pub fn check(name: &str, modules: &Modules) -> Option<String> {
    let circle = cycle::find(&graph(modules))?;
    Some(format!("modules of {name} use each other: {}", circle.join(" -> ")))
}

/// Which module uses which.
pub fn graph(modules: &Modules) -> Graph {
    modules
        .iter()
        .map(|(path, module)| {
            let mut mentioned = Mentioned::default();
            module.items.iter().for_each(|item| mentioned.visit_item(item));
            // A public import counts where the module's own code uses it, which the mentioned paths show.
            mentioned
                .0
                .extend(module.imports.iter().filter(|import| !import.is_public).map(|import| import.path.clone()));
            let mut used: BTreeSet<String> = mentioned
                .0
                .iter()
                .filter_map(|mention| {
                    match resolve(modules, path, mention, LONGEST_CHAIN)? {
                        // A lone word is a variable's name rather than a module's.
                        Target::Module(_) if mention.len() == 1 && !is_import(modules, path, mention) => None,
                        Target::Module(used) | Target::Item(used) => Some(used),
                    }
                })
                .collect();
            used.remove(path);
            (path.clone(), used)
        })
        .collect()
}

fn is_import(modules: &Modules, path: &str, mention: &[String]) -> bool {
    modules[path].imports.iter().any(|import| import.path == mention)
}

/// Follows a path from a module.
fn resolve(modules: &Modules, from: &str, path: &[String], chain: usize) -> Option<Target> {
    let (first, rest) = path.split_first()?;
    let start = match first.as_str() {
        "crate" => Target::Module("crate".to_owned()),
        "self" => Target::Module(from.to_owned()),
        "super" => Target::Module(from.rsplit_once("::")?.0.to_owned()),
        name => lookup(modules, from, name, chain)?,
    };
    rest.iter().try_fold(start, |target, name| match target {
        Target::Module(module) if name == "super" => Some(Target::Module(module.rsplit_once("::")?.0.to_owned())),
        Target::Module(module) => lookup(modules, &module, name, chain),
        // A variant, a constant, a function of a type.
        Target::Item(module) => Some(Target::Item(module)),
    })
}

/// Finds a name in a module: its own child, item or import.
fn lookup(modules: &Modules, module: &str, name: &str, chain: usize) -> Option<Target> {
    let child = format!("{module}::{name}");
    if modules.contains_key(&child) {
        return Some(Target::Module(child));
    }
    let here = modules.get(module)?;
    if here.defines.contains(name) {
        return Some(Target::Item(module.to_owned()));
    }
    let chain = chain.checked_sub(1)?;
    let direct = here.imports.iter().find(|import| import.name == name && import.path.as_slice() != [name]);
    if let Some(import) = direct {
        return resolve(modules, module, &import.path, chain);
    }
    here.imports.iter().filter(|import| import.name == "*").find_map(|import| {
        let Target::Module(all) = resolve(modules, module, &import.path, chain)? else { return None };
        lookup(modules, &all, name, chain)
    })
}

/// The paths that code mentions.
#[derive(Default)]
struct Mentioned(BTreeSet<Vec<String>>);

impl<'a> Visit<'a> for Mentioned {
    fn visit_item(&mut self, item: &'a syn::Item) {
        let attributes = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Struct(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.0.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.take_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

impl Mentioned {
    /// A macro's input is no syntax yet: words joined by `::` are taken for paths.
    fn take_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.0.insert(std::mem::take(&mut path));
                    }
                    path.push(word.to_string());
                    colons = 0;
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.0.insert(std::mem::take(&mut path));
                    self.take_tokens(group.stream());
                }
                _ => {
                    self.0.insert(std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.0.insert(path);
        self.0.remove(&Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::modules::parse;

    fn circle(text: &str) -> Option<String> {
        check("x", &parse(text).expect("parses"))
    }

    #[test]
    fn modules_that_use_each_other_are_found() {
        let found =
            circle("mod a { use crate::b::B; pub struct A(B); } mod b { use super::a; pub struct B(Box<a::A>); }");
        assert_eq!(found.as_deref(), Some("modules of x use each other: crate::a -> crate::b"));
    }

    #[test]
    fn a_re_export_is_a_signpost() {
        assert_eq!(
            circle("mod a { pub struct A; } mod b { use crate::A; struct B(A); } pub use a::A; pub use b::B;"),
            None
        );
    }

    #[test]
    fn a_circle_behind_a_signpost_is_found() {
        assert!(
            circle("mod a { use crate::B; pub struct A; } mod b { use crate::A; pub struct B; } pub use {a::A, b::B};")
                .is_some()
        );
        assert!(circle("mod a { use super::Part; pub struct A; } pub struct Part; pub struct Whole(a::A);").is_some());
        assert!(circle("mod a { use super::Part; pub struct A; } pub use a::A; pub struct Part(Option<A>);").is_some());
    }

    #[test]
    fn paths_in_code_and_macros_count() {
        assert!(
            circle("mod a { fn f() { crate::b::g() } } mod b { fn g() { println!(\"{}\", crate::a::f()) } }").is_some()
        );
    }

    #[test]
    fn globs_are_followed() {
        assert!(circle("mod a { use super::b::*; fn f() { g() } } mod b { use super::a::f; fn g() {} }").is_some());
    }

    #[test]
    fn variables_and_tests_do_not_count() {
        assert_eq!(circle("mod table { use super::Row; } pub struct Row; fn f(table: u8) -> u8 { table }"), None);
        assert_eq!(circle("mod a { #[cfg(test)] mod tests { use crate::b::B; } } mod b { use crate::a::A; }"), None);
    }
}
