//! Offsets of files as indices.

use interfaces::{Errno, Result};

/// A file's offset as an index; EFBIG beyond what memory has.
pub(super) fn index(offset: u64) -> Result<usize> {
    usize::try_from(offset).map_err(|_| Errno::EFBIG)
}
