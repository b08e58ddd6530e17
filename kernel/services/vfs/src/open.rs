//! Opening: POSIX `openat`, and whole files at once.

use crate::flags::{Access, StatusFlags};
use crate::mount::{Location, Vfs};
use crate::node::Kind;
use crate::open_file::OpenFile;
use crate::path::{Last, Scope, Slashes};
use crate::ramfs::RamFs;
use crate::walk::Walk;
use interfaces::{Errno, Result};
use std::sync::Arc;

/// How a file is opened: POSIX's `O_*` flags by name. Build it from [`OpenOptions::read`] and its neighbours or by
/// functional update of the default, which grants neither reading nor writing (WASI knows such descriptors).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Every write goes to the end.
    pub append: bool,
    /// Make a regular file where nothing is.
    pub create: bool,
    /// With `create`: EEXIST where something is already.
    pub exclusive: bool,
    /// Cut a regular file to nothing; needs no write access here, callers check what they have to.
    pub truncate: bool,
    /// ENOTDIR for what is not a directory.
    pub directory: bool,
    /// ELOOP for a symbolic link.
    pub nofollow: bool,
    /// Reads and writes answer EAGAIN instead of blocking.
    pub nonblock: bool,
    /// Writes reach stable storage before they return.
    pub sync: bool,
    /// The same for data alone.
    pub dsync: bool,
    /// Reads see synchronised data.
    pub rsync: bool,
    /// Permission bits of a file that is made; 0 stands for 0o644.
    pub mode: u16,
}

impl OpenOptions {
    const NONE: OpenOptions = OpenOptions {
        read: false,
        write: false,
        append: false,
        create: false,
        exclusive: false,
        truncate: false,
        directory: false,
        nofollow: false,
        nonblock: false,
        sync: false,
        dsync: false,
        rsync: false,
        mode: 0,
    };

    /// For reading.
    #[must_use]
    pub const fn read() -> Self {
        OpenOptions { read: true, ..Self::NONE }
    }

    /// For writing a file from its start, made or cut to nothing first: shell `>`.
    #[must_use]
    pub const fn rewrite() -> Self {
        OpenOptions { write: true, create: true, truncate: true, ..Self::NONE }
    }

    /// For writing at the end of a file, made where there is none: shell `>>`.
    #[must_use]
    pub const fn append() -> Self {
        OpenOptions { write: true, create: true, append: true, ..Self::NONE }
    }

    fn access(&self) -> Access {
        Access { read: self.read, write: self.write }
    }

    fn status_flags(&self) -> StatusFlags {
        let &OpenOptions { append, nonblock, sync, dsync, rsync, .. } = self;
        StatusFlags { append, nonblock, sync, dsync, rsync }
    }

    fn mode_or_default(&self) -> u16 {
        if self.mode == 0 { 0o644 } else { self.mode }
    }
}

impl Vfs {
    /// Opens what `path` leads to.
    ///
    /// # Errors
    /// Those of path resolution; EEXIST, EISDIR (a directory for writing), ENOTDIR, ELOOP (`nofollow` and a symbolic
    /// link), EINVAL (`create` with `directory`), EROFS, ENOSPC.
    pub fn open(&self, base: &Location, path: &str, scope: Scope, options: &OpenOptions) -> Result<Arc<OpenFile>> {
        if options.create && options.directory {
            return Err(Errno::EINVAL);
        }
        let mut walk = Walk::new(self, base, path, scope)?;
        loop {
            let (last, slashes) = walk.advance_to_last()?;
            let Last::Name(name) = last else {
                return open_found(&walk.end(&last)?, None, options);
            };
            if options.create && slashes == Slashes::Trailing {
                return Err(Errno::EISDIR);
            }
            let (child, is_new) = find_or_create(&walk, &name, options)?;
            let kind = child.node().kind();
            if kind == Kind::Symlink {
                if options.nofollow && slashes == Slashes::None {
                    return Err(if options.directory { Errno::ENOTDIR } else { Errno::ELOOP });
                }
                walk.follow(&child)?;
                continue;
            }
            if slashes == Slashes::Trailing && kind != Kind::Directory {
                return Err(Errno::ENOTDIR);
            }
            let name = Some((walk.here().clone(), name));
            return if is_new { open_new(&child, name, options) } else { open_found(&child, name, options) };
        }
    }

