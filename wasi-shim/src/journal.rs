//! What the calls of a run answered, so that the run can be repeated without them.
//!
//! A guest knows nothing of the world but what calls tell it. Given the same answers, it does the same again.

use crate::memory::Written;

/// Bytes of answers that are kept; a run with more cannot be repeated.
const ROOM: usize = 1 << 20;

/// The answers of the calls so far, one after the other: the answer, how many ranges of memory were written, and for
/// each its address, its length and its content.
#[derive(Default)]
pub(crate) struct Journal {
    log: Vec<u8>,
    /// What the current call writes.
    pub(crate) written: Written,
}

/// That there is no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Journal {
    /// Notes the end of a call: its answer, and what it wrote to `memory`.
    pub(crate) fn record(&mut self, memory: &[u8], answer: u32) -> Result<(), Full> {
        self.number(answer);
        self.number(u32::try_from(self.written.len()).map_err(|_| Full)?);
        for (address, len) in std::mem::take(&mut self.written) {
            self.number(address);
            self.number(len);
            let content = range(address, len).and_then(|range| memory.get(range)).ok_or(Full)?;
            if self.log.len().saturating_add(content.len()) > ROOM {
                return Err(Full);
            }
            self.log.extend_from_slice(content);
        }
        if self.log.len() > ROOM { Err(Full) } else { Ok(()) }
    }

    /// The answers, from the first on.
    pub(crate) fn replay(self) -> Replay {
        Replay { log: self.log, at: 0 }
    }

    fn number(&mut self, number: u32) {
        self.log.extend_from_slice(&number.to_le_bytes());
    }
}

/// Gives the recorded answers again.
pub(crate) struct Replay {
    log: Vec<u8>,
    at: usize,
}

impl Replay {
    /// Writes to `memory` what the next call wrote, and returns its answer. `None` when there is none.
    pub(crate) fn answer(&mut self, memory: &mut [u8]) -> Option<u32> {
        let answer = self.number()?;
        for _ in 0..self.number()? {
            let to = range(self.number()?, self.number()?)?;
            let from = self.take(to.len())?;
            memory.get_mut(to)?.copy_from_slice(self.log.get(from)?);
        }
        Some(answer)
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        self.log.get(bytes)?.first_chunk().copied().map(u32::from_le_bytes)
    }

    fn take(&mut self, len: usize) -> Option<std::ops::Range<usize>> {
        let start = self.at;
        self.at = start.checked_add(len)?;
        Some(start..self.at)
    }
}

fn range(address: u32, len: u32) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(address).ok()?;
    Some(start..start.checked_add(usize::try_from(len).ok()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_again_with_what_they_wrote() {
        let mut journal = Journal { written: vec![(1, 2), (6, 1)], ..Journal::default() };
        journal.record(&[9, 1, 2, 9, 9, 9, 3, 9], 7).unwrap();
        journal.record(&[], 8).unwrap();
        let mut memory = [0; 8];
        let mut replay = journal.replay();
        assert_eq!(replay.answer(&mut memory), Some(7));
        assert_eq!(memory, [0, 1, 2, 0, 0, 0, 3, 0]);
        assert_eq!(replay.answer(&mut memory), Some(8));
        assert_eq!(replay.answer(&mut memory), None);
    }

    #[test]
    fn a_journal_fills_up() {
        let mut journal = Journal::default();
        let memory = vec![0; ROOM / 2];
        let mut write = || {
            journal.written = vec![(0, u32::try_from(memory.len()).unwrap())];
            journal.record(&memory, 0)
        };
        assert_eq!(write(), Ok(()));
        assert_eq!(write(), Err(Full));
    }
}
