//! Reads the modules of one crate: what each defines, imports and re-exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use syn::{Attribute, Item, UseTree, Visibility};

/// A crate's modules by their paths: the root is `crate`.
pub type Modules = BTreeMap<String, Module>;

/// One module.
#[derive(Default)]
pub struct Module {
    /// Names of the items that it defines itself.
    pub defines: BTreeSet<String>,
    /// Its imports.
    pub imports: Vec<Import>,
    /// Its code: all items but imports, other modules and tests.
    pub items: Vec<Item>,
}

/// One name that an import brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name, `*` for all.
    pub name: String,
    /// The path it stands for.
    pub path: Vec<String>,
    /// Whether others see it through this module.
    pub is_public: bool,
}

/// Reads the crate whose root source file this is.
pub fn read(root: &Path) -> Result<Modules> {
    let mut modules = Modules::new();
    read_file(root, "crate", &mut modules)?;
    Ok(modules)
}

/// Takes a crate from its root's text, whose modules are all inline.
pub fn parse(text: &str) -> Result<Modules> {
    let mut modules = Modules::new();
    take_items(syn::parse_file(text)?.items, "crate", Path::new("/nowhere"), &mut modules)?;
    Ok(modules)
}

fn read_file(file: &Path, path: &str, modules: &mut Modules) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let items = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?.items;
    take_items(items, path, &children_folder(file, path), modules)
}

/// The folder where a file's child modules lie: `mod.rs` and a crate's root have them beside, others in a folder.
fn children_folder(file: &Path, path: &str) -> PathBuf {
    let is_folder_file = path == "crate" || file.file_name().is_some_and(|name| name == "mod.rs");
    if is_folder_file { file.with_file_name("") } else { file.with_extension("") }
}

fn take_items(items: Vec<Item>, path: &str, folder: &Path, modules: &mut Modules) -> Result<()> {
    let mut module = Module::default();
    for item in items {
        match item {
            Item::Mod(child) if !is_test(&child.attrs) => {
                let name = child.ident.to_string();
                let child_path = format!("{path}::{name}");
                match child.content {
                    Some((_, items)) => take_items(items, &child_path, &folder.join(&name), modules)?,
                    None => read_file(&child_file(folder, &name)?, &child_path, modules)?,
                }
            }
            Item::Mod(_) => {}
            Item::Use(import) if !is_test(&import.attrs) => {
                let is_public = !matches!(import.vis, Visibility::Inherited);
                flatten(&import.tree, &mut Vec::new(), is_public, &mut module.imports);
            }
            Item::Use(_) => {}
            item => {
                module.defines.extend(name_of(&item));
                module.items.push(item);
            }
        }
    }
    modules.insert(path.to_owned(), module);
    Ok(())
}

fn child_file(folder: &Path, name: &str) -> Result<PathBuf> {
    let files = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    match files.into_iter().find(|file| file.is_file()) {
        Some(file) => Ok(file),
        None => bail!("module {name} has no file in {}", folder.display()),
    }
}

/// Whether an item exists in tests only.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|word| word.is_ident("test"))
    })
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Turns the tree of a `use` into one import for each name.
fn flatten(tree: &UseTree, path: &mut Vec<String>, is_public: bool, imports: &mut Vec<Import>) {
    let mut import = |name: String, path: &[String]| {
        // `use a::b::{self}` names `b`.
        let path = path.strip_suffix(&["self".to_owned()]).filter(|rest| !rest.is_empty()).unwrap_or(path).to_vec();
        let name = if name == "self" { path.last().cloned().unwrap_or(name) } else { name };
        imports.push(Import { name, path, is_public });
    };
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            flatten(&step.tree, path, is_public, imports);
            path.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path, is_public, imports);
            }
        }
        UseTree::Name(last) => {
            let name = last.ident.to_string();
            import(name.clone(), &[path.as_slice(), &[name]].concat());
        }
        UseTree::Rename(last) => {
            import(last.rename.to_string(), &[path.as_slice(), &[last.ident.to_string()]].concat())
        }
        UseTree::Glob(_) => import("*".to_owned(), path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_one_a_name() {
        let modules = parse("use a::{self, b::{C, D as E}, *}; pub use f;").expect("parses");
        let imports: Vec<_> =
            modules["crate"].imports.iter().map(|import| (import.name.as_str(), import.path.join("::"))).collect();
        let expected = [("a", "a"), ("C", "a::b::C"), ("E", "a::b::D"), ("*", "a"), ("f", "f")];
        assert_eq!(imports, expected.map(|(name, path)| (name, path.to_owned())));
    }

    #[test]
    fn tests_are_left_out() {
        let modules = parse("mod a { struct S; } #[cfg(test)] mod tests { struct T; }").expect("parses");
        assert_eq!(modules.keys().collect::<Vec<_>>(), ["crate", "crate::a"]);
        assert!(modules["crate::a"].defines.contains("S"));
    }
}
