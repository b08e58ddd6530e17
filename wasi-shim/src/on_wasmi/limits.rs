//! What a guest's memories and tables may take.

use wasmi::ResourceLimiter;
use wasmi::errors::{MemoryError, TableError};
use wasmi_core::LimiterError;

/// Memories and tables that a module may have.
const MAX_MEMORIES: usize = 16;
const MAX_TABLES: usize = 128;

/// Bytes of a table's element.
const ELEMENT: usize = 8;

/// One limit for all memories and tables together, in bytes.
pub(super) struct Limits {
    pub(super) bytes: usize,
    used: usize,
    /// What was granted last, in case that it cannot be had.
    granted: usize,
    /// Whether something was refused.
    pub(super) was_reached: bool,
}

impl Limits {
    pub(super) fn new(bytes: usize) -> Limits {
        Limits { bytes, used: 0, granted: 0, was_reached: false }
    }

    fn grant(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current);
        let used = self.used.checked_add(more).filter(|used| *used <= self.bytes);
        match used {
            Some(used) => (self.used, self.granted) = (used, more),
            None => self.was_reached = true,
        }
        used.is_some()
    }

    fn take_back(&mut self) {
        self.used -= std::mem::take(&mut self.granted);
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool, LimiterError> {
        Ok(self.grant(current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool, LimiterError> {
        Ok(self.grant(current.saturating_mul(ELEMENT), desired.saturating_mul(ELEMENT)))
    }

    fn memory_grow_failed(&mut self, _: &MemoryError) -> Result<(), LimiterError> {
        self.take_back();
        Ok(())
    }

    fn table_grow_failed(&mut self, error: &TableError) -> Result<(), LimiterError> {
        self.take_back();
        match error {
            // wasmi 2.0 does not resume this instruction where it stopped, so the guest cannot go on behind it.
            TableError::OutOfFuel { .. } => Err(LimiterError::ResourceLimiterDeniedAllocation),
            _ => Ok(()),
        }
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_count_and_what_fails_is_given_back() {
        let mut limits = Limits::new(100);
        assert!(limits.memory_growing(0, 40, None).unwrap());
        assert!(limits.memory_growing(0, 40, None).unwrap());
        assert!(!limits.memory_growing(40, 61, None).unwrap());
        assert!(limits.was_reached);
        assert!(limits.memory_growing(40, 60, None).unwrap());
        limits.memory_grow_failed(&MemoryError::OutOfSystemMemory).unwrap();
        assert!(limits.table_growing(0, 2, None).unwrap());
        assert!(!limits.table_growing(2, 3, None).unwrap());
        assert!(!limits.memory_growing(0, usize::MAX, None).unwrap());
    }
}
