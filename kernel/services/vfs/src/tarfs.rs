//! Unpacking tar archives that stay in memory: the initrd and boot modules.
//!
//! `format` reads the archive's blocks, this module makes files of its entries. An archive is untrusted: every field is
//! checked, and names are resolved beneath the directory that is unpacked into. The parser is our own: of the
//! crates at hand, `tar` needs a Unix below, and `tar-no-std` refuses archives with GNU's long names and misreads
//! modification times.

mod error;
mod format;

pub use error::{TarError, TarReason};
pub use format::is_archive;

use crate::mount::{Location, Vfs};
use crate::path::{Follow, Scope};
use crate::tarfs::format::{Archive, Content, Entry};
use interfaces::Errno;

/// Unpacks `archive` into the directory `into`, and returns how many entries it had.
///
/// Understands ustar with GNU and pax long names: directories, regular files (their content is borrowed from the
/// archive, see [`RamFs::lend`](crate::RamFs::lend)), symbolic and hard links, modes and modification times; devices
/// and pipes are left out. What is there already is replaced, except that directories are merged. Names cannot lead out
/// of `into`.
///
/// # Errors
/// The first entry that is malformed, with its place, or that the file system refuses. What came before it stays.
pub fn unpack(archive: &'static [u8], vfs: &Vfs, into: &Location) -> Result<usize, TarError> {
    let mut unpacking = Unpacking { vfs, into, directories: Vec::new() };
    let mut count = 0;
    let mut archive = Archive::new(archive);
    while let Some(entry) = archive.next_entry()? {
        unpacking.add(&entry).map_err(|reason| TarError { offset: entry.offset, name: entry.name.clone(), reason })?;
        count += 1;
    }
    unpacking.finish();
    Ok(count)
}

struct Unpacking<'a> {
    vfs: &'a Vfs,
    into: &'a Location,
    /// Directories and their modification times, which are set at the end: what comes into them changes them.
    directories: Vec<(Location, u64)>,
}

impl Unpacking<'_> {
    fn add(&mut self, entry: &Entry) -> Result<(), TarReason> {
        let mut names = components(&entry.name)?;
        let Some(name) = names.pop() else {
            return self.add_directory(self.into.clone(), entry);
        };
        let parent = self.directory(&names)?;
        match &entry.content {
            Content::Directory => {
                let directory = self.subdirectory(&parent, name)?;
                return self.add_directory(directory, entry);
            }
            Content::Other => return Ok(()),
            Content::Regular(_) | Content::Symlink(_) | Content::HardLink(_) => {}
        }
        match self.vfs.unlink(&parent, name, Scope::Beneath) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) => return Err(error.into()),
        }
        match &entry.content {
            Content::Regular(bytes) => self.add_file(&parent, name, entry, bytes),
            // The target may lead anywhere: that matters to who follows it, here it is text.
            Content::Symlink(target) => Ok(self.vfs.create_symlink(target, &parent, name, Scope::Anywhere)?),
            Content::HardLink(target) => {
                let target = components(target)?.join("/");
                let old = self.vfs.resolve(self.into, &target, Scope::Beneath, Follow::No)?;
                Ok(parent.directory()?.link(name, old.node())?)
            }
            Content::Directory | Content::Other => Ok(()),
        }
    }

    fn add_file(&self, parent: &Location, name: &str, entry: &Entry, bytes: &'static [u8]) -> Result<(), TarReason> {
        // What was there is unlinked: the name cannot be a link that leads elsewhere.
        let file = self.vfs.lend_file(parent, name, bytes)?;
        let node = file.location().ok_or(Errno::EIO)?.node();
        node.set_mode(entry.mode)?;
        node.set_times(None, Some(entry.modified_ns))?;
        Ok(())
    }

    fn add_directory(&mut self, directory: Location, entry: &Entry) -> Result<(), TarReason> {
        directory.node().set_mode(entry.mode)?;
        self.directories.push((directory, entry.modified_ns));
        Ok(())
    }

    /// The directory that `names` lead to, made where it is not there.
    fn directory(&self, names: &[&str]) -> Result<Location, TarReason> {
        let path = names.join("/");
        if path.is_empty() {
            return Ok(self.into.clone());
        }
        match self.vfs.resolve(self.into, &path, Scope::Beneath, Follow::Yes) {
            Err(Errno::ENOENT) => {}
            result => return Ok(result?),
        }
        let mut here = self.into.clone();
        for (depth, name) in names.iter().enumerate() {
            let above = names.get(..=depth).unwrap_or(names).join("/");
            here = match self.vfs.resolve(self.into, &above, Scope::Beneath, Follow::Yes) {
                Err(Errno::ENOENT) => self.subdirectory(&here, name)?,
                result => result?,
            };
        }
        Ok(here)
    }

    fn subdirectory(&self, parent: &Location, name: &str) -> Result<Location, TarReason> {
        match self.vfs.create_directory(parent, name, Scope::Beneath, 0o755) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let directory = self.vfs.resolve(parent, name, Scope::Beneath, Follow::Yes)?;
        if directory.is_directory() { Ok(directory) } else { Err(Errno::ENOTDIR.into()) }
    }

    fn finish(self) {
        for (directory, modified_ns) in self.directories {
            // A file system without times is none the worse for it.
            let _ = directory.node().set_times(None, Some(modified_ns));
        }
    }
}

/// The names in a path; none for the directory that is unpacked into. A leading slash means nothing, as in GNU tar.
fn components(path: &str) -> Result<Vec<&str>, TarReason> {
    let names: Vec<&str> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    if names.contains(&"..") { Err(TarReason::UnsafeName) } else { Ok(names) }
}

#[cfg(test)]
mod tests;
