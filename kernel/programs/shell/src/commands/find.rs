//! `find`: files below directories, by name and kind (POSIX XCU, find).

use super::{Call, Failure, Outcome};
use crate::files;
use crate::pattern::Pattern;
use crate::syntax::Quoting;
use std::io::{BufWriter, Write};
use vfs::{Follow, Kind};

pub(super) const DETAILS: &str = "\
  -name PATTERN  with a name like this      -path PATTERN  with a path like this
  -type f|d|l    files, directories, links  -size +N|-N    larger or smaller than N bytes; k, M behind it
  -maxdepth N    no more than N below       -print0        a NUL behind each, for xargs -0";

/// What is asked of a file.
enum Test {
    Name(Pattern),
    Path(Pattern),
    Kind(Kind),
    LargerThan(u64),
    SmallerThan(u64),
}

struct Search {
    tests: Vec<Test>,
    depth: usize,
    end: &'static str,
}

pub(super) fn run(call: &Call) -> Outcome {
    let operands = call.operands();
    let count = operands.iter().position(|operand| operand.starts_with('-')).unwrap_or(operands.len());
    let (paths, expression) = operands.split_at_checked(count).unwrap_or_default();
    let search = Search::parse(expression).map_err(Failure::Usage)?;
    let here = [".".to_owned()];
    let mut out = BufWriter::new(&*call.context.stdout);
    let mut pending: Vec<_> =
        if paths.is_empty() { &here[..] } else { paths }.iter().rev().map(|path| (path.clone(), 0)).collect();
    while let Some((path, depth)) = pending.pop() {
        let Some(metadata) = call.tolerate(&path, call.metadata(&path, Follow::No))? else { continue };
        if search.tests.iter().all(|test| test.holds(&path, metadata.kind, metadata.size)) {
            write!(out, "{path}{}", search.end)?;
        }
        if metadata.kind == Kind::Directory && depth < search.depth {
            let entries = files::entries(call.context.vfs(), &call.context.cwd(), &path);
            let entries = call.tolerate(&path, entries)?.unwrap_or_default();
            pending.extend(entries.iter().rev().map(|entry| (files::join(&path, &entry.name), depth + 1)));
        }
    }
    out.flush()?;
    call.status()
}

impl Search {
    fn parse(expression: &[String]) -> Result<Search, String> {
        let mut search = Search { tests: Vec::new(), depth: usize::MAX, end: "\n" };
        let mut rest = expression.iter();
        while let Some(word) = rest.next() {
            if word == "-print" || word == "-print0" {
                search.end = if word == "-print" { "\n" } else { "\0" };
                continue;
            }
            let value = rest.next().ok_or_else(|| format!("{word} wants a value"))?;
            let wrong = || format!("{value} is nothing for {word}; try help find");
            search.tests.push(match word.as_str() {
                "-name" => Test::Name(pattern(value)),
                "-path" => Test::Path(pattern(value)),
                "-type" => Test::Kind(match value.as_str() {
                    "f" => Kind::Regular,
                    "d" => Kind::Directory,
                    "l" => Kind::Symlink,
                    _ => return Err(wrong()),
                }),
                "-size" => match value.split_at_checked(1) {
                    Some(("+", size)) => Test::LargerThan(bytes(size).ok_or_else(wrong)?),
                    Some(("-", size)) => Test::SmallerThan(bytes(size).ok_or_else(wrong)?),
                    _ => return Err(wrong()),
                },
                "-maxdepth" => {
                    search.depth = value.parse().map_err(|_| wrong())?;
                    continue;
                }
                _ => return Err(format!("{word} is not known; try help find")),
            });
        }
        Ok(search)
    }
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(&text.chars().map(|character| (character, Quoting::Bare)).collect::<Vec<_>>())
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(['k', 'M', 'c']);
    let factor = match text.strip_prefix(digits)? {
        "" | "c" => 1,
        "k" => 1 << 10,
        "M" => 1 << 20,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

impl Test {
    fn holds(&self, path: &str, kind: Kind, size: u64) -> bool {
        match self {
            Test::Name(pattern) => pattern.matches(files::base_name(path)),
            Test::Path(pattern) => pattern.matches(path),
            Test::Kind(wanted) => kind == *wanted,
            Test::LargerThan(limit) => size > *limit,
            Test::SmallerThan(limit) => size < *limit,
        }
    }
}
