//! Shows what the system gave to the program: the tests compare it with what they gave to the system.

#![forbid(unsafe_code)]

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

const APP: App = App {
    name: "inspect",
    help: "\
usage: inspect [--] [ARGUMENT...]

Shows each argument, the environment, which of the standard streams are terminals, and what is in the root and in the
current directory.
",
};

fn main() -> ExitCode {
    APP.run(inspect)
}

fn inspect(mut args: lexopt::Parser) -> Result<(), Stop> {
    let mut output = io::stdout().lock();
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Err(Stop::Help),
            Value(argument) => writeln!(output, "argument: {argument:?}")?,
            other => return Err(other.unexpected().into()),
        }
    }
    let mut variables: Vec<(OsString, OsString)> = env::vars_os().collect();
    variables.sort();
    for (name, value) in variables {
        writeln!(output, "environment: {name:?} = {value:?}")?;
    }
    let terminals =
        [("input", io::stdin().is_terminal()), ("output", output.is_terminal()), ("error", io::stderr().is_terminal())];
    for (stream, _) in terminals.iter().filter(|(_, is_terminal)| *is_terminal) {
        writeln!(output, "terminal: {stream}")?;
    }
    for directory in ["/", "."] {
        writeln!(output, "directory: {directory} {}", names_in(directory))?;
    }
    Ok(())
}

/// What is in the directory, by name, or why that cannot be told.
fn names_in(directory: &str) -> String {
    let names = fs::read_dir(directory).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<Vec<_>>>()
    });
    match names {
        Ok(mut names) => {
            names.sort();
            format!("{names:?}")
        }
        Err(error) => format!("({error})"),
    }
}
