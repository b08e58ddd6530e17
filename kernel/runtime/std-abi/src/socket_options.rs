//! Options of sockets in the ABI's form: numbers for levels, names and values (`getsockopt`, `setsockopt`).

use crate::sockets::socket_file;
use crate::status;
use hermit_abi::{
    IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_TTL, IPPROTO_IP, IPPROTO_IPV6,
    IPPROTO_TCP, IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP, IPV6_MULTICAST_LOOP, IPV6_V6ONLY, SO_BROADCAST, SO_ERROR,
    SO_KEEPALIVE, SO_LINGER, SO_RCVBUF, SO_RCVTIMEO, SO_REUSEADDR, SO_SNDBUF, SO_SNDTIMEO, SOL_SOCKET, TCP_NODELAY,
    c_int, c_void, ip_mreq, ipv6_mreq, linger, socklen_t, timeval,
};
use interfaces::{Errno, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use vfs::socket::{GroupInterface, OptionValue, Socket, SocketOption, socket_of};

/// An option by the form of its value.
#[derive(Clone, Copy)]
enum Name {
    Flag(SocketOption),
    Number(SocketOption),
    Time(SocketOption),
    Linger,
    /// The error that waits.
    Error,
    Group4(Membership),
    Group6(Membership),
}

/// What becomes of a socket's place in a multicast group.
#[derive(Clone, Copy)]
enum Membership {
    Join,
    Leave,
}

impl Membership {
    fn change(self, socket: &dyn Socket, group: IpAddr, interface: GroupInterface) -> Result<()> {
        match self {
            Membership::Join => socket.join_group(group, interface),
            Membership::Leave => socket.leave_group(group, interface),
        }
    }
}

impl Name {
    /// ENOPROTOOPT.
    fn new(level: i32, name: i32) -> Result<Name> {
        Ok(match (level, name) {
            (SOL_SOCKET, SO_REUSEADDR) => Name::Flag(SocketOption::ReuseAddress),
            (SOL_SOCKET, SO_KEEPALIVE) => Name::Flag(SocketOption::KeepAlive),
            (SOL_SOCKET, SO_BROADCAST) => Name::Flag(SocketOption::Broadcast),
            (SOL_SOCKET, SO_LINGER) => Name::Linger,
            (SOL_SOCKET, SO_SNDBUF) => Name::Number(SocketOption::SendBuffer),
            (SOL_SOCKET, SO_RCVBUF) => Name::Number(SocketOption::ReceiveBuffer),
            (SOL_SOCKET, SO_SNDTIMEO) => Name::Time(SocketOption::SendTimeout),
            (SOL_SOCKET, SO_RCVTIMEO) => Name::Time(SocketOption::ReceiveTimeout),
            (SOL_SOCKET, SO_ERROR) => Name::Error,
            (IPPROTO_TCP, TCP_NODELAY) => Name::Flag(SocketOption::NoDelay),
            // std asks by this name for both families.
            (IPPROTO_IP, IP_TTL) => Name::Number(SocketOption::HopLimit),
            (IPPROTO_IP, IP_MULTICAST_TTL) => Name::Number(SocketOption::MulticastHopLimit),
            (IPPROTO_IP, IP_MULTICAST_LOOP) | (IPPROTO_IPV6, IPV6_MULTICAST_LOOP) => {
                Name::Flag(SocketOption::MulticastLoop)
            }
            (IPPROTO_IP, IP_ADD_MEMBERSHIP) => Name::Group4(Membership::Join),
            (IPPROTO_IP, IP_DROP_MEMBERSHIP) => Name::Group4(Membership::Leave),
            (IPPROTO_IPV6, IPV6_V6ONLY) => Name::Flag(SocketOption::OnlyV6),
            (IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP) => Name::Group6(Membership::Join),
            (IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP) => Name::Group6(Membership::Leave),
            _ => return Err(Errno::ENOPROTOOPT),
        })
    }
}

/// Where the program wants a value.
struct Room {
    value: *mut c_void,
    length: *mut socklen_t,
}

impl Room {
    /// Writes a value and its length: EINVAL where there is too little room.
    ///
    /// # Safety
    /// `length` can be read and written, and `value` has room for as many bytes as it says.
    unsafe fn put<T>(&self, value: T) -> Result<()> {
        // SAFETY: the caller's contract.
        let room = unsafe { self.length.read() } as usize;
        if room < size_of::<T>() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: there is room, as was just checked.
        unsafe { self.value.cast::<T>().write_unaligned(value) };
        // SAFETY: the caller's contract; values have a few bytes.
        unsafe { self.length.write(size_of::<T>() as socklen_t) };
        Ok(())
    }
}

/// A value that the program gives.
struct Given {
    value: *const c_void,
    length: usize,
}

impl Given {
    /// EINVAL: too short.
    ///
    /// # Safety
    /// `value` can be read for `length` bytes, and `T` is plain numbers.
    unsafe fn take<T>(&self) -> Result<T> {
        if self.length < size_of::<T>() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the caller's contract, for this many bytes.
        Ok(unsafe { self.value.cast::<T>().read_unaligned() })
    }
}

/// An option's value.
///
/// # Safety
/// `length` can be read and written, and `value` has room for as many bytes as it says.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_getsockopt(fd: i32, level: i32, name: i32, value: *mut c_void, length: *mut socklen_t) -> i32 {
    let get = || {
        let file = socket_file(fd)?;
        let socket = socket_of(&file)?;
        let name = Name::new(level, name)?;
        if value.is_null() || length.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: the caller's contract.
        unsafe { get(&**socket, name, &Room { value, length }) }
    };
    status(get())
}

