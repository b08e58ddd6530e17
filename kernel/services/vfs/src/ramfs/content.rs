//! The content of a regular file: pages that were written, over bytes that were lent, over zeros.
//!
//! A page takes memory only from its first byte to the last that was written to it, so that small files are small and
//! holes cost nothing. Invariant: neither a page's bytes nor `lent` reach behind `size` (room that was allocated may).

use super::quota::Charge;
use interfaces::{Errno, Result};
use std::collections::BTreeMap;

/// Bytes of a page: large enough that finding one costs little beside copying it, small enough for scattered writes.
const PAGE: usize = 16 * 1024;
/// Room is taken in steps of this size, in bytes.
const STEP: usize = 64;
/// The largest size of a file (POSIX `off_t`).
const SIZE_MAX: u64 = i64::MAX as u64;

#[derive(Debug)]
pub(super) struct Content {
    size: u64,
    /// What pages that were never written hold.
    lent: &'static [u8],
    /// By number. Bytes behind the end of a page's vector are zero.
    pages: BTreeMap<u64, Vec<u8>>,
    charge: Charge,
}

impl Content {
    pub(super) fn new(charge: Charge) -> Content {
        Content { size: 0, lent: &[], pages: BTreeMap::new(), charge }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of memory taken.
    pub(super) fn allocated(&self) -> u64 {
        self.charge.bytes()
    }

    /// Starts with `lent`; EINVAL unless it is empty.
    pub(super) fn lend(&mut self, lent: &'static [u8]) -> Result<()> {
        if self.size != 0 {
            return Err(Errno::EINVAL);
        }
        self.lent = lent;
        self.size = lent.len() as u64;
        Ok(())
    }

    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) -> usize {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = buf.len().min(left);
        let mut at = offset;
        let mut rest = buf.get_mut(..count).unwrap_or_default();
        while !rest.is_empty() {
            let (page, within) = locate(at);
            let (now, later) = rest.split_at_mut(rest.len().min(PAGE - within));
            match self.pages.get(&page) {
                Some(bytes) => copy_or_zero(bytes.get(within..), now),
                None => copy_or_zero(usize::try_from(at).ok().and_then(|at| self.lent.get(at..)), now),
            }
            at += now.len() as u64;
            rest = later;
        }
        count
    }

    /// Writes as much as there is memory for, at least a byte; ENOSPC, EFBIG.
    pub(super) fn write(&mut self, offset: u64, buf: &[u8]) -> Result<usize> {
        let room = SIZE_MAX.saturating_sub(offset);
        if room == 0 {
            return Err(Errno::EFBIG);
        }
        if buf.is_empty() {
            return Ok(0);
        }
        let mut rest = buf.get(..usize::try_from(room).unwrap_or(usize::MAX)).unwrap_or(buf);
        let mut at = offset;
        while !rest.is_empty() {
            let (page, within) = locate(at);
            let (now, later) = rest.split_at(rest.len().min(PAGE - within));
            match self.page_with_room(page, within + now.len()) {
                Ok(bytes) => put(bytes, within, now),
                Err(error) if at == offset => return Err(error),
                Err(_) => break,
            }
            at += now.len() as u64;
            rest = later;
        }
        self.size = self.size.max(at);
        Ok(usize::try_from(at - offset).unwrap_or(buf.len()))
    }

    /// EFBIG.
    pub(super) fn set_size(&mut self, size: u64) -> Result<()> {
        if size > SIZE_MAX {
            return Err(Errno::EFBIG);
        }
        if size < self.size {
            self.cut(size);
        }
        self.size = size;
        Ok(())
    }

    /// Takes the memory for `length` bytes from `offset` on, and extends to their end; ENOSPC, EFBIG. On an error
    /// nothing has changed but memory taken for pages that exist.
    pub(super) fn allocate(&mut self, offset: u64, length: u64) -> Result<()> {
        let end = offset.checked_add(length).filter(|&end| end <= SIZE_MAX).ok_or(Errno::EFBIG)?;
        if length > self.charge.available().saturating_add(self.charge.bytes()) {
            return Err(Errno::ENOSPC);
        }
        let mut fresh = Vec::new();
        let mut at = offset;
        while at < end {
            let (page, within) = locate(at);
            let step = (PAGE - within).min(usize::try_from(end - at).unwrap_or(PAGE));
            let is_fresh = !self.pages.contains_key(&page);
            if let Err(error) = self.page_with_room(page, within + step) {
                fresh.iter().for_each(|&page| self.free_page(page));
                return Err(error);
            }
            if is_fresh {
                fresh.push(page);
            }
            at += step as u64;
        }
        self.size = self.size.max(end);
        Ok(())
    }

