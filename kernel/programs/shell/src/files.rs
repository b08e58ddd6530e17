//! What the shell and several commands do with files, on top of `vfs`.

use interfaces::Result;
use vfs::{DirEntry, Location, OpenFile, OpenOptions, Scope, Vfs};

/// How much is copied at a time.
const CHUNK: usize = 64 * 1024;
/// How many entries are read at a time.
const ENTRIES: usize = 256;
/// The largest script, in bytes.
const MAX_SCRIPT: usize = 16 << 20;

/// The entries of the directory at `path`, by name, without `.` and `..`.
pub(crate) fn entries(vfs: &Vfs, base: &Location, path: &str) -> Result<Vec<DirEntry>> {
    let options = OpenOptions { directory: true, ..OpenOptions::read() };
    let directory = vfs.open(base, path, Scope::Anywhere, &options)?;
    let mut entries = Vec::new();
    let mut cookie = 0;
    loop {
        let some = directory.read_dir(cookie, ENTRIES)?;
        let Some(last) = some.last() else { break };
        cookie = last.next_cookie;
        entries.extend(some.into_iter().filter(|entry| entry.name != "." && entry.name != ".."));
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// The text of the script at `path`.
pub(crate) fn read_script(vfs: &Vfs, base: &Location, path: &str) -> Result<String> {
    let content = vfs.read_file(base, path, MAX_SCRIPT)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// Copies from one open file to another until the end.
pub(crate) fn copy(from: &OpenFile, to: &OpenFile) -> Result<()> {
    let mut buf = vec![0; CHUNK];
    loop {
        let count = from.read(&mut buf)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(buf.get(..count).unwrap_or_default())?;
    }
}

/// `name` in the directory `directory`.
pub(crate) fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.into(),
        _ => format!("{}/{name}", directory.trim_end_matches('/')),
    }
}

/// The last component of `path`, without slashes behind it.
pub(crate) fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    trimmed.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("/")
}
