//! A guest's descriptor table.
//!
//! It stands beside `vfs::FdTable` because a WASI descriptor is more than a number: it carries rights and, for a
//! directory that the guest starts with, a name. Numbers are the lowest free ones; 0, 1 and 2 are the standard
//! streams, and the directories follow from 3 on, as wasi-libc expects.

use crate::rights::{Rights, Terminal};
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{Kind, Location, OpenFile};

/// The most descriptors that a guest has; a power of two well beyond what programs use.
const LIMIT: u32 = 1 << 16;

/// An open file of a guest.
pub(crate) struct Descriptor {
    pub(crate) file: Arc<OpenFile>,
    /// What it is; asked for on every call, and constant.
    pub(crate) kind: Kind,
    /// What may be done with it.
    pub(crate) rights: Rights,
    /// What may be done, at most, with what is opened through it.
    pub(crate) inheriting: Rights,
    /// The guest's name of a directory that it starts with.
    pub(crate) preopen: Option<String>,
}

impl Descriptor {
    /// A descriptor with every right that makes sense for `file`.
    pub(crate) fn new(file: Arc<OpenFile>) -> Descriptor {
        let kind = file.kind();
        let terminal = if file.as_terminal().is_some() { Terminal::Yes } else { Terminal::No };
        let rights = Rights::applicable(kind, terminal).within(file.access());
        Descriptor { file, kind, rights, inheriting: Rights::all(), preopen: None }
    }

    /// Keeps no more than the given rights.
    pub(crate) fn restricted(self, rights: Rights, inheriting: Rights) -> Descriptor {
        Descriptor { rights: self.rights & rights, inheriting: self.inheriting & inheriting, ..self }
    }
}

/// The descriptors of a guest, by number.
#[derive(Default)]
pub(crate) struct Descriptors {
    slots: Vec<Option<Descriptor>>,
    /// No slot below is free.
    lowest_free: usize,
}

impl Descriptors {
    /// Adds `descriptor` at the lowest free number. EMFILE.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32> {
        let mut slots = self.slots.iter().enumerate().skip(self.lowest_free);
        let free = slots.find(|(_, slot)| slot.is_none()).map_or(self.slots.len(), |(index, _)| index);
        let fd = u32::try_from(free).ok().filter(|fd| *fd < LIMIT).ok_or(Errno::EMFILE)?;
        match self.slots.get_mut(free) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        self.lowest_free = free + 1;
        Ok(fd)
    }

    /// The descriptor at `fd`. EBADF.
    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor> {
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.slots.get(index).and_then(Option::as_ref).ok_or(Errno::EBADF)
    }

    /// The descriptor at `fd`, to be changed. EBADF.
    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor> {
        self.slot(fd)?.as_mut().ok_or(Errno::EBADF)
    }

    /// The descriptor at `fd`, with the right to do something with it. EBADF, ENOTCAPABLE.
    pub(crate) fn with_rights(&self, fd: u32, needed: Rights) -> Result<&Descriptor> {
        let descriptor = self.get(fd)?;
        descriptor.rights.require(needed)?;
        Ok(descriptor)
    }

    /// The same for what only makes sense with what is not a directory: EISDIR.
    pub(crate) fn file(&self, fd: u32, needed: Rights) -> Result<&OpenFile> {
        if self.get(fd)?.kind == Kind::Directory {
            return Err(Errno::EISDIR);
        }
        Ok(&self.with_rights(fd, needed)?.file)
    }

    /// The same for what only makes sense with an offset: ESPIPE.
    pub(crate) fn seekable(&self, fd: u32, needed: Rights) -> Result<&OpenFile> {
        match self.get(fd)?.kind {
            Kind::Fifo | Kind::StreamSocket | Kind::DatagramSocket => Err(Errno::ESPIPE),
            _ => self.file(fd, needed),
        }
    }

    /// The same for what only makes sense with a directory: ENOTDIR.
    pub(crate) fn directory(&self, fd: u32, needed: Rights) -> Result<&Location> {
        if self.get(fd)?.kind != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        self.with_rights(fd, needed)?.file.location().ok_or(Errno::ENOTDIR)
    }

    /// Frees `fd`. EBADF.
    pub(crate) fn close(&mut self, fd: u32) -> Result<()> {
        self.take(fd).map(drop)
    }

    /// Gives the descriptor at `from` the number `to`, which must be open, too, and is closed. EBADF.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<()> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let moved = self.take(from)?;
            *self.slot(to)? = Some(moved);
        }
        Ok(())
    }

    fn take(&mut self, fd: u32) -> Result<Descriptor> {
        let taken = self.slot(fd)?.take().ok_or(Errno::EBADF)?;
        self.lowest_free = usize::try_from(fd).map_or(self.lowest_free, |index| index.min(self.lowest_free));
        Ok(taken)
    }

    fn slot(&mut self, fd: u32) -> Result<&mut Option<Descriptor>> {
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.slots.get_mut(index).ok_or(Errno::EBADF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor() -> Descriptor {
        Descriptor::new(OpenFile::pipe(1).0)
    }

    #[test]
    fn numbers_are_the_lowest_free_ones() {
        let mut table = Descriptors::default();
        for expected in 0..5 {
            assert_eq!(table.insert(descriptor()), Ok(expected));
        }
        table.close(3).unwrap();
        table.close(1).unwrap();
        assert_eq!([1, 3, 5].map(|_| table.insert(descriptor()).unwrap()), [1, 3, 5]);
    }

    #[test]
    fn renumbering_frees_the_source_and_needs_a_target() {
        let mut table = Descriptors::default();
        for _ in 0..3 {
            table.insert(descriptor()).unwrap();
        }
        table.renumber(0, 2).unwrap();
        assert_eq!(table.get(0).err(), Some(Errno::EBADF));
        assert_eq!(table.renumber(2, 0), Err(Errno::EBADF));
        assert_eq!(table.renumber(2, 2), Ok(()));
        assert_eq!(table.insert(descriptor()), Ok(0));
    }

    #[test]
    fn a_table_has_an_end() {
        let mut table = Descriptors::default();
        let one = OpenFile::pipe(1).0;
        for _ in 0..LIMIT {
            table.insert(Descriptor::new(Arc::clone(&one))).unwrap();
        }
        assert_eq!(table.insert(Descriptor::new(one)), Err(Errno::EMFILE));
    }
}
