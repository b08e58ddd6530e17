//! `help`: what commands there are, and how they are used.

use super::{Call, Failure, Outcome};
use crate::builtins::{self, BUILTINS};
use std::collections::BTreeMap;
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    match call.operands() {
        [] => list(call),
        names => {
            names.iter().try_for_each(|name| explain(call, name))?;
            call.status()
        }
    }
}

fn list(call: &Call) -> Outcome {
    let builtins = BUILTINS.iter().map(|builtin| (builtin.name, builtin.summary));
    let programs = call.programs.iter().map(|program| (program.name, program.summary));
    // Builtins win, as they do when a command is looked for.
    let all: BTreeMap<_, _> = programs.chain(builtins).collect();
    let width = all.keys().map(|name| name.len()).max().unwrap_or(0);
    let mut out = call.out();
    for (name, summary) in all {
        writeln!(out, "{name:width$}  {summary}")?;
    }
    for loader in call.programs.loaders() {
        writeln!(out, "A file that ends in {} runs by its name, by way of {}.", loader.suffix, loader.program)?;
    }
    writeln!(out, "help NAME tells more.")?;
    call.status()
}

fn explain(call: &Call, name: &str) -> Result<(), Failure> {
    let mut out = call.out();
    let row = match (builtins::lookup(name), call.programs.lookup(name)) {
        (Some(builtin), _) => Some((builtin.usage, builtin.summary, "")),
        (None, Some(program)) => Some((program.usage, program.summary, program.details)),
        (None, None) => None,
    };
    let Some((usage, summary, details)) = row else {
        call.complain(name, "there is no such command; try help without a name");
        return Ok(());
    };
    writeln!(out, "usage: {}\n{summary}", format!("{name} {usage}").trim_end())?;
    if !details.is_empty() {
        writeln!(out, "{details}")?;
    }
    Ok(())
}
