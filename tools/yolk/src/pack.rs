//! Makes a bootable disc: GRUB, the image, and an app that starts by itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::guest::{self, Folder, Job};
use crate::qemu;

/// Writes the disc. It boots by BIOS and UEFI, from a CD as from a USB stick. Without a job it boots to the prompt.
pub fn write(disc: &Path, image: &Path, job: Option<&Job>, folders: &[Folder], environment: &[String]) -> Result<()> {
    let Some(grub) = qemu::find("grub-mkrescue").or_else(|| qemu::find("grub2-mkrescue")) else {
        bail!("there is no grub-mkrescue: run `make iso`, which installs it");
    };
    let folder = qemu::temporary_folder()?;
    let boot = folder.path().join("boot");
    fs::create_dir_all(boot.join("grub"))?;
    let menu = qemu::project_folder().join("boot/grub.cfg");
    fs::copy(&menu, boot.join("grub/grub.cfg")).with_context(|| format!("cannot copy {}", menu.display()))?;
    fs::copy(image, boot.join("yolk.elf")).with_context(|| format!("cannot copy {}", image.display()))?;
    match job {
        Some(job) => guest::write_module(&boot.join("app.tar"), job, folders, environment)?,
        None if !environment.is_empty() => bail!("--env is for an app: without one there is nobody to give it to"),
        None if !folders.is_empty() => guest::write_module(&boot.join("files.tar"), &Job::Prompt, folders, &[])?,
        None => {}
    }
    let new = disc.with_extension("new");
    let result =
        Command::new(grub).arg("-o").arg(&new).arg(folder.path()).output().context("cannot run grub-mkrescue")?;
    if !result.status.success() {
        bail!("grub-mkrescue failed: {}", String::from_utf8_lossy(&result.stderr).trim());
    }
    fs::rename(&new, disc).with_context(|| format!("cannot write {}", disc.display()))
}
