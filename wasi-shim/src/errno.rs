//! POSIX errors as preview 1 numbers them (witx `$errno`).

use interfaces::Errno;

/// What a call answers when it succeeds.
pub(crate) const SUCCESS: u16 = 0;

/// The number of `errno` in preview 1.
pub(crate) const fn number(errno: Errno) -> u16 {
    match errno {
        Errno::E2BIG => 1,
        Errno::EACCES => 2,
        Errno::EADDRINUSE => 3,
        Errno::EADDRNOTAVAIL => 4,
        Errno::EAFNOSUPPORT => 5,
        Errno::EAGAIN => 6,
        Errno::EALREADY => 7,
        Errno::EBADF => 8,
        Errno::EBUSY => 10,
        Errno::ECANCELED => 11,
        Errno::ECHILD => 12,
        Errno::ECONNABORTED => 13,
        Errno::ECONNREFUSED => 14,
        Errno::ECONNRESET => 15,
        Errno::EDEADLK => 16,
        Errno::EDESTADDRREQ => 17,
        Errno::EDOM => 18,
        Errno::EDQUOT => 19,
        Errno::EEXIST => 20,
        Errno::EFAULT => 21,
        Errno::EFBIG => 22,
        Errno::EHOSTUNREACH => 23,
        Errno::EILSEQ => 25,
        Errno::EINPROGRESS => 26,
        Errno::EINTR => 27,
        Errno::EINVAL => 28,
        Errno::EIO => 29,
        Errno::EISCONN => 30,
        Errno::EISDIR => 31,
        Errno::ELOOP => 32,
        Errno::EMFILE => 33,
        Errno::EMLINK => 34,
        Errno::EMSGSIZE => 35,
        Errno::ENAMETOOLONG => 37,
        Errno::ENETDOWN => 38,
        Errno::ENETUNREACH => 40,
        Errno::ENFILE => 41,
        Errno::ENOBUFS => 42,
        Errno::ENODEV => 43,
        Errno::ENOENT => 44,
        Errno::ENOEXEC => 45,
        Errno::ENOLCK => 46,
        Errno::ENOMEM => 48,
        Errno::ENOPROTOOPT => 50,
        Errno::ENOSPC => 51,
        Errno::ENOSYS => 52,
        Errno::ENOTCONN => 53,
        Errno::ENOTDIR => 54,
        Errno::ENOTEMPTY => 55,
        Errno::ENOTSOCK => 57,
        Errno::EOPNOTSUPP => 58,
        Errno::ENOTTY => 59,
        Errno::ENXIO => 60,
        Errno::EOVERFLOW => 61,
        Errno::EPERM => 63,
        Errno::EPIPE => 64,
        Errno::EPROTO => 65,
        Errno::EPROTONOSUPPORT => 66,
        Errno::EPROTOTYPE => 67,
        Errno::ERANGE => 68,
        Errno::EROFS => 69,
        Errno::ESPIPE => 70,
        Errno::ESRCH => 71,
        Errno::ESTALE => 72,
        Errno::ETIMEDOUT => 73,
        Errno::ETXTBSY => 74,
        Errno::EXDEV => 75,
        Errno::ENOTCAPABLE => 76,
    }
}

/// Why a name has no address, as WasmEdge numbers it: from the last error of preview 1 on (`__wasi_errno_t` in its
/// `api.hpp`; the meaning is that of `EAI_*` in RFC 3493, section 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum LookupError {
    /// Nobody answered.
    Again = 78,
    /// A flag without a meaning, or without what it is about.
    BadFlags = 79,
    /// Another failure.
    Failed = 80,
    /// Not an address family.
    Family = 81,
    /// No room for a result.
    Memory = 82,
    /// The host has no address of the family.
    NoData = 83,
    /// There is no such host.
    NoName = 84,
    /// There is no such service.
    Service = 85,
    /// Not a type of socket, or not with the protocol.
    SocketType = 86,
}

impl LookupError {
    /// Its number.
    pub(crate) const fn number(self) -> u16 {
        self as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_number_of_its_own() {
        let mut numbers: Vec<u16> = Errno::ALL.iter().map(|errno| number(*errno)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), Errno::ALL.len());
        assert!(!numbers.contains(&SUCCESS));
        assert_eq!(numbers.last(), Some(&76));
    }
}
