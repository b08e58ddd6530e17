//! Paths: everything that names a file below a directory descriptor.
//!
//! Every path is resolved in `Scope::Beneath`: it cannot lead out of the directory, whatever links lie on the way.

use crate::abi::{FdFlags, LookupFlags, OpenFlags};
use crate::calls::fd::{fd_flags, times};
use crate::context::Context;
use crate::descriptors::Descriptor;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};
use crate::rights::Rights;
use interfaces::Errno;
use vfs::{Follow, Metadata, OpenOptions, Scope};

pub(crate) fn path_create_directory(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    path: GuestPtr<u8>,
    len: u32,
) -> Result<()> {
    let base = ctx.files.directory(fd, Rights::PATH_CREATE_DIRECTORY)?;
    Ok(ctx.vfs.create_directory(base, path.slice(len).text(memory)?, Scope::Beneath, 0o755)?)
}

pub(crate) fn path_filestat_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    flags: u32,
    path: GuestPtr<u8>,
    len: u32,
    stat: GuestPtr<Metadata>,
) -> Result<()> {
    let base = ctx.files.directory(fd, Rights::PATH_FILESTAT_GET)?;
    let metadata = ctx.vfs.metadata(base, path.slice(len).text(memory)?, Scope::Beneath, follow(flags)?)?;
    stat.write(memory, metadata)
}

#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub(crate) fn path_filestat_set_times(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: GuestPtr<u8>,
    len: u32,
    accessed_ns: u64,
    modified_ns: u64,
    flags: u32,
) -> Result<()> {
    let base = ctx.files.directory(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    let (accessed_ns, modified_ns) = times(ctx, accessed_ns, modified_ns, flags)?;
    let path = path.slice(len).text(memory)?;
    Ok(ctx.vfs.set_times(base, path, Scope::Beneath, follow(lookup)?, accessed_ns, modified_ns)?)
}

#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub(crate) fn path_link(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    old_fd: u32,
    flags: u32,
    old_path: GuestPtr<u8>,
    old_len: u32,
    new_fd: u32,
    new_path: GuestPtr<u8>,
    new_len: u32,
) -> Result<()> {
    let old_base = ctx.files.directory(old_fd, Rights::PATH_LINK_SOURCE)?;
    let new_base = ctx.files.directory(new_fd, Rights::PATH_LINK_TARGET)?;
    let old_path = old_path.slice(old_len).text(memory)?;
    let new_path = new_path.slice(new_len).text(memory)?;
    Ok(ctx.vfs.link(old_base, old_path, follow(flags)?, new_base, new_path, Scope::Beneath)?)
}

#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub(crate) fn path_open(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: GuestPtr<u8>,
    len: u32,
    open: u32,
    rights: u64,
    inheriting: u64,
    flags: u32,
    opened: GuestPtr<u32>,
) -> Result<()> {
    let open = OpenFlags::from_bits(open).ok_or(Errno::EINVAL)?;
    let flags = fd_flags(flags)?;
    let follow = follow(lookup)?;
    // Guests ask for every right that they can name; those that there are not cannot be given, and nobody misses them.
    let rights = Rights::from_bits_truncate(rights);
    let inheriting = Rights::from_bits_truncate(inheriting);

    let base = ctx.files.directory(fd, needed_of_directory(open))?;
    ctx.files.get(fd)?.inheriting.require(rights | inheriting | needed_of_file(flags))?;
    opened.check(memory)?;
    let options = open_options(open, rights, flags, follow);
    let file = ctx.vfs.open(base, path.slice(len).text(memory)?, Scope::Beneath, &options)?;
    let descriptor = Descriptor::new(file).restricted(rights, inheriting);
    opened.write(memory, ctx.files.insert(descriptor)?)
}

fn needed_of_directory(open: OpenFlags) -> Rights {
    let mut needed = Rights::PATH_OPEN;
    needed.set(Rights::PATH_CREATE_FILE, open.contains(OpenFlags::CREAT));
    needed.set(Rights::PATH_FILESTAT_SET_SIZE, open.contains(OpenFlags::TRUNC));
    needed
}

