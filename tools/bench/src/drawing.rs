//! What drawing costs: a machine's screen against one in the host's memory.

use std::io::Write;

use anyhow::{Context, Result, anyhow};
use yolk::qemu::{self, Boot, Extra, Machine, Options};

use crate::boot::hear_prompt;
use crate::programs::table;
use crate::table::{Amount, Row};

/// Filling the screen, and scrolling a screen full of text by a line.
pub(crate) fn on_screen() -> Result<Vec<Row>> {
    let image = qemu::default_image()?;
    let boot = Boot::Image { image, command_line: String::new(), module: None };
    let extras = vec![Extra::Vga];
    let mut machine = Machine::start(&Options { boot, memory_mib: 512, cpus: 2, networks: Vec::new(), extras })?;
    let mut output = machine.console_output.take().context("a machine without a console")?;
    let mut input = machine.console_input.take().context("a machine without a console")?;
    hear_prompt(&mut output)?;
    input.write_all(b"testcard timing\r")?;
    // The command's echo shows a prompt again where the line editor draws it anew.
    let mut in_yolk = String::new();
    while table(&in_yolk).count() < 2 {
        in_yolk += &hear_prompt(&mut output)?;
    }
    let on_host = graphics::timing::in_memory().map_err(|error| anyhow!("drawing on the host: {error}"))?;
    let row = |((name, yolk), (_, host)): ((&str, f64), (&str, f64))| Row {
        what: match name {
            "fill" => "fill 1024x768 and show it".to_owned(),
            name => format!("{name} text by a line"),
        },
        yolk: Amount::Nanoseconds(yolk),
        reference: Some((Amount::Nanoseconds(host), "the same in the host's memory")),
    };
    Ok(table(&in_yolk).zip(table(&on_host)).map(row).collect())
}
