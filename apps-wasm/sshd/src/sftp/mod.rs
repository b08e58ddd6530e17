//! The subsystem `sftp`: version 3 of the SSH file transfer protocol (draft-ietf-secsh-filexfer-02), bytes in, bytes out.
//!
//! `wire` reads and writes the fields of packets, `attributes` those of files, `files` does the work. Of OpenSSH's
//! extensions there are `posix-rename`, `hardlink`, `fsync` and `limits`.

mod attributes;
mod files;
mod wire;

use files::{Files, Reply};
use wire::{Reader, Writer};

/// The largest packet, without its length; OpenSSH's is 256 KiB too.
const MOST_PACKET: usize = 256 * 1024;
/// A read or a write has at most so many bytes, so that its packet fits.
const MOST_DATA: u32 = 255 * 1024;
/// As long as so much waits for the client, it is not listened to, and no request is answered.
const MOST_OUTPUT: usize = 512 * 1024;

const VERSION: u32 = 3;
const EXTENSIONS: [(&str, &str); 4] = [
    ("posix-rename@openssh.com", "1"),
    ("hardlink@openssh.com", "1"),
    ("fsync@openssh.com", "1"),
    ("limits@openssh.com", "1"),
];

/// Packet types, section 3.
mod kind {
    pub(super) const INIT: u8 = 1;
    pub(super) const VERSION: u8 = 2;
    pub(super) const OPEN: u8 = 3;
    pub(super) const CLOSE: u8 = 4;
    pub(super) const READ: u8 = 5;
    pub(super) const WRITE: u8 = 6;
    pub(super) const LSTAT: u8 = 7;
    pub(super) const FSTAT: u8 = 8;
    pub(super) const SETSTAT: u8 = 9;
    pub(super) const FSETSTAT: u8 = 10;
    pub(super) const OPENDIR: u8 = 11;
    pub(super) const READDIR: u8 = 12;
    pub(super) const REMOVE: u8 = 13;
    pub(super) const MKDIR: u8 = 14;
    pub(super) const RMDIR: u8 = 15;
    pub(super) const REALPATH: u8 = 16;
    pub(super) const STAT: u8 = 17;
    pub(super) const RENAME: u8 = 18;
    pub(super) const READLINK: u8 = 19;
    pub(super) const SYMLINK: u8 = 20;
    pub(super) const STATUS: u8 = 101;
    pub(super) const HANDLE: u8 = 102;
    pub(super) const DATA: u8 = 103;
    pub(super) const NAME: u8 = 104;
    pub(super) const ATTRS: u8 = 105;
    pub(super) const EXTENDED: u8 = 200;
    pub(super) const EXTENDED_REPLY: u8 = 201;
}

/// The server's side of one transfer.
#[derive(Default)]
pub(crate) struct Sftp {
    files: Files,
    input: Vec<u8>,
    output: Vec<u8>,
    has_version: bool,
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client has nothing more to ask.
    Input,
    /// The client does not speak the protocol.
    Broken,
}

impl Sftp {
    /// Takes bytes and answers what they ask, as long as not too much waits for the client; returns how many were taken.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> usize {
        if self.output.len() >= MOST_OUTPUT && self.end.is_none() {
            return 0;
        }
        self.input.extend_from_slice(bytes);
        let input = std::mem::take(&mut self.input);
        let mut rest = input.as_slice();
        while self.end.is_none()
            && let Some((header, behind)) = rest.split_first_chunk::<4>()
        {
            let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
            if length > MOST_PACKET {
                self.end = Some(End::Broken);
                break;
            }
            let Some(packet) = behind.get(..length) else { break };
            if self.output.len() >= MOST_OUTPUT {
                // A client may ask for a whole file in one go. What it asked for first is answered, with what waited here.
                return bytes.len().saturating_sub(rest.len());
            }
            rest = behind.get(length..).unwrap_or_default();
            if self.answer(packet).is_none() {
                self.end = Some(End::Broken);
            }
        }
        self.input.extend_from_slice(rest);
        bytes.len()
    }

    /// The client sends nothing more.
    pub(crate) fn input_ended(&mut self) {
        self.end.get_or_insert(End::Input);
    }

    /// Moves what there is for the client into an empty buffer.
    pub(crate) fn take_output(&mut self, into: &mut Vec<u8>) {
        std::mem::swap(&mut self.output, into);
    }

    /// Whether nothing more will come.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// How it went, when it has ended.
    pub(crate) fn status(&self) -> u8 {
        u8::from(self.end == Some(End::Broken))
    }

    /// Answers a packet; `None` when it is none of this protocol.
    fn answer(&mut self, packet: &[u8]) -> Option<()> {
        let mut fields = Reader::new(packet);
        let kind = fields.byte()?;
        let number = fields.number()?;
        if !self.has_version {
            self.has_version = true;
            return (kind == kind::INIT).then(|| self.tell_version());
        }
        let reply = self.files.perform(kind, &mut fields);
        Writer::packet(&mut self.output, |writer| encode(writer, number, reply));
        Some(())
    }

    fn tell_version(&mut self) {
        Writer::packet(&mut self.output, |writer| {
            writer.byte(kind::VERSION);
            writer.number(VERSION);
            for (name, version) in EXTENSIONS {
                writer.string(name.as_bytes());
                writer.string(version.as_bytes());
            }
        });
    }
}

fn encode(writer: &mut Writer<'_>, number: u32, reply: Reply) {
    let mut begin = |kind| {
        writer.byte(kind);
        writer.number(number);
    };
    match reply {
        Reply::Status(status, message) => {
            begin(kind::STATUS);
            writer.number(status.number());
            writer.string(message.as_bytes());
            writer.string(b"en");
        }
        Reply::Handle(handle) => {
            begin(kind::HANDLE);
            writer.string(&handle.to_be_bytes());
        }
        Reply::Data(bytes) => {
            begin(kind::DATA);
            writer.string(&bytes);
        }
        Reply::Names(names) => {
            begin(kind::NAME);
            writer.number(u32::try_from(names.len()).unwrap_or(u32::MAX));
            for (name, attributes) in names {
                writer.string(name.as_bytes());
                writer.string(attributes.long_name(&name).as_bytes());
                attributes.write(writer);
            }
        }
        Reply::Attributes(attributes) => {
            begin(kind::ATTRS);
            attributes.write(writer);
        }
        Reply::Limits => {
            begin(kind::EXTENDED_REPLY);
            // The largest packet, read and write, and the number of handles.
            for limit in [MOST_PACKET as u64, MOST_DATA.into(), MOST_DATA.into(), files::MOST_HANDLES as u64] {
                writer.long(limit);
            }
        }
    }
}

#[cfg(test)]
mod tests;
