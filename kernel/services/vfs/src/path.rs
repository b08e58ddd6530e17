//! Paths as text: limits, components, and how a path is to be followed.

use interfaces::{Errno, Result};

/// The longest component of a path, in bytes.
pub const NAME_MAX: usize = 255;
/// The longest path, in bytes, with the NUL byte that C puts behind it.
pub const PATH_MAX: usize = 4096;

/// How far a path may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Anywhere: an absolute path starts at the root.
    Anywhere,
    /// Only below the base directory (WASI's sandbox): an absolute path, an absolute target of a symbolic link on the
    /// way and a `..` that climbs above the base are EPERM.
    Beneath,
}

/// Whether a symbolic link that is the last component of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// It is: the path leads to the link's target.
    Yes,
    /// It is not: the path leads to the link itself. (A path with a slash behind the link follows it nevertheless.)
    No,
}

/// The last component of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// None: the path is `/`.
    Root,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// A name.
    Name(String),
}

impl From<&str> for Last {
    fn from(component: &str) -> Last {
        match component {
            "" => Last::Root,
            "." => Last::Dot,
            ".." => Last::DotDot,
            name => Last::Name(name.to_owned()),
        }
    }
}

/// ENAMETOOLONG, EINVAL (a NUL byte) and ENOENT (empty), as every path is checked first.
pub(crate) fn check_path(path: &str) -> Result<()> {
    if path.is_empty() {
        Err(Errno::ENOENT)
    } else if path.len() >= PATH_MAX {
        Err(Errno::ENAMETOOLONG)
    } else if path.contains('\0') {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}

/// Whether slashes follow the last component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slashes {
    None,
    Trailing,
}

/// The first component, and what is behind it, beginning with a slash unless it is empty.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.find('/').and_then(|slash| path.split_at_checked(slash)).unwrap_or((path, ""))
}