/// # Safety
/// As [`Room::put`].
unsafe fn get(socket: &dyn Socket, name: Name, room: &Room) -> Result<()> {
    let word: c_int = match name {
        Name::Flag(option) | Name::Number(option) => match socket.option(option)? {
            OptionValue::Flag(on) => on.into(),
            OptionValue::Number(number) => c_int::try_from(number).unwrap_or(c_int::MAX),
            OptionValue::Time(_) => return Err(Errno::ENOPROTOOPT),
        },
        Name::Time(option) => {
            let time = time_of(socket, option)?.unwrap_or_default();
            let tv_sec = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            // Below a million.
            let tv_usec = time.subsec_micros().cast_signed();
            // SAFETY: the caller's contract.
            return unsafe { room.put(timeval { tv_sec, tv_usec }) };
        }
        Name::Linger => {
            let time = time_of(socket, SocketOption::Linger)?;
            let l_linger = time.map_or(0, |time| c_int::try_from(time.as_secs()).unwrap_or(c_int::MAX));
            // SAFETY: the caller's contract.
            return unsafe { room.put(linger { l_onoff: time.is_some().into(), l_linger }) };
        }
        Name::Error => socket.take_error().map_or(0, Errno::number),
        Name::Group4(_) | Name::Group6(_) => return Err(Errno::ENOPROTOOPT),
    };
    // SAFETY: the caller's contract.
    unsafe { room.put(word) }
}

fn time_of(socket: &dyn Socket, option: SocketOption) -> Result<Option<Duration>> {
    match socket.option(option)? {
        OptionValue::Time(time) => Ok(time),
        OptionValue::Flag(_) | OptionValue::Number(_) => Err(Errno::ENOPROTOOPT),
    }
}

/// Changes an option.
///
/// # Safety
/// `value` can be read for `length` bytes.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_setsockopt(fd: i32, level: i32, name: i32, value: *const c_void, length: socklen_t) -> i32 {
    let set = || {
        let file = socket_file(fd)?;
        let socket = socket_of(&file)?;
        let name = Name::new(level, name)?;
        if value.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: the caller's contract.
        unsafe { set(&**socket, name, &Given { value, length: length as usize }) }
    };
    status(set())
}

/// # Safety
/// As [`Given::take`].
unsafe fn set(socket: &dyn Socket, name: Name, given: &Given) -> Result<()> {
    // SAFETY: the caller's contract, here and below.
    let word = || unsafe { given.take::<c_int>() };
    let (option, value) = match name {
        Name::Flag(option) => (option, OptionValue::Flag(word()? != 0)),
        Name::Number(option) => (option, OptionValue::Number(u32::try_from(word()?).map_err(|_| Errno::EINVAL)?)),
        Name::Time(option) => {
            // SAFETY: the caller's contract.
            let time = unsafe { given.take::<timeval>() }?;
            (option, OptionValue::Time(duration(time)?))
        }
        Name::Linger => {
            // SAFETY: the caller's contract.
            let linger { l_onoff, l_linger } = unsafe { given.take::<linger>() }?;
            let seconds = u64::try_from(l_linger).map_err(|_| Errno::EINVAL)?;
            let time = (l_onoff != 0).then(|| Duration::from_secs(seconds));
            (SocketOption::Linger, OptionValue::Time(time))
        }
        Name::Error => return Err(Errno::ENOPROTOOPT),
        Name::Group4(membership) => {
            // SAFETY: the caller's contract.
            let (group, interface) = group4(unsafe { given.take::<ip_mreq>() }?);
            return membership.change(socket, group, interface);
        }
        Name::Group6(membership) => {
            // SAFETY: the caller's contract.
            let wish = unsafe { given.take::<ipv6_mreq>() }?;
            let group = Ipv6Addr::from(wish.ipv6mr_multiaddr.s6_addr).into();
            let interface = GroupInterface::Index(wish.ipv6mr_interface);
            return membership.change(socket, group, interface);
        }
    };
    socket.set_option(option, value)
}

fn group4(wish: ip_mreq) -> (IpAddr, GroupInterface) {
    let group = Ipv4Addr::from(wish.imr_multiaddr.s_addr.to_ne_bytes());
    let interface = Ipv4Addr::from(wish.imr_interface.s_addr.to_ne_bytes());
    (group.into(), GroupInterface::Address(interface))
}

/// A time-out; zero is none. EDOM for what is no time, as Linux has it.
fn duration(time: timeval) -> Result<Option<Duration>> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::EDOM)?;
    let micros = u32::try_from(time.tv_usec).ok().filter(|micros| *micros < 1_000_000).ok_or(Errno::EDOM)?;
    let time = Duration::new(seconds, micros * 1000);
    Ok((!time.is_zero()).then_some(time))
}
