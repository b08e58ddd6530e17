//! The tar format: POSIX.1-2017, `pax`, "ustar interchange format" and "pax extended header", and GNU tar's long names.

use super::error::{TarError, TarReason};
use std::str;

/// Headers and content come in blocks of this size, in bytes.
const BLOCK: usize = 512;

/// Whether `bytes` start like a ustar archive.
#[must_use]
pub fn is_archive(bytes: &[u8]) -> bool {
    Header::new(bytes).is_some_and(|header| header.is_ustar() && header.has_right_checksum())
}

/// An entry, with its extended headers applied.
pub(super) struct Entry {
    /// Where it begins in the archive.
    pub(super) offset: usize,
    pub(super) name: String,
    pub(super) mode: u16,
    pub(super) modified_ns: u64,
    pub(super) content: Content,
}

pub(super) enum Content {
    Regular(&'static [u8]),
    Directory,
    Symlink(String),
    /// A second name for an entry that came before.
    HardLink(String),
    /// A device or a pipe.
    Other,
}

/// What extended headers say of the next entry.
#[derive(Clone, Default)]
struct Extension {
    name: Option<String>,
    link: Option<String>,
    size: Option<usize>,
    modified_ns: Option<u64>,
}

pub(super) struct Archive {
    bytes: &'static [u8],
    at: usize,
    /// From a global pax header: counts for all entries behind.
    global: Extension,
}

impl Archive {
    pub(super) fn new(bytes: &'static [u8]) -> Archive {
        Archive { bytes, at: 0, global: Extension::default() }
    }

    /// The next entry; `None` at the end, which is a block of zeros or the end of the bytes.
    pub(super) fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        let offset = self.at;
        let mut extension = self.global.clone();
        self.read_entry(offset, &mut extension).map_err(|reason| {
            let name = extension.name.unwrap_or_default();
            TarError { offset, name, reason }
        })
    }

    fn read_entry(&mut self, offset: usize, extension: &mut Extension) -> Result<Option<Entry>, TarReason> {
        while let Some(header) = self.next_header()? {
            match header.flag() {
                b'x' => extension.apply_pax(self.take(header.size()?)?)?,
                b'g' => {
                    let mut global = self.global.clone();
                    global.apply_pax(self.take(header.size()?)?)?;
                    *extension = global.clone();
                    self.global = global;
                }
                b'L' => extension.name = Some(text(self.take(header.size()?)?)?),
                b'K' => extension.link = Some(text(self.take(header.size()?)?)?),
                // A volume's label.
                b'V' => drop(self.take(header.size()?)?),
                _ => return self.entry(offset, header, extension).map(Some),
            }
        }
        Ok(None)
    }

    fn entry(&mut self, offset: usize, header: Header<'static>, extension: &mut Extension) -> Result<Entry, TarReason> {
        let name = match extension.name.take() {
            Some(name) => name,
            None => header.name()?,
        };
        extension.name = Some(name.clone());
        let link = extension.link.take().map_or_else(|| header.link(), Ok);
        let content = match header.flag() {
            // Old archives mark a directory by the slash alone (POSIX, `pax`, typeflag).
            b'0' | 0 if name.ends_with('/') => Content::Directory,
            b'0' | 0 | b'7' => Content::Regular(self.take(extension.size.map_or_else(|| header.size(), Ok)?)?),
            b'1' => Content::HardLink(link?),
            b'2' => Content::Symlink(link?),
            b'5' => Content::Directory,
            b'3' | b'4' | b'6' => Content::Other,
            flag => return Err(TarReason::UnknownKind(flag)),
        };
        let modified_ns = match extension.modified_ns {
            Some(time) => time,
            None => header.modified_s()?.saturating_mul(1_000_000_000),
        };
        Ok(Entry { offset, name, mode: header.mode()?, modified_ns, content })
    }

    fn next_header(&mut self) -> Result<Option<Header<'static>>, TarReason> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let header = Header::new(rest).ok_or(TarReason::Truncated)?;
        if header.0.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        if !header.has_right_checksum() {
            return Err(TarReason::Checksum);
        }
        self.at += BLOCK;
        Ok(Some(header))
    }

    /// The next `size` bytes; what fills their last block is skipped.
    fn take(&mut self, size: usize) -> Result<&'static [u8], TarReason> {
        let end = self.at.checked_add(size).ok_or(TarReason::Truncated)?;
        let bytes = self.bytes.get(self.at..end).ok_or(TarReason::Truncated)?;
        // The last block of an archive that was cut off there may be short; the next header will tell.
        self.at = end.checked_next_multiple_of(BLOCK).ok_or(TarReason::Truncated)?;
        Ok(bytes)
    }
}