fn needed_of_file(flags: FdFlags) -> Rights {
    let mut needed = Rights::empty();
    needed.set(Rights::FD_DATASYNC, flags.contains(FdFlags::DSYNC));
    needed.set(Rights::FD_SYNC, flags.intersects(FdFlags::RSYNC | FdFlags::SYNC));
    needed
}

fn open_options(open: OpenFlags, rights: Rights, flags: FdFlags, follow: Follow) -> OpenOptions {
    OpenOptions {
        read: rights.intersects(Rights::FD_READ | Rights::FD_READDIR),
        write: rights.intersects(Rights::WRITING),
        append: flags.contains(FdFlags::APPEND),
        create: open.contains(OpenFlags::CREAT),
        exclusive: open.contains(OpenFlags::EXCL),
        truncate: open.contains(OpenFlags::TRUNC),
        directory: open.contains(OpenFlags::DIRECTORY),
        nofollow: follow == Follow::No,
        nonblock: flags.contains(FdFlags::NONBLOCK),
        sync: flags.contains(FdFlags::SYNC),
        dsync: flags.contains(FdFlags::DSYNC),
        rsync: flags.contains(FdFlags::RSYNC),
        mode: 0o644,
    }
}

#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub(crate) fn path_readlink(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    path: GuestPtr<u8>,
    len: u32,
    buf: GuestPtr<u8>,
    buf_len: u32,
    used: GuestPtr<u32>,
) -> Result<()> {
    let base = ctx.files.directory(fd, Rights::PATH_READLINK)?;
    let target = ctx.vfs.read_link(base, path.slice(len).text(memory)?, Scope::Beneath)?;
    used.check(memory)?;
    let buffer = buf.slice(buf_len).bytes_mut(memory)?;
    // What does not fit is cut without a word, as POSIX `readlink` does.
    let copied = buffer.iter_mut().zip(target.as_bytes()).map(|(to, from)| *to = *from).count();
    used.write(memory, u32::try_from(copied).map_err(|_| Errno::EOVERFLOW)?)
}

pub(crate) fn path_remove_directory(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    path: GuestPtr<u8>,
    len: u32,
) -> Result<()> {
    let base = ctx.files.directory(fd, Rights::PATH_REMOVE_DIRECTORY)?;
    Ok(ctx.vfs.remove_directory(base, path.slice(len).text(memory)?, Scope::Beneath)?)
}

#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub(crate) fn path_rename(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    old_fd: u32,
    old_path: GuestPtr<u8>,
    old_len: u32,
    new_fd: u32,
    new_path: GuestPtr<u8>,
    new_len: u32,
) -> Result<()> {
    let old_base = ctx.files.directory(old_fd, Rights::PATH_RENAME_SOURCE)?;
    let new_base = ctx.files.directory(new_fd, Rights::PATH_RENAME_TARGET)?;
    let old_path = old_path.slice(old_len).text(memory)?;
    let new_path = new_path.slice(new_len).text(memory)?;
    Ok(ctx.vfs.rename(old_base, old_path, new_base, new_path, Scope::Beneath)?)
}

pub(crate) fn path_symlink(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    target: GuestPtr<u8>,
    target_len: u32,
    fd: u32,
    path: GuestPtr<u8>,
    len: u32,
) -> Result<()> {
    let base = ctx.files.directory(fd, Rights::PATH_SYMLINK)?;
    let target = target.slice(target_len).text(memory)?;
    Ok(ctx.vfs.create_symlink(target, base, path.slice(len).text(memory)?, Scope::Beneath)?)
}

pub(crate) fn path_unlink_file(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    path: GuestPtr<u8>,
    len: u32,
) -> Result<()> {
    let base = ctx.files.directory(fd, Rights::PATH_UNLINK_FILE)?;
    Ok(ctx.vfs.unlink(base, path.slice(len).text(memory)?, Scope::Beneath)?)
}

/// Parses `$lookupflags`.
fn follow(flags: u32) -> Result<Follow> {
    let flags = LookupFlags::from_bits(flags).ok_or(Errno::EINVAL)?;
    Ok(if flags.contains(LookupFlags::SYMLINK_FOLLOW) { Follow::Yes } else { Follow::No })
}
