//! The rules about crates: which layer may use which, and where unsafe code may be.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::cycle::{self, Graph};

/// A layer is a folder; a crate belongs to the longest that holds it. Each may use those named behind it.
const LAYERS: &[(&str, &[&str])] = &[
    ("boot", &["kernel", "kernel/hardware"]),
    (
        "kernel",
        &["kernel/programs", "wasi-shim", "kernel/runtime", "kernel/services", "kernel/hardware", "kernel/interfaces"],
    ),
    ("kernel/programs", &["kernel/services", "kernel/interfaces"]),
    ("wasi-shim", &["kernel/services", "kernel/interfaces"]),
    ("kernel/runtime", &["kernel/runtime", "kernel/services", "kernel/hardware", "kernel/interfaces"]),
    ("kernel/services", &["kernel/services", "kernel/interfaces"]),
    ("kernel/hardware", &["kernel/hardware", "kernel/interfaces"]),
    ("kernel/interfaces", &[]),
    // The benchmark times the same code on the host.
    ("tools", &["tools", "kernel/programs"]),
    ("tests", &["tools"]),
];

/// The crates that wrap what Rust cannot check: all others forbid unsafe code.
const UNSAFE_CRATES: &[&str] = &["boot", "drivers", "machine", "std-abi"];

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its folder, from the workspace's.
    pub folder: String,
    /// The root source files of its library and programs.
    pub roots: Vec<String>,
    /// The crates of the workspace that it is built from.
    pub uses: Vec<String>,
}

/// The workspace's crates, from the output of `cargo metadata --no-deps`.
pub fn crates(metadata: &str) -> Result<Vec<Crate>> {
    let metadata: Value = serde_json::from_str(metadata)?;
    let workspace = text(&metadata["workspace_root"])?.to_owned();
    let packages = metadata["packages"].as_array().context("no packages")?;
    packages.iter().map(|package| read_crate(package, Path::new(&workspace))).collect()
}

fn read_crate(package: &Value, workspace: &Path) -> Result<Crate> {
    let list = |name: &str| package[name].as_array().cloned().unwrap_or_default();
    let manifest = Path::new(text(&package["manifest_path"])?);
    let folder = manifest.parent().context("a manifest without a folder")?.strip_prefix(workspace)?;
    // Dependencies of tests do not get into what is built.
    let is_built_from = |dependency: &Value| dependency["path"].is_string() && dependency["kind"] != "dev";
    let is_built =
        |target: &Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == "lib" || k == "bin"));
    Ok(Crate {
        name: text(&package["name"])?.to_owned(),
        folder: folder.to_str().context("a folder's name is not UTF-8")?.to_owned(),
        roots: list("targets")
            .iter()
            .filter(|target| is_built(target))
            .map(|target| text(&target["src_path"]).map(str::to_owned))
            .collect::<Result<_>>()?,
        uses: list("dependencies")
            .iter()
            .filter(|dependency| is_built_from(dependency))
            .map(|dependency| text(&dependency["name"]).map(str::to_owned))
            .collect::<Result<_>>()?,
    })
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().context("not a text")
}

/// The layer that a folder belongs to.
fn layer(folder: &str) -> Option<(&'static str, &'static [&'static str])> {
    let holds = |layer: &str| Path::new(folder).starts_with(layer);
    LAYERS.iter().copied().filter(|(name, _)| holds(name)).max_by_key(|(name, _)| name.len())
}

/// Edges between crates that no layer allows, and circles.
pub fn check_edges(crates: &[Crate]) -> Vec<String> {
    let mut findings = Vec::new();
    for user in crates {
        let Some((_, allowed)) = layer(&user.folder) else {
            findings.push(format!("crate {} lies in no layer: {}", user.name, user.folder));
            continue;
        };
        for used in crates.iter().filter(|other| user.uses.contains(&other.name)) {
            if !layer(&used.folder).is_some_and(|(name, _)| allowed.contains(&name)) {
                findings.push(format!("{} uses {}: {} may not use {}", user.name, used.name, user.folder, used.folder));
            }
        }
    }
    let graph: Graph = crates.iter().map(|user| (user.name.clone(), user.uses.iter().cloned().collect())).collect();
    findings.extend(cycle::find(&graph).map(|nodes| format!("crates use each other: {}", nodes.join(" -> "))));
    findings
}

/// Whether the crate with this root may be as unsafe as it is.
pub fn check_unsafe(name: &str, root: &syn::File) -> Option<String> {
    let forbids = root.attrs.iter().any(|attribute| {
        attribute.path().is_ident("forbid")
            && attribute.parse_args::<syn::Path>().is_ok_and(|lint| lint.is_ident("unsafe_code"))
    });
    (!forbids && !UNSAFE_CRATES.contains(&name)).then(|| format!("{name} does not say #![forbid(unsafe_code)]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krate(name: &str, folder: &str, uses: &[&str]) -> Crate {
        let uses = uses.iter().map(|name| (*name).to_owned()).collect();
        Crate { name: name.into(), folder: folder.into(), roots: Vec::new(), uses }
    }

    #[test]
    fn an_upward_edge_is_found() {
        let vfs = krate("vfs", "kernel/services/vfs", &["interfaces"]);
        let interfaces = krate("interfaces", "kernel/interfaces", &[]);
        assert_eq!(check_edges(&[vfs.clone(), interfaces.clone()]), [""; 0]);
        let upward = krate("interfaces", "kernel/interfaces", &["vfs"]);
        let found = check_edges(&[vfs, upward]);
        assert_eq!(found[0], "interfaces uses vfs: kernel/interfaces may not use kernel/services/vfs");
        assert_eq!(found[1], "crates use each other: interfaces -> vfs");
    }

    #[test]
    fn drivers_and_services_never_see_each_other() {
        let drivers = krate("drivers", "kernel/hardware/drivers", &["net"]);
        let net = krate("net", "kernel/services/net", &[]);
        assert_eq!(check_edges(&[drivers, net]).len(), 1);
    }

    #[test]
    fn a_crate_in_no_layer_is_found() {
        assert_eq!(check_edges(&[krate("x", "elsewhere/x", &[])]), ["crate x lies in no layer: elsewhere/x"]);
    }

    #[test]
    fn a_crate_that_may_be_unsafe_without_need_is_found() {
        let open = syn::parse_file("#![deny(unsafe_code)] fn f() {}").expect("parses");
        let safe = syn::parse_file("//! Safe.\n#![no_std]\n#![forbid(unsafe_code)]").expect("parses");
        assert!(check_unsafe("vfs", &open).is_some());
        assert_eq!(check_unsafe("vfs", &safe), None);
        assert_eq!(check_unsafe("machine", &open), None);
    }

    #[test]
    fn metadata_is_read() {
        let metadata = r#"{"workspace_root": "/w", "packages": [{
            "name": "a", "manifest_path": "/w/kernel/a/Cargo.toml",
            "targets": [{"kind": ["lib"], "src_path": "/w/kernel/a/src/lib.rs"}, {"kind": ["test"], "src_path": "/w/x"}],
            "dependencies": [{"name": "b", "path": "/w/b", "kind": null}, {"name": "c", "path": "/w/c", "kind": "dev"},
                             {"name": "libc", "kind": null}]}]}"#;
        let crates = crates(metadata).expect("read");
        assert_eq!(
            (crates[0].folder.as_str(), &crates[0].roots[..]),
            ("kernel/a", &["/w/kernel/a/src/lib.rs".into()][..])
        );
        assert_eq!(crates[0].uses, ["b"]);
    }
}
