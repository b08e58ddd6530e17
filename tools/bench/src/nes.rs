//! What a frame of the NES costs: the game that comes with the image, here and on the host.

use std::process::Command;

use anyhow::{Context, Result, bail};
use yolk::qemu;

use crate::programs::{beside, yolk_line};
use crate::table::{Amount, Row};

const FRAMES: u32 = 600;

/// Frames that nobody looks at, and frames that are drawn and hashed.
pub(crate) fn frames() -> Result<Vec<Row>> {
    let game = qemu::project_folder().join("build/games/lampmoth.nes");
    let kinds = [("NES frame", "", "--bare"), ("NES frame, drawn and hashed", "--hash all", "all")];
    let row = |(what, here, there): (&str, &str, &str)| {
        let in_yolk = time(&mut yolk_line(&format!("nes lampmoth --headless {FRAMES} {here}")))?;
        let on_host = time(Command::new(beside("examples/nes-host")).arg(&game).args([&FRAMES.to_string(), there]))?;
        let reference = Some((Amount::Nanoseconds(on_host), "tetanes-core on the host"));
        Ok(Row { what: what.to_owned(), yolk: Amount::Nanoseconds(in_yolk), reference })
    };
    kinds.into_iter().map(row).collect()
}

/// Nanoseconds of a frame, as the program says at its end: `600 frames in 8.20 s: ...`.
fn time(command: &mut Command) -> Result<f64> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{command:?}: {}, {}", output.status, error.trim());
    }
    let rate = error.split_whitespace().rev().nth(1).and_then(|word| word.parse::<f64>().ok());
    let rate = rate.filter(|rate| *rate > 0.0).with_context(|| format!("{command:?} tells no rate: {error}"))?;
    Ok(1e9 / rate)
}
