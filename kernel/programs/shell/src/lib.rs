//! The shell: what a user types becomes processes.
//!
//! `syntax` parses, `expand` turns words into arguments (by `parameters`, `substitute`, `arithmetic`, `split` and `pattern`), `execute` runs lists and pipelines on a `Shell`, `control`
//! loops and conditions; `launch` starts processes and `foreground` waits for them; `input` feeds it from the line editor or a file. `commands` are
//! programs like any other, one small file and one row in a table each; `builtins` are those that change the shell
//! itself.
//!
//! The shell knows neither WebAssembly nor other kinds of programs: [`programs`] joins its own with those that the
//! assembler brings into one table of [`process::Programs`], in which the shell is the program `sh`.

#![forbid(unsafe_code)]

mod arithmetic;
mod builtins;
mod commands;
mod complete;
mod control;
mod execute;
mod expand;
mod files;
mod flow;
mod foreground;
mod input;
mod jobs;
mod launch;
mod parameters;
mod pattern;
mod redirect;
mod sh;
mod shell;
mod signals;
mod split;
mod streams;
mod substitute;
mod syntax;
mod system;
mod variables;

pub use system::{Space, System};

use process::{ExitStatus, Loader, Program, Programs};
use std::sync::{Arc, Weak};

/// What runs scripts: a file that ends in `.sh` runs by its name.
const SCRIPTS: Loader = Loader { suffix: ".sh", program: sh::NAME };

/// The table of all programs: the shell's own, `sh` among them, and `others`, which win where names clash.
#[must_use]
pub fn programs(system: Arc<dyn System>, others: Vec<Program>, loaders: Vec<Loader>) -> Arc<Programs> {
    Arc::new_cyclic(|table: &Weak<Programs>| {
        let mut programs = others;
        programs.push(shell(table));
        programs.extend(commands::TABLE.iter().map(|row| commands::program(row, &system, table)));
        Programs::new(programs, loaders.into_iter().chain([SCRIPTS]).collect())
    })
}

/// The row of `sh`. Rows refer to the table weakly: it owns them.
fn shell(table: &Weak<Programs>) -> Program {
    let table = Weak::clone(table);
    Program {
        name: sh::NAME,
        usage: sh::USAGE,
        summary: sh::SUMMARY,
        details: sh::DETAILS,
        stack_size: 0,
        main: Arc::new(move |context| match table.upgrade() {
            Some(programs) => sh::main(context, programs),
            // Nobody holds the table any more: the machine is on its way down.
            None => ExitStatus::FAILURE,
        }),
    }
}
