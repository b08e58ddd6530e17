//! The nodes of `/proc`. They are made anew whenever somebody looks; a node is its place and nothing else.
//!
//! A process's nodes stay valid as values when the process ends, but from then on answer ENOENT.

use super::facts::Facts;
use super::machine::{self, MachineFile};
use super::process::{self, ProcessFile};
use crate::node::{DirEntry, Directory, File, Kind, Metadata, Node};
use interfaces::{Errno, Result};
use std::sync::Arc;

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `/proc`
    Root,
    /// `/proc/self`
    Own,
    /// `/proc/NAME`
    Machine(MachineFile),
    /// `/proc/NAME`, a folder of others
    Folder(usize),
    /// `/proc/NAME/NAME`, a file in it
    FolderFile(usize, usize),
    /// `/proc/PID`
    Process(u32),
    /// `/proc/PID/NAME`
    ProcessFile(u32, ProcessFile),
    /// `/proc/PID/cwd`
    Cwd(u32),
    /// `/proc/PID/fd`
    Descriptors(u32),
    /// `/proc/PID/fd/N`
    Descriptor(u32, i32),
}

impl Place {
    fn kind(self) -> Kind {
        match self {
            Place::Root | Place::Folder(_) | Place::Process(_) | Place::Descriptors(_) => Kind::Directory,
            Place::Own | Place::Cwd(_) | Place::Descriptor(..) => Kind::Symlink,
            Place::Machine(_) | Place::FolderFile(..) | Place::ProcessFile(..) => Kind::Regular,
        }
    }

    /// Numbers of processes are above 0, and so stand apart from the root's; the low half tells a process's nodes
    /// apart.
    fn inode(self) -> u64 {
        let of_process = |pid: u32, node: u64| (u64::from(pid) << 32) | node;
        match self {
            Place::Root => 1,
            Place::Own => 2,
            Place::Machine(file) => 3 + file as u64,
            Place::Folder(at) => FIRST_FOLDER + at as u64 * FOLDER_NODES,
            Place::FolderFile(at, file) => FIRST_FOLDER + at as u64 * FOLDER_NODES + 1 + file as u64,
            Place::Process(pid) => of_process(pid, 0),
            Place::Cwd(pid) => of_process(pid, 1),
            Place::Descriptors(pid) => of_process(pid, 2),
            Place::ProcessFile(pid, file) => of_process(pid, 3 + file as u64),
            // A descriptor is not negative: this is the low half with its highest bit set.
            Place::Descriptor(pid, fd) => of_process(pid, u64::from(fd.unsigned_abs()) | 1 << 31),
        }
    }

    fn mode(self) -> u16 {
        match self.kind() {
            Kind::Directory => 0o555,
            Kind::Symlink => 0o777,
            _ => 0o444,
        }
    }

    fn parent(self) -> Place {
        match self {
            Place::Descriptor(pid, _) => Place::Descriptors(pid),
            Place::ProcessFile(pid, _) | Place::Cwd(pid) | Place::Descriptors(pid) => Place::Process(pid),
            Place::FolderFile(at, _) => Place::Folder(at),
            Place::Root | Place::Own | Place::Machine(_) | Place::Folder(_) | Place::Process(_) => Place::Root,
        }
    }
}

/// A node of `/proc`.
pub(super) struct Entry {
    facts: Arc<Facts>,
    place: Place,
}

impl Entry {
    pub(super) fn new(facts: &Arc<Facts>, place: Place) -> Entry {
        Entry { facts: Arc::clone(facts), place }
    }

    /// What is in a directory, by ascending cookie: a cookie belongs to a place, whatever else comes and goes.
    fn children(&self) -> Result<Vec<(u64, String, Place)>> {
        let source = &self.facts.source;
        let numbered = |at: usize, name: &str, place| (FIRST_COOKIE + at as u64, name.to_owned(), place);
        match self.place {
            Place::Root => {
                let files = MachineFile::ALL.iter().map(|&(name, file)| (name, Place::Machine(file)));
                let folders = self.facts.folders();
                let folders = folders.iter().enumerate().map(|(at, (name, _))| (*name, Place::Folder(at)));
                let fixed = files.chain(folders).chain(source.current().map(|_| ("self", Place::Own)));
                let fixed = fixed.enumerate().map(|(at, (name, place))| numbered(at, name, place));
                let of_process = |pid: u32| (FIRST_PROCESS + u64::from(pid), pid.to_string(), Place::Process(pid));
                Ok(fixed.chain(source.processes().into_iter().map(of_process)).collect())
            }
            Place::Folder(at) => {
                let names = self.facts.folder(at)?.names().iter().enumerate();
                Ok(names.map(|(file, name)| numbered(file, name, Place::FolderFile(at, file))).collect())
            }
            Place::Process(pid) => {
                source.process(pid).ok_or(Errno::ENOENT)?;
                let files = ProcessFile::ALL.iter().map(|&(name, file)| (name, Place::ProcessFile(pid, file)));
                let fixed = files.chain([("cwd", Place::Cwd(pid)), ("fd", Place::Descriptors(pid))]);
                Ok(fixed.enumerate().map(|(at, (name, place))| numbered(at, name, place)).collect())
            }
            Place::Descriptors(pid) => {
                let descriptors = source.descriptors(pid).ok_or(Errno::ENOENT)?;
                let child = |(fd, _): (i32, String)| {
                    (FIRST_COOKIE + u64::from(fd.unsigned_abs()), fd.to_string(), Place::Descriptor(pid, fd))
                };
                Ok(descriptors.into_iter().map(child).collect())
            }
            _ => Err(Errno::ENOTDIR),
        }
    }