    /// Opens what is at `location`, without a name. Of the options those count that concern the open file.
    ///
    /// # Errors
    /// EISDIR (a directory for writing), ENOTDIR, ELOOP (a symbolic link).
    pub fn open_location(&self, location: &Location, options: &OpenOptions) -> Result<Arc<OpenFile>> {
        open_found(location, None, &OpenOptions { create: false, ..*options })
    }

    /// Reads the whole file at `path`, at most `limit` bytes.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`OpenFile::read`]; EFBIG beyond the limit; ENOMEM.
    pub fn read_file(&self, base: &Location, path: &str, limit: usize) -> Result<Vec<u8>> {
        const CHUNK: usize = 64 * 1024;
        let file = self.open(base, path, Scope::Anywhere, &OpenOptions::read())?;
        let mut content = Vec::new();
        // The size is a hint: of /proc's files and of devices it is 0.
        let mut room = usize::try_from(file.metadata().size).unwrap_or(usize::MAX).min(limit).saturating_add(1);
        loop {
            content.try_reserve(room).map_err(|_| Errno::ENOMEM)?;
            let start = content.len();
            content.resize(start + room, 0);
            let count = file.read(content.get_mut(start..).unwrap_or_default())?;
            content.truncate(start + count);
            if count == 0 {
                return Ok(content);
            }
            if content.len() > limit {
                return Err(Errno::EFBIG);
            }
            room = CHUNK;
        }
    }

    /// Makes `content` the content of the file at `path`, which is made where there is none.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`OpenFile::write`].
    pub fn write_file(&self, base: &Location, path: &str, content: &[u8]) -> Result<()> {
        self.open(base, path, Scope::Anywhere, &OpenOptions::rewrite())?.write_all(content)
    }

    /// The same with content that is borrowed where the file system can, so that it takes no memory until it is written
    /// to (see [`RamFs::lend`]); returns the file.
    ///
    /// # Errors
    /// Those of [`write_file`](Self::write_file).
    pub fn lend_file(&self, base: &Location, path: &str, content: &'static [u8]) -> Result<Arc<OpenFile>> {
        let file = self.open(base, path, Scope::Anywhere, &OpenOptions::rewrite())?;
        let node = file.location().ok_or(Errno::EIO)?.node();
        match RamFs::lend(node, content) {
            // Another kind of file system.
            Err(Errno::EINVAL) => file.write_all(content)?,
            result => result?,
        }
        Ok(file)
    }
}

/// What `name` is where the walk is; with `create` it is made where there is nothing. Tells whether it was made.
fn find_or_create(walk: &Walk, name: &str, options: &OpenOptions) -> Result<(Location, bool)> {
    loop {
        match walk.child(name) {
            Ok(_) if options.create && options.exclusive => return Err(Errno::EEXIST),
            Ok(child) => return Ok((child, false)),
            Err(Errno::ENOENT) if options.create => {}
            Err(error) => return Err(error),
        }
        match walk.here().directory()?.create_file(name, options.mode_or_default()) {
            Ok(node) => return Ok((walk.here().with(node), true)),
            // Another thread was faster: then it is there.
            Err(Errno::EEXIST) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The directory in which a name was found, and the name.
type Name = Option<(Location, String)>;

fn open_new(location: &Location, name: Name, options: &OpenOptions) -> Result<Arc<OpenFile>> {
    let file = Arc::clone(location.node()).open(options.write)?;
    Ok(OpenFile::named(file, location.clone(), name, options.access(), options.status_flags()))
}

fn open_found(location: &Location, name: Name, options: &OpenOptions) -> Result<Arc<OpenFile>> {
    let kind = location.node().kind();
    match kind {
        Kind::Symlink => return Err(Errno::ELOOP),
        Kind::Directory if options.create && options.exclusive => return Err(Errno::EEXIST),
        Kind::Directory if options.write || options.truncate || options.create => return Err(Errno::EISDIR),
        Kind::Directory => {}
        _ if options.directory => return Err(Errno::ENOTDIR),
        _ => {}
    }
    // Other kinds ignore truncation (POSIX, `open`).
    let truncate = options.truncate && kind == Kind::Regular;
    let file = Arc::clone(location.node()).open(options.write || truncate)?;
    if truncate {
        file.set_size(0)?;
    }
    Ok(OpenFile::named(file, location.clone(), name, options.access(), options.status_flags()))
}
