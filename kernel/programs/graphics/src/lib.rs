//! Programs of the screen: `screenshot` keeps what is shown, `testcard` shows what there is to judge a screen by, and
//! [`timing`] is what `make bench` asks.

#![forbid(unsafe_code)]

mod screenshot;
mod testcard;
pub mod timing;

use process::{Context, ExitStatus, Program};
use screen::Screen;
use std::sync::Arc;

/// A program that needs the screen.
struct Row {
    name: &'static str,
    usage: &'static str,
    summary: &'static str,
    details: &'static str,
    main: fn(&Context, &Arc<Screen>) -> ExitStatus,
}

const TABLE: &[Row] = &[
    Row {
        name: "screenshot",
        usage: "FILE",
        summary: "write what the screen shows to a PNG file",
        details: "",
        main: screenshot::main,
    },
    Row {
        name: "testcard",
        usage: "[panic | hang | timing]",
        summary: "show a test picture, the mouse and the last key",
        details:
            "q or Esc leaves. With panic or hang the space bar makes the program go wrong, with the screen in its hands:
ctrl+alt+backspace brings the console back. timing measures drawing, in nanoseconds.",
        main: testcard::main,
    },
];

/// The programs' rows. Without a screen that shows pixels they are there and say so.
#[must_use]
pub fn programs(screen: Option<&Arc<Screen>>) -> Vec<Program> {
    TABLE.iter().map(|row| program(row, screen.cloned())).collect()
}

fn program(row: &'static Row, screen: Option<Arc<Screen>>) -> Program {
    let main = row.main;
    Program {
        name: row.name,
        usage: row.usage,
        summary: row.summary,
        details: row.details,
        stack_size: 0,
        main: Arc::new(move |context| match &screen {
            Some(screen) => main(context, screen),
            None => {
                context.fail("there is no screen of pixels: the machine has no display card, or video=text was given")
            }
        }),
    }
}
