//! Descriptors: their attributes, their flags and rights, their numbers.

use crate::abi::{FdFlags, FdStat, Prestat, TimeFlags};
use crate::context::Context;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};
use crate::rights::Rights;
use interfaces::Errno;
use vfs::Metadata;

/// `$advice`: the last one that there is.
const ADVICE_NOREUSE: u32 = 5;

pub(crate) fn fd_advise(
    ctx: &mut Context,
    _memory: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
    advice: u32,
) -> Result<()> {
    let descriptor = ctx.files.with_rights(fd, Rights::FD_ADVISE)?;
    if advice > ADVICE_NOREUSE || offset.checked_add(len).is_none() {
        return Err(Errno::EINVAL.into());
    }
    Ok(descriptor.file.advise()?)
}

pub(crate) fn fd_allocate(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32, offset: u64, len: u64) -> Result<()> {
    Ok(ctx.files.seekable(fd, Rights::FD_ALLOCATE)?.allocate(offset, len)?)
}

pub(crate) fn fd_close(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32) -> Result<()> {
    Ok(ctx.files.close(fd)?)
}

pub(crate) fn fd_datasync(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32) -> Result<()> {
    Ok(ctx.files.with_rights(fd, Rights::FD_DATASYNC)?.file.sync()?)
}

pub(crate) fn fd_sync(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32) -> Result<()> {
    Ok(ctx.files.with_rights(fd, Rights::FD_SYNC)?.file.sync()?)
}

pub(crate) fn fd_fdstat_get(ctx: &mut Context, memory: &mut Memory<'_>, fd: u32, stat: GuestPtr<FdStat>) -> Result<()> {
    let descriptor = ctx.files.get(fd)?;
    let value = FdStat {
        kind: descriptor.kind,
        flags: descriptor.file.flags().into(),
        rights: descriptor.rights.bits(),
        inheriting: descriptor.inheriting.bits(),
    };
    stat.write(memory, value)
}

pub(crate) fn fd_fdstat_set_flags(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32, flags: u32) -> Result<()> {
    let descriptor = ctx.files.with_rights(fd, Rights::FD_FDSTAT_SET_FLAGS)?;
    descriptor.file.set_flags(fd_flags(flags)?.into());
    Ok(())
}

pub(crate) fn fd_fdstat_set_rights(
    ctx: &mut Context,
    _memory: &mut Memory<'_>,
    fd: u32,
    rights: u64,
    inheriting: u64,
) -> Result<()> {
    let descriptor = ctx.files.get_mut(fd)?;
    // A right that there is not is one that the descriptor does not have.
    let rights = Rights::from_bits(rights).ok_or(Errno::ENOTCAPABLE)?;
    let inheriting = Rights::from_bits(inheriting).ok_or(Errno::ENOTCAPABLE)?;
    descriptor.rights.require(rights)?;
    descriptor.inheriting.require(inheriting)?;
    (descriptor.rights, descriptor.inheriting) = (rights, inheriting);
    Ok(())
}

pub(crate) fn fd_filestat_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    stat: GuestPtr<Metadata>,
) -> Result<()> {
    stat.write(memory, ctx.files.with_rights(fd, Rights::FD_FILESTAT_GET)?.file.metadata())
}

pub(crate) fn fd_filestat_set_size(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32, size: u64) -> Result<()> {
    Ok(ctx.files.file(fd, Rights::FD_FILESTAT_SET_SIZE)?.set_size(size)?)
}

pub(crate) fn fd_filestat_set_times(
    ctx: &mut Context,
    _memory: &mut Memory<'_>,
    fd: u32,
    accessed_ns: u64,
    modified_ns: u64,
    flags: u32,
) -> Result<()> {
    let descriptor = ctx.files.with_rights(fd, Rights::FD_FILESTAT_SET_TIMES)?;
    let (accessed_ns, modified_ns) = times(ctx, accessed_ns, modified_ns, flags)?;
    Ok(descriptor.file.set_times(accessed_ns, modified_ns)?)
}

pub(crate) fn fd_prestat_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    prestat: GuestPtr<Prestat>,
) -> Result<()> {
    let name_len = u32::try_from(preopen_name(ctx, fd)?.len()).map_err(|_| Errno::EOVERFLOW)?;
    prestat.write(memory, Prestat { name_len })
}

pub(crate) fn fd_prestat_dir_name(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    name: GuestPtr<u8>,
    len: u32,
) -> Result<()> {
    let preopen = preopen_name(ctx, fd)?.as_bytes();
    let buffer = name.slice(len).bytes_mut(memory)?;
    buffer.get_mut(..preopen.len()).ok_or(Errno::ENAMETOOLONG)?.copy_from_slice(preopen);
    Ok(())
}

pub(crate) fn fd_renumber(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32, to: u32) -> Result<()> {
    Ok(ctx.files.renumber(fd, to)?)
}

/// The guest's name of a directory that it started with. EBADF tells wasi-libc that there are no more.
fn preopen_name(ctx: &Context, fd: u32) -> Result<&str> {
    Ok(ctx.files.get(fd)?.preopen.as_deref().ok_or(Errno::EBADF)?)
}

/// Parses `$fdflags`.
pub(super) fn fd_flags(flags: u32) -> Result<FdFlags> {
    let flags = u16::try_from(flags).ok().and_then(FdFlags::from_bits);
    Ok(flags.ok_or(Errno::EINVAL)?)
}

/// The access and modification times to set, as `$fstflags` chooses them.
pub(super) fn times(
    ctx: &Context,
    accessed_ns: u64,
    modified_ns: u64,
    flags: u32,
) -> Result<(Option<u64>, Option<u64>)> {
    let flags = TimeFlags::from_bits(flags).ok_or(Errno::EINVAL)?;
    let choose = |given_flag, now_flag, given_ns| match (flags.contains(given_flag), flags.contains(now_flag)) {
        (true, true) => Err(Errno::EINVAL),
        (true, false) => Ok(Some(given_ns)),
        (false, true) => Ok(Some(ctx.clock.realtime_ns())),
        (false, false) => Ok(None),
    };
    Ok((
        choose(TimeFlags::ATIM, TimeFlags::ATIM_NOW, accessed_ns)?,
        choose(TimeFlags::MTIM, TimeFlags::MTIM_NOW, modified_ns)?,
    ))
}
