//! JavaScript: the program `js`, on the engine `boa_engine`.
//!
//! `options` reads the command line, `run` runs a file or a text, `repl` talks to a user. Each makes an `engine`: a context
//! with `limits` on what it may use, whose promises, timers and operations are run by `events`, whose modules come from the
//! vfs (`modules`) and whose global objects are those of `globals`, made when they are first used. `inspect` shows values,
//! `report` shows errors with the lines that they come from.
//!
//! What only the machine can do comes in as a [`Machine`]. The engine asks crate `guard` whether a script may go on; so ^C,
//! `kill` and the limits on memory and stack reach it wherever it is.

#![forbid(unsafe_code)]

mod awaiting;
mod engine;
mod events;
mod globals;
mod inspect;
mod limits;
mod machine;
mod modules;
mod options;
mod repl;
mod report;
mod run;
mod sources;
mod state;
mod style;
mod timers;

pub use machine::{Machine, MemoryUse};

use process::{Program, Programs};
use std::sync::{Arc, OnceLock};

const USAGE: &str = "[--mem LIMIT] [--max-loops N] [--module] [FILE | -e CODE | -p CODE] [ARGUMENT...]";
const DETAILS: &str = "\
FILE is a script or, if it imports, exports or awaits (or ends in .mjs), a module. Without FILE at a terminal: a session
that shows what each line gives; else the script is read from standard input.

  -e CODE        run CODE
  -p CODE        run CODE and show its value
  --module       take FILE or CODE for a module
  --mem LIMIT    the most memory that the script may take, in bytes or with K, M or G
  --max-loops N  the most turns that one call of a function may take in its loops

A file in /bin runs by its name without .js. Keys: as in the shell; Tab completes names and members.
docs/JS.md tells what a script finds: console, timers, fs, fetch, http, process, run, sys and more.";

/// The table of all programs, which exists only after this one: filled in by the assembler.
pub type ProgramTable = Arc<OnceLock<Arc<Programs>>>;

/// The row of the program table.
#[must_use]
pub fn program(machine: Arc<dyn Machine>, programs: ProgramTable) -> Program {
    Program {
        name: "js",
        usage: USAGE,
        summary: "run JavaScript",
        details: DETAILS,
        stack_size: limits::STACK_SIZE,
        main: Arc::new(move |context| run::main(context, &machine, &programs)),
    }
}
