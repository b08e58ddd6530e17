//! Uploads: who may, and how a new content takes the place of the old one.

use super::files::status_of;
use crate::http::{Reply, Request, Status, Upload};
use crate::random::random;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// What an uploader must know (RFC 6750).
pub(super) struct Token(String);

impl Token {
    pub(super) fn new(token: String) -> Token {
        Token(token)
    }

    /// Whether the request shows the token.
    pub(super) fn is_held_by(&self, request: &Request<'_>) -> bool {
        let shown = request.header("authorization").and_then(|value| value.split_once(' '));
        shown.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && self.equals(token.trim()))
    }

    /// Compares in a time that does not tell how much of the token is right.
    fn equals(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        let difference = own.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b));
        own.len() == other.len() && std::hint::black_box(difference) == 0
    }
}

/// A content on its way into a file. It gathers under a hidden name beside the file and takes its place when it is
/// complete, so that nobody ever reads half of it.
pub(super) struct FileUpload {
    path: PathBuf,
    gathering: Gathering,
    done: Status,
}

/// The hidden file; dropped, it is gone.
struct Gathering {
    path: PathBuf,
    file: File,
}

impl Drop for Gathering {
    fn drop(&mut self) {
        // After success the name has gone already.
        let _ = fs::remove_file(&self.path);
    }
}

impl FileUpload {
    /// Begins; `done` is the status of success.
    pub(super) fn start(path: PathBuf, done: Status) -> io::Result<FileUpload> {
        let hidden = path.with_file_name(format!(".upload-{:016x}", random()));
        let file = File::create_new(&hidden)?;
        Ok(FileUpload { path, gathering: Gathering { path: hidden, file }, done })
    }
}

impl Upload for FileUpload {
    fn write(&mut self, part: &[u8]) -> Result<(), Reply> {
        self.gathering.file.write_all(part).map_err(|error| Reply::page(status_of(&error)))
    }

    fn finish(self: Box<Self>) -> Reply {
        match fs::rename(&self.gathering.path, &self.path) {
            Ok(()) => Reply::new(self.done),
            Err(error) => Reply::page(status_of(&error)),
        }
    }
}