    fn text(&self) -> Result<String> {
        match self.place {
            Place::Machine(file) => Ok(machine::text(&self.facts, file)),
            Place::FolderFile(at, file) => {
                let folder = self.facts.folder(at)?;
                folder.names().get(file).and_then(|name| folder.text(name)).ok_or(Errno::ENOENT)
            }
            Place::ProcessFile(pid, file) => {
                let info = self.facts.source.process(pid).ok_or(Errno::ENOENT)?;
                Ok(process::text(pid, &info, file))
            }
            _ => Err(Errno::EINVAL),
        }
    }
}

/// The numbers of the folders' nodes: above those of the machine's files, below those of processes, a range for each.
const FIRST_FOLDER: u64 = 1 << 16;
const FOLDER_NODES: u64 = 1 << 8;

/// Cookies below stand for `.` and `..`.
const FIRST_COOKIE: u64 = 2;
/// The cookie of process 0, which does not exist: behind all fixed entries.
const FIRST_PROCESS: u64 = 1 << 16;

impl Node for Entry {
    fn metadata(&self) -> Metadata {
        let now = self.facts.machine.clock.realtime_ns();
        let (accessed_ns, modified_ns, changed_ns) = (now, now, now);
        let links = if self.place.kind() == Kind::Directory { 2 } else { 1 };
        // The size is 0, as on Linux: the text is made when it is read.
        let bare = Metadata::bare(self.place.kind(), self.place.mode());
        Metadata { inode: self.place.inode(), links, accessed_ns, modified_ns, changed_ns, ..bare }
    }

    fn inode(&self) -> u64 {
        self.place.inode()
    }

    fn kind(&self) -> Kind {
        self.place.kind()
    }

    fn open(self: Arc<Self>, write: bool) -> Result<Arc<dyn File>> {
        match self.place.kind() {
            Kind::Symlink => Err(Errno::ELOOP),
            Kind::Directory => Ok(Arc::new(Text(String::new()))),
            _ if write => Err(Errno::EACCES),
            _ => Ok(Arc::new(Text(self.text()?))),
        }
    }

    fn as_directory(&self) -> Option<&dyn Directory> {
        (self.place.kind() == Kind::Directory).then_some(self)
    }

    fn read_link(&self) -> Result<String> {
        let source = &self.facts.source;
        let target = match self.place {
            Place::Own => source.current().map(|pid| pid.to_string()),
            Place::Cwd(pid) => source.cwd(pid),
            Place::Descriptor(pid, fd) => {
                let descriptors = source.descriptors(pid).unwrap_or_default();
                descriptors.into_iter().find(|(number, _)| *number == fd).map(|(_, target)| target)
            }
            _ => return Err(Errno::EINVAL),
        };
        target.ok_or(Errno::ENOENT)
    }
}

impl Directory for Entry {
    fn lookup(&self, name: &str) -> Result<Arc<dyn Node>> {
        let found = self.children()?.into_iter().find(|(_, child, _)| child == name);
        let (_, _, place) = found.ok_or(Errno::ENOENT)?;
        Ok(Arc::new(Entry::new(&self.facts, place)))
    }

    fn parent(&self) -> Result<Arc<dyn Node>> {
        Ok(Arc::new(Entry::new(&self.facts, self.place.parent())))
    }

    fn entries(&self, cookie: u64, limit: usize) -> Result<Vec<DirEntry>> {
        let dots = [(0, ".".to_owned(), self.place), (1, "..".to_owned(), self.place.parent())];
        let all = dots.into_iter().chain(self.children()?).filter(|(at, ..)| *at >= cookie);
        let entry = |(at, name, place): (u64, String, Place)| DirEntry {
            name,
            inode: place.inode(),
            kind: place.kind(),
            next_cookie: at + 1,
        };
        Ok(all.map(entry).take(limit).collect())
    }
}

/// The text of a file, as it was when it was opened.
struct Text(String);

impl File for Text {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.as_bytes().get(offset..)).unwrap_or_default();
        let count = buf.len().min(rest.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn is_seekable(&self) -> bool {
        true
    }
}
