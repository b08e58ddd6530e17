//! What programs cost: the interpreter's speed, threads, and a whole run.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use yolk::qemu;

use crate::table::{Amount, Row};

/// How often hello is run for one number.
const RUNS: u32 = 20;

/// The kernels of `cpubench`, here and there.
pub(crate) fn computation() -> Result<Vec<Row>> {
    let module = app("cpubench");
    let in_yolk = output(yolk_run().arg(&module).arg("--tsv"))?;
    let on_host = output(wasi_host()?.arg(&module).arg("--tsv"))?;
    let pairs = table(&in_yolk).zip(table(&on_host));
    let row = |((name, yolk), (_, host))| Row {
        what: format!("wasm {name}"),
        yolk: Amount::Nanoseconds(yolk),
        reference: Some((Amount::Nanoseconds(host), "wasi-shim on the host")),
    };
    Ok(pairs.map(row).collect())
}

/// Threads of std, here and there.
pub(crate) fn threads() -> Result<Vec<Row>> {
    let in_yolk = output(&mut yolk_line("selftest timing"))?;
    let on_host = selftest::timing::report();
    let pairs = table(&in_yolk).zip(table(&on_host));
    let row = |((name, yolk), (_, host)): ((&str, f64), (&str, f64))| Row {
        what: match name {
            "switch" => "context switch".to_owned(),
            name => format!("{name} and join a thread"),
        },
        yolk: Amount::Nanoseconds(yolk),
        reference: Some((Amount::Nanoseconds(host), "std on the host")),
    };
    Ok(pairs.map(row).collect())
}

/// A whole run of hello, from its file to its end.
pub(crate) fn runs() -> Result<Vec<Row>> {
    let line = |count: u32| vec!["hello"; count as usize].join("; ");
    let in_yolk = time(&mut yolk_line(&line(RUNS + 1)))? - time(&mut yolk_line(&line(1)))?;
    let start = Instant::now();
    for _ in 0..RUNS {
        output(wasi_host()?.arg(app("hello")))?;
    }
    let on_host = start.elapsed().as_secs_f64();
    let each = |seconds: f64| Amount::Nanoseconds(seconds * 1e9 / f64::from(RUNS));
    let reference = Some((each(on_host), "wasi-shim on the host"));
    Ok(vec![Row { what: "run hello".to_owned(), yolk: each(in_yolk), reference }])
}

/// Lines of a name, a tab and a number; what follows is left out.
pub(crate) fn table(text: &str) -> impl Iterator<Item = (&str, f64)> {
    text.lines().filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?.parse().ok()?))
    })
}

/// Where `make apps` leaves an app.
pub(crate) fn app(name: &str) -> PathBuf {
    qemu::project_folder().join(format!("apps-wasm/target/wasm32-wasip1/release/{name}.wasm"))
}

/// `yolk run`, on one CPU as the host's program.
pub(crate) fn yolk_run() -> Command {
    let mut command = Command::new(beside("yolk"));
    command.args(["run", "--smp", "1"]);
    command
}

/// `yolk sh -c LINE`.
pub(crate) fn yolk_line(line: &str) -> Command {
    let mut command = Command::new(beside("yolk"));
    command.args(["sh", "-c", line]);
    command
}

/// The host's program for WebAssembly on the same interpreter.
pub(crate) fn wasi_host() -> Result<Command> {
    let program = beside("examples/wasi-host");
    if !program.is_file() {
        bail!("there is no {}: run `make bench`, which builds it", program.display());
    }
    Ok(Command::new(program))
}

/// A program in the same target folder.
pub(crate) fn beside(name: &str) -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name(name)
}

/// What a command prints; its failure is ours.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}, {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// How long a command takes, in seconds.
pub(crate) fn time(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    output(command).map(|_| start.elapsed().as_secs_f64())
}
