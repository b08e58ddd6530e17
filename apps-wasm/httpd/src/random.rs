//! Numbers that nobody can guess.

use std::hash::{BuildHasher, Hasher, RandomState};

/// 64 bits from the system's randomness, which the standard library keys its hash maps with.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
