//! The WebAssembly project's test suite for WASI preview 1, each program through `yolk run`.
//!
//! A test is `NAME.wasm` with an optional `NAME.json`: args, env, root (a folder that becomes `/`),
//! exit_code, stdout. The folder is named by `YOLK_WASI_TESTSUITE`; without one the tests are skipped, and say so.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use yolk_tests::command::{run, yolk};

fn main() {
    let arguments = Arguments::from_args();
    let Some(folder) = suite() else {
        eprintln!("SKIPPED: the WASI test suite is not here; YOLK_WASI_TESTSUITE names its folder");
        let skipped = Trial::test("wasi_testsuite_is_not_here", || Ok(())).with_ignored_flag(true);
        libtest_mimic::run(&arguments, vec![skipped]).exit();
    };
    let trials = programs(&folder).into_iter().map(|program| {
        let name = program.strip_prefix(&folder).unwrap_or(&program).display().to_string();
        Trial::test(name, move || test(&program))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// The suite's folder: the one that is named, or one beside the project.
fn suite() -> Option<PathBuf> {
    let beside = || yolk::qemu::project_folder().join("../shared/wasi-testsuite");
    let folder = std::env::var_os("YOLK_WASI_TESTSUITE").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the suite is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(programs(&path));
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn test(program: &Path) -> Result<(), Failed> {
    let wanted: Value = match fs::read_to_string(program.with_extension("json")) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| error.to_string())?,
        Err(_) => Value::Null,
    };
    let mut arguments: Vec<String> = Vec::new();
    if let Some(root) = wanted["root"].as_str() {
        arguments.extend(["--dir".into(), format!("{}::/", program.with_file_name(root).display())]);
    }
    for (name, value) in wanted["env"].as_object().into_iter().flatten() {
        arguments.extend(["--env".into(), format!("{name}={}", value.as_str().unwrap_or_default())]);
    }
    arguments.push(program.display().to_string());
    arguments.extend(wanted["args"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));

    let run = run(&mut yolk("run", &arguments), b"");
    let status = i64::from(run.status);
    let (output, error) = (run.text(), run.error_text());
    if status != wanted["exit_code"].as_i64().unwrap_or(0) {
        return Err(format!("status {status}\n{output}{error}").into());
    }
    match wanted["stdout"].as_str() {
        Some(expected) if expected != output => Err(format!("wrong output: {output:?}").into()),
        _ => Ok(()),
    }
}
