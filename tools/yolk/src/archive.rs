//! Writes the ustar archives that the image and the guest's boot module are.
//!
//! Entries come in the order of their names. Content is streamed: an archive may be larger than this machine's memory.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tar::{Builder, EntryType, Header};

/// Which times the entries bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Those of the files.
    Kept,
    /// One for all, so that the archive depends on nothing but content.
    Fixed,
}

/// The fixed time, in seconds since 1970: 2026-01-01.
const FIXED_TIME: u64 = 1_767_225_600;

/// An archive in the making.
pub struct Archive<W: Write> {
    builder: Builder<W>,
    times: Times,
}

impl<W: Write> Archive<W> {
    /// Starts an archive.
    pub fn new(output: W, times: Times) -> Self {
        Self { builder: Builder::new(output), times }
    }

    /// Adds a folder on the host with all that is in it, below the path `name` (empty: the root).
    pub fn add_tree(&mut self, folder: &Path, name: &str) -> Result<()> {
        if !name.is_empty() {
            let metadata = fs::metadata(folder).with_context(|| format!("cannot read {}", folder.display()))?;
            self.entry(name, EntryType::Directory, Some(&metadata), 0, io::empty())?;
        }
        for (path, entry_name) in sorted_entries(folder)? {
            let name = if name.is_empty() { entry_name } else { format!("{name}/{entry_name}") };
            self.add_path(&path, &name)?;
        }
        Ok(())
    }

    /// Adds a folder with mode 755 and a fixed time.
    pub fn add_directory(&mut self, name: &str) -> Result<()> {
        self.entry(name, EntryType::Directory, None, 0, io::empty())
    }

    /// Adds a host file as a program: anybody may run it, whatever its mode on the host.
    pub fn add_program(&mut self, path: &Path, name: &str) -> Result<()> {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        self.add_bytes(name, &content)
    }

    /// Adds a file of the given content with mode 755 and a fixed time.
    pub fn add_bytes(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.entry(name, EntryType::Regular, None, content.len() as u64, content)
    }

    /// Ends the archive and hands its output back.
    pub fn finish(self) -> Result<W> {
        Ok(self.builder.into_inner()?)
    }

    fn add_path(&mut self, path: &Path, name: &str) -> Result<()> {
        let metadata = fs::symlink_metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.add_tree(path, name)
        } else if kind.is_symlink() {
            self.link(path, name, &metadata)
        } else if kind.is_file() {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            // The header names the size first; a file that changes meanwhile must not push the next header out of its place.
            let content = file.chain(io::repeat(0)).take(metadata.len());
            self.entry(name, EntryType::Regular, Some(&metadata), metadata.len(), content)
                .with_context(|| format!("cannot copy {}", path.display()))
        } else {
            bail!("{} is neither a file, a folder nor a symbolic link", path.display())
        }
    }

    fn link(&mut self, path: &Path, name: &str, metadata: &Metadata) -> Result<()> {
        let target = fs::read_link(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut header = self.header(EntryType::Symlink, Some(metadata), 0);
        Ok(self.builder.append_link(&mut header, name, target)?)
    }

    fn entry(
        &mut self,
        name: &str,
        kind: EntryType,
        metadata: Option<&Metadata>,
        size: u64,
        content: impl Read,
    ) -> Result<()> {
        let mut header = self.header(kind, metadata, size);
        Ok(self.builder.append_data(&mut header, name, content)?)
    }

    fn header(&self, kind: EntryType, metadata: Option<&Metadata>, size: u64) -> Header {
        let mut header = Header::new_ustar();
        let kept_time = || metadata.and_then(|metadata| u64::try_from(metadata.mtime()).ok());
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(metadata.map_or(0o755, |metadata| self.mode(metadata)));
        header.set_mtime(if self.times == Times::Kept { kept_time().unwrap_or(FIXED_TIME) } else { FIXED_TIME });
        header
    }

    /// With fixed times the mode is fixed too, but for the right to execute: umasks differ between checkouts.
    fn mode(&self, metadata: &Metadata) -> u32 {
        match self.times {
            Times::Kept => metadata.mode() & 0o7777,
            Times::Fixed if metadata.mode() & 0o100 != 0 => 0o755,
            Times::Fixed => 0o644,
        }
    }
}

/// The entries of a folder with their names, in order.
fn sorted_entries(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            bail!("the name of {} is not UTF-8, and names on Yolk are", path.display());
        };
        entries.push((path.clone(), name.to_owned()));
    }
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_tree_keeps_links_modes_and_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        fs::create_dir(path.join("b")).expect("created");
        fs::write(path.join("b/deep"), b"two").expect("written");
        fs::write(path.join("a"), b"one").expect("written");
        fs::set_permissions(path.join("a"), fs::Permissions::from_mode(0o600)).expect("set");
        symlink("../nowhere", path.join("c")).expect("linked");
        let mut archive = Archive::new(Vec::new(), Times::Kept);
        archive.add_tree(path, "mnt/0").expect("added");
        let bytes = archive.finish().expect("finished");

        let mut archive = tar::Archive::new(bytes.as_slice());
        let entries = archive.entries().expect("readable").map(|entry| {
            let entry = entry.expect("sound");
            let header = entry.header();
            let name = entry.path().expect("named").display().to_string();
            (name, header.entry_type(), header.mode().expect("a mode") & 0o7777, entry.size())
        });
        let entries: Vec<_> = entries.collect();
        let names: Vec<_> = entries.iter().map(|entry| entry.0.as_str()).collect();
        assert_eq!(names, ["mnt/0", "mnt/0/a", "mnt/0/b", "mnt/0/b/deep", "mnt/0/c"]);
        assert_eq!(entries[1], ("mnt/0/a".into(), EntryType::Regular, 0o600, 3));
        assert_eq!(entries[4].1, EntryType::Symlink);
    }

    #[test]
    fn special_files_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).expect("bound");
        let error = Archive::new(Vec::new(), Times::Kept).add_tree(folder.path(), "").expect_err("a socket");
        assert!(error.to_string().contains("socket"), "{error}");
    }
}
