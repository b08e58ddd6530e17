//! The commands: programs that are part of the shell's crate.
//!
//! Each is one file with a `run` function and one row in [`TABLE`]; usage, help, option parsing and dispatch derive
//! from the row. A command sees its [`Call`]: arguments, streams, files, and the machine by way of [`System`]. It stops
//! without a word when its output is gone or it is killed (EPIPE, ECANCELED).

mod call;
mod escapes;
mod format;
mod options;
mod table;

mod basename;
mod cat;
mod chmod;
mod clear;
mod cp;
mod cpuinfo;
mod cut;
mod date;
mod df;
mod dmesg;
mod echo;
mod env;
mod find;
mod free;
mod grep;
mod head;
mod help;
mod hexdump;
mod kill;
mod ln;
mod loadkeys;
mod ls;
mod mkdir;
mod mount;
mod mv;
mod power;
mod printf;
mod ps;
mod pwd;
mod resize;
mod respawn;
mod rm;
mod rmdir;
mod seq;
mod sleep;
mod sort;
mod stat;
mod stty;
mod tail;
mod tee;
mod test;
mod time;
mod top;
mod touch;
mod tr;
mod truth;
mod uname;
mod uniq;
mod uptime;
mod wc;
mod which;
mod xargs;
mod yes;

pub(crate) use call::{Call, Failure, Outcome};
pub(crate) use table::TABLE;

use crate::system::System;
use options::Options;
use process::{Context, ExitStatus, Program, Programs};
use std::sync::{Arc, Weak};

/// A command's row.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Its options as for POSIX `getopt`: letters, with a colon behind those that take a value. See [`options`].
    pub(crate) options: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) details: &'static str,
    pub(crate) run: fn(&Call) -> Outcome,
}

impl Row {
    const fn new(
        name: &'static str,
        options: &'static str,
        usage: &'static str,
        summary: &'static str,
        run: fn(&Call) -> Outcome,
    ) -> Row {
        Row { name, options, usage, summary, details: "", run }
    }

    /// The same with more lines of help.
    const fn details(self, details: &'static str) -> Row {
        Row { details, ..self }
    }
}

/// A row as a program.
pub(crate) fn program(row: &'static Row, system: &Arc<dyn System>, programs: &Weak<Programs>) -> Program {
    let (system, programs) = (Arc::clone(system), Weak::clone(programs));
    Program {
        name: row.name,
        usage: row.usage,
        summary: row.summary,
        details: row.details,
        stack_size: 0,
        main: Arc::new(move |context| match programs.upgrade() {
            Some(programs) => main(row, context, &*system, programs),
            // Nobody holds the table any more: the machine is on its way down.
            None => ExitStatus::FAILURE,
        }),
    }
}

fn main(row: &Row, context: &Context, system: &dyn System, programs: Arc<Programs>) -> ExitStatus {
    let run = || -> Outcome {
        let options = Options::parse(row.options, context.arguments()).map_err(Failure::Usage)?;
        (row.run)(&Call::new(context, options, system, programs))
    };
    run().unwrap_or_else(|failure| failure.report(context, row.name, row.usage))
}