    /// The page, with room for its first `needed` bytes.
    fn page_with_room(&mut self, page: u64, needed: usize) -> Result<&mut Vec<u8>> {
        if !self.pages.contains_key(&page) {
            let bytes = self.fresh_page(page, needed)?;
            self.pages.insert(page, bytes);
        }
        let bytes = self.pages.get_mut(&page).ok_or(Errno::EIO)?;
        reserve(bytes, needed, &mut self.charge)?;
        Ok(bytes)
    }

    /// A page that begins as what was lent there.
    fn fresh_page(&mut self, page: u64, needed: usize) -> Result<Vec<u8>> {
        let start = usize::try_from(page).ok().and_then(|page| page.checked_mul(PAGE));
        let lent = start.and_then(|start| self.lent.get(start..)).unwrap_or_default();
        let lent = lent.get(..PAGE).unwrap_or(lent);
        let mut bytes = Vec::new();
        reserve(&mut bytes, needed.max(lent.len()), &mut self.charge)?;
        bytes.extend_from_slice(lent);
        Ok(bytes)
    }

    fn cut(&mut self, size: u64) {
        let (last, within) = locate(size);
        let first_gone = if within == 0 { last } else { last + 1 };
        let gone = self.pages.split_off(&first_gone);
        self.charge.shrink(gone.values().map(|bytes| bytes.capacity() as u64).sum());
        if let Some(bytes) = self.pages.get_mut(&last) {
            bytes.truncate(within);
        }
        let lent = usize::try_from(size).unwrap_or(usize::MAX);
        self.lent = self.lent.get(..lent).unwrap_or(self.lent);
    }

    fn free_page(&mut self, page: u64) {
        if let Some(bytes) = self.pages.remove(&page) {
            self.charge.shrink(bytes.capacity() as u64);
        }
    }
}

/// The page of an offset, and where in it.
fn locate(offset: u64) -> (u64, usize) {
    // The remainder is less than a page.
    (offset / PAGE as u64, (offset % PAGE as u64) as usize)
}

/// Copies what there is of `from`, and zeros behind.
fn copy_or_zero(from: Option<&[u8]>, to: &mut [u8]) {
    let from = from.unwrap_or_default();
    let (copied, zeroed) = to.split_at_mut(to.len().min(from.len()));
    copied.copy_from_slice(from.get(..copied.len()).unwrap_or_default());
    zeroed.fill(0);
}

/// Writes `from` at `within`, for which there is room.
fn put(bytes: &mut Vec<u8>, within: usize, from: &[u8]) {
    if bytes.len() < within {
        bytes.resize(within, 0);
    }
    let over = bytes.get_mut(within..).unwrap_or_default();
    let (over_from, behind) = from.split_at(over.len().min(from.len()));
    over.get_mut(..over_from.len()).unwrap_or_default().copy_from_slice(over_from);
    bytes.extend_from_slice(behind);
}

