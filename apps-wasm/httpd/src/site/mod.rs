//! What the server has to offer: files and directory pages, `/metrics`, and uploads for those who hold the token.
//!
//! It meets the world through [`Handler`] and the file system only; which files exist and which may be reached is in
//! `files`.

mod directory;
mod files;
mod metrics;
mod types;
mod upload;

use crate::http::{Answer, Handler, Record, Reply, Request, Status, Target, log_date};
use files::Files;
use metrics::Counters;
use std::io::Write;
use std::path::PathBuf;
use upload::Token;

/// Where the metrics are.
const METRICS: &str = "/metrics";

/// A tree of files, and who may change it.
pub(crate) struct Site {
    files: Files,
    token: Option<Token>,
    counters: Counters,
    log: Option<Box<dyn Write>>,
}

impl Site {
    /// Serves what is in `root`. Uploads need `token`, and without one there are none. Every exchange is a line in
    /// `log`.
    pub(crate) fn new(root: PathBuf, token: Option<String>, log: Option<Box<dyn Write>>) -> Site {
        Site { files: Files::new(root), token: token.map(Token::new), counters: Counters::default(), log }
    }

    /// Tells how many connections are open, for the metrics.
    pub(crate) fn set_connections(&mut self, open: usize) {
        self.counters.open_connections = open;
    }

    fn read(&self, request: &Request<'_>, target: &Target) -> Reply {
        if target.display() == METRICS {
            return metrics::page(&self.counters);
        }
        self.files.read(request, target).unwrap_or_else(Reply::page)
    }

    /// Answers a request that would change the tree.
    fn change(&self, request: &Request<'_>, target: &Target) -> Answer {
        let Some(token) = &self.token else { return self.not_allowed() };
        if !token.is_held_by(request) {
            let reply = Reply::page(Status::UNAUTHORIZED).header("WWW-Authenticate", "Bearer realm=\"uploads\"");
            return Answer::Reply(reply);
        }
        if target.display() == METRICS {
            return Answer::Reply(Reply::page(Status::FORBIDDEN));
        }
        let answer = match request.method {
            "PUT" => self.files.receive(request, target).map(|upload| Answer::Receive(Box::new(upload))),
            _ => self.files.delete(request, target).map(Answer::Reply),
        };
        answer.unwrap_or_else(|status| Answer::Reply(Reply::page(status)))
    }

    fn not_allowed(&self) -> Answer {
        Answer::Reply(Reply::page(Status::METHOD_NOT_ALLOWED).header("Allow", self.allowed()))
    }

    fn allowed(&self) -> &'static str {
        if self.token.is_some() { "GET, HEAD, OPTIONS, PUT, DELETE" } else { "GET, HEAD, OPTIONS" }
    }
}

impl Handler for Site {
    fn handle(&mut self, request: &Request<'_>) -> Answer {
        match request.method {
            "OPTIONS" => return Answer::Reply(Reply::new(Status::NO_CONTENT).header("Allow", self.allowed())),
            "POST" | "PATCH" | "TRACE" | "CONNECT" => return self.not_allowed(),
            "GET" | "HEAD" | "PUT" | "DELETE" => {}
            _ => return Answer::Reply(Reply::page(Status::NOT_IMPLEMENTED)),
        }
        match Target::parse(request.target) {
            Err(status) => Answer::Reply(Reply::page(status)),
            Ok(target) if matches!(request.method, "GET" | "HEAD") => Answer::Reply(self.read(request, &target)),
            Ok(target) => self.change(request, &target),
        }
    }

    fn finished(&mut self, record: &Record) {
        self.counters.count(record);
        if let Some(log) = &mut self.log {
            // A full disk must not end the service.
            let _ = log.write_all(log_line(record).as_bytes());
        }
    }
}

/// The Common Log Format.
fn log_line(record: &Record) -> String {
    let peer = record.peer.map_or("-".to_string(), |peer| peer.ip().to_string());
    // The parser lets no quote through unless the client wrote one; then it must not end the field.
    let request_line = record.request_line.replace('"', "%22");
    let Record { status, body_bytes, .. } = record;
    format!("{peer} - - [{}] \"{request_line}\" {} {body_bytes}\n", log_date(record.date), status.code)
}

#[cfg(test)]
mod tests;
