//! Arguments and environment: strings that end in NUL, and the pointers to them.

use crate::context::Context;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};
use interfaces::Errno;

/// A claim on an array of pointers to strings.
type Strings = GuestPtr<u32>;

pub(crate) fn args_get(ctx: &mut Context, memory: &mut Memory<'_>, argv: Strings, buf: GuestPtr<u8>) -> Result<()> {
    write_strings(memory, &ctx.args, argv, buf)
}

pub(crate) fn args_sizes_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    count: GuestPtr<u32>,
    size: GuestPtr<u32>,
) -> Result<()> {
    write_sizes(memory, &ctx.args, count, size)
}

pub(crate) fn environ_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    environ: Strings,
    buf: GuestPtr<u8>,
) -> Result<()> {
    write_strings(memory, &ctx.env, environ, buf)
}

pub(crate) fn environ_sizes_get(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    count: GuestPtr<u32>,
    size: GuestPtr<u32>,
) -> Result<()> {
    write_sizes(memory, &ctx.env, count, size)
}

fn write_sizes(memory: &mut Memory<'_>, strings: &[String], count: GuestPtr<u32>, size: GuestPtr<u32>) -> Result<()> {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    count.write(memory, u32::try_from(strings.len()).map_err(|_| Errno::EOVERFLOW)?)?;
    size.write(memory, u32::try_from(bytes).map_err(|_| Errno::EOVERFLOW)?)
}

fn write_strings(memory: &mut Memory<'_>, strings: &[String], array: Strings, mut at: GuestPtr<u8>) -> Result<()> {
    for (index, string) in (0..).zip(strings) {
        array.element(index)?.write(memory, at.address())?;
        let len = u32::try_from(string.len()).map_err(|_| Errno::EOVERFLOW)?;
        at.slice(len).bytes_mut(memory)?.copy_from_slice(string.as_bytes());
        let end = at.element(len)?;
        end.write(memory, 0)?;
        at = end.element(1)?;
    }
    Ok(())
}
