//! What checks are written in: steps that have to succeed, values that have to be equal.

use std::fmt::{Debug, Display};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// What came of a check.
pub(super) type Checked = Result<(), String>;

pub(super) const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(super) const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// No check waits longer for what has to come.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// A step that has to succeed.
pub(super) fn step<T, E: Display>(what: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// A value that has to be this one.
pub(super) fn expect<T: Debug + PartialEq>(what: &str, is: T, wanted: T) -> Checked {
    if is == wanted { Ok(()) } else { Err(format!("{what}: {is:?} instead of {wanted:?}")) }
}

/// What has to hold.
pub(super) fn ensure(what: &str, holds: bool) -> Checked {
    if holds { Ok(()) } else { Err(format!("{what}: it is not so")) }
}

/// A step that has to fail like this.
pub(super) fn fails<T>(what: &str, result: io::Result<T>, kinds: &[io::ErrorKind]) -> Checked {
    match result {
        Ok(_) => Err(format!("{what}: it succeeds")),
        Err(error) if kinds.contains(&error.kind()) => Ok(()),
        Err(error) => Err(format!("{what}: {error} ({:?})", error.kind())),
    }
}
