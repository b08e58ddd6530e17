//! Options of sockets, by WasmEdge's numbers (`__wasi_sock_opt_so_t`).
//!
//! A value is an `int`, but for time-outs (wasi-libc's `timeval`: two numbers of 64 bits), `SO_LINGER` (two of 32 bits) and
//! `SO_BINDTODEVICE` (a name).

use crate::calls::sock::socket;
use crate::calls::wasmedge::{DATAGRAM, STREAM};
use crate::context::Context;
use crate::errno;
use crate::failure::Result;
use crate::memory::{GuestPtr, Memory, field};
use crate::rights::Rights;
use interfaces::Errno;
use std::time::Duration;
use vfs::socket::{Network, OptionValue, Socket, SocketKind, SocketOption, socket_of};

/// `SOL_SOCKET`, the only level.
const SOCKET: u32 = 0;

/// Bytes of an `int`.
const WORD: usize = 4;

/// An option by where its value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Flag(SocketOption),
    Number(SocketOption),
    Time(SocketOption),
    Linger,
    /// Which kind of socket it is.
    Kind,
    /// The error that waits.
    Error,
    /// Whether it listens.
    Listens,
    /// It always has this value.
    Fixed(i32),
    /// The name of the only interface that it uses, with a zero byte behind it; nothing where there is no such binding.
    Device,
}

impl Name {
    /// ENOPROTOOPT.
    fn new(level: u32, name: u32) -> Result<Name> {
        let name = match name {
            _ if level != SOCKET => return Err(Errno::ENOPROTOOPT.into()),
            0 => Name::Flag(SocketOption::ReuseAddress),
            1 => Name::Kind,
            2 => Name::Error,
            // SO_DONTROUTE, SO_OOBINLINE
            3 | 8 => Name::Fixed(0),
            4 => Name::Flag(SocketOption::Broadcast),
            5 => Name::Number(SocketOption::SendBuffer),
            6 => Name::Number(SocketOption::ReceiveBuffer),
            7 => Name::Flag(SocketOption::KeepAlive),
            9 => Name::Linger,
            // SO_RCVLOWAT
            10 => Name::Fixed(1),
            11 => Name::Time(SocketOption::ReceiveTimeout),
            12 => Name::Time(SocketOption::SendTimeout),
            13 => Name::Listens,
            14 => Name::Device,
            _ => return Err(Errno::ENOPROTOOPT.into()),
        };
        Ok(name)
    }

    /// Bytes of its value.
    fn size(self) -> usize {
        match self {
            Name::Time(_) => 16,
            Name::Linger => 8,
            Name::Device => 0,
            _ => WORD,
        }
    }

    /// Its value as the guest reads it.
    fn get(self, socket: &dyn Socket, network: Option<&dyn Network>) -> Result<Vec<u8>> {
        let word = match self {
            Name::Flag(option) | Name::Number(option) | Name::Time(option) => return Ok(bytes(socket.option(option)?)),
            Name::Linger => return Ok(linger(socket.option(SocketOption::Linger)?)),
            Name::Device => return device(socket, network),
            Name::Kind => match socket.kind() {
                SocketKind::Stream => STREAM.into(),
                SocketKind::Datagram | SocketKind::Echo => DATAGRAM.into(),
            },
            Name::Error => socket.take_error().map_or(errno::SUCCESS, errno::number).into(),
            Name::Listens => i32::from(socket.is_listening()),
            Name::Fixed(value) => value,
        };
        Ok(word.to_le_bytes().to_vec())
    }

    /// Takes the value that the guest gives. EINVAL, EDOM, ENOPROTOOPT, ENODEV.
    fn set(self, socket: &dyn Socket, network: Option<&dyn Network>, value: &[u8]) -> Result<()> {
        let first = || Ok::<i32, Errno>(field::<u32>(value, 0).ok_or(Errno::EINVAL)?.cast_signed());
        let (option, value) = match self {
            Name::Flag(option) => (option, OptionValue::Flag(first()? != 0)),
            Name::Number(option) => (option, OptionValue::Number(u32::try_from(first()?).map_err(|_| Errno::EINVAL)?)),
            Name::Time(option) => (option, OptionValue::Time(time(value)?)),
            Name::Linger => {
                let seconds = u16::try_from(field::<u32>(value, WORD).ok_or(Errno::EINVAL)?).unwrap_or(u16::MAX);
                let time = (first()? != 0).then(|| Duration::from_secs(seconds.into()));
                (SocketOption::Linger, OptionValue::Time(time))
            }
            Name::Fixed(fixed) if first()? == fixed => return Ok(()),
            Name::Device => (SocketOption::Device, OptionValue::Number(index(value, network)?)),
            Name::Kind | Name::Error | Name::Listens | Name::Fixed(_) => {
                return Err(Errno::ENOPROTOOPT.into());
            }
        };
        Ok(socket.set_option(option, value)?)
    }
}

