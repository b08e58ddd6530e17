//! Pipes (POSIX `pipe`): a ring of bytes with an end for reading and one for writing.

use crate::node::{File, Interest, Readiness};
use crate::sync::lock;
use interfaces::{Errno, Result};
use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex};
use wait::{WaitList, Waiter};

/// Writes of at most so many bytes are not torn (POSIX `PIPE_BUF`).
pub const PIPE_BUF: usize = 4096;

/// A new pipe that holds `capacity` bytes: the end for reading and the end for writing.
///
/// Reading gives end of file once the writing end is dropped; writing gives EPIPE once the reading end is. Writes of at
/// most [`PIPE_BUF`] bytes (or the capacity, if that is less) are not torn. See also
/// [`OpenFile::pipe`](crate::OpenFile::pipe).
#[must_use]
pub fn pipe(capacity: usize) -> (Arc<dyn File>, Arc<dyn File>) {
    let ring = Ring { bytes: VecDeque::new(), has_reader: true, has_writer: true };
    let pipe =
        Pipe { capacity: capacity.max(1), ring: Mutex::new(ring), readers: WaitList::new(), writers: WaitList::new() };
    let pipe = Arc::new(pipe);
    (Arc::new(ReadEnd(Arc::clone(&pipe))), Arc::new(WriteEnd(pipe)))
}

struct Pipe {
    capacity: usize,
    ring: Mutex<Ring>,
    readers: WaitList,
    writers: WaitList,
}

struct Ring {
    bytes: VecDeque<u8>,
    has_reader: bool,
    has_writer: bool,
}

impl Pipe {
    /// The size up to which a write is not torn.
    fn atomic(&self) -> usize {
        PIPE_BUF.min(self.capacity)
    }

    fn read(&self, buf: &mut [u8]) -> Result<usize> {
        let mut ring = lock(&self.ring);
        if ring.bytes.is_empty() {
            return if ring.has_writer { Err(Errno::EAGAIN) } else { Ok(0) };
        }
        // Reading from a deque cannot fail; it copies a slice at a time.
        let count = ring.bytes.read(buf).map_err(|_| Errno::EIO)?;
        drop(ring);
        self.writers.wake_all();
        Ok(count)
    }

    fn write(&self, buf: &[u8]) -> Result<usize> {
        let mut ring = lock(&self.ring);
        if !ring.has_reader {
            return Err(Errno::EPIPE);
        }
        let free = self.capacity - ring.bytes.len();
        if free == 0 || (buf.len() <= self.atomic() && free < buf.len()) {
            return Err(Errno::EAGAIN);
        }
        let taken = buf.get(..free).unwrap_or(buf);
        ring.bytes.try_reserve(taken.len()).map_err(|_| Errno::ENOMEM)?;
        ring.bytes.extend(taken);
        drop(ring);
        self.readers.wake_all();
        Ok(taken.len())
    }
}

struct ReadEnd(Arc<Pipe>);

impl File for ReadEnd {
    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.0.read(buf)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter.filter(|_| interest.read) {
            self.0.readers.register(waiter);
        }
        let ring = lock(&self.0.ring);
        let available = ring.bytes.len() as u64;
        Readiness { readable: available > 0 || !ring.has_writer, writable: false, hangup: !ring.has_writer, available }
    }

    fn abandon(&self) {
        let mut ring = lock(&self.0.ring);
        ring.has_reader = false;
        ring.bytes = VecDeque::new();
        drop(ring);
        self.0.writers.wake_all();
    }
}

impl Drop for ReadEnd {
    fn drop(&mut self) {
        self.abandon();
    }
}

struct WriteEnd(Arc<Pipe>);

