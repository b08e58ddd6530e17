//! Attributes of files (section 5): what the system tells, and what a client asks to set.

use super::wire::{Reader, Writer};
use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SIZE: u32 = 1;
const OWNERS: u32 = 2;
const PERMISSIONS: u32 = 4;
const TIMES: u32 = 8;
const EXTENDED: u32 = 0x8000_0000;

/// Types of files in the permissions, as POSIX has them.
const TYPE: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
#[cfg(not(unix))]
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;
const DEVICE: u32 = 0o020_000;

/// Attributes that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) size: Option<u64>,
    pub(super) permissions: Option<u32>,
    /// When it was read and written last, in seconds since 1970.
    pub(super) times: Option<(u32, u32)>,
    /// Somebody asks for other owners.
    pub(super) owners: bool,
}

impl Attributes {
    /// Those of a file.
    pub(super) fn of(metadata: &Metadata) -> Attributes {
        let times = metadata.accessed().ok().and_then(seconds).zip(metadata.modified().ok().and_then(seconds));
        Attributes { size: Some(metadata.len()), permissions: Some(permissions(metadata)), times, owners: false }
    }

    pub(super) fn read(fields: &mut Reader<'_>) -> Option<Attributes> {
        let flags = fields.number()?;
        let mut attributes = Attributes::default();
        if flags & SIZE != 0 {
            attributes.size = Some(fields.long()?);
        }
        if flags & OWNERS != 0 {
            attributes.owners = true;
            fields.long()?;
        }
        if flags & PERMISSIONS != 0 {
            attributes.permissions = Some(fields.number()?);
        }
        if flags & TIMES != 0 {
            attributes.times = Some((fields.number()?, fields.number()?));
        }
        if flags & EXTENDED != 0 {
            for _ in 0..fields.number()? {
                fields.string()?;
                fields.string()?;
            }
        }
        Some(attributes)
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        let flag = |present, flag| if present { flag } else { 0 };
        writer.number(
            flag(self.size.is_some(), SIZE)
                | flag(self.permissions.is_some(), PERMISSIONS)
                | flag(self.times.is_some(), TIMES),
        );
        if let Some(size) = self.size {
            writer.long(size);
        }
        if let Some(permissions) = self.permissions {
            writer.number(permissions);
        }
        if let Some((read, written)) = self.times {
            writer.number(read);
            writer.number(written);
        }
    }

    /// The line that a client may show for the file (section 7: its form is free, `ls -l` is recommended).
    pub(super) fn long_name(&self, name: &str) -> String {
        let permissions = self.permissions.unwrap_or_default();
        let kind = match permissions & TYPE {
            DIRECTORY => 'd',
            LINK => 'l',
            DEVICE => 'c',
            _ => '-',
        };
        let mut bits = String::new();
        for shift in [6, 3, 0] {
            let three = permissions >> shift;
            bits.extend(
                [(4, 'r'), (2, 'w'), (1, 'x')].map(|(bit, letter)| if three & bit == 0 { '-' } else { letter }),
            );
        }
        let (size, date) = (self.size.unwrap_or_default(), date(self.times.map_or(0, |(_, written)| written)));
        format!("{kind}{bits} 1 root root {size:>10} {date} {name}")
    }
}

/// The time that a client means.
pub(super) fn time(seconds: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.into())
}

fn seconds(time: SystemTime) -> Option<u32> {
    time.duration_since(UNIX_EPOCH).ok().and_then(|time| u32::try_from(time.as_secs()).ok())
}

#[cfg(unix)]
fn permissions(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions())
}

/// Preview 1 tells types and no permissions: there are those that new files have.
#[cfg(not(unix))]
fn permissions(metadata: &Metadata) -> u32 {
    let kind = metadata.file_type();
    if kind.is_dir() {
        DIRECTORY | 0o755
    } else if kind.is_symlink() {
        LINK | 0o777
    } else if kind.is_file() {
        REGULAR | 0o644
    } else {
        DEVICE | 0o666
    }
}

/// The date in the form of `ls -l` for files that are not new: `Nov 28  2026`.
fn date(seconds: u32) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // Days are counted from 1 March 0000, so that the day of the leap year is the last of its year.
    let days = u64::from(seconds) / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month < 2);
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
    format!("{name} {day:>2}  {year}")
}

#[cfg(test)]
mod tests {
    use super::{Attributes, date};

    #[test]
    fn dates() {
        assert_eq!(date(0), "Jan  1  1970");
        assert_eq!(date(951_782_400), "Feb 29  2000");
        assert_eq!(date(951_868_800), "Mar  1  2000");
        assert_eq!(date(1_795_860_000), "Nov 28  2026");
        assert_eq!(date(4_102_444_799), "Dec 31  2099");
    }

    #[test]
    fn a_line_like_those_of_ls() {
        let attributes = Attributes { size: Some(7), permissions: Some(0o100_640), times: Some((0, 0)), owners: false };
        assert_eq!(attributes.long_name("a b"), "-rw-r----- 1 root root          7 Jan  1  1970 a b");
    }
}
