//! Draws a directory and all below it: the command line. The drawing is in `walk`.

#![forbid(unsafe_code)]

mod walk;

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use walk::{ASCII, LINES, Options, Walk};

const APP: App = App {
    name: "tree",
    help: "\
usage: tree [-ads] [-L DEPTH] [DIRECTORY...]

Draws each directory, or the current one, and all below it. Symbolic links are shown and not followed.

  -a, --all           show names that begin with a dot
  -d, --directories   show directories only
  -s, --size          show the sizes of files, in bytes
  -L, --level DEPTH   go no deeper than DEPTH directories
      --ascii         draw with ASCII characters
  -h, --help          show this
",
};

fn main() -> ExitCode {
    APP.run(tree)
}

fn tree(args: lexopt::Parser) -> Result<(), Stop> {
    let (options, roots) = command_line(args)?;
    let mut walk = Walk::new(options, BufWriter::new(io::stdout().lock()));
    for root in &roots {
        walk.draw(Path::new(root))?;
    }
    let (mut output, counts) = walk.finish();
    writeln!(output, "\n{counts}")?;
    output.flush()?;
    for error in &counts.errors {
        APP.complain(error);
    }
    if counts.errors.is_empty() { Ok(()) } else { Err(Stop::Reported) }
}

fn command_line(mut args: lexopt::Parser) -> Result<(Options, Vec<OsString>), Stop> {
    let mut options =
        Options { hidden: false, directories_only: false, sizes: false, depth: usize::MAX, characters: &LINES };
    let mut roots = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Short('a') | Long("all") => options.hidden = true,
            Short('d') | Long("directories") => options.directories_only = true,
            Short('s') | Long("size") => options.sizes = true,
            Short('L') | Long("level") => options.depth = args.value()?.parse()?,
            Long("ascii") => options.characters = &ASCII,
            Short('h') | Long("help") => return Err(Stop::Help),
            Value(root) => roots.push(root),
            other => return Err(other.unexpected().into()),
        }
    }
    if roots.is_empty() {
        roots.push(OsString::from("."));
    }
    Ok((options, roots))
}