impl File for WriteEnd {
    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        self.0.write(buf)
    }

    fn poll(&self, interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        if let Some(waiter) = waiter.filter(|_| interest.write) {
            self.0.writers.register(waiter);
        }
        let ring = lock(&self.0.ring);
        // As long as a small write would have to wait, the pipe counts as full (POSIX, `write` to a pipe).
        let has_room = self.0.capacity - ring.bytes.len() >= self.0.atomic();
        Readiness { readable: false, writable: has_room || !ring.has_reader, hangup: !ring.has_reader, available: 0 }
    }

    fn abandon(&self) {
        lock(&self.0.ring).has_writer = false;
        self.0.readers.wake_all();
    }
}

impl Drop for WriteEnd {
    fn drop(&mut self) {
        self.abandon();
    }
}

#[cfg(test)]
mod tests {
    use crate::{Interest, OpenFile};
    use interfaces::Errno;
    use std::sync::mpsc;
    use std::thread;

    const BOTH: Interest = Interest { read: true, write: true };

    #[test]
    fn bytes_come_out_in_order_and_then_the_end() {
        let (read, write) = OpenFile::pipe(8);
        assert_eq!(write.write(b"hello"), Ok(5));
        let mut buf = [0; 3];
        assert_eq!((read.read(&mut buf), &buf), (Ok(3), b"hel"));
        drop(write);
        assert_eq!((read.read(&mut buf), &buf[..2]), (Ok(2), &b"lo"[..]));
        assert_eq!(read.read(&mut buf), Ok(0));
        assert!(read.poll(BOTH, None).hangup);
    }

    #[test]
    fn without_a_reader_writing_is_epipe() {
        let (read, write) = OpenFile::pipe(8);
        drop(read);
        assert_eq!(write.write(b"x"), Err(Errno::EPIPE));
        assert!(write.poll(BOTH, None).writable);
    }

    #[test]
    fn the_wrong_end_is_ebadf_and_offsets_are_espipe() {
        let (read, write) = OpenFile::pipe(8);
        assert_eq!(read.write(b"x"), Err(Errno::EBADF));
        assert_eq!(write.read(&mut [0]), Err(Errno::EBADF));
        assert_eq!(read.pread(&mut [0], 0), Err(Errno::ESPIPE));
        assert_eq!(read.tell(), Err(Errno::ESPIPE));
        assert_eq!(write.allocate(0, 1), Err(Errno::ESPIPE));
        assert_eq!(write.set_size(1), Err(Errno::EINVAL));
    }

    #[test]
    fn nonblock_answers_eagain() {
        let (read, write) = OpenFile::pipe(4);
        for file in [&read, &write] {
            file.set_flags(crate::StatusFlags { nonblock: true, ..Default::default() });
        }
        assert_eq!(read.read(&mut [0]), Err(Errno::EAGAIN));
        assert_eq!(write.write(b"abc"), Ok(3));
        assert_eq!(write.write(b"de"), Err(Errno::EAGAIN), "a small write is not torn");
        assert_eq!(write.write(b"defgh"), Ok(1), "a large one goes as far as it can");
        assert!(!write.poll(BOTH, None).writable);
        assert_eq!(read.poll(BOTH, None).available, 4);
    }

    #[test]
    fn a_large_transfer_passes_through_a_small_pipe() {
        let (read, write) = OpenFile::pipe(64);
        let sent: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
        let expected = sent.clone();
        let writer = thread::spawn(move || write.write_all(&sent));
        let mut received = Vec::new();
        std::io::Read::read_to_end(&mut &*read, &mut received).unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!(received, expected);
    }

    #[test]
    fn a_kill_ends_a_blocked_read() {
        let (read, _write) = OpenFile::pipe(8);
        let cancel = std::sync::Arc::new(wait::Cancel::new());
        let (started, is_started) = mpsc::channel();
        let reader = {
            let cancel = std::sync::Arc::clone(&cancel);
            thread::spawn(move || {
                wait::enter(Some(cancel));
                started.send(()).unwrap();
                read.read(&mut [0])
            })
        };
        is_started.recv().unwrap();
        cancel.cancel();
        assert_eq!(reader.join().unwrap(), Err(Errno::ECANCELED));
    }
}
