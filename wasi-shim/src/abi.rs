//! The types of preview 1 that cross guest memory: flags, structures and their layout (witx `typenames`).
//!
//! A flags type that a guest passes is parsed with `from_bits`, so that a bit without a meaning is EINVAL, not ignored.

use crate::memory::{GuestPtr, GuestSlice, Layout, Load, Store, field, set_field};
use bitflags::bitflags;
use vfs::{Kind, Metadata, StatusFlags};

bitflags! {
    /// `$fdflags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct FdFlags: u16 {
        const APPEND = 1;
        const DSYNC = 1 << 1;
        const NONBLOCK = 1 << 2;
        const RSYNC = 1 << 3;
        const SYNC = 1 << 4;
    }

    /// `$oflags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct OpenFlags: u32 {
        const CREAT = 1;
        const DIRECTORY = 1 << 1;
        const EXCL = 1 << 2;
        const TRUNC = 1 << 3;
    }

    /// `$lookupflags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct LookupFlags: u32 {
        const SYMLINK_FOLLOW = 1;
    }

    /// `$fstflags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct TimeFlags: u32 {
        const ATIM = 1;
        const ATIM_NOW = 1 << 1;
        const MTIM = 1 << 2;
        const MTIM_NOW = 1 << 3;
    }

    /// `$subclockflags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct ClockFlags: u16 {
        const ABSTIME = 1;
    }

    /// `$riflags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct ReceiveFlags: u32 {
        const PEEK = 1;
        const WAITALL = 1 << 1;
    }

    /// `$sdflags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct ShutdownFlags: u32 {
        const RD = 1;
        const WR = 1 << 1;
    }
}

/// `$roflags`: a datagram was longer than the buffers.
pub(crate) const RECEIVED_TRUNCATED: u16 = 1;
/// `$eventrwflags`: the other end has hung up.
pub(crate) const EVENT_HANGUP: u16 = 1;
/// `$preopentype`: a directory.
pub(crate) const PREOPEN_DIRECTORY: u8 = 0;
/// `$eventtype`.
pub(crate) const EVENT_CLOCK: u8 = 0;
/// `$eventtype`.
pub(crate) const EVENT_FD_READ: u8 = 1;
/// `$eventtype`.
pub(crate) const EVENT_FD_WRITE: u8 = 2;

impl From<StatusFlags> for FdFlags {
    fn from(flags: StatusFlags) -> FdFlags {
        let pairs = [
            (flags.append, FdFlags::APPEND),
            (flags.dsync, FdFlags::DSYNC),
            (flags.nonblock, FdFlags::NONBLOCK),
            (flags.rsync, FdFlags::RSYNC),
            (flags.sync, FdFlags::SYNC),
        ];
        pairs.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag).collect()
    }
}

impl From<FdFlags> for StatusFlags {
    fn from(flags: FdFlags) -> StatusFlags {
        StatusFlags {
            append: flags.contains(FdFlags::APPEND),
            nonblock: flags.contains(FdFlags::NONBLOCK),
            sync: flags.contains(FdFlags::SYNC),
            dsync: flags.contains(FdFlags::DSYNC),
            rsync: flags.contains(FdFlags::RSYNC),
        }
    }
}

/// The `$filetype` of a kind of node; preview 1 has no word for a pipe.
pub(crate) const fn filetype(kind: Kind) -> u8 {
    match kind {
        Kind::Fifo => 0,
        Kind::CharDevice => 2,
        Kind::Directory => 3,
        Kind::Regular => 4,
        Kind::DatagramSocket => 5,
        Kind::StreamSocket => 6,
        Kind::Symlink => 7,
    }
}

/// `$iovec` and `$ciovec`: a buffer in guest memory.
pub(crate) struct Buffer(pub(crate) GuestSlice<u8>);

impl Layout for Buffer {
    const SIZE: u32 = 8;
}

impl Load for Buffer {
    fn load(bytes: &[u8]) -> Option<Self> {
        let start = GuestPtr::from(field::<u32>(bytes, 0)?);
        Some(Buffer(start.slice(field(bytes, 4)?)))
    }
}

/// `$filestat`.
impl Layout for Metadata {
    const SIZE: u32 = 64;
}

