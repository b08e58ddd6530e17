//! `std::fs` and `std::io` on descriptors: the calling thread's process, its descriptors and its working directory.
//!
//! A thread without a process (the kernel's own) has no files; what it prints goes to the kernel log.

use crate::{count, process, status};
use hermit_abi::{
    DT_CHR, DT_DIR, DT_FIFO, DT_LNK, DT_REG, DT_SOCK, O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NONBLOCK, O_RDWR,
    O_TRUNC, O_WRONLY, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK, SEEK_CUR, SEEK_END, SEEK_SET,
    STDERR_FILENO, STDOUT_FILENO, dirent64, iovec, stat, timespec,
};
use interfaces::{Errno, Result};
use std::ffi::{CStr, c_char};
use std::sync::Arc;
use vfs::{Follow, Kind, Metadata, OpenFile, OpenOptions, Scope, SeekFrom};

fn file(fd: i32) -> Result<Arc<OpenFile>> {
    process()?.files().get(fd)
}

/// A path as std passes it.
///
/// # Safety
/// `path` is NUL-terminated and stays valid.
unsafe fn path_at<'a>(path: *const c_char) -> Result<&'a str> {
    // SAFETY: the caller's contract.
    unsafe { CStr::from_ptr(path) }.to_str().map_err(|_| Errno::EILSEQ)
}

/// Opens a file.
///
/// # Safety
/// `path` is NUL-terminated.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_open(path: *const c_char, flags: i32, mode: i32) -> i32 {
    let open = || {
        // SAFETY: the caller's contract.
        let path = unsafe { path_at(path) }?;
        let process = process()?;
        let options = OpenOptions {
            read: flags & O_WRONLY == 0,
            write: flags & (O_WRONLY | O_RDWR) != 0,
            append: flags & O_APPEND != 0,
            create: flags & O_CREAT != 0,
            exclusive: flags & O_EXCL != 0,
            truncate: flags & O_TRUNC != 0,
            directory: flags & O_DIRECTORY != 0,
            nonblock: flags & O_NONBLOCK != 0,
            mode: (mode & 0o777) as u16,
            ..OpenOptions::default()
        };
        process.files().insert(process.vfs().open(&process.cwd(), path, Scope::Anywhere, &options)?)
    };
    open().unwrap_or_else(|error: Errno| -error.number())
}

/// Closes a descriptor.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_close(fd: i32) -> i32 {
    status(process().and_then(|process| process.files().close(fd).map(drop)))
}

/// Another descriptor for the same open file.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_dup(fd: i32) -> i32 {
    process().and_then(|process| process.files().dup(fd, 0)).unwrap_or_else(|error| -error.number())
}

/// Reads.
///
/// # Safety
/// `buffer` has room for `length` bytes.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_read(fd: i32, buffer: *mut u8, length: usize) -> isize {
    // SAFETY: the caller's contract; files write to the buffer and do not read it.
    let buffer = unsafe { std::slice::from_raw_parts_mut(buffer, length) };
    count(file(fd).and_then(|file| file.read(buffer)))
}

/// Writes.
///
/// # Safety
/// `buffer` holds `length` bytes.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_write(fd: i32, buffer: *const u8, length: usize) -> isize {
    // SAFETY: the caller's contract.
    let bytes = unsafe { std::slice::from_raw_parts(buffer, length) };
    count(write(fd, bytes))
}

fn write(fd: i32, bytes: &[u8]) -> Result<usize> {
    match process::current() {
        Some(process) => process.files().get(fd)?.write(bytes),
        None if fd == STDOUT_FILENO || fd == STDERR_FILENO => {
            machine::print!("{}", String::from_utf8_lossy(bytes));
            Ok(bytes.len())
        }
        None => Err(Errno::EBADF),
    }
}

/// The buffers of a vectored call.
///
/// # Safety
/// `vectors` holds `length` entries.
unsafe fn vectors_at<'a>(vectors: *const iovec, length: usize) -> &'a [iovec] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(vectors, length) }
}

/// Reads into several buffers.
///
/// # Safety
/// Each of the `length` vectors is a buffer that can be written.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_readv(fd: i32, vectors: *const iovec, length: usize) -> isize {
    // SAFETY: the caller's contract.
    let vectors = unsafe { vectors_at(vectors, length) };
    // One read into the first buffer that has room: a second one might block.
    match vectors.iter().find(|vector| vector.iov_len > 0) {
        // SAFETY: the caller's contract.
        Some(vector) => unsafe { sys_read(fd, vector.iov_base.cast(), vector.iov_len) },
        None => 0,
    }
}

/// Writes several buffers.
///
/// # Safety
/// Each of the `length` vectors is a buffer that can be read.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_writev(fd: i32, vectors: *const iovec, length: usize) -> isize {
    let mut total = 0;
    // SAFETY: the caller's contract.
    for vector in unsafe { vectors_at(vectors, length) } {
        if vector.iov_len == 0 {
            continue;
        }
        // SAFETY: the caller's contract.
        let written = unsafe { sys_write(fd, vector.iov_base.cast(), vector.iov_len) };
        if written < 0 {
            return if total > 0 { total } else { written };
        }
        total += written;
        if (written as usize) < vector.iov_len {
            break;
        }
    }
    total
}

/// Moves the offset.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_lseek(fd: i32, offset: isize, whence: i32) -> isize {
    let seek = || {
        let to = match whence {
            SEEK_SET => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::EINVAL)?),
            SEEK_CUR => SeekFrom::Current(offset as i64),
            SEEK_END => SeekFrom::End(offset as i64),
            _ => return Err(Errno::EINVAL),
        };
        let position = file(fd)?.seek(to)?;
        usize::try_from(position).map_err(|_| Errno::EOVERFLOW)
    };
    count(seek())
}

