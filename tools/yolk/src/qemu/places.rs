//! Where things are: the image, QEMU, other programs, room for temporary files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

/// The image to boot: `YOLK_IMAGE`, or what `make` built in the source tree of this command.
pub fn default_image() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("YOLK_IMAGE") {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(anyhow!("YOLK_IMAGE is {}, which is no file", path.display()))
        };
    }
    let path = project_folder().join("build/yolk.elf");
    if !path.is_file() {
        bail!("there is no image at {}: run `make` in {}", path.display(), project_folder().display());
    }
    Ok(path)
}

/// The source tree of this command.
pub fn project_folder() -> PathBuf {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR"));
    tool.ancestors().nth(2).unwrap_or(tool).to_owned()
}

/// The emulator: `YOLK_QEMU` or the usual one.
pub(super) fn emulator() -> Result<PathBuf> {
    let name = std::env::var_os("YOLK_QEMU").unwrap_or_else(|| "qemu-system-x86_64".into());
    find(&name).with_context(|| format!("there is no {}: run `make qemu`, which installs QEMU", name.display()))
}

/// The path of a program, as a shell finds it: a name with a slash is a path.
pub fn find(program: impl AsRef<Path>) -> Option<PathBuf> {
    let program = program.as_ref();
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A folder that is removed with its owner. Sockets in it need a short path (108 bytes at most).
pub fn temporary_folder() -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("yolk-");
    let usual = std::env::temp_dir();
    let folder = if usual.as_os_str().len() < 80 { builder.tempdir_in(usual) } else { builder.tempdir_in("/tmp") };
    folder.context("cannot make a temporary folder")
}
