//! Conditional requests (RFC 9110, section 13).

use super::{Request, dates};
use std::time::{Duration, SystemTime};

/// What tells one state of a file from another.
#[derive(Clone, Debug)]
pub(crate) struct Validators {
    /// A strong entity tag, with its quotes.
    pub(crate) etag: String,
    pub(crate) modified: SystemTime,
}

/// What the conditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Do as asked.
    Proceed,
    /// The client has this already: answer 304.
    NotModified,
    /// The file is not what the client thinks: answer 412.
    Failed,
}

/// Evaluates the conditions in their order (RFC 9110, section 13.2.2). `current` is what exists, if anything does.
pub(crate) fn evaluate(request: &Request<'_>, current: Option<&Validators>) -> Verdict {
    let reads = matches!(request.method, "GET" | "HEAD");
    let met_before = match tags(request, "if-match") {
        Some(tags) => current.is_some_and(|current| tags.any_strong(&current.etag)),
        None => !date(request, "if-unmodified-since").is_some_and(|date| modified_after(current, date)),
    };
    if !met_before {
        return Verdict::Failed;
    }
    let is_new = match tags(request, "if-none-match") {
        Some(tags) => !current.is_some_and(|current| tags.any_weak(&current.etag)),
        None if reads => date(request, "if-modified-since").is_none_or(|date| modified_after(current, date)),
        None => true,
    };
    match (is_new, reads) {
        (true, _) => Verdict::Proceed,
        (false, true) => Verdict::NotModified,
        (false, false) => Verdict::Failed,
    }
}

/// Whether a range of the current state is what the client wants (`If-Range`; RFC 9110, section 13.1.5).
pub(crate) fn range_applies(request: &Request<'_>, current: &Validators) -> bool {
    match request.header("if-range") {
        None => request.values("if-range").next().is_none(),
        Some(tag) if tag.ends_with('"') => tag == current.etag,
        Some(date) => dates::parse(date).is_some_and(|date| date == whole_seconds(current.modified)),
    }
}

/// The entity tags of one header field.
enum Tags<'a> {
    /// `*`: whatever exists.
    Any,
    Listed(Vec<&'a str>),
}

impl Tags<'_> {
    fn any_strong(&self, etag: &str) -> bool {
        match self {
            Tags::Any => true,
            Tags::Listed(tags) => tags.contains(&etag),
        }
    }

    fn any_weak(&self, etag: &str) -> bool {
        match self {
            Tags::Any => true,
            Tags::Listed(tags) => tags.iter().any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag),
        }
    }
}

/// Own tags have no comma, so that one that is torn apart at a comma is none of them.
fn tags<'a>(request: &Request<'a>, name: &str) -> Option<Tags<'a>> {
    request.values(name).next()?;
    let tags: Vec<&str> = request.members(name).collect();
    Some(if tags == ["*"] { Tags::Any } else { Tags::Listed(tags) })
}

/// A date that cannot be read is as good as none.
fn date(request: &Request<'_>, name: &str) -> Option<SystemTime> {
    request.header(name).and_then(dates::parse)
}

fn modified_after(current: Option<&Validators>, date: SystemTime) -> bool {
    current.is_none_or(|current| whole_seconds(current.modified) > date)
}

/// Dates of HTTP know no fractions.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs())
}

#[cfg(test)]
mod tests {
    use super::super::request::header_storage;
    use super::{Request, Validators, Verdict, evaluate, range_applies};
    use std::time::{Duration, SystemTime};

    const AT: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn current() -> Validators {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_500);
        Validators { etag: "\"tag\"".to_string(), modified }
    }

    fn with<T>(method: &str, fields: &str, look: impl FnOnce(&Request<'_>) -> T) -> T {
        let head = format!("{method} / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n");
        let mut storage = header_storage();
        look(&Request::parse(head.as_bytes(), &mut storage).expect("a request"))
    }

    fn verdict(method: &str, fields: &str) -> Verdict {
        with(method, fields, |request| evaluate(request, Some(&current())))
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        assert_eq!(verdict("GET", "If-None-Match: \"old\", W/\"tag\""), Verdict::NotModified);
        assert_eq!(verdict("HEAD", "If-None-Match: *"), Verdict::NotModified);
        assert_eq!(verdict("GET", "If-None-Match: \"old\""), Verdict::Proceed);
        assert_eq!(verdict("GET", &format!("If-Modified-Since: {AT}")), Verdict::NotModified);
        assert_eq!(verdict("GET", &format!("If-Modified-Since: {BEFORE}")), Verdict::Proceed);
        assert_eq!(verdict("GET", "If-Modified-Since: some day"), Verdict::Proceed);
    }

    #[test]
    fn a_tag_counts_more_than_a_date() {
        let both = format!("If-None-Match: \"old\"\r\nIf-Modified-Since: {AT}");
        assert_eq!(verdict("GET", &both), Verdict::Proceed);
    }

    #[test]
    fn changes_depend_on_what_is_there() {
        assert_eq!(verdict("PUT", "If-None-Match: *"), Verdict::Failed);
        assert_eq!(with("PUT", "If-None-Match: *", |request| evaluate(request, None)), Verdict::Proceed);
        assert_eq!(verdict("PUT", "If-Match: \"tag\""), Verdict::Proceed);
        assert_eq!(verdict("PUT", "If-Match: W/\"tag\""), Verdict::Failed);
        assert_eq!(with("PUT", "If-Match: *", |request| evaluate(request, None)), Verdict::Failed);
        assert_eq!(verdict("PUT", &format!("If-Unmodified-Since: {BEFORE}")), Verdict::Failed);
        assert_eq!(verdict("PUT", &format!("If-Unmodified-Since: {AT}")), Verdict::Proceed);
        assert_eq!(verdict("DELETE", &format!("If-Modified-Since: {AT}")), Verdict::Proceed);
    }

    #[test]
    fn ranges_of_something_else_do_not_apply() {
        let applies = |fields: &str| with("GET", fields, |request| range_applies(request, &current()));
        assert!(applies("X: y"));
        assert!(applies("If-Range: \"tag\""));
        assert!(!applies("If-Range: W/\"tag\""));
        assert!(applies(&format!("If-Range: {AT}")));
        assert!(!applies(&format!("If-Range: {BEFORE}")));
        assert!(!applies("If-Range: \"tag\"\r\nIf-Range: \"tag\""));
    }
}
