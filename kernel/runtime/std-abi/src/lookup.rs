//! Finding hosts by name for `std::net` (`getaddrinfo`, RFC 3493, section 6.1).

use crate::socket_address::RawAddress;
use crate::sockets::network;
use hermit_abi::{
    AF_INET, AF_INET6, AF_UNSPEC, EAI_AGAIN, EAI_FAIL, EAI_FAMILY, EAI_NODATA, EAI_NONAME, EAI_SERVICE, EAI_SOCKTYPE,
    EAI_SYSTEM, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM, addrinfo, sockaddr, socklen_t,
};
use interfaces::Errno;
use std::ffi::{CStr, c_char};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Types of sockets and their protocols, in the order of the results.
const KINDS: [(i32, i32); 2] = [(SOCK_STREAM, IPPROTO_TCP), (SOCK_DGRAM, IPPROTO_UDP)];

/// A result with its address. The program sees the first field, by which it is freed.
#[repr(C)]
struct Answer {
    info: addrinfo,
    address: RawAddress,
}

/// The addresses of a host; 0, or why there are none (`EAI_...`).
///
/// # Safety
/// `node` and `service` are null or NUL-terminated, `hints` is null or can be read, `results` can be written.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    results: *mut *mut addrinfo,
) -> i32 {
    // SAFETY: the caller's contract.
    let node = unsafe { text(node) };
    // SAFETY: the caller's contract.
    let service = unsafe { text(service) };
    // SAFETY: the caller's contract.
    let hints = unsafe { hints.as_ref() };
    match find(node, service, hints) {
        Ok(answers) => {
            // SAFETY: the caller's contract.
            unsafe { results.write(chain(answers)) };
            0
        }
        Err(code) => code,
    }
}

/// # Safety
/// `text` is null or NUL-terminated and stays valid.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a CStr> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller's contract.
    Some(unsafe { CStr::from_ptr(text) })
}

fn find(node: Option<&CStr>, service: Option<&CStr>, hints: Option<&addrinfo>) -> Result<Vec<Answer>, i32> {
    let (family, kind) = hints.map_or((AF_UNSPEC, 0), |hints| (hints.ai_family, hints.ai_socktype));
    if ![AF_UNSPEC, AF_INET, AF_INET6].contains(&family) {
        return Err(EAI_FAMILY);
    }
    let kinds: Vec<_> = KINDS.into_iter().filter(|(known, _)| kind == 0 || kind == *known).collect();
    if kinds.is_empty() {
        return Err(EAI_SOCKTYPE);
    }
    let port = match service {
        None => 0,
        Some(service) => service.to_str().ok().and_then(|text| text.parse().ok()).ok_or(EAI_SERVICE)?,
    };
    let addresses = match node {
        None if service.is_none() => return Err(EAI_NONAME),
        None => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Some(node) => lookup(node.to_str().map_err(|_| EAI_NONAME)?)?,
    };
    let fits = |ip: &IpAddr| family == AF_UNSPEC || (family == AF_INET) == ip.is_ipv4();
    let fitting = addresses.into_iter().filter(fits).map(|ip| SocketAddr::new(ip, port));
    let answers: Vec<Answer> = fitting
        .flat_map(|address| kinds.iter().map(move |(kind, protocol)| answer(address, *kind, *protocol)))
        .collect();
    if answers.is_empty() { Err(EAI_NODATA) } else { Ok(answers) }
}

fn lookup(host: &str) -> Result<Vec<IpAddr>, i32> {
    if let Ok(ip) = host.parse() {
        return Ok(vec![ip]);
    }
    network().and_then(|network| network.lookup(host)).map_err(|error| match error {
        Errno::ENOENT | Errno::EINVAL => EAI_NONAME,
        Errno::EAGAIN | Errno::ETIMEDOUT | Errno::ENETDOWN => EAI_AGAIN,
        Errno::ECANCELED => {
            crate::last_error::set(error);
            EAI_SYSTEM
        }
        _ => EAI_FAIL,
    })
}

fn answer(address: SocketAddr, kind: i32, protocol: i32) -> Answer {
    let raw = RawAddress::new(address);
    let (_, length) = raw.bytes();
    let info = addrinfo {
        ai_flags: 0,
        ai_family: if address.is_ipv4() { AF_INET } else { AF_INET6 },
        ai_socktype: kind,
        ai_protocol: protocol,
        // An address has a few dozen bytes.
        ai_addrlen: length as socklen_t,
        ai_canonname: std::ptr::null_mut(),
        ai_addr: std::ptr::null_mut(),
        ai_next: std::ptr::null_mut(),
    };
    Answer { info, address: raw }
}

/// Makes the list that the program gets, each result on the heap.
fn chain(answers: Vec<Answer>) -> *mut addrinfo {
    let mut next = std::ptr::null_mut();
    for answer in answers.into_iter().rev() {
        let mut answer = Box::new(answer);
        answer.info.ai_next = next;
        let (address, _) = answer.address.bytes();
        answer.info.ai_addr = address.cast_mut().cast::<sockaddr>();
        next = Box::into_raw(answer).cast();
    }
    next
}

/// Frees what [`sys_getaddrinfo`] gave.
///
/// # Safety
/// `first` is null or was given by [`sys_getaddrinfo`], and is not used again.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_freeaddrinfo(first: *mut addrinfo) {
    let mut next = first;
    while !next.is_null() {
        // SAFETY: `chain` made it of a box of this type, whose first field this is.
        let answer = unsafe { Box::from_raw(next.cast::<Answer>()) };
        next = answer.info.ai_next;
    }
}
