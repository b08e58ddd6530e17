//! Giving way to other threads.

use crate::context::Context;
use crate::failure::Result;
use crate::memory::Memory;

#[expect(clippy::unnecessary_wraps, reason = "every call has this shape")]
pub(crate) fn sched_yield(_ctx: &mut Context, _memory: &mut Memory<'_>) -> Result<()> {
    std::thread::yield_now();
    Ok(())
}
