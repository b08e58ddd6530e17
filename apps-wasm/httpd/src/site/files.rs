//! The file tree: what a target leads to, and its content, whole or in parts.
//!
//! Nothing outside the root can be reached: a [`Target`] has no `..`, and symbolic links are not followed, wherever
//! they lead.

use super::upload::FileUpload;
use super::{directory, types};
use crate::http::{
    Body, Piece, Pieces, Ranges, Reply, Request, Status, Target, Validators, Verdict, content_range, evaluate,
    http_date, multipart, range_applies,
};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::SystemTime;

/// Shown in place of a directory that has it.
const INDEX: &str = "index.html";

/// The files below a root.
pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    pub(super) fn new(root: PathBuf) -> Files {
        Files { root }
    }

    /// The reply to `GET` and, but for its content, to `HEAD`.
    pub(super) fn read(&self, request: &Request<'_>, target: &Target) -> Result<Reply, Status> {
        let (path, metadata) = self.find(target)?;
        if metadata.is_file() && !target.names_directory {
            return file(request, path);
        }
        if !metadata.is_dir() {
            return Err(Status::NOT_FOUND);
        }
        if !target.names_directory {
            let reply = Reply::page(Status::MOVED_PERMANENTLY);
            return Ok(reply.header("Location", target.directory_address()));
        }
        let index = path.join(INDEX);
        if fs::symlink_metadata(&index).is_ok_and(|metadata| metadata.is_file()) {
            return file(request, index);
        }
        directory::page(&path, target).map_err(|error| status_of(&error))
    }

    /// Begins to take a new content.
    pub(super) fn receive(&self, request: &Request<'_>, target: &Target) -> Result<FileUpload, Status> {
        // A part of a file cannot be put (RFC 9110, section 14.5).
        if request.values("content-range").next().is_some() {
            return Err(Status::BAD_REQUEST);
        }
        if target.names_directory || target.is_hidden() {
            return Err(Status::FORBIDDEN);
        }
        let current = match self.find(target) {
            Ok((_, metadata)) if !metadata.is_file() => return Err(Status::CONFLICT),
            Ok((_, metadata)) => Some(validators(&metadata)),
            Err(Status::NOT_FOUND) => None,
            Err(status) => return Err(status),
        };
        check_conditions(request, current.as_ref())?;
        let done = if current.is_some() { Status::NO_CONTENT } else { Status::CREATED };
        let path = self.make_way(target)?;
        FileUpload::start(path, done).map_err(|error| status_of(&error))
    }

    /// Removes a file.
    pub(super) fn delete(&self, request: &Request<'_>, target: &Target) -> Result<Reply, Status> {
        let (path, metadata) = self.find(target)?;
        if target.names_directory || !metadata.is_file() {
            return Err(Status::CONFLICT);
        }
        check_conditions(request, Some(&validators(&metadata)))?;
        fs::remove_file(path).map_err(|error| status_of(&error))?;
        Ok(Reply::new(Status::NO_CONTENT))
    }

    /// Where the target leads and what is there; `404` for what is not, or is not shown.
    fn find(&self, target: &Target) -> Result<(PathBuf, Metadata), Status> {
        if target.is_hidden() {
            return Err(Status::NOT_FOUND);
        }
        let mut path = self.root.clone();
        let mut metadata = fs::metadata(&path).map_err(|error| status_of(&error))?;
        for segment in target.segments() {
            if !metadata.is_dir() {
                return Err(Status::NOT_FOUND);
            }
            path.push(segment);
            metadata = fs::symlink_metadata(&path).map_err(|error| status_of(&error))?;
        }
        Ok((path, metadata))
    }

    /// Makes the directories on the way to the target; the way itself has no links.
    fn make_way(&self, target: &Target) -> Result<PathBuf, Status> {
        let (name, directories) = target.segments().split_last().ok_or(Status::FORBIDDEN)?;
        let mut path = self.root.clone();
        for segment in directories {
            path.push(segment);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Err(Status::CONFLICT),
                Err(_) => fs::create_dir(&path).map_err(|error| status_of(&error))?,
            }
        }
        Ok(path.join(name))
    }
}

/// The content of a file, as far as conditions and ranges want it.
fn file(request: &Request<'_>, path: PathBuf) -> Result<Reply, Status> {
    let file = File::open(&path).map_err(|error| status_of(&error))?;
    let metadata = file.metadata().map_err(|error| status_of(&error))?;
    let validators = validators(&metadata);
    let reply = match evaluate(request, Some(&validators)) {
        Verdict::Failed => return Err(Status::PRECONDITION_FAILED),
        Verdict::NotModified => Reply::new(Status::NOT_MODIFIED),
        Verdict::Proceed => {
            let ranges = match request.header("range") {
                Some(field) if request.method == "GET" && range_applies(request, &validators) => {
                    Ranges::parse(field, metadata.len())
                }
                _ => Ranges::Whole,
            };
            content(file, metadata.len(), ranges, types::of(&path)).header("Accept-Ranges", "bytes")
        }
    };
    // `nosniff`: what was uploaded as text is not to be run as a script.
    Ok(reply
        .header("ETag", validators.etag)
        .header("Last-Modified", http_date(validators.modified))
        .header("X-Content-Type-Options", "nosniff"))
}

fn content(file: File, length: u64, ranges: Ranges, content_type: &str) -> Reply {
    match ranges {
        Ranges::Whole => {
            let body = Body::stream(Pieces::new(file, [Piece::Span(0..length)]));
            Reply::with_content(Status::OK, content_type, body)
        }
        Ranges::Unsatisfiable => {
            Reply::page(Status::RANGE_NOT_SATISFIABLE).header("Content-Range", format!("bytes */{length}"))
        }
        Ranges::Parts(parts) => match parts.as_slice() {
            [part] => {
                let body = Body::stream(Pieces::new(file, [Piece::Span(part.clone())]));
                Reply::with_content(Status::PARTIAL_CONTENT, content_type, body)
                    .header("Content-Range", content_range(part, length))
            }
            parts => {
                let (content_type, body) = multipart(file, parts, length, content_type);
                Reply::with_content(Status::PARTIAL_CONTENT, &content_type, body)
            }
        },
    }
}

fn check_conditions(request: &Request<'_>, current: Option<&Validators>) -> Result<(), Status> {
    match evaluate(request, current) {
        Verdict::Proceed => Ok(()),
        Verdict::Failed | Verdict::NotModified => Err(Status::PRECONDITION_FAILED),
    }
}

/// Time of modification and length: both change with the content, short of two changes within the clock's resolution.
fn validators(metadata: &Metadata) -> Validators {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let nanoseconds = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    Validators { etag: format!("\"{nanoseconds:x}-{:x}\"", metadata.len()), modified }
}

/// The status that tells what went wrong in the file system.
pub(super) fn status_of(error: &io::Error) -> Status {
    match error.kind() {
        // A name that no file can have, or a file where a directory should be: nothing is there.
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput | ErrorKind::InvalidFilename => {
            Status::NOT_FOUND
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Status::FORBIDDEN,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Status::INSUFFICIENT_STORAGE,
        ErrorKind::IsADirectory | ErrorKind::AlreadyExists => Status::CONFLICT,
        _ => Status::INTERNAL_SERVER_ERROR,
    }
}
