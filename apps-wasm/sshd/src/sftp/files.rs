//! What the requests ask for, done on the file system.
//!
//! Paths begin at `/`, relative ones too. Errors become the numbers of section 7, with the system's words beside.

use super::attributes::{Attributes, time};
use super::wire::Reader;
use super::{MOST_DATA, kind};
use crate::shell;
use std::collections::HashMap;
use std::fs::{self, File, FileTimes, ReadDir};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A client has at most so many files and directories open.
pub(super) const MOST_HANDLES: usize = 128;
/// Entries of a directory that are told at once.
const ENTRIES: usize = 128;

/// Flags of an opening, section 6.3.
const READ: u32 = 1;
const WRITE: u32 = 2;
const APPEND: u32 = 4;
const CREATE: u32 = 8;
const TRUNCATE: u32 = 16;
const EXCLUSIVE: u32 = 32;

/// What a client has open.
#[derive(Default)]
pub(super) struct Files {
    open: HashMap<u32, Open>,
    next: u32,
}

enum Open {
    File { file: File, path: PathBuf, appends: bool },
    Directory { entries: ReadDir, path: PathBuf },
}

/// An answer.
pub(super) enum Reply {
    Status(Status, String),
    Handle(u32),
    Data(Vec<u8>),
    Names(Vec<(String, Attributes)>),
    Attributes(Attributes),
    Limits,
}

/// How a request went, section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Done,
    End,
    NoSuchFile,
    Denied,
    Failure,
    BadMessage,
    Unsupported,
}

impl Status {
    pub(super) fn number(self) -> u32 {
        match self {
            Status::Done => 0,
            Status::End => 1,
            Status::NoSuchFile => 2,
            Status::Denied => 3,
            Status::Failure => 4,
            Status::BadMessage => 5,
            Status::Unsupported => 8,
        }
    }
}

/// Why a request was not done.
struct Refused(Status, String);

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        let status = match error.kind() {
            ErrorKind::NotFound => Status::NoSuchFile,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Status::Denied,
            ErrorKind::Unsupported => Status::Unsupported,
            _ => Status::Failure,
        };
        Refused(status, error.to_string())
    }
}

type Result = std::result::Result<Reply, Refused>;

fn cut_off() -> Refused {
    Refused(Status::BadMessage, "the request is cut off, or a name is not UTF-8".to_owned())
}

fn done() -> Result {
    Ok(Reply::Status(Status::Done, "done".to_owned()))
}

fn path(fields: &mut Reader<'_>) -> std::result::Result<PathBuf, Refused> {
    Ok(absolute(fields.text().ok_or_else(cut_off)?))
}

/// The path without `.`, `..` and repeated slashes.
fn absolute(path: &str) -> PathBuf {
    let mut absolute = PathBuf::from("/");
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(absolute.pop()),
            name => absolute.push(name),
        }
    }
    absolute
}

fn tell(metadata: &fs::Metadata) -> Reply {
    Reply::Attributes(Attributes::of(metadata))
}

fn attributes(fields: &mut Reader<'_>) -> std::result::Result<Attributes, Refused> {
    Attributes::read(fields).ok_or_else(cut_off)
}

impl Files {
    /// Does what a request asks for.
    pub(super) fn perform(&mut self, kind: u8, fields: &mut Reader<'_>) -> Reply {
        let result = match kind {
            kind::OPEN => self.open(fields),
            kind::CLOSE => self.close(fields),
            kind::READ => self.read(fields),
            kind::WRITE => self.write(fields),
            kind::LSTAT => path(fields).and_then(|path| Ok(tell(&fs::symlink_metadata(path)?))),
            kind::STAT => path(fields).and_then(|path| Ok(tell(&fs::metadata(path)?))),
            kind::FSTAT => self.attributes_of_open(fields),
            kind::SETSTAT => path(fields).and_then(|path| set(&path, attributes(fields)?)),
            kind::FSETSTAT => self.set_attributes_of_open(fields),
            kind::OPENDIR => self.open_directory(fields),
            kind::READDIR => self.read_directory(fields),
            kind::REMOVE => path(fields).and_then(|path| Ok(fs::remove_file(path)?)).and_then(|()| done()),
            kind::MKDIR => make_directory(fields),
            kind::RMDIR => path(fields).and_then(|path| Ok(fs::remove_dir(path)?)).and_then(|()| done()),
            kind::REALPATH => real_path(fields),
            kind::RENAME => rename(fields, Existing::Refuse),
            kind::READLINK => read_link(fields),
            kind::SYMLINK => make_link(fields),
            kind::EXTENDED => self.extended(fields),
            _ => Err(Refused(Status::Unsupported, format!("no request of version 3 has the number {kind}"))),
        };
        result.unwrap_or_else(|Refused(status, message)| Reply::Status(status, message))
    }

