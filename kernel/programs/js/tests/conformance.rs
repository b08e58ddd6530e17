//! The sample of scripts in `tests/js`: each prints what is written beside it, in `NAME.out`. On Yolk, `tests/tests/js.rs` runs
//! the same.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::{Machine, copy_in};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/js")
}

/// Every script by its name.
fn scripts() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(samples())
        .expect("a folder of scripts")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".js") || name.ends_with(".mjs"))
        .collect();
    names.sort();
    names
}

/// A machine with the scripts in `/tmp`.
fn machine() -> Machine {
    let machine = Machine::new();
    machine.vfs.create_directory(&machine.vfs.root(), "/tmp/modules", vfs::Scope::Anywhere, 0o755).unwrap();
    for folder in ["", "modules/"] {
        for entry in fs::read_dir(samples().join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                let name = entry.file_name().into_string().unwrap();
                copy_in(&machine, &entry.path(), &format!("/tmp/{folder}{name}"));
            }
        }
    }
    machine
}

#[test]
fn scripts_print_what_is_expected() {
    let machine = machine();
    let mut wrong = Vec::new();
    let scripts = scripts();
    assert!(scripts.len() >= 8, "{scripts:?}");
    for name in &scripts {
        let (status, output, errors) = machine.run(&[name]);
        let path = samples().join(name).with_extension("out");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&path, &output).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if status != 0 || output != expected {
            wrong.push(format!("{name}: status {status}, {errors}\n{output}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
