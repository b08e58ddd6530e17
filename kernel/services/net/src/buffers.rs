//! Memory for the buffers of sockets.
//!
//! All of them together have a limit, and nothing is taken where the system has little left: the net thread, which can do
//! nothing about it, shall never find that there is no memory, whatever programs and strangers do.

use crate::options::Options;
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{Charge, SpaceQuota};

/// Tells how many bytes of memory the system has free.
pub type FreeMemory = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What the system keeps, in bytes.
const RESERVE: u64 = 8 << 20;
/// As long as so many more like it would fit, a connection gets the buffers that it asks for; then smaller ones.
const SPARE: u64 = 64;
/// No connection has a smaller buffer in either direction.
const LEAST_BUFFER: u32 = 8 * 1024;

/// The memory that sockets may take.
pub(crate) struct Buffers {
    quota: Arc<SpaceQuota>,
    free: FreeMemory,
}

impl Buffers {
    /// At most `limit` bytes.
    pub(crate) fn new(limit: u64, free: FreeMemory) -> Buffers {
        Buffers { quota: SpaceQuota::new(limit), free }
    }

    /// Takes `bytes`: ENOBUFS.
    pub(crate) fn take(&self, bytes: usize) -> Result<Charge> {
        let mut charge = Charge::none(&self.quota);
        self.resize(&mut charge, u64::try_from(bytes).map_err(|_| Errno::ENOBUFS)?)?;
        Ok(charge)
    }

    /// Takes what a connection with these options needs. Where little is left, its buffers become smaller: ENOBUFS.
    pub(crate) fn take_for_connection(&self, options: &mut Options) -> Result<Charge> {
        let share = u32::try_from(self.available() / SPARE / 2).unwrap_or(u32::MAX).max(LEAST_BUFFER);
        options.receive_buffer = options.receive_buffer.min(share);
        options.send_buffer = options.send_buffer.min(share);
        let mut charge = Charge::none(&self.quota);
        self.resize(&mut charge, need(options))?;
        Ok(charge)
    }

    /// Makes of a connection's charge what it needs with other options. Its rings stay, which are half of what it was born with:
    /// ENOBUFS.
    pub(crate) fn resize_for_connection(&self, charge: &mut Charge, born: &Options, now: &Options) -> Result<()> {
        self.resize(charge, need(born) / 2 + need(now) / 2)
    }

    /// Bytes in use.
    #[cfg(test)]
    pub(crate) fn used(&self) -> u64 {
        self.quota.used()
    }

    fn resize(&self, charge: &mut Charge, bytes: u64) -> Result<()> {
        match bytes.checked_sub(charge.bytes()) {
            Some(more) if more > self.available() => Err(Errno::ENOBUFS),
            Some(more) => charge.grow(more).map_err(|_| Errno::ENOBUFS),
            None => {
                charge.shrink(charge.bytes() - bytes);
                Ok(())
            }
        }
    }

    fn available(&self) -> u64 {
        self.quota.available().min((self.free)().saturating_sub(RESERVE))
    }
}

/// What a connection takes: of each buffer half lies in a queue, half in smoltcp's ring.
fn need(options: &Options) -> u64 {
    u64::from(options.receive_buffer.max(LEAST_BUFFER)) + u64::from(options.send_buffer.max(LEAST_BUFFER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn connections_become_smaller_and_then_none() {
        let buffers = Buffers::new(16 << 20, Arc::new(|| u64::MAX));
        let mut charges = Vec::new();
        let mut last = u32::MAX;
        loop {
            let mut options = Options::default();
            let Ok(charge) = buffers.take_for_connection(&mut options) else { break };
            assert!(options.receive_buffer <= last && options.receive_buffer >= LEAST_BUFFER);
            last = options.receive_buffer;
            charges.push(charge);
        }
        assert!(charges.len() > 200 && last == LEAST_BUFFER && buffers.used() <= 16 << 20, "{}", charges.len());
        drop(charges);
        assert_eq!(buffers.used(), 0);
    }

    #[test]
    fn what_the_system_needs_is_left_alone() {
        let free = Arc::new(AtomicU64::new(1 << 30));
        let told = Arc::clone(&free);
        let buffers = Buffers::new(1 << 30, Arc::new(move || told.load(Ordering::Relaxed)));
        let mut charge = buffers.take(1000).expect("there is much");
        free.store(RESERVE + 1000, Ordering::Relaxed);
        assert_eq!(buffers.take(1001).err(), Some(Errno::ENOBUFS));
        assert_eq!(buffers.resize(&mut charge, 2000), Ok(()));
        assert_eq!(buffers.resize(&mut charge, 3001), Err(Errno::ENOBUFS));
        assert_eq!(buffers.resize(&mut charge, 10), Ok(()));
        assert_eq!(buffers.used(), 10);
    }
}
