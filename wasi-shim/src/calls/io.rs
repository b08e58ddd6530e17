//! Reading, writing and seeking.
//!
//! Bytes go straight between the guest's memory and the file; only a datagram in several buffers is copied once more.

use crate::abi::Buffer;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::memory::{GuestPtr, GuestSlice, Memory};
use crate::rights::Rights;
use interfaces::Errno;
use vfs::{Kind, OpenFile, SeekFrom};

/// How many buffers one call looks at (POSIX `IOV_MAX`); more are left for the guest's next call.
const MAX_BUFFERS: u32 = 1024;

/// Up to this size (`PIPE_BUF`) the buffers of one call go out in one piece, so that writers do not cut into each
/// other.
const GATHERED: usize = 4096;

/// The longest datagram (RFC 768: the length field has 16 bits).
const MAX_DATAGRAM: usize = 0xffff;

pub(crate) fn fd_read(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    done: GuestPtr<u32>,
) -> Result<()> {
    let file = ctx.files.file(fd, Rights::FD_READ)?;
    let read = read_buffers(memory, buffers, count, done, Pieces::of(file), |buf, _| Ok(file.read(buf)?))?;
    done.write(memory, read)
}

pub(crate) fn fd_pread(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    offset: u64,
    done: GuestPtr<u32>,
) -> Result<()> {
    let file = ctx.files.seekable(fd, Rights::FD_READ | Rights::FD_SEEK)?;
    let read = read_buffers(memory, buffers, count, done, Pieces::Many, |buf, before| {
        Ok(file.pread(buf, behind(offset, before)?)?)
    })?;
    done.write(memory, read)
}

pub(crate) fn fd_write(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    done: GuestPtr<u32>,
) -> Result<()> {
    let file = ctx.files.file(fd, Rights::FD_WRITE)?;
    let written = write_buffers(memory, buffers, count, done, Pieces::of(file), |bytes, _| Ok(file.write(bytes)?))?;
    done.write(memory, written)
}

pub(crate) fn fd_pwrite(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    offset: u64,
    done: GuestPtr<u32>,
) -> Result<()> {
    let file = ctx.files.seekable(fd, Rights::FD_WRITE | Rights::FD_SEEK)?;
    let written = write_buffers(memory, buffers, count, done, Pieces::Many, |bytes, before| {
        Ok(file.pwrite(bytes, behind(offset, before)?)?)
    })?;
    done.write(memory, written)
}

pub(crate) fn fd_seek(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    result: GuestPtr<u64>,
) -> Result<()> {
    let distance = offset.cast_signed();
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(distance).map_err(|_| Errno::EINVAL)?),
        1 => SeekFrom::Current(distance),
        2 => SeekFrom::End(distance),
        _ => return Err(Errno::EINVAL.into()),
    };
    let file = match to {
        SeekFrom::Current(0) => told(ctx, fd)?,
        _ => ctx.files.seekable(fd, Rights::FD_SEEK)?,
    };
    result.check(memory)?;
    result.write(memory, file.seek(to)?)
}

pub(crate) fn fd_tell(ctx: &mut Context, memory: &mut Memory<'_>, fd: u32, offset: GuestPtr<u64>) -> Result<()> {
    offset.write(memory, told(ctx, fd)?.tell()?)
}

/// The file at `fd`, with the right to ask for its offset, which the right to move it includes (witx `$rights`).
fn told(ctx: &Context, fd: u32) -> Result<&OpenFile> {
    match ctx.files.seekable(fd, Rights::FD_TELL) {
        Err(Errno::ENOTCAPABLE) => Ok(ctx.files.seekable(fd, Rights::FD_SEEK)?),
        other => Ok(other?),
    }
}

fn behind(offset: u64, done: u32) -> Result<u64> {
    Ok(offset.checked_add(done.into()).ok_or(Errno::EINVAL)?)
}

/// In how many pieces the buffers of one call are read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pieces {
    /// Buffer by buffer, until the end of the file.
    Many,
    /// Buffer by buffer, but only one is read: the next read could block although there is something to tell the guest.
    OneRead,
    /// All as one: they are a datagram.
    Datagram,
}

impl Pieces {
    fn of(file: &OpenFile) -> Pieces {
        match file.kind() {
            Kind::DatagramSocket => Pieces::Datagram,
            _ if file.file().is_seekable() => Pieces::Many,
            _ => Pieces::OneRead,
        }
    }
}

