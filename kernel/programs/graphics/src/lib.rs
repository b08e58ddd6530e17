//! Programs of the screen. `screenshot` keeps what is shown.

#![forbid(unsafe_code)]

mod screenshot;

use process::{Context, ExitStatus, Program};
use screen::Screen;
use std::sync::Arc;

/// The programs' rows. Without a screen that shows pixels they are there and say so.
#[must_use]
pub fn programs(screen: Option<&Arc<Screen>>) -> Vec<Program> {
    let on_screen = |main: fn(&Context, &Arc<Screen>) -> ExitStatus| {
        let screen = screen.cloned();
        Arc::new(move |context: &Context| match &screen {
            Some(screen) => main(context, screen),
            None => context
                .fail("there is no screen that shows pixels (a display card is missing, or video=text was given)"),
        })
    };
    vec![Program {
        name: "screenshot",
        usage: "FILE",
        summary: "write what the screen shows to a PNG file",
        details: "",
        stack_size: 0,
        main: on_screen(screenshot::main),
    }]
}
