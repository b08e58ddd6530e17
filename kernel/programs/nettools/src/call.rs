//! One call of a program: what it is given, and how it ends.

use net::Net;
use process::{Context, ExitStatus, Program};
pub(crate) use process::{Failure, Outcome, errno};
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wait::{WaitList, Waiter};

/// A program's row.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) details: &'static str,
    pub(crate) run: fn(&Call<'_>) -> Outcome,
}

/// What a program is given.
pub(crate) struct Call<'a> {
    pub(crate) context: &'a Context,
    pub(crate) net: &'a Arc<Net>,
}

/// A row as a program.
pub(crate) fn program(row: &'static Row, net: &Arc<Net>) -> Program {
    let net = Arc::clone(net);
    Program {
        name: row.name,
        usage: row.usage,
        summary: row.summary,
        details: row.details,
        stack_size: 0,
        main: Arc::new(move |context| main(row, &Call { context, net: &net })),
    }
}

fn main(row: &Row, call: &Call<'_>) -> ExitStatus {
    (row.run)(call).unwrap_or_else(|failure| failure.report(call.context, row.name, row.usage))
}

impl Call<'_> {
    /// The options and operands.
    pub(crate) fn parser(&self) -> lexopt::Parser {
        lexopt::Parser::from_args(self.context.arguments())
    }

    /// Prints a text.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        Ok(self.context.stdout.write_all(text.as_bytes())?)
    }

    /// Prints a line on standard error.
    pub(crate) fn remark(&self, text: impl Display) -> Result<(), Failure> {
        Ok(self.context.stderr.write_all(format!("{text}\n").as_bytes())?)
    }

    /// Says what is wrong and goes on.
    pub(crate) fn complain(&self, message: impl Display) {
        self.context.fail(message);
    }

    /// Remembers the next ^C instead of ending; the one behind it ends the program.
    pub(crate) fn catch_interrupt(&self) -> Arc<Interrupt> {
        let interrupt = Arc::new(Interrupt::default());
        let caught = Arc::clone(&interrupt);
        self.context.process.catch_interrupt(move || caught.press());
        interrupt
    }
}

/// Whether ^C was pressed.
#[derive(Default)]
pub(crate) struct Interrupt {
    pressed: AtomicBool,
    waiters: WaitList,
}

impl Interrupt {
    fn press(&self) {
        self.pressed.store(true, Ordering::SeqCst);
        self.waiters.wake_all();
    }

    pub(crate) fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::SeqCst)
    }

    /// Wakes `waiter` when it is pressed.
    pub(crate) fn register(&self, waiter: &Waiter) {
        self.waiters.register(waiter);
    }
}

/// A failure with what it concerns before it.
pub(crate) fn failed(what: impl Display, error: impl Into<Failure>) -> Failure {
    error.into().of(what)
}
