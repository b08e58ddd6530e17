//! The virtual file system: nodes, paths, mounts, open files and descriptors.
//!
//! A file system implements [`Node`], [`Directory`] and [`File`] (`node`); [`ramfs`], [`devfs`] and [`procfs`] do, and
//! [`tarfs`] fills one from an archive. A [`Vfs`] joins them by a mount table (`mount`) and resolves paths (`path`,
//! `walk`); its operations on names are in `namespace`, opening in `open`. An [`OpenFile`] is POSIX's open file
//! description: a file with an offset and flags (`open_file`, `flags`, `description`), also of a [`pipe()`] or a
//! [`socket`]; a [`FdTable`] numbers them (`fd_table`).
//!
//! Semantics: POSIX.1-2017, XBD 4.13 (path resolution) and the functions of XSH; where POSIX leaves a choice, Linux's,
//! which programs are tested on. `tests/model.rs` asks the host.
//!
//! Depends on `interfaces` (errors, clock, entropy) and `wait` (blocking). It knows no processes: [`procfs`] asks a
//! trait.

#![forbid(unsafe_code)]

mod description;
pub mod devfs;
mod entries;
mod fd_table;
mod flags;
mod mount;
mod namespace;
mod node;
mod open;
mod open_file;
mod path;
pub mod pipe;
pub mod procfs;
pub mod ramfs;
pub mod socket;
mod sync;
pub mod tarfs;
#[cfg(test)]
mod testing;
mod walk;

pub use fd_table::FdTable;
pub use flags::{Access, SeekFrom, StatusFlags};
pub use mount::{Location, MountInfo, Vfs};
pub use node::{DirEntry, Directory, File, InputMode, Interest, Kind, Metadata, Node, Readiness, Terminal, WindowSize};
pub use open::OpenOptions;
pub use open_file::OpenFile;
pub use path::{Follow, NAME_MAX, PATH_MAX, Scope};
pub use pipe::pipe;
pub use ramfs::{Charge, RamFs, SpaceQuota};