/// Makes room for `needed` bytes: twice what there is, so that small appends cost little, but never more than a page.
fn reserve(bytes: &mut Vec<u8>, needed: usize, charge: &mut Charge) -> Result<()> {
    let before = bytes.capacity();
    if needed <= before {
        return Ok(());
    }
    let capacity = needed.max(before * 2).next_multiple_of(STEP).min(PAGE);
    charge.grow((capacity - before) as u64)?;
    if bytes.try_reserve_exact(capacity - bytes.len()).is_err() {
        charge.shrink((capacity - before) as u64);
        return Err(Errno::ENOSPC);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::quota::SpaceQuota;
    use super::*;

    fn content(limit: u64) -> Content {
        Content::new(Charge::none(&SpaceQuota::new(limit)))
    }

    fn read(content: &Content, offset: u64, length: usize) -> Vec<u8> {
        let mut buf = vec![0xee; length];
        let count = content.read(offset, &mut buf);
        buf.truncate(count);
        buf
    }

    #[test]
    fn holes_are_zeros_and_cost_nothing() {
        let mut content = content(1 << 20);
        content.write(5 << 40, b"far").unwrap();
        assert_eq!(content.size(), (5 << 40) + 3);
        assert!(content.allocated() <= PAGE as u64, "{}", content.allocated());
        assert_eq!(read(&content, (5 << 40) - 2, 9), b"\0\0far");
        assert_eq!(read(&content, 1 << 30, 4), [0; 4]);
        assert_eq!(read(&content, 6 << 40, 4), b"");
    }

    #[test]
    fn lent_bytes_are_copied_where_written() {
        static LENT: [u8; 3 * PAGE + 10] = [7; 3 * PAGE + 10];
        let mut content = content(1 << 20);
        content.lend(&LENT).unwrap();
        assert_eq!((content.size(), content.allocated()), (LENT.len() as u64, 0));
        content.write(PAGE as u64 + 1, b"x").unwrap();
        assert_eq!(content.allocated(), PAGE as u64);
        let mut expected = LENT.to_vec();
        expected[PAGE + 1] = b'x';
        assert_eq!(read(&content, 0, 1 << 20), expected);
        // Behind the end, the last page of what was lent is copied, too.
        content.write(LENT.len() as u64 + 1, b"y").unwrap();
        expected.extend_from_slice(b"\0y");
        assert_eq!(read(&content, 0, 1 << 20), expected);
    }

    #[test]
    fn what_was_cut_comes_back_as_zeros() {
        static LENT: [u8; 2 * PAGE] = [7; 2 * PAGE];
        let mut content = content(1 << 20);
        content.lend(&LENT).unwrap();
        content.write(3, b"abc").unwrap();
        for size in [PAGE as u64 + 5, PAGE as u64, 5, 0] {
            content.set_size(size).unwrap();
            content.set_size(4 * PAGE as u64).unwrap();
            assert_eq!(read(&content, size, 2 * PAGE), vec![0; 2 * PAGE], "{size}");
        }
        assert_eq!(content.allocated(), 0);
        assert_eq!(content.set_size(SIZE_MAX + 1), Err(Errno::EFBIG));
        content.set_size(SIZE_MAX).unwrap();
        assert_eq!(content.write(SIZE_MAX, b"x"), Err(Errno::EFBIG));
        assert_eq!(content.write(SIZE_MAX - 1, b"xy"), Ok(1));
    }

    #[test]
    fn a_full_quota_ends_a_write_early() {
        let mut content = content(2 * PAGE as u64);
        assert_eq!(content.write(0, &vec![1; 3 * PAGE]), Ok(2 * PAGE));
        assert_eq!(content.write(2 * PAGE as u64, b"x"), Err(Errno::ENOSPC));
        assert_eq!(content.size(), 2 * PAGE as u64);
        assert_eq!(content.write(0, b"over"), Ok(4));
    }

    #[test]
    fn allocation_is_all_or_nothing() {
        let mut content = content(4 * PAGE as u64);
        content.allocate(10, 100).unwrap();
        assert_eq!(content.size(), 110);
        let before = content.allocated();
        assert_eq!(content.allocate(PAGE as u64, 4 * PAGE as u64), Err(Errno::ENOSPC));
        assert_eq!(content.allocate(0, i64::MAX as u64), Err(Errno::ENOSPC));
        assert_eq!(content.allocate(u64::MAX, 2), Err(Errno::EFBIG));
        assert_eq!((content.size(), content.allocated()), (110, before));
        content.allocate(0, 3 * PAGE as u64).unwrap();
        assert_eq!(content.write(0, &vec![1; 3 * PAGE]), Ok(3 * PAGE));
    }

    #[test]
    fn small_appends_take_no_more_than_twice_their_size() {
        let mut content = content(1 << 20);
        for n in 0..1000 {
            content.write(n * 3, b"abc").unwrap();
        }
        assert_eq!(read(&content, 2995, 9), b"bcabc"[..5].to_vec());
        assert!(content.allocated() < 6400, "{}", content.allocated());
    }
}
