//! The ABI's form of a time.

use hermit_abi::timespec;

const NS_PER_S: u64 = 1_000_000_000;

/// Nanoseconds that a `timespec` means; `None` for a negative or malformed one.
pub(crate) fn nanoseconds(time: &timespec) -> Option<u64> {
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanoseconds = u64::try_from(time.tv_nsec).ok().filter(|value| *value < NS_PER_S)?;
    Some(seconds.saturating_mul(NS_PER_S).saturating_add(nanoseconds))
}
