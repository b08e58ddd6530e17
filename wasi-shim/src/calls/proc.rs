//! The end of a process.

use crate::context::Context;
use crate::failure::{End, Result};
use crate::memory::Memory;
use interfaces::Errno;
use std::convert::Infallible;

pub(crate) fn proc_exit(_ctx: &mut Context, _memory: &mut Memory<'_>, status: u32) -> Result<Infallible> {
    Err(End::Exit(status).into())
}

/// Sends the guest a signal. There are no handlers in preview 1, so each has the effect that the specification gives
/// it (witx `$signal`): most end the process, with the status that a shell shows for that.
pub(crate) fn proc_raise(_ctx: &mut Context, _memory: &mut Memory<'_>, signal: u32) -> Result<()> {
    match signal {
        NONE | PIPE | CHLD | CONT | URG | WINCH => Ok(()),
        // Only a parent with job control could let a stopped process go on.
        STOP..=TTOU => Err(Errno::EOPNOTSUPP.into()),
        HUP..=SYS => Err(End::Exit(128 + signal).into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

const NONE: u32 = 0;
const HUP: u32 = 1;
const PIPE: u32 = 13;
const CHLD: u32 = 16;
const CONT: u32 = 17;
const STOP: u32 = 18;
const TTOU: u32 = 21;
const URG: u32 = 22;
const WINCH: u32 = 27;
const SYS: u32 = 30;
