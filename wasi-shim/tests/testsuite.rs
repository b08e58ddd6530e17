//! The WASI test suite (WebAssembly/wasi-testsuite), preview 1: each `NAME.wasm`, run as `NAME.json` says.
//!
//! The folder with the compiled tests is named by `YOLK_WASI_TESTSUITE`, or lies beside the project. Without it the
//! test says that it was skipped. Fields: the suite's `doc/specification.md`, both of its forms.

mod common;

use common::{copy_folder, drain, guest, ram_vfs, run};
use serde_json::Value;
use std::path::{Path, PathBuf};
use vfs::{Follow, OpenFile, Scope};
use wasi_shim::{Outcome, Program};

#[test]
fn every_test_of_the_suite_passes() {
    let Some(folder) = suite() else {
        println!("SKIPPED: no WASI test suite; name its folder in YOLK_WASI_TESTSUITE");
        return;
    };
    let mut tests = Vec::new();
    find_tests(&folder, &mut tests);
    tests.sort();
    assert!(!tests.is_empty(), "no tests in {}", folder.display());
    let failed: Vec<String> = tests.iter().filter_map(|test| run_test(test).err()).collect();
    println!("{} of {} tests of the suite passed", tests.len() - failed.len(), tests.len());
    assert!(failed.is_empty(), "failed:\n{}", failed.join("\n"));
}

fn suite() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/wasi-testsuite");
    let folder = std::env::var_os("YOLK_WASI_TESTSUITE").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn find_tests(folder: &Path, tests: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_tests(&path, tests);
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            tests.push(path);
        }
    }
}

/// What a test gets and what is expected of it.
struct Plan {
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// Folders beside the test and the guest's names for them.
    folders: Vec<(String, String)>,
    stdin: String,
    exit_code: u32,
    stdout: Option<String>,
    stderr: Option<String>,
}

impl Plan {
    fn read(test: &Path) -> Plan {
        let config = std::fs::read_to_string(test.with_extension("json")).map_or(Value::Null, |text| {
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", test.display()))
        });
        let none = Vec::new();
        let operations = config["operations"].as_array().unwrap_or(&none);
        let operation = |kind: &str, id: &str| {
            operations.iter().find(|one| one["type"] == kind && (id.is_empty() || one["id"] == id))
        };
        let known = ["run", "wait", "read", "write"];
        for one in operations {
            assert!(known.iter().any(|known| one["type"] == *known), "{}: unknown operation {one}", test.display());
        }
        let start = operation("run", "").unwrap_or(&config);
        let root = start["root"].as_str().map(|root| (root.to_owned(), "/".to_owned()));
        let payload = |kind, id| operation(kind, id).and_then(|one| one["payload"].as_str()).map(str::to_owned);
        Plan {
            args: strings(&start["args"]),
            env: start["env"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), string(value)))
                .collect(),
            folders: root
                .into_iter()
                .chain(strings(&start["dirs"]).into_iter().map(|dir| (dir.clone(), dir)))
                .collect(),
            stdin: payload("write", "stdin")
                .or_else(|| config["stdin"].as_str().map(str::to_owned))
                .unwrap_or_default(),
            exit_code: number(&operation("wait", "").unwrap_or(&config)["exit_code"]),
            stdout: payload("read", "stdout").or_else(|| config["stdout"].as_str().map(str::to_owned)),
            stderr: payload("read", "stderr").or_else(|| config["stderr"].as_str().map(str::to_owned)),
        }
    }
}

fn run_test(test: &Path) -> Result<(), String> {
    let plan = Plan::read(test);
    let vfs = ram_vfs();
    let mut guest = guest(&vfs);
    guest.args = std::iter::once(test.file_name().unwrap().to_str().unwrap().to_owned()).chain(plan.args).collect();
    guest.env = plan.env;
    for (index, (folder, name)) in plan.folders.iter().enumerate() {
        let place = format!("dir{index}");
        vfs.create_directory(&vfs.root(), &place, Scope::Anywhere, 0o755).unwrap();
        let location = vfs.resolve(&vfs.root(), &place, Scope::Anywhere, Follow::No).unwrap();
        let folder = test.parent().unwrap().join(folder);
        // Version control does not keep a folder without files.
        if folder.is_dir() {
            copy_folder(&vfs, &location, &folder);
        }
        guest.preopens.push((location, name.clone()));
    }
    let (stdin, to_stdin) = OpenFile::pipe(plan.stdin.len() + 1);
    to_stdin.write_all(plan.stdin.as_bytes()).unwrap();
    drop(to_stdin);
    let (from_stdout, stdout) = OpenFile::pipe(4096);
    let (from_stderr, stderr) = OpenFile::pipe(4096);
    (guest.stdin, guest.stdout, guest.stderr) = (stdin, stdout, stderr);
    let (out, err) = (drain(&from_stdout), drain(&from_stderr));
    let program =
        Program::load(std::fs::read(test).unwrap()).map_err(|error| format!("{}: {error}", test.display()))?;
    let outcome = run(program, guest);
    let (out, err) = (text(out.join().unwrap()), text(err.join().unwrap()));

    let passed = outcome == Ok(Outcome::Exited(plan.exit_code))
        && plan.stdout.is_none_or(|expected| expected == out)
        && plan.stderr.is_none_or(|expected| expected == err);
    if passed { Ok(()) } else { Err(format!("{}: {outcome:?}\nstdout: {out}\nstderr: {err}", test.display())) }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn string(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(string).collect()
}

fn number(value: &Value) -> u32 {
    value.as_u64().map_or(0, |number| number.try_into().unwrap())
}