    fn add(&mut self, open: Open) -> Result {
        if self.open.len() >= MOST_HANDLES {
            return Err(Refused(Status::Failure, "too many open files".to_owned()));
        }
        while self.open.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let handle = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(handle, open);
        Ok(Reply::Handle(handle))
    }

    fn handle(fields: &mut Reader<'_>) -> std::result::Result<u32, Refused> {
        let string = fields.string().ok_or_else(cut_off)?;
        // Any other string is no handle of this server; none has the last number while fewer than that are open.
        Ok(string.try_into().map_or(u32::MAX, u32::from_be_bytes))
    }

    fn get(&mut self, fields: &mut Reader<'_>) -> std::result::Result<&mut Open, Refused> {
        let handle = Files::handle(fields)?;
        self.open
            .get_mut(&handle)
            .ok_or_else(|| Refused(Status::Failure, "nothing is open under this handle".to_owned()))
    }

    fn file(&mut self, fields: &mut Reader<'_>) -> std::result::Result<(&mut File, bool), Refused> {
        match self.get(fields)? {
            Open::File { file, appends, .. } => Ok((file, *appends)),
            Open::Directory { .. } => Err(Refused(Status::Failure, "this is a directory".to_owned())),
        }
    }

    fn open(&mut self, fields: &mut Reader<'_>) -> Result {
        let path = path(fields)?;
        let flags = fields.number().ok_or_else(cut_off)?;
        let wanted = attributes(fields)?;
        let has = |flag| flags & flag != 0;
        let is_new = has(CREATE) && fs::symlink_metadata(&path).is_err();
        let mut options = File::options();
        options.read(has(READ)).write(has(WRITE) || has(APPEND)).create(has(CREATE)).truncate(has(TRUNCATE));
        if has(CREATE) && has(EXCLUSIVE) {
            options.create_new(true);
        }
        let file = options.open(&path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(Refused(Status::Failure, "this is a directory".to_owned()));
        }
        if !metadata.is_file() {
            // A device with nothing to say would hold up all clients.
            sockets::unblock(&file)?;
        }
        if let (true, Some(permissions)) = (is_new, wanted.permissions.and_then(|mode| unusual(mode, NEW_FILE))) {
            shell::set_mode(&path, permissions)?;
        }
        self.add(Open::File { file, path, appends: has(APPEND) })
    }

    fn close(&mut self, fields: &mut Reader<'_>) -> Result {
        match self.open.remove(&Files::handle(fields)?) {
            Some(_) => done(),
            None => Err(Refused(Status::Failure, "nothing is open under this handle".to_owned())),
        }
    }

    fn read(&mut self, fields: &mut Reader<'_>) -> Result {
        let (file, _) = self.file(fields)?;
        let (offset, length) = fields.long().zip(fields.number()).ok_or_else(cut_off)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(length.min(MOST_DATA).into()).read_to_end(&mut bytes)?;
        if bytes.is_empty() && length > 0 {
            return Err(Refused(Status::End, "end of file".to_owned()));
        }
        Ok(Reply::Data(bytes))
    }

    fn write(&mut self, fields: &mut Reader<'_>) -> Result {
        let (file, appends) = self.file(fields)?;
        let (offset, bytes) = fields.long().zip(fields.string()).ok_or_else(cut_off)?;
        file.seek(if appends { SeekFrom::End(0) } else { SeekFrom::Start(offset) })?;
        file.write_all(bytes)?;
        done()
    }

    fn attributes_of_open(&mut self, fields: &mut Reader<'_>) -> Result {
        let metadata = match self.get(fields)? {
            Open::File { file, .. } => file.metadata()?,
            Open::Directory { path, .. } => fs::metadata(path)?,
        };
        Ok(tell(&metadata))
    }

    fn set_attributes_of_open(&mut self, fields: &mut Reader<'_>) -> Result {
        match self.get(fields)? {
            Open::File { file, path, .. } => {
                let attributes = attributes(fields)?;
                if let Some(size) = attributes.size {
                    file.set_len(size)?;
                }
                set_others(file, path, attributes)
            }
            Open::Directory { path, .. } => {
                let path = path.clone();
                set(&path, attributes(fields)?)
            }
        }
    }

    fn open_directory(&mut self, fields: &mut Reader<'_>) -> Result {
        let path = path(fields)?;
        let entries = fs::read_dir(&path)?;
        self.add(Open::Directory { entries, path })
    }

