//! Reading directories.

use crate::abi::DirentHeader;
use crate::context::Context;
use crate::failure::Result;
use crate::memory::{GuestPtr, Layout, Memory, Store};
use crate::rights::Rights;
use interfaces::Errno;
use vfs::{DirEntry, Kind};

/// Entries that are asked for at once.
const BATCH: usize = 32;

/// Bytes of `$dirent`.
const HEADER: usize = DirentHeader::SIZE as usize;

/// Fills the buffer with entries from `cookie` on. The last one is cut where the buffer ends, which tells the guest
/// to come again with the cookie before it or with a larger buffer; a buffer that is not full tells it that there are
/// no more.
pub(crate) fn fd_readdir(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buf: GuestPtr<u8>,
    len: u32,
    cookie: u64,
    used: GuestPtr<u32>,
) -> Result<()> {
    if ctx.files.get(fd)?.kind != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    let directory = &ctx.files.with_rights(fd, Rights::FD_READDIR)?.file;
    used.check(memory)?;
    let buffer = buf.slice(len).bytes_mut(memory)?;
    let mut done = 0;
    let mut cookie = cookie;
    while done < buffer.len() {
        let entries = directory.read_dir(cookie, BATCH)?;
        let Some(last) = entries.last() else { break };
        cookie = last.next_cookie;
        for entry in &entries {
            done += put(buffer.get_mut(done..).unwrap_or_default(), entry)?;
        }
    }
    used.write(memory, u32::try_from(done).map_err(|_| Errno::EOVERFLOW)?)
}

/// Writes as much of `entry` as fits; returns how many bytes.
fn put(buffer: &mut [u8], entry: &DirEntry) -> Result<usize> {
    let header = DirentHeader {
        next_cookie: entry.next_cookie,
        inode: entry.inode,
        name_len: u32::try_from(entry.name.len()).map_err(|_| Errno::EOVERFLOW)?,
        kind: entry.kind,
    };
    let mut bytes = [0; HEADER];
    header.store(&mut bytes).ok_or(Errno::EFAULT)?;
    let whole = bytes.iter().chain(entry.name.as_bytes());
    Ok(buffer.iter_mut().zip(whole).map(|(to, from)| *to = *from).count())
}