impl Extension {
    /// Applies records of the form `LENGTH KEYWORD=VALUE\n`, the length being that of the whole record in bytes.
    fn apply_pax(&mut self, records: &[u8]) -> Result<(), TarReason> {
        let mut rest = records;
        while !rest.is_empty() {
            let space = rest.iter().position(|&byte| byte == b' ').ok_or(TarReason::Malformed)?;
            let length = rest.get(..space).and_then(|digits| str::from_utf8(digits).ok()?.parse::<usize>().ok());
            let (record, behind) =
                length.and_then(|length| rest.split_at_checked(length)).ok_or(TarReason::Malformed)?;
            let record = record.get(space + 1..).and_then(|record| record.strip_suffix(b"\n"));
            self.apply_record(record.ok_or(TarReason::Malformed)?)?;
            rest = behind;
        }
        Ok(())
    }

    fn apply_record(&mut self, record: &[u8]) -> Result<(), TarReason> {
        let equals = record.iter().position(|&byte| byte == b'=').ok_or(TarReason::Malformed)?;
        let (keyword, value) = record.split_at_checked(equals).ok_or(TarReason::Malformed)?;
        let value = value.get(1..).unwrap_or_default();
        match keyword {
            b"path" => self.name = Some(text(value)?),
            b"linkpath" => self.link = Some(text(value)?),
            b"size" => self.size = Some(text(value)?.parse().map_err(|_| TarReason::Malformed)?),
            b"mtime" => self.modified_ns = Some(decimal_ns(&text(value)?)?),
            // Owners, access times, comments.
            _ => {}
        }
        Ok(())
    }
}

/// Seconds with decimals, in nanoseconds; times before 1970 become 1970.
fn decimal_ns(text: &str) -> Result<u64, TarReason> {
    if text.starts_with('-') {
        return Ok(0);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: u64 = whole.parse().map_err(|_| TarReason::Malformed)?;
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds: u64 = digits.parse().map_err(|_| TarReason::Malformed)?;
    Ok(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
}

/// Text up to the first NUL byte.
fn text(bytes: &[u8]) -> Result<String, TarReason> {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = str::from_utf8(bytes.get(..end).unwrap_or(bytes)).map_err(|_| TarReason::Malformed)?;
    Ok(text.to_owned())
}

/// A header block.
#[derive(Clone, Copy)]
struct Header<'a>(&'a [u8; BLOCK]);

impl<'a> Header<'a> {
    fn new(bytes: &'a [u8]) -> Option<Header<'a>> {
        bytes.first_chunk().map(Header)
    }

    fn field(&self, start: usize, length: usize) -> &'a [u8] {
        self.0.get(start..start + length).unwrap_or_default()
    }

    fn is_ustar(&self) -> bool {
        self.field(257, 5) == b"ustar"
    }

    /// The sum of all bytes, those of the checksum itself taken as spaces.
    fn has_right_checksum(&self) -> bool {
        let field = 148..156;
        let value = |(at, &byte): (usize, &u8)| u64::from(if field.contains(&at) { b' ' } else { byte });
        let sum: u64 = self.0.iter().enumerate().map(value).sum();
        number(self.field(148, 8)) == Ok(sum)
    }

    fn name(&self) -> Result<String, TarReason> {
        let name = text(self.field(0, 100))?;
        // GNU's own format keeps other things where ustar has the prefix.
        let prefix = if self.field(257, 8) == b"ustar\x0000" { text(self.field(345, 155))? } else { String::new() };
        Ok(if prefix.is_empty() { name } else { format!("{prefix}/{name}") })
    }

    fn link(&self) -> Result<String, TarReason> {
        text(self.field(157, 100))
    }

    fn flag(&self) -> u8 {
        self.field(156, 1).first().copied().unwrap_or(0)
    }

    fn mode(&self) -> Result<u16, TarReason> {
        // Some writers put the file's type in front of the permission bits.
        Ok(u16::try_from(number(self.field(100, 8))? & 0o7777).unwrap_or(0))
    }

    fn size(&self) -> Result<usize, TarReason> {
        usize::try_from(number(self.field(124, 12))?).map_err(|_| TarReason::Truncated)
    }

    fn modified_s(&self) -> Result<u64, TarReason> {
        number(self.field(136, 12))
    }
}

/// A number in octal digits, between spaces or NUL bytes; or big-endian behind a first byte of 0x80 (GNU).
fn number(field: &[u8]) -> Result<u64, TarReason> {
    if let Some((0x80, digits)) = field.split_first() {
        let shift = |sum: u64, &byte: &u8| sum.checked_mul(256)?.checked_add(u64::from(byte));
        return digits.iter().try_fold(0, shift).ok_or(TarReason::Malformed);
    }
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_padding(byte)).unwrap_or(field.len());
    let digits = field.get(start..).unwrap_or_default();
    let end = digits.iter().position(is_padding).unwrap_or(digits.len());
    let shift = |sum: u64, &byte: &u8| match byte {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    };
    digits.iter().take(end).try_fold(0, shift).ok_or(TarReason::Malformed)
}