    fn read_directory(&mut self, fields: &mut Reader<'_>) -> Result {
        let Open::Directory { entries, .. } = self.get(fields)? else {
            return Err(Refused(Status::Failure, "this is no directory".to_owned()));
        };
        // One that is gone by now, or whose name is not UTF-8, is left out.
        let told = |entry: fs::DirEntry| {
            let metadata = fs::symlink_metadata(entry.path()).ok()?;
            Some((entry.file_name().into_string().ok()?, Attributes::of(&metadata)))
        };
        let names = entries.filter_map(|entry| entry.map(told).transpose()).take(ENTRIES);
        let names = names.collect::<io::Result<Vec<_>>>()?;
        if names.is_empty() {
            Err(Refused(Status::End, "end of directory".to_owned()))
        } else {
            Ok(Reply::Names(names))
        }
    }

    fn extended(&mut self, fields: &mut Reader<'_>) -> Result {
        match fields.text().ok_or_else(cut_off)? {
            "posix-rename@openssh.com" => rename(fields, Existing::Replace),
            "hardlink@openssh.com" => {
                let (old, new) = (path(fields)?, path(fields)?);
                fs::hard_link(old, new)?;
                done()
            }
            "fsync@openssh.com" => {
                self.file(fields)?.0.sync_all()?;
                done()
            }
            "limits@openssh.com" => Ok(Reply::Limits),
            other => Err(Refused(Status::Unsupported, format!("there is no extension {other}"))),
        }
    }
}

/// What files have when nobody says more.
const NEW_FILE: u32 = 0o644;
const NEW_DIRECTORY: u32 = 0o755;
/// What others may not have, though a client asks for it when it makes something: POSIX's `umask`.
const MASK: u32 = 0o022;

/// The permissions for something new, where they are not those that it has anyway.
fn unusual(asked: u32, usual: u32) -> Option<u32> {
    Some(asked & 0o777 & !MASK).filter(|permissions| *permissions != usual)
}

fn make_directory(fields: &mut Reader<'_>) -> Result {
    let path = path(fields)?;
    let wanted = attributes(fields)?;
    fs::create_dir(&path)?;
    if let Some(permissions) = wanted.permissions.and_then(|mode| unusual(mode, NEW_DIRECTORY)) {
        shell::set_mode(&path, permissions)?;
    }
    done()
}

/// Sets what is asked for, on a file that is not open.
fn set(path: &Path, attributes: Attributes) -> Result {
    if let Some(size) = attributes.size {
        File::options().write(true).open(path)?.set_len(size)?;
    }
    if attributes.times.is_some() {
        return set_others(&File::open(path)?, path, attributes);
    }
    set_permissions(path, attributes)
}

fn set_others(file: &File, path: &Path, attributes: Attributes) -> Result {
    if let Some((read, written)) = attributes.times {
        file.set_times(FileTimes::new().set_accessed(time(read)).set_modified(time(written)))?;
    }
    set_permissions(path, attributes)
}

fn set_permissions(path: &Path, attributes: Attributes) -> Result {
    if attributes.owners {
        return Err(Refused(Status::Unsupported, "files have no owners here".to_owned()));
    }
    if let Some(permissions) = attributes.permissions {
        shell::set_mode(path, permissions)?;
    }
    done()
}

fn real_path(fields: &mut Reader<'_>) -> Result {
    let path = path(fields)?;
    let name = path.to_str().ok_or_else(cut_off)?.to_owned();
    Ok(Reply::Names(vec![(name, Attributes::default())]))
}

/// What a rename does to what has the new name already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Refuse,
    Replace,
}

/// Section 6.5 lets a rename fail where the new name exists, and POSIX, as its extension, replaces what is there.
fn rename(fields: &mut Reader<'_>, existing: Existing) -> Result {
    let (old, new) = (path(fields)?, path(fields)?);
    if existing == Existing::Refuse && fs::symlink_metadata(&new).is_ok() {
        return Err(Refused(Status::Failure, "the new name exists".to_owned()));
    }
    fs::rename(old, new)?;
    done()
}

fn read_link(fields: &mut Reader<'_>) -> Result {
    let target = fs::read_link(path(fields)?)?;
    let target = target.to_str().ok_or_else(cut_off)?.to_owned();
    Ok(Reply::Names(vec![(target, Attributes::default())]))
}

/// Section 6.10 puts the link first; OpenSSH, and with it every client, puts the target first.
fn make_link(fields: &mut Reader<'_>) -> Result {
    let target = fields.text().ok_or_else(cut_off)?;
    let link = path(fields)?;
    // The one call for it that is stable on WASI too.
    #[allow(deprecated)]
    fs::soft_link(target, link)?;
    done()
}
