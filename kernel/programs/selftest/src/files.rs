//! `std::fs` put to the test where std for this target needs help: directories, also an empty one and a large one.
//!
//! It is plain std, so that the host can run the same.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Entries whose names together take many times the first buffer that std offers.
const MANY: usize = 500;

/// Lists directories of several sizes in `folder`, which is made and removed; what is wrong, if anything is.
///
/// # Errors
/// A sentence.
pub fn check(folder: &Path) -> Result<(), String> {
    fs::create_dir(folder).map_err(|error| format!("a directory: {error}"))?;
    let outcome = check_in(folder);
    let removed = fs::remove_dir(folder).map_err(|error| format!("removal: {error}"));
    outcome.and(removed)
}

fn check_in(folder: &Path) -> Result<(), String> {
    let names = || -> io::Result<Vec<PathBuf>> {
        let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    };
    let listed = |what: &str| names().map_err(|error| format!("{what}: {error}"));
    match listed("an empty directory")?.len() {
        0 => {}
        count => return Err(format!("an empty directory has {count} entries")),
    }
    let made: Vec<PathBuf> = (0..MANY).map(|number| folder.join(format!("file-{number:04}"))).collect();
    for path in &made {
        fs::write(path, "x").map_err(|error| format!("a file: {error}"))?;
    }
    if listed("a large directory")? != made {
        return Err("a large directory does not list what is in it".to_owned());
    }
    for path in &made {
        fs::remove_file(path).map_err(|error| format!("removal: {error}"))?;
    }
    if listed("a directory that was emptied")?.is_empty() { Ok(()) } else { Err("something is left".to_owned()) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_host_lists_its_directories() {
        let folder = std::env::temp_dir().join(format!("selftest-{}", std::process::id()));
        assert_eq!(super::check(&folder), Ok(()));
    }
}
