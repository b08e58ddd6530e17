//! Descriptor tables.

use crate::open_file::OpenFile;
use crate::sync::lock;
use interfaces::{Errno, Result};
use std::sync::{Arc, Mutex};

/// The open files of a process by number. Every method may be called by many threads at once.
///
/// An open file that leaves the table is returned, and so dropped, outside the lock: dropping it may take other locks.
#[derive(Default)]
pub struct FdTable {
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    files: Vec<Option<Arc<OpenFile>>>,
    /// Every slot below is in use.
    lowest_free: usize,
}

impl FdTable {
    /// The most descriptors that a table holds.
    pub const LIMIT: i32 = 65_536;

    /// An empty table.
    #[must_use]
    pub fn new() -> FdTable {
        FdTable::default()
    }

    /// Adds `file` at the lowest free number.
    ///
    /// # Errors
    /// EMFILE.
    pub fn insert(&self, file: Arc<OpenFile>) -> Result<i32> {
        lock(&self.slots).insert(0, file)
    }

    /// Puts `file` at `fd`; what was there is returned.
    ///
    /// # Errors
    /// EBADF for a number out of range.
    pub fn insert_at(&self, fd: i32, file: Arc<OpenFile>) -> Result<Option<Arc<OpenFile>>> {
        lock(&self.slots).replace(fd, Some(file))
    }

    /// The open file at `fd`.
    ///
    /// # Errors
    /// EBADF.
    pub fn get(&self, fd: i32) -> Result<Arc<OpenFile>> {
        lock(&self.slots).get(fd)
    }

    /// Frees `fd`; the open file is returned (and closed when the caller and every other holder drop it).
    ///
    /// # Errors
    /// EBADF.
    pub fn close(&self, fd: i32) -> Result<Arc<OpenFile>> {
        lock(&self.slots).replace(fd, None)?.ok_or(Errno::EBADF)
    }

    /// Gives the open file at `from` the number `to`, which must be open, too, and is closed (WASI `fd_renumber`).
    ///
    /// # Errors
    /// EBADF.
    pub fn renumber(&self, from: i32, to: i32) -> Result<()> {
        let _closed = {
            let mut slots = lock(&self.slots);
            slots.get(to)?;
            let file = slots.get(from)?;
            slots.replace(from, None)?;
            slots.replace(to, Some(file))?
        };
        Ok(())
    }

    /// A second number, the lowest free one not below `least`, for the open file at `fd` (POSIX `F_DUPFD`; `dup` with
    /// 0).
    ///
    /// # Errors
    /// EBADF, EMFILE.
    pub fn dup(&self, fd: i32, least: i32) -> Result<i32> {
        let mut slots = lock(&self.slots);
        let file = slots.get(fd)?;
        slots.insert(usize::try_from(least).map_err(|_| Errno::EINVAL)?, file)
    }

    /// Makes `to` a second number for the open file at `from` (POSIX `dup2`).
    ///
    /// # Errors
    /// EBADF.
    pub fn dup_to(&self, from: i32, to: i32) -> Result<()> {
        let _closed = {
            let mut slots = lock(&self.slots);
            let file = slots.get(from)?;
            slots.replace(to, Some(file))?
        };
        Ok(())
    }

    /// Closes everything.
    pub fn clear(&self) {
        let _closed = std::mem::take(&mut *lock(&self.slots));
    }

    /// Every number in use with its open file, in ascending order, as of now.
    #[must_use]
    pub fn snapshot(&self) -> Vec<(i32, Arc<OpenFile>)> {
        let slots = lock(&self.slots);
        (0..).zip(&slots.files).filter_map(|(fd, file)| Some((fd, Arc::clone(file.as_ref()?)))).collect()
    }
}

impl Slots {
    fn get(&self, fd: i32) -> Result<Arc<OpenFile>> {
        let file = usize::try_from(fd).ok().and_then(|index| self.files.get(index)?.clone());
        file.ok_or(Errno::EBADF)
    }

    /// Uses the lowest free slot that is not below `least`.
    fn insert(&mut self, least: usize, file: Arc<OpenFile>) -> Result<i32> {
        let start = least.max(self.lowest_free);
        let free = self.files.iter().skip(start).position(Option::is_none).map(|offset| start + offset);
        let index = free.unwrap_or(self.files.len().max(start));
        let fd = i32::try_from(index).ok().filter(|&fd| fd < FdTable::LIMIT).ok_or(Errno::EMFILE)?;
        if least <= self.lowest_free {
            self.lowest_free = index + 1;
        }
        self.replace(fd, Some(file))?;
        Ok(fd)
    }

    fn replace(&mut self, fd: i32, file: Option<Arc<OpenFile>>) -> Result<Option<Arc<OpenFile>>> {
        let index = usize::try_from(fd).ok().filter(|_| fd < FdTable::LIMIT).ok_or(Errno::EBADF)?;
        if file.is_none() {
            self.lowest_free = self.lowest_free.min(index);
        } else if index >= self.files.len() {
            self.files.resize(index + 1, None);
        }
        Ok(self.files.get_mut(index).and_then(|slot| std::mem::replace(slot, file)))
    }
}
