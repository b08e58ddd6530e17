//! Random bytes.

use crate::context::Context;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};

/// Between two looks at the kill flag: a guest may ask for a gigabyte.
const CHUNK: usize = 1 << 16;

pub(crate) fn random_get(ctx: &mut Context, memory: &mut Memory<'_>, buf: GuestPtr<u8>, len: u32) -> Result<()> {
    for chunk in buf.slice(len).bytes_mut(memory)?.chunks_mut(CHUNK) {
        ctx.check_cancel()?;
        ctx.entropy.fill(chunk);
    }
    Ok(())
}
