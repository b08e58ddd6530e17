//! Numbers, times and modes as commands print them.

use chrono::{DateTime, Utc};
use vfs::Kind;

/// Whether sizes are printed for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes.
    Bytes,
    /// Powers of 1024 by letter, with one digit behind the point below 10.
    Human,
}

impl Unit {
    pub(super) fn format(self, bytes: u64) -> String {
        const LETTERS: [&str; 6] = ["K", "M", "G", "T", "P", "E"];
        if self == Unit::Bytes || bytes < 1024 {
            return bytes.to_string();
        }
        // Tenths of the unit, rounded up, as ls and df do.
        let mut tenths = u128::from(bytes) * 10;
        let mut letter = "";
        for next in LETTERS {
            if tenths < 10_240 {
                break;
            }
            tenths = tenths.div_ceil(1024);
            letter = next;
        }
        if tenths < 100 {
            format!("{}.{}{letter}", tenths / 10, tenths % 10)
        } else {
            format!("{}{letter}", tenths.div_ceil(10))
        }
    }
}

/// A time in nanoseconds since the epoch.
pub(super) fn time(ns: u64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(i64::try_from(ns).unwrap_or(i64::MAX))
}

/// Type and permission bits as `ls -l` shows them.
pub(super) fn mode(kind: Kind, mode: u16) -> String {
    let bit = |(index, letter): (usize, char)| if mode & (0o400 >> index) == 0 { '-' } else { letter };
    std::iter::once(kind_letter(kind)).chain("rwxrwxrwx".chars().enumerate().map(bit)).collect()
}

fn kind_letter(kind: Kind) -> char {
    match kind {
        Kind::Regular => '-',
        Kind::Directory => 'd',
        Kind::Symlink => 'l',
        Kind::CharDevice => 'c',
        Kind::Fifo => 'p',
        Kind::StreamSocket | Kind::DatagramSocket => 's',
    }
}

/// What a kind of node is called.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Regular => "regular file",
        Kind::Directory => "directory",
        Kind::Symlink => "symbolic link",
        Kind::CharDevice => "character device",
        Kind::Fifo => "pipe",
        Kind::StreamSocket | Kind::DatagramSocket => "socket",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let sizes = [0, 1023, 1024, 1025, 1536, 10 * 1024, 1024 * 1024 - 1, 1024 * 1024, 3 << 40, u64::MAX];
        let human = ["0", "1023", "1.0K", "1.1K", "1.5K", "10K", "1.0M", "1.0M", "3.0T", "16E"];
        for (size, expected) in sizes.into_iter().zip(human) {
            assert_eq!(Unit::Human.format(size), expected, "{size}");
        }
        assert_eq!(Unit::Bytes.format(4096), "4096");
    }

    #[test]
    fn modes() {
        assert_eq!(mode(Kind::Regular, 0o644), "-rw-r--r--");
        assert_eq!(mode(Kind::Directory, 0o755), "drwxr-xr-x");
    }
}