pub(crate) fn sock_getsockopt(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    level: u32,
    name: u32,
    value: GuestPtr<u8>,
    size: GuestPtr<u32>,
) -> Result<()> {
    let network = ctx.network.as_deref();
    let socket = socket_of(socket(ctx, fd, Rights::empty())?)?;
    let room = size.read(memory)?;
    value.slice(room).check(memory)?;
    let name = Name::new(level, name)?;
    // Asking can change something: an error is told once.
    if usize::try_from(room).is_ok_and(|room| room < name.size()) {
        return Err(Errno::EINVAL.into());
    }
    let answer = name.get(&**socket, network)?;
    let len = u32::try_from(answer.len()).map_err(|_| Errno::EOVERFLOW)?;
    if len > room {
        return Err(Errno::EINVAL.into());
    }
    value.slice(len).bytes_mut(memory)?.copy_from_slice(&answer);
    size.write(memory, len)
}

pub(crate) fn sock_setsockopt(
    ctx: &mut Context,
    memory: &mut Memory<'_>,
    fd: u32,
    level: u32,
    name: u32,
    value: GuestPtr<u8>,
    size: u32,
) -> Result<()> {
    let socket = socket_of(socket(ctx, fd, Rights::empty())?)?;
    let value = value.slice(size).bytes(memory)?;
    Name::new(level, name)?.set(&**socket, ctx.network.as_deref(), value)
}

/// The name of the interface that a socket is bound to.
fn device(socket: &dyn Socket, network: Option<&dyn Network>) -> Result<Vec<u8>> {
    match socket.option(SocketOption::Device)? {
        OptionValue::Number(0) => Ok(Vec::new()),
        OptionValue::Number(index) => {
            let name = network.ok_or(Errno::ENODEV)?.interface_name(index)?;
            Ok([name.as_bytes(), b"\0"].concat())
        }
        OptionValue::Flag(_) | OptionValue::Time(_) => Err(Errno::EINVAL.into()),
    }
}

/// The index of the interface that a guest names, up to a zero byte; an empty name is any.
fn index(value: &[u8], network: Option<&dyn Network>) -> Result<u32> {
    let name = value.split(|byte| *byte == 0).next().unwrap_or_default();
    match std::str::from_utf8(name) {
        Ok("") => Ok(0),
        Ok(name) => Ok(network.ok_or(Errno::ENODEV)?.interface_index(name)?),
        Err(_) => Err(Errno::ENODEV.into()),
    }
}

fn bytes(value: OptionValue) -> Vec<u8> {
    match value {
        OptionValue::Flag(on) => u32::from(on).to_le_bytes().to_vec(),
        // An `int` to the guest.
        OptionValue::Number(number) => number.min(i32::MAX.cast_unsigned()).to_le_bytes().to_vec(),
        OptionValue::Time(time) => {
            let time = time.unwrap_or_default();
            let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            [seconds.to_le_bytes(), u64::from(time.subsec_micros()).to_le_bytes()].concat()
        }
    }
}

fn linger(value: OptionValue) -> Vec<u8> {
    let OptionValue::Time(time) = value else { return bytes(value) };
    let seconds = time.map_or(0, |time| i32::try_from(time.as_secs()).unwrap_or(i32::MAX));
    [i32::from(time.is_some()).to_le_bytes(), seconds.to_le_bytes()].concat()
}

/// A time-out; zero is none. EDOM for what is no time, as Linux has it.
fn time(value: &[u8]) -> Result<Option<Duration>> {
    let number = |at| Ok::<i64, Errno>(field::<u64>(value, at).ok_or(Errno::EINVAL)?.cast_signed());
    let seconds = u64::try_from(number(0)?).map_err(|_| Errno::EDOM)?;
    let micros = u32::try_from(number(8)?).ok().filter(|micros| *micros < 1_000_000).ok_or(Errno::EDOM)?;
    let time = Duration::new(seconds, micros * 1000);
    Ok((!time.is_zero()).then_some(time))
}
