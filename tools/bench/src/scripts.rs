//! What JavaScript costs: the kernels of `js/kernels.js`, here and on the host, and a start of the engine.

use std::process::Command;

use anyhow::{Result, bail};
use yolk::qemu;

use crate::programs::{beside, output, table, time, yolk_line};
use crate::table::{Amount, Row};

/// Starts of the engine for one number.
const STARTS: u32 = 10;

pub(crate) fn kernels() -> Result<Vec<Row>> {
    let folder = qemu::project_folder().join("tools/bench/js");
    let mut in_yolk = Command::new(beside("yolk"));
    in_yolk.args(["sh", "--smp", "1", "--dir"]).arg(format!("{}::/bench", folder.display()));
    let in_yolk = output(in_yolk.args(["-c", "js /bench/kernels.js"]))?;
    let on_host = output(js_host()?.arg(folder.join("kernels.js")))?;
    let row = |((name, yolk), (_, host)): ((&str, f64), (&str, f64))| Row {
        what: format!("js {name}"),
        yolk: Amount::Nanoseconds(yolk),
        reference: Some((Amount::Nanoseconds(host), "js on the host")),
    };
    Ok(table(&in_yolk).zip(table(&on_host)).map(row).collect())
}

/// `js -e 1`, from the shell to its end.
pub(crate) fn start() -> Result<Vec<Row>> {
    let line = |count: u32| vec!["js -e 1"; count as usize].join("; ");
    let in_yolk = time(&mut yolk_line(&line(STARTS + 1)))? - time(&mut yolk_line(&line(1)))?;
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("one.js");
    std::fs::write(&script, "1")?;
    let mut on_host = 0.0;
    for _ in 0..STARTS {
        on_host += time(js_host()?.arg(&script))?;
    }
    let each = |seconds: f64| Amount::Nanoseconds(seconds * 1e9 / f64::from(STARTS));
    let reference = Some((each(on_host), "js on the host"));
    Ok(vec![Row { what: "js -e 1".to_owned(), yolk: each(in_yolk), reference }])
}

/// The host's program with the same engine.
fn js_host() -> Result<Command> {
    let program = beside("examples/js-host");
    if !program.is_file() {
        bail!("there is no {}: run `make bench`, which builds it", program.display());
    }
    Ok(Command::new(program))
}
