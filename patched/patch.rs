//! Makes a copy of a published crate's sources with a few lines changed: what a build script here does.
//!
//! The sources come from cargo's registry, by cargo itself. A line is found by its content, exactly once, so that another
//! version of the crate stops the build instead of getting a patch that does not fit.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A piece of text in one file, and what stands there instead.
pub struct Change {
    pub file: &'static str,
    pub old: &'static str,
    pub new: &'static str,
}

/// Puts the patched sources of the crate that is being built into `OUT_DIR/source`.
#[allow(dead_code)]
pub fn apply(changes: &[Change]) {
    apply_and_rewrite(changes, |_, text| text);
}

/// As [`apply`], and gives every file's path and text to `rewrite`.
pub fn apply_and_rewrite(changes: &[Change], rewrite: impl Fn(&str, String) -> String) {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../patch.rs");
    let (name, version) = (variable("CARGO_PKG_NAME"), variable("CARGO_PKG_VERSION"));
    let out = PathBuf::from(variable("OUT_DIR"));
    let published = published(&out, &name, &version);
    let copy = out.join("source");
    if copy.exists() {
        fs::remove_dir_all(&copy).expect("the old copy can be removed");
    }
    copy_folder(&published.join("src"), &copy);
    for change in changes {
        edit(&copy.join(change.file), change);
    }
    rewrite_folder(&copy, "", &rewrite);
    let root = copy.join("lib.rs");
    let text = fs::read_to_string(&root).expect("a crate has a root");
    fs::write(&root, without_inner_attributes(&text)).expect("the copy can be written");
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}

/// Where the published sources are. A workspace whose manifest replaces a crate cannot name the original, so a manifest of
/// its own does.
fn published(out: &Path, name: &str, version: &str) -> PathBuf {
    let folder = out.join("published");
    fs::create_dir_all(folder.join("src")).expect("a folder can be made");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"published\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n\
         {name} = {{ version = \"={version}\", default-features = false }}\n"
    );
    write_if_new(&folder.join("Cargo.toml"), &manifest);
    write_if_new(&folder.join("src/lib.rs"), "");
    let offline = metadata(&folder, &["--offline"]);
    let metadata = offline.or_else(|_| metadata(&folder, &[])).unwrap_or_else(|error| panic!("{name}: {error}"));
    // Paths come JSON-escaped; those of Unix have nothing to escape.
    let end = format!("/{name}-{version}/Cargo.toml\"");
    let end = metadata.find(&end).unwrap_or_else(|| panic!("cargo knows no folder of {name} {version}"));
    let start = metadata[..end].rfind('"').map_or(0, |quote| quote + 1);
    PathBuf::from(&metadata[start..end]).join(format!("{name}-{version}"))
}

fn write_if_new(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text).expect("a file can be written");
}

fn metadata(folder: &Path, options: &[&str]) -> Result<String, String> {
    let output = Command::new(variable("CARGO"))
        .args(["metadata", "--format-version=1"])
        .args(options)
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the published sources can be read") {
        let entry = entry.expect("the published sources can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            // Written, not copied: the registry's files may be read-only.
            let content = fs::read(entry.path()).expect("the published sources can be read");
            fs::write(target, content).expect("the copy can be written");
        }
    }
}

fn rewrite_folder(folder: &Path, name: &str, rewrite: &impl Fn(&str, String) -> String) {
    for entry in fs::read_dir(folder).expect("the copy can be read") {
        let entry = entry.expect("the copy can be read");
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            rewrite_folder(&entry.path(), &name, rewrite);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).expect("the copy can be read");
            let new = rewrite(name.trim_start_matches('/'), text.clone());
            if new != text {
                fs::write(entry.path(), new).expect("the copy can be written");
            }
        }
    }
}

fn edit(file: &Path, change: &Change) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", change.file));
    let found = text.matches(change.old).count();
    assert!(found == 1, "{}: expected once, found {found} times:\n{}", change.file, change.old);
    fs::write(file, text.replace(change.old, change.new)).expect("the copy can be written");
}

/// The root's text as it can be included by another: its own attributes and documentation belong to a root alone.
fn without_inner_attributes(text: &str) -> String {
    let text = match text.split_once("*/\n") {
        Some((first, rest)) if first.starts_with("/*!") => rest,
        _ => text,
    };
    let mut kept = String::new();
    let mut depth = 0_usize;
    for line in text.lines() {
        if line.starts_with("#![") || depth > 0 {
            depth += line.matches(['(', '[']).count();
            depth = depth.saturating_sub(line.matches([')', ']']).count());
        } else if !line.starts_with("//!") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}
