//! Open files: POSIX's open file description, and the one place where reading and writing block.

use crate::flags::{Access, SeekFrom, StatusFlags};
use crate::mount::Location;
use crate::node::{File, Interest, Kind, Readiness, Terminal};
use crate::pipe::pipe;
use crate::sync::lock;
use interfaces::{Errno, Result};
use std::io;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Instant;
use wait::{WaitError, Waiter};

/// The largest offset (POSIX `off_t`).
const OFFSET_MAX: u64 = i64::MAX as u64;

/// An open file: a file with an offset, an access mode and flags. Descriptors share it.
pub struct OpenFile {
    file: Arc<dyn File>,
    kind: Kind,
    access: Access,
    location: Option<Location>,
    /// The directory and the name that it was opened by.
    name: Option<(Location, String)>,
    /// Held while a seekable file is read or written, so that threads that share the offset get different bytes.
    offset: Mutex<u64>,
    flags: Mutex<StatusFlags>,
}

impl OpenFile {
    /// An open file without a name: a pipe's end, a socket.
    #[must_use]
    pub fn anonymous(file: Arc<dyn File>, kind: Kind, access: Access) -> Arc<OpenFile> {
        let flags = Mutex::default();
        Arc::new(OpenFile { file, kind, access, location: None, name: None, offset: Mutex::new(0), flags })
    }

    /// The two ends of a new pipe that holds `capacity` bytes: for reading, for writing.
    #[must_use]
    pub fn pipe(capacity: usize) -> (Arc<OpenFile>, Arc<OpenFile>) {
        let (read, write) = pipe(capacity);
        let open = |file, access| OpenFile::anonymous(file, Kind::Fifo, access);
        (open(read, Access::READ), open(write, Access::WRITE))
    }

    /// An open file that was found in the tree; `name` is the directory and the name that it was found by.
    pub(crate) fn named(
        file: Arc<dyn File>,
        location: Location,
        name: Option<(Location, String)>,
        access: Access,
        flags: StatusFlags,
    ) -> Arc<OpenFile> {
        let (offset, flags) = (Mutex::new(0), Mutex::new(flags));
        Arc::new(OpenFile { file, kind: location.node().kind(), access, location: Some(location), name, offset, flags })
    }

    /// Reads at the offset and moves it; 0 at the end of file. Blocks until there is something, unless `nonblock` is
    /// set.
    ///
    /// # Errors
    /// EBADF (not open for reading), EISDIR, EAGAIN, ECANCELED (the process is killed), what the file gives.
    pub fn read(&self, buf: &mut [u8]) -> Result<usize> {
        self.check_readable()?;
        if buf.is_empty() {
            return Ok(0);
        }
        if !self.file.is_seekable() {
            return self.block(READ, || self.file.read_at(0, buf));
        }
        let mut offset = lock(&self.offset);
        let count = self.block(READ, || self.file.read_at(*offset, buf))?;
        *offset = advance(*offset, count);
        Ok(count)
    }

    /// Writes at the offset (with `append`: at the end) and moves it. Blocks until at least one byte went, unless
    /// `nonblock` is set.
    ///
    /// # Errors
    /// EBADF (not open for writing), EAGAIN, EPIPE, ENOSPC, EFBIG, ECANCELED, what the file gives.
    pub fn write(&self, buf: &[u8]) -> Result<usize> {
        self.check_writable()?;
        if buf.is_empty() {
            return Ok(0);
        }
        if !self.file.is_seekable() {
            return self.block(WRITE, || self.file.write_at(0, buf));
        }
        let mut offset = lock(&self.offset);
        let (count, end) = if self.flags().append {
            self.block(WRITE, || self.file.append(buf))?
        } else {
            let count = self.block(WRITE, || self.file.write_at(*offset, buf))?;
            (count, advance(*offset, count))
        };
        *offset = end;
        Ok(count)
    }

