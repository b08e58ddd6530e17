//! Sockets, as far as preview 1 knows them: what listens already is accepted from, what is connected sends and
//! receives.
//!
//! Sockets that a guest makes itself are a dialect of their own: `wasmedge`, on the same `vfs::socket`.

use crate::abi::{Buffer, FdFlags, RECEIVED_TRUNCATED, ReceiveFlags, ShutdownFlags};
use crate::calls::fd::fd_flags;
use crate::calls::io::{Pieces, read_buffers, write_buffers};
use crate::context::Context;
use crate::descriptors::Descriptor;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory};
use crate::rights::Rights;
use interfaces::Errno;
use std::net::{Shutdown, SocketAddr};
use vfs::socket::{Take, socket_of};
use vfs::{Kind, OpenFile, StatusFlags, socket};

pub(crate) fn sock_accept(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    flags: u32,
    accepted: GuestPtr<u32>,
) -> Result<()> {
    accept(ctx, memory, fd, fd_flags(flags)?, accepted)
}

/// Accepts a connection as a new descriptor with the given flags.
pub(super) fn accept(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    flags: FdFlags,
    accepted: GuestPtr<u32>,
) -> Result<()> {
    let listener = socket(ctx, fd, Rights::SOCK_ACCEPT)?;
    accepted.check(memory)?;
    let (connection, _peer) = socket::accept(listener)?;
    connection.set_flags(StatusFlags { nonblock: flags.contains(FdFlags::NONBLOCK), ..connection.flags() });
    accepted.write(memory, ctx.files.insert(Descriptor::new(connection))?)
}

#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub(crate) fn sock_recv(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    flags: u32,
    received: GuestPtr<u32>,
    result: GuestPtr<u16>,
) -> Result<()> {
    let flags = ReceiveFlags::from_bits(flags).ok_or(Errno::EINVAL)?;
    let file = socket(ctx, fd, Rights::FD_READ)?;
    result.check(memory)?;
    let message = receive(memory, file, buffers, count, flags, received)?;
    received.write(memory, message.count)?;
    result.write(memory, message.flags)
}

/// What a call received.
pub(super) struct Message {
    /// How many bytes are in the buffers.
    pub(super) count: u32,
    /// `$roflags`.
    pub(super) flags: u16,
    /// Who sent them, if the socket says so.
    pub(super) from: Option<SocketAddr>,
}

/// Receives into the guest's buffers; checks `received`, where the guest wants their count, before.
pub(super) fn receive(
    memory: &mut Memory<'_>,
    file: &OpenFile,
    buffers: GuestPtr<Buffer>,
    count: u32,
    flags: ReceiveFlags,
    received: GuestPtr<u32>,
) -> Result<Message> {
    let take = if flags.contains(ReceiveFlags::PEEK) { Take::Peek } else { Take::Remove };
    let waits_for_all = flags == ReceiveFlags::WAITALL && file.kind() == Kind::StreamSocket;
    let (mut truncated, mut from) = (0, None);
    let pieces = pieces(file, if waits_for_all { Pieces::Many } else { Pieces::OneRead });
    let count = read_buffers(memory, buffers, count, received, pieces, |buf, _| {
        if waits_for_all {
            return receive_all(file, buf);
        }
        let message = socket::receive(file, buf, take)?;
        truncated = if message.length > message.count { RECEIVED_TRUNCATED } else { 0 };
        from = message.from;
        Ok(message.count)
    })?;
    Ok(Message { count, flags: truncated, from })
}

pub(crate) fn sock_send(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: GuestPtr<Buffer>,
    count: u32,
    flags: u32,
    sent: GuestPtr<u32>,
) -> Result<()> {
    send(ctx, memory, fd, (buffers, count), None, flags, sent)
}

/// Sends the guest's buffers, to somebody if `to` says so.
pub(super) fn send(
    ctx: &Context,
    memory: &mut Memory<'_>,
    fd: u32,
    (buffers, count): (GuestPtr<Buffer>, u32),
    to: Option<SocketAddr>,
    flags: u32,
    sent: GuestPtr<u32>,
) -> Result<()> {
    let file = socket(ctx, fd, Rights::FD_WRITE)?;
    // `$siflags` has none yet.
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    let pieces = pieces(file, Pieces::Many);
    let went = write_buffers(memory, buffers, count, sent, pieces, |bytes, _| Ok(socket::send(file, bytes, to)?))?;
    sent.write(memory, went)
}

pub(crate) fn sock_shutdown(ctx: &mut Context, _memory: &mut Memory<'_>, fd: u32, how: u32) -> Result<()> {
    let file = socket(ctx, fd, Rights::SOCK_SHUTDOWN)?;
    let how = ShutdownFlags::from_bits(how).ok_or(Errno::EINVAL)?;
    let how = match (how.contains(ShutdownFlags::RD), how.contains(ShutdownFlags::WR)) {
        (true, true) => Shutdown::Both,
        (true, false) => Shutdown::Read,
        (false, true) => Shutdown::Write,
        (false, false) => return Err(Errno::EINVAL.into()),
    };
    Ok(socket_of(file)?.shutdown(how)?)
}

/// The socket at `fd`: ENOTSOCK for another file, before its rights are looked at.
pub(super) fn socket(ctx: &Context, fd: u32, needed: Rights) -> Result<&OpenFile> {
    socket_of(&ctx.files.get(fd)?.file)?;
    Ok(&ctx.files.with_rights(fd, needed)?.file)
}

fn pieces(file: &OpenFile, of_stream: Pieces) -> Pieces {
    if file.kind() == Kind::DatagramSocket { Pieces::Datagram } else { of_stream }
}

/// Receives until `buf` is full, the stream ends or, once something came, an error says that no more comes now: the guest
/// meets it, or what follows from it, in its next call.
fn receive_all(file: &OpenFile, buf: &mut [u8]) -> Result<usize> {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match socket::receive(file, rest, Take::Remove) {
            Ok(received) if received.count == 0 => break,
            Ok(received) => done += received.count,
            Err(_) if done > 0 => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}
