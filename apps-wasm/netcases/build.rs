//! Finds the sources of `wasmedge_wasi_socket` where cargo keeps them, and copies its examples.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const CRATE: &str = "wasmedge_wasi_socket";

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let output = PathBuf::from(variable("OUT_DIR"));
    let manifest = Path::new(&variable("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let metadata = Command::new(variable("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("what cargo writes is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let package = packages.iter().find(|package| package["name"] == CRATE).expect("a dependency of this crate");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let examples = manifest.with_file_name("examples");
    for entry in fs::read_dir(&examples).expect("a folder of examples") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            fs::copy(&path, output.join(path.file_name().expect("a name"))).expect("a copy");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", examples.display());
}