/// Reads into the guest's buffers with `read`, which gets a buffer and how much came before it; returns how much came.
pub(super) fn read_buffers(
    memory: &mut Memory<'_>,
    buffers: GuestPtr<Buffer>,
    count: u32,
    result: GuestPtr<u32>,
    pieces: Pieces,
    mut read: impl FnMut(&mut [u8], u32) -> Result<usize>,
) -> Result<u32> {
    result.check(memory)?;
    let list = checked_list(memory, buffers, count)?;
    if count > 1 && pieces == Pieces::Datagram {
        let mut datagram = vec![0; list.bytes.min(MAX_DATAGRAM)];
        let got = read(&mut datagram, 0)?;
        return scatter(memory, &list, datagram.get(..got).unwrap_or_default());
    }
    let mut done = 0;
    for buffer in list.buffers.elements() {
        let bytes = buffer?.read(memory)?.0.bytes_mut(memory)?;
        if bytes.is_empty() {
            continue;
        }
        let wanted = bytes.len();
        let Some(got) = step(read(bytes, done), done)? else { break };
        done = sum(done, got)?;
        if got < wanted || pieces != Pieces::Many {
            break;
        }
    }
    Ok(done)
}

/// Writes the guest's buffers with `write`, which gets bytes and how many went before them; returns how many went.
pub(super) fn write_buffers(
    memory: &Memory<'_>,
    buffers: GuestPtr<Buffer>,
    count: u32,
    result: GuestPtr<u32>,
    pieces: Pieces,
    mut write: impl FnMut(&[u8], u32) -> Result<usize>,
) -> Result<u32> {
    result.check(memory)?;
    let list = checked_list(memory, buffers, count)?;
    if pieces == Pieces::Datagram {
        let mut datagram = vec![0; list.bytes.min(MAX_DATAGRAM)];
        let datagram = gather(memory, &list, &mut datagram).map_err(|_| Errno::EMSGSIZE)?;
        return sum(0, write(datagram, 0)?);
    }
    if count > 1 && list.bytes <= GATHERED {
        let mut gathered = [0; GATHERED];
        let gathered = gather(memory, &list, &mut gathered)?;
        return if gathered.is_empty() { Ok(0) } else { sum(0, write(gathered, 0)?) };
    }
    let mut done = 0;
    for buffer in list.buffers.elements() {
        let bytes = buffer?.read(memory)?.0.bytes(memory)?;
        if bytes.is_empty() {
            continue;
        }
        let Some(went) = step(write(bytes, done), done)? else { break };
        done = sum(done, went)?;
        if went < bytes.len() {
            break;
        }
    }
    Ok(done)
}

/// The guest's buffers of one call, each checked to lie in its memory.
struct List {
    buffers: GuestSlice<Buffer>,
    /// Their length together.
    bytes: usize,
}

fn checked_list(memory: &Memory<'_>, buffers: GuestPtr<Buffer>, count: u32) -> Result<List> {
    let buffers = buffers.slice(count.min(MAX_BUFFERS));
    let mut bytes = 0_usize;
    for buffer in buffers.elements() {
        let len = buffer?.read(memory)?.0.bytes(memory)?.len();
        bytes = bytes.checked_add(len).ok_or(Errno::EINVAL)?;
    }
    // The result has 32 bits.
    u32::try_from(bytes).map_err(|_| Errno::EINVAL)?;
    Ok(List { buffers, bytes })
}

fn gather<'b>(memory: &Memory<'_>, list: &List, into: &'b mut [u8]) -> Result<&'b [u8]> {
    let mut done = 0;
    for buffer in list.buffers.elements() {
        let bytes = buffer?.read(memory)?.0.bytes(memory)?;
        let room = into.get_mut(done..).and_then(|room| room.get_mut(..bytes.len()));
        room.ok_or(Errno::EFAULT)?.copy_from_slice(bytes);
        done += bytes.len();
    }
    Ok(into.get(..done).ok_or(Errno::EFAULT)?)
}

fn scatter(memory: &mut Memory<'_>, list: &List, mut from: &[u8]) -> Result<u32> {
    let done = sum(0, from.len())?;
    for buffer in list.buffers.elements() {
        let bytes = buffer?.read(memory)?.0.bytes_mut(memory)?;
        let (now, later) = from.split_at(bytes.len().min(from.len()));
        bytes.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
        from = later;
    }
    Ok(done)
}

/// What one step gave; `None` for an error after others succeeded: what went is reported, and the guest meets the
/// error again in its next call.
fn step(result: Result<usize>, done: u32) -> Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(Failure::Errno(_)) if done > 0 => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn sum(done: u32, more: usize) -> Result<u32> {
    let sum = u32::try_from(more).ok().and_then(|more| done.checked_add(more));
    Ok(sum.ok_or(Errno::EOVERFLOW)?)
}
