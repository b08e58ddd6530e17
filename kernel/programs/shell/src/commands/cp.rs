//! `cp`: copies of files and, with `-r`, of directories.

use super::{Call, Failure, Outcome};
use crate::files;
use interfaces::{Errno, Result};
use vfs::{Follow, Kind, Location, OpenOptions, Scope, Vfs};

pub(super) fn run(call: &Call) -> Outcome {
    let copy = if call.has('r') || call.has('R') { copy_tree } else { copy_file };
    into_target(call, copy)
}

/// Does `action` for every source operand with its target: the last operand, or in the directory that this is.
pub(super) fn into_target(call: &Call, action: impl Fn(&Vfs, &Location, &str, &str) -> Result<()>) -> Outcome {
    let Some((target, sources)) = call.operands().split_last().filter(|(_, sources)| !sources.is_empty()) else {
        return Err(Failure::Usage("a source and a target are wanted".into()));
    };
    let is_directory = call.is_directory(target);
    if sources.len() > 1 && !is_directory {
        return Err(Failure::Error(format!("{target}: {}", Errno::ENOTDIR)));
    }
    let (vfs, cwd) = (call.context.vfs(), call.context.cwd());
    for source in sources {
        let to = if is_directory { files::join(target, files::base_name(source)) } else { target.clone() };
        call.tolerate(&format!("{source} to {to}"), action(vfs, &cwd, source, &to))?;
    }
    call.status()
}

/// Copies one file; EISDIR for a directory, EINVAL onto itself.
fn copy_file(vfs: &Vfs, cwd: &Location, from: &str, to: &str) -> Result<()> {
    let source = vfs.resolve(cwd, from, Scope::Anywhere, Follow::Yes)?;
    if source.is_directory() {
        return Err(Errno::EISDIR);
    }
    if vfs.resolve(cwd, to, Scope::Anywhere, Follow::Yes).is_ok_and(|target| target.is_same(&source)) {
        return Err(Errno::EINVAL);
    }
    let input = vfs.open_location(&source, &OpenOptions::read())?;
    let options = OpenOptions { mode: source.metadata().mode, ..OpenOptions::rewrite() };
    files::copy(&input, &*vfs.open(cwd, to, Scope::Anywhere, &options)?)
}

/// Copies what is at `from` with all that is below it; symbolic links stay links. EINVAL into itself.
pub(super) fn copy_tree(vfs: &Vfs, cwd: &Location, from: &str, to: &str) -> Result<()> {
    let mut pending = vec![(from.to_string(), to.to_string())];
    let mut made: Option<Location> = None;
    while let Some((from, to)) = pending.pop() {
        let metadata = vfs.metadata(cwd, &from, Scope::Anywhere, Follow::No)?;
        match metadata.kind {
            Kind::Directory => {
                // The first directory that was made must not turn up among the sources.
                let source = vfs.resolve(cwd, &from, Scope::Anywhere, Follow::No)?;
                if made.as_ref().is_some_and(|made| made.is_same(&source)) {
                    return Err(Errno::EINVAL);
                }
                match vfs.create_directory(cwd, &to, Scope::Anywhere, metadata.mode) {
                    Ok(()) | Err(Errno::EEXIST) => {}
                    Err(error) => return Err(error),
                }
                made = made.or(Some(vfs.resolve(cwd, &to, Scope::Anywhere, Follow::Yes)?));
                let entries = files::entries(vfs, cwd, &from)?;
                let pair = |entry: &vfs::DirEntry| (files::join(&from, &entry.name), files::join(&to, &entry.name));
                pending.extend(entries.iter().map(pair));
            }
            Kind::Symlink => {
                let target = vfs.read_link(cwd, &from, Scope::Anywhere)?;
                vfs.create_symlink(&target, cwd, &to, Scope::Anywhere)?;
            }
            _ => copy_file(vfs, cwd, &from, &to)?,
        }
    }
    Ok(())
}
