//! `basename` and `dirname`: the two parts of a path (POSIX XCU).

use super::{Call, Failure, Outcome};
use crate::files;
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let (path, suffix) = match call.operands() {
        [path] => (path, ""),
        [path, suffix] => (path, suffix.as_str()),
        _ => return Err(Failure::Usage("a path is wanted".into())),
    };
    let name = if path.is_empty() { "" } else { files::base_name(path) };
    // A name that is all suffix stays.
    let name = name.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(name);
    writeln!(call.out(), "{name}")?;
    call.status()
}

pub(super) fn directory(call: &Call) -> Outcome {
    for path in call.some_operands("a path")? {
        writeln!(call.out(), "{}", above(path))?;
    }
    call.status()
}

fn above(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    match path.rfind('/') {
        Some(slash) => match path.get(..slash).unwrap_or_default().trim_end_matches('/') {
            "" => "/",
            directory => directory,
        },
        None if path.is_empty() => "/",
        None => ".",
    }
}

#[cfg(test)]
mod tests {
    use super::above;

    #[test]
    fn directories() {
        for (path, directory) in
            [("/a/b", "/a"), ("a/b/", "a"), ("a", "."), ("/a", "/"), ("/", "/"), ("//a//b//", "//a"), ("a//b", "a")]
        {
            assert_eq!(above(path), directory, "{path}");
        }
    }
}