impl Store for Metadata {
    fn store(&self, bytes: &mut [u8]) -> Option<()> {
        set_field(bytes, 0, self.device)?;
        set_field(bytes, 8, self.inode)?;
        // The type is one byte; the seven behind it are padding, written as zeros.
        set_field(bytes, 16, u64::from(filetype(self.kind)))?;
        set_field(bytes, 24, self.links)?;
        set_field(bytes, 32, self.size)?;
        set_field(bytes, 40, self.accessed_ns)?;
        set_field(bytes, 48, self.modified_ns)?;
        set_field(bytes, 56, self.changed_ns)
    }
}

/// `$fdstat`.
pub(crate) struct FdStat {
    pub(crate) kind: Kind,
    pub(crate) flags: FdFlags,
    pub(crate) rights: u64,
    pub(crate) inheriting: u64,
}

impl Layout for FdStat {
    const SIZE: u32 = 24;
}

impl Store for FdStat {
    fn store(&self, bytes: &mut [u8]) -> Option<()> {
        set_field(bytes, 0, u16::from(filetype(self.kind)))?;
        set_field(bytes, 2, self.flags.bits())?;
        set_field(bytes, 4, 0_u32)?;
        set_field(bytes, 8, self.rights)?;
        set_field(bytes, 16, self.inheriting)
    }
}

/// `$prestat` of a directory.
pub(crate) struct Prestat {
    pub(crate) name_len: u32,
}

impl Layout for Prestat {
    const SIZE: u32 = 8;
}

impl Store for Prestat {
    fn store(&self, bytes: &mut [u8]) -> Option<()> {
        set_field(bytes, 0, u32::from(PREOPEN_DIRECTORY))?;
        set_field(bytes, 4, self.name_len)
    }
}

/// `$dirent`: what stands before the name of a directory entry.
pub(crate) struct DirentHeader {
    pub(crate) next_cookie: u64,
    pub(crate) inode: u64,
    pub(crate) name_len: u32,
    pub(crate) kind: Kind,
}

impl Layout for DirentHeader {
    const SIZE: u32 = 24;
}

impl Store for DirentHeader {
    fn store(&self, bytes: &mut [u8]) -> Option<()> {
        set_field(bytes, 0, self.next_cookie)?;
        set_field(bytes, 8, self.inode)?;
        set_field(bytes, 16, self.name_len)?;
        set_field(bytes, 20, u32::from(filetype(self.kind)))
    }
}

/// `$subscription`.
pub(crate) struct Subscription {
    pub(crate) userdata: u64,
    pub(crate) topic: Topic,
}

/// `$subscription_u`: what a subscription waits for.
pub(crate) enum Topic {
    /// A clock.
    Clock { id: u32, timeout_ns: u64, flags: u16 },
    /// That reading would not block.
    Read { fd: u32 },
    /// That writing would not block.
    Write { fd: u32 },
    /// A tag that preview 1 does not know.
    Unknown,
}

impl Layout for Subscription {
    const SIZE: u32 = 48;
}

impl Load for Subscription {
    fn load(bytes: &[u8]) -> Option<Self> {
        let topic = match field::<u8>(bytes, 8)? {
            EVENT_CLOCK => {
                Topic::Clock { id: field(bytes, 16)?, timeout_ns: field(bytes, 24)?, flags: field(bytes, 40)? }
            }
            EVENT_FD_READ => Topic::Read { fd: field(bytes, 16)? },
            EVENT_FD_WRITE => Topic::Write { fd: field(bytes, 16)? },
            _ => Topic::Unknown,
        };
        Some(Subscription { userdata: field(bytes, 0)?, topic })
    }
}

/// `$event`.
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) error: u16,
    pub(crate) kind: u8,
    pub(crate) available: u64,
    pub(crate) flags: u16,
}

impl Layout for Event {
    const SIZE: u32 = 32;
}

impl Store for Event {
    fn store(&self, bytes: &mut [u8]) -> Option<()> {
        set_field(bytes, 0, self.userdata)?;
        set_field(bytes, 8, self.error)?;
        set_field(bytes, 10, u16::from(self.kind))?;
        set_field(bytes, 12, 0_u32)?;
        set_field(bytes, 16, self.available)?;
        set_field(bytes, 24, u64::from(self.flags))
    }
}
