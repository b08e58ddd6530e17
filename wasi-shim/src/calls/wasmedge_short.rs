//! The calls of WasmEdge that exist with one argument fewer than in `wasmedge`: the import's type tells which is meant.

use crate::abi::Buffer;
use crate::calls::wasmedge::{Answers, receive_from, tell};
use crate::context::Context;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};
use vfs::socket::Socket;

/// Does not tell the port (WasmEdge before 0.12).
#[expect(clippy::too_many_arguments, reason = "WasmEdge's")]
pub(crate) fn sock_recv_from(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    address: GuestPtr<Buffer>,
    flags: u32,
    received: GuestPtr<u32>,
    result: GuestPtr<u16>,
) -> Result<()> {
    let answers = Answers { address, port: None, received, result };
    receive_from(ctx, memory, fd, (buffers, count), flags, &answers)
}

/// Tells the family in the address's buffer alone (WasmEdge from 0.12 on).
pub(crate) fn sock_getlocaladdr(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    address: GuestPtr<Buffer>,
    port: GuestPtr<u32>,
) -> Result<()> {
    tell(ctx, memory, fd, address, None, port, Socket::local_address)
}

/// Tells the family in the address's buffer alone (WasmEdge from 0.12 on).
pub(crate) fn sock_getpeeraddr(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    address: GuestPtr<Buffer>,
    port: GuestPtr<u32>,
) -> Result<()> {
    tell(ctx, memory, fd, address, None, port, Socket::peer_address)
}
