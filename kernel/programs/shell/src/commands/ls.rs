//! `ls`: files, and what directories hold.

use super::format::{self, Unit};
use super::{Call, Failure, Outcome};
use crate::files;
use editor::columns;
use interfaces::Result;
use std::io::Write;
use vfs::{Follow, Kind, Metadata, Scope};

/// Blanks between columns.
const GAP: usize = 2;

/// Something to list.
struct Item {
    name: String,
    path: String,
    metadata: Metadata,
}

pub(super) fn run(call: &Call) -> Outcome {
    let operands = match call.operands() {
        [] => &[".".to_string()],
        operands => operands,
    };
    let mut plain = Vec::new();
    let mut directories = Vec::new();
    for path in operands {
        let Some(item) = call.tolerate(path, item(call, path.clone(), path.clone(), Follow::Yes))? else { continue };
        if item.metadata.kind == Kind::Directory && !call.has('d') {
            directories.push(item.path);
        } else {
            plain.push(item);
        }
    }
    list(call, &plain)?;
    let is_one = operands.len() == 1 && !call.has('R');
    let mut gap = if plain.is_empty() { "" } else { "\n" };
    directories.reverse();
    while let Some(path) = directories.pop() {
        if !is_one {
            writeln!(call.out(), "{gap}{path}:")?;
            gap = "\n";
        }
        let Some(items) = call.tolerate(&path, items(call, &path))? else { continue };
        list(call, &items)?;
        if call.has('R') {
            let is_inside =
                |item: &&Item| item.metadata.kind == Kind::Directory && item.name != "." && item.name != "..";
            directories.extend(items.iter().rev().filter(is_inside).map(|item| item.path.clone()));
        }
    }
    call.status()
}

/// A link that leads nowhere is listed as itself.
fn item(call: &Call, name: String, path: String, follow: Follow) -> Result<Item> {
    let metadata = match call.metadata(&path, follow) {
        Ok(metadata) => metadata,
        Err(_) => call.metadata(&path, Follow::No)?,
    };
    Ok(Item { name, path, metadata })
}

/// What the directory at `path` holds.
fn items(call: &Call, path: &str) -> Result<Vec<Item>> {
    let entries = files::entries(call.context.vfs(), &call.context.cwd(), path)?;
    let special = call.has('a').then_some([".", ".."]).into_iter().flatten().map(String::from);
    let names = entries.into_iter().map(|entry| entry.name).filter(|name| call.has('a') || !name.starts_with('.'));
    // What is gone by now is no error.
    Ok(special
        .chain(names)
        .filter_map(|name| item(call, name.clone(), files::join(path, &name), Follow::No).ok())
        .collect())
}

fn list(call: &Call, items: &[Item]) -> std::result::Result<(), Failure> {
    let mut out = call.out();
    if call.has('l') {
        return list_long(call, items);
    }
    let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let terminal = call.context.stdout.as_terminal().filter(|_| !call.has('1'));
    let text = match terminal {
        Some(terminal) => columns::arrange(&names, usize::from(terminal.window_size().columns), GAP),
        None => names.iter().flat_map(|name| [name, "\n"]).collect(),
    };
    Ok(out.write_all(text.as_bytes())?)
}

fn list_long(call: &Call, items: &[Item]) -> std::result::Result<(), Failure> {
    let unit = if call.has('h') { Unit::Human } else { Unit::Bytes };
    let sizes: Vec<String> = items.iter().map(|item| unit.format(item.metadata.size)).collect();
    let width = sizes.iter().map(String::len).max().unwrap_or(0);
    let mut out = call.out();
    for (Item { name, path, metadata }, size) in items.iter().zip(sizes) {
        let mode = format::mode(metadata.kind, metadata.mode);
        let time = format::time(metadata.modified_ns).format("%Y-%m-%d %H:%M");
        let target = match metadata.kind {
            Kind::Symlink => call.context.vfs().read_link(&call.context.cwd(), path, Scope::Anywhere),
            _ => Ok(String::new()),
        };
        let arrow = target.ok().filter(|target| !target.is_empty()).map_or(String::new(), |to| format!(" -> {to}"));
        writeln!(out, "{mode} {:>3} {size:>width$} {time} {name}{arrow}", metadata.links)?;
    }
    Ok(())
}
