//! The architecture test: the source tree keeps the rules of [`yolk_tests::architecture`].

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::process::Command;

use yolk_tests::architecture::layers::{self, Crate};
use yolk_tests::architecture::{modules, uses};

/// The crates of the workspace.
fn workspace() -> Vec<Crate> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(yolk::qemu::project_folder())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    layers::crates(&String::from_utf8_lossy(&output.stdout)).expect("cargo's metadata is readable")
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn crates_use_only_what_lies_below() {
    assert_none(&layers::check_edges(&workspace()));
}

#[test]
fn only_the_crates_that_wrap_hardware_are_unsafe() {
    let mut findings = Vec::new();
    for member in workspace() {
        for root in &member.roots {
            let text = fs::read_to_string(root).expect("a root is readable");
            findings.extend(layers::check_unsafe(&member.name, &syn::parse_file(&text).expect("a root is Rust")));
        }
    }
    assert_none(&findings);
}

#[test]
fn no_modules_use_each_other() {
    let mut findings = Vec::new();
    for member in workspace() {
        for root in &member.roots {
            match modules::read(Path::new(root)) {
                Ok(modules) => findings.extend(uses::check(&member.name, &modules)),
                Err(error) => findings.push(format!("{error:#}")),
            }
        }
    }
    assert_none(&findings);
}
