//! Makes the bootable image: the linked kernel with its symbols and the initrd behind it, in one ELF file.
//!
//! The linked kernel holds an empty record in its section `.payload`; [`elf`] appends a read-only segment with
//! [`symbols`] and the archive and writes both addresses there. Whatever loads the ELF file (QEMU, GRUB) thereby loads
//! them, and the kernel finds them without a boot module.

mod elf;
mod symbols;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::archive::{Archive, Times};

/// What goes into an image.
#[derive(Debug, clap::Args)]
pub struct Parts {
    /// The linked kernel, with its symbol table.
    kernel: PathBuf,
    /// Where the image goes.
    output: PathBuf,
    /// The folder that becomes `/` of the initrd.
    #[arg(long)]
    root: PathBuf,
    /// A program for `/bin`.
    #[arg(long = "bin", value_name = "FILE")]
    programs: Vec<PathBuf>,
    /// A file that was built, and its path in the initrd.
    #[arg(long = "add", value_name = "FILE::PATH", value_parser = added)]
    files: Vec<(PathBuf, String)>,
}

fn added(text: &str) -> Result<(PathBuf, String)> {
    let (file, path) = text.split_once("::").context("write FILE::PATH")?;
    Ok((file.into(), path.trim_start_matches('/').to_owned()))
}

/// Builds the image. The file is replaced in one step, so that a failure leaves the old one.
pub fn build(parts: &Parts) -> Result<()> {
    let kernel = fs::read(&parts.kernel).with_context(|| format!("cannot read {}", parts.kernel.display()))?;
    let symbols = symbols::table(&kernel)?;
    let image = elf::with_payload(&kernel, &symbols, &initrd(parts)?)?;
    let new = parts.output.with_extension("new");
    fs::write(&new, image)
        .and_then(|()| fs::rename(&new, &parts.output))
        .with_context(|| format!("cannot write {}", parts.output.display()))
}

/// The initrd: the same bytes for the same content, whenever and by whomever it is built.
fn initrd(parts: &Parts) -> Result<Vec<u8>> {
    let mut archive = Archive::new(Vec::new(), Times::Fixed);
    archive.add_tree(&parts.root, "")?;
    let mut programs: Vec<_> = parts.programs.iter().collect();
    programs.sort();
    archive.add_directory("bin")?;
    for program in programs {
        let name = program.file_name().and_then(|name| name.to_str()).context("a program's name is not UTF-8")?;
        archive.add_program(program, &format!("bin/{name}"))?;
    }
    for (file, path) in &parts.files {
        for (end, _) in path.match_indices('/') {
            archive.add_directory(path.get(..end).unwrap_or_default())?;
        }
        archive.add_program(file, path)?;
    }
    archive.finish()
}
