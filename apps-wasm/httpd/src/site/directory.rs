//! The page of a directory.

use crate::http::{Body, Reply, Status, Target, encode_segment, escape_html, http_date};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What the page looks like.
const STYLE: &str = "body{font-family:sans-serif;margin:2em}td{padding:0 2em 0 0}td+td{text-align:right}";

/// A page with links to what is in `directory`: directories first, then files, each by name.
pub(super) fn page(directory: &Path, target: &Target) -> io::Result<Reply> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_shown = !name.starts_with('.') && (metadata.is_dir() || metadata.is_file());
        if is_shown {
            entries.push((!metadata.is_dir(), name, metadata));
        }
    }
    entries.sort_by(|(kind, name, _), (other_kind, other_name, _)| (kind, name).cmp(&(other_kind, other_name)));

    let title = escape_html(&target.display());
    let mut html = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <h1>{title}</h1>\n<table>\n"
    );
    if !target.segments().is_empty() {
        html += "<tr><td><a href=\"../\">../</a></td></tr>\n";
    }
    html.extend(entries.iter().map(|(_, name, metadata)| row(name, metadata)));
    html += "</table>\n";
    Ok(Reply::with_content(Status::OK, "text/html; charset=utf-8", Body::Bytes(html.into_bytes())))
}

fn row(name: &str, metadata: &Metadata) -> String {
    let slash = if metadata.is_dir() { "/" } else { "" };
    // `./`, because a name with a colon would pass for an address of another kind.
    let link = format!("./{}{slash}", encode_segment(name));
    let size = if metadata.is_dir() { "-".to_string() } else { metadata.len().to_string() };
    let modified = http_date(metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH));
    let name = escape_html(name);
    format!("<tr><td><a href=\"{link}\">{name}{slash}</a></td><td>{size}</td><td>{modified}</td></tr>\n")
}