    /// Writes all of `buf`. EIO should a file take nothing.
    ///
    /// # Errors
    /// Those of [`write`](Self::write); how much went before is unknown.
    pub fn write_all(&self, buf: &[u8]) -> Result<()> {
        let mut left = buf;
        while !left.is_empty() {
            let count = self.write(left)?;
            if count == 0 {
                return Err(Errno::EIO);
            }
            left = left.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads at `offset`; the file's own offset stays.
    ///
    /// # Errors
    /// Those of [`read`](Self::read); ESPIPE for streams; EINVAL for an offset beyond `i64::MAX`.
    pub fn pread(&self, buf: &mut [u8], offset: u64) -> Result<usize> {
        self.check_offset(offset)?;
        self.check_readable()?;
        self.block(READ, || self.file.read_at(offset, buf))
    }

    /// Writes at `offset`, also with `append` (POSIX, not Linux); the file's own offset stays.
    ///
    /// # Errors
    /// Those of [`write`](Self::write); ESPIPE for streams; EINVAL for an offset beyond `i64::MAX`.
    pub fn pwrite(&self, buf: &[u8], offset: u64) -> Result<usize> {
        self.check_offset(offset)?;
        self.check_writable()?;
        if buf.is_empty() {
            return Ok(0);
        }
        self.block(WRITE, || self.file.write_at(offset, buf))
    }

    /// Moves the offset; returns the new one.
    ///
    /// # Errors
    /// ESPIPE for streams; EISDIR for directories (which are read by cookie); EINVAL before the start or beyond
    /// `i64::MAX`.
    pub fn seek(&self, to: SeekFrom) -> Result<u64> {
        self.check_seekable()?;
        let mut offset = lock(&self.offset);
        let (start, distance) = match to {
            SeekFrom::Start(start) => (start, 0),
            SeekFrom::Current(distance) => (*offset, distance),
            SeekFrom::End(distance) => (self.metadata().size, distance),
        };
        let new = start.checked_add_signed(distance).filter(|&new| new <= OFFSET_MAX).ok_or(Errno::EINVAL)?;
        *offset = new;
        Ok(new)
    }

    /// The offset.
    ///
    /// # Errors
    /// Those of [`seek`](Self::seek).
    pub fn tell(&self) -> Result<u64> {
        self.check_seekable()?;
        Ok(*lock(&self.offset))
    }

    /// Cuts or extends (with zeros) to `size` bytes (POSIX `ftruncate`).
    ///
    /// # Errors
    /// EISDIR; EINVAL (not open for writing, not a regular file); EFBIG; ENOSPC.
    pub fn set_size(&self, size: u64) -> Result<()> {
        if self.kind == Kind::Directory {
            return Err(Errno::EISDIR);
        }
        if !self.access.write || self.kind != Kind::Regular {
            return Err(Errno::EINVAL);
        }
        if size > OFFSET_MAX {
            return Err(Errno::EFBIG);
        }
        self.file.set_size(size)
    }

    /// Makes sure that the range can be written without ENOSPC, and that the file is that long (POSIX
    /// `posix_fallocate`).
    ///
    /// # Errors
    /// EBADF (not open for writing, a directory), ESPIPE (a stream), ENODEV, EINVAL (length 0), EFBIG, ENOSPC.
    pub fn allocate(&self, offset: u64, length: u64) -> Result<()> {
        if !self.access.write || self.kind == Kind::Directory {
            return Err(Errno::EBADF);
        }
        self.check_seekable()?;
        if length == 0 {
            return Err(Errno::EINVAL);
        }
        if offset.checked_add(length).is_none_or(|end| end > OFFSET_MAX) {
            return Err(Errno::EFBIG);
        }
        self.file.allocate(offset, length)
    }

    /// Checks an access advice, which changes nothing in memory (POSIX `posix_fadvise`).
    ///
    /// # Errors
    /// ESPIPE for streams; EBADF for directories.
    pub fn advise(&self) -> Result<()> {
        if self.kind == Kind::Directory { Err(Errno::EBADF) } else { self.check_seekable() }
    }

    /// Brings what was written to stable storage, where there is such (POSIX `fsync`).
    ///
    /// # Errors
    /// What the file gives.
    pub fn sync(&self) -> Result<()> {
        self.file.sync()
    }

    /// What can be done at once, within the access mode; registers `waiter` (when given) for changes of what `interest`
    /// names, before it looks. The way to wait for several files: see [`wait::wait_for`].
    #[must_use]
    pub fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        let wanted = Interest { read: interest.read && self.access.read, write: interest.write && self.access.write };
        let ready = self.file.poll(wanted, waiter);
        // What cannot be used does not block either, as reading and writing say at once (POSIX, `poll`).
        Readiness {
            readable: ready.readable || !self.access.read,
            writable: ready.writable || !self.access.write,
            ..ready
        }
    }

    /// The flags.
    #[must_use]
    pub fn flags(&self) -> StatusFlags {
        *lock(&self.flags)
    }

    /// Changes the flags.
    pub fn set_flags(&self, flags: StatusFlags) {
        *lock(&self.flags) = flags;
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it was opened for.
    #[must_use]
    pub fn access(&self) -> Access {
        self.access
    }

    /// Whether it is open for reading.
    #[must_use]
    pub fn readable(&self) -> bool {
        self.access.read
    }

    /// Whether it is open for writing.
    #[must_use]
    pub fn writable(&self) -> bool {
        self.access.write
    }

    /// Where it lies; `None` for what has no name.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// The file below.
    #[must_use]
    pub fn file(&self) -> &Arc<dyn File> {
        &self.file
    }

    /// The terminal operations, of a terminal.
    #[must_use]
    pub fn as_terminal(&self) -> Option<&dyn Terminal> {
        self.file.as_terminal()
    }

    /// The directory and the name that it was opened by.
    pub(crate) fn name(&self) -> Option<&(Location, String)> {
        self.name.as_ref()
    }

    /// Makes `attempt`, and while that answers EAGAIN waits for what `interest` names, unless `nonblock` is set. EAGAIN
    /// also when the file's time limit is over; ECANCELED.
    pub(crate) fn block<T>(&self, interest: Interest, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        // A killed program must end even if it only uses files that never block.
        if wait::current().is_some_and(|cancel| cancel.is_cancelled()) {
            return Err(Errno::ECANCELED);
        }
        match attempt() {
            Err(Errno::EAGAIN) if !self.flags().nonblock => {}
            result => return result,
        }
        let deadline = self.file.time_limit(interest).and_then(|limit| Instant::now().checked_add(limit));
        let outcome = wait::wait_for(deadline, |waiter| {
            // Registers; what it says now is the attempt's to find out.
            let _ = self.file.poll(interest, Some(waiter));
            match attempt() {
                Err(Errno::EAGAIN) => Poll::Pending,
                result => Poll::Ready(result),
            }
        });
        match outcome {
            Ok(result) => result,
            // POSIX: a call that its time limit ends answers EAGAIN.
            Err(WaitError::TimedOut) => Err(Errno::EAGAIN),
            Err(WaitError::Cancelled) => Err(Errno::ECANCELED),
        }
    }

    fn check_readable(&self) -> Result<()> {
        match (self.access.read, self.kind) {
            (false, _) => Err(Errno::EBADF),
            (true, Kind::Directory) => Err(Errno::EISDIR),
            (true, _) => Ok(()),
        }
    }

    fn check_writable(&self) -> Result<()> {
        if self.access.write { Ok(()) } else { Err(Errno::EBADF) }
    }

    fn check_seekable(&self) -> Result<()> {
        match self.kind {
            Kind::Directory => Err(Errno::EISDIR),
            _ if self.file.is_seekable() => Ok(()),
            _ => Err(Errno::ESPIPE),
        }
    }

    fn check_offset(&self, offset: u64) -> Result<()> {
        // A directory says EISDIR where it is read, but only to who may read.
        if self.kind != Kind::Directory {
            self.check_seekable()?;
        }
        if offset <= OFFSET_MAX { Ok(()) } else { Err(Errno::EINVAL) }
    }
}

const READ: Interest = Interest { read: true, write: false };
const WRITE: Interest = Interest { read: false, write: true };

fn advance(offset: u64, count: usize) -> u64 {
    offset.saturating_add(count as u64)
}

// On the reference, as std does for its own files: the offset is behind a lock.
impl io::Read for &OpenFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        OpenFile::read(self, buf).map_err(io_error)
    }
}

impl io::Write for &OpenFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        OpenFile::write(self, buf).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn io_error(error: Errno) -> io::Error {
    io::Error::from_raw_os_error(error.number())
}