fn to_stat(metadata: &Metadata) -> stat {
    let kind = match metadata.kind {
        Kind::Regular => S_IFREG,
        Kind::Directory => S_IFDIR,
        Kind::Symlink => S_IFLNK,
        Kind::CharDevice => S_IFCHR,
        Kind::Fifo => S_IFIFO,
        Kind::StreamSocket | Kind::DatagramSocket => S_IFSOCK,
    };
    stat {
        st_dev: metadata.device,
        st_ino: metadata.inode,
        st_nlink: metadata.links,
        st_mode: kind | u32::from(metadata.mode),
        st_size: i64::try_from(metadata.size).unwrap_or(i64::MAX),
        st_blksize: 4096,
        st_blocks: i64::try_from(metadata.allocated / 512).unwrap_or(i64::MAX),
        st_atim: to_timespec(metadata.accessed_ns),
        st_mtim: to_timespec(metadata.modified_ns),
        st_ctim: to_timespec(metadata.changed_ns),
        ..stat::default()
    }
}

fn to_timespec(nanoseconds: u64) -> timespec {
    timespec { tv_sec: (nanoseconds / 1_000_000_000) as i64, tv_nsec: (nanoseconds % 1_000_000_000) as i32 }
}

/// # Safety
/// `path` is NUL-terminated, `out` can be written.
unsafe fn stat_path(path: *const c_char, out: *mut stat, follow: Follow) -> i32 {
    let metadata = || {
        // SAFETY: the caller's contract.
        let path = unsafe { path_at(path) }?;
        let process = process()?;
        process.vfs().metadata(&process.cwd(), path, Scope::Anywhere, follow)
    };
    status(metadata().map(|metadata| {
        // SAFETY: the caller's contract.
        unsafe { out.write(to_stat(&metadata)) }
    }))
}

/// Attributes of what a path leads to.
///
/// # Safety
/// `path` is NUL-terminated, `out` can be written.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_stat(path: *const c_char, out: *mut stat) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { stat_path(path, out, Follow::Yes) }
}

/// The same, of a symbolic link itself.
///
/// # Safety
/// As [`sys_stat`].
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_lstat(path: *const c_char, out: *mut stat) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { stat_path(path, out, Follow::No) }
}

/// Attributes of an open file.
///
/// # Safety
/// `out` can be written.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_fstat(fd: i32, out: *mut stat) -> i32 {
    status(file(fd).map(|file| {
        // SAFETY: the caller's contract.
        unsafe { out.write(to_stat(&file.metadata())) }
    }))
}

/// # Safety
/// `path` is NUL-terminated.
unsafe fn change(path: *const c_char, action: impl FnOnce(&process::Process, &str) -> Result<()>) -> i32 {
    // SAFETY: the caller's contract.
    status(unsafe { path_at(path) }.and_then(|path| action(&*process()?, path)))
}

/// Removes a name.
///
/// # Safety
/// `path` is NUL-terminated.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_unlink(path: *const c_char) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { change(path, |process, path| process.vfs().unlink(&process.cwd(), path, Scope::Anywhere)) }
}

/// Removes an empty directory.
///
/// # Safety
/// `path` is NUL-terminated.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_rmdir(path: *const c_char) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { change(path, |process, path| process.vfs().remove_directory(&process.cwd(), path, Scope::Anywhere)) }
}

/// Makes a directory.
///
/// # Safety
/// `path` is NUL-terminated.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_mkdir(path: *const c_char, mode: u32) -> i32 {
    let mode = (mode & 0o777) as u16;
    // SAFETY: the caller's contract.
    unsafe { change(path, |process, path| process.vfs().create_directory(&process.cwd(), path, Scope::Anywhere, mode)) }
}

/// Fills `buffer` with all entries of a directory; EINVAL where they do not fit, upon which std comes with a larger one.
///
/// # Safety
/// `buffer` has room for `size` bytes and is aligned for its entries.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_getdents64(fd: i32, buffer: *mut dirent64, size: usize) -> i64 {
    // SAFETY: the caller's contract.
    let buffer = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), size) };
    count(entries(fd, buffer)) as i64
}

fn entries(fd: i32, buffer: &mut [u8]) -> Result<usize> {
    const NAME: usize = std::mem::offset_of!(dirent64, d_name);
    let mut used = 0;
    for entry in file(fd)?.read_dir(0, usize::MAX)? {
        if entry.name == "." || entry.name == ".." {
            continue;
        }
        let length = (NAME + entry.name.len() + 1).next_multiple_of(align_of::<dirent64>());
        let record = buffer.get_mut(used..used + length).ok_or(Errno::EINVAL)?;
        record.fill(0);
        record[..8].copy_from_slice(&entry.inode.to_le_bytes());
        record[8..16].copy_from_slice(&entry.next_cookie.to_le_bytes());
        // Names are at most 255 bytes.
        record[16..18].copy_from_slice(&(length as u16).to_le_bytes());
        record[18] = entry_type(entry.kind);
        record[NAME..NAME + entry.name.len()].copy_from_slice(entry.name.as_bytes());
        used += length;
    }
    Ok(used)
}

fn entry_type(kind: Kind) -> u8 {
    match kind {
        Kind::Regular => DT_REG,
        Kind::Directory => DT_DIR,
        Kind::Symlink => DT_LNK,
        Kind::CharDevice => DT_CHR,
        Kind::Fifo => DT_FIFO,
        Kind::StreamSocket | Kind::DatagramSocket => DT_SOCK,
    }
}
