//! A request's target as a path that cannot leave the root it will be joined to.

use super::Status;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What a path segment must not show in a link: what has a meaning in a URI or in HTML (RFC 3986, section 3.3).
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A decoded target. No segment is empty, `.` or `..`, and none holds a slash or a zero byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    segments: Vec<String>,
    /// It ends with a slash.
    pub(crate) names_directory: bool,
    /// With its question mark, as it came; else empty.
    query: String,
}

impl Target {
    /// Decodes the target in origin form (`/path?query`) or absolute form (`http://host/path?query`; RFC 9112, section
    /// 3.2).
    ///
    /// # Errors
    /// `400` for what is no such target and for segments that no file has.
    pub(crate) fn parse(target: &str) -> Result<Target, Status> {
        let path_and_query = without_authority(target).ok_or(Status::BAD_REQUEST)?;
        let query_at = path_and_query.find('?').unwrap_or(path_and_query.len());
        let (path, query) = path_and_query.split_at(query_at);
        let mut segments = Vec::new();
        let mut names_directory = true;
        for segment in path.split('/') {
            let segment = percent_decode_str(segment).decode_utf8().map_err(|_| Status::BAD_REQUEST)?;
            // Dot segments are removed after decoding, so that `%2e%2e` is no way around (RFC 3986, section 5.2.4).
            names_directory = matches!(segment.as_ref(), "" | "." | "..");
            match segment.as_ref() {
                "" | "." => {}
                ".." => drop(segments.pop()),
                name if name.contains(['/', '\0']) => return Err(Status::BAD_REQUEST),
                name => segments.push(name.to_string()),
            }
        }
        Ok(Target { segments, names_directory, query: query.to_string() })
    }

    /// The names from the root on.
    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Whether a name begins with a dot: such files are not for the world, except what RFC 8615 keeps there.
    pub(crate) fn is_hidden(&self) -> bool {
        self.segments.iter().any(|segment| segment.starts_with('.') && segment != ".well-known")
    }

    /// The path, decoded, for people.
    pub(crate) fn display(&self) -> String {
        let slash = if self.names_directory && !self.segments.is_empty() { "/" } else { "" };
        format!("/{}{slash}", self.segments.join("/"))
    }

    /// This directory's proper address, with a slash and the query. Built from the segments, it cannot name another
    /// host.
    pub(crate) fn directory_address(&self) -> String {
        let path: String = self.segments.iter().map(|segment| format!("/{}", encode_segment(segment))).collect();
        format!("{path}/{}", self.query)
    }
}

/// A name as a segment of a link.
pub(crate) fn encode_segment(name: &str) -> String {
    utf8_percent_encode(name, ENCODED).to_string()
}

fn without_authority(target: &str) -> Option<&str> {
    if target.starts_with('/') {
        return Some(target);
    }
    let scheme = target.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://"))?;
    let rest = target.get(scheme.len()..)?;
    let path_at = rest.find(['/', '?']).unwrap_or(rest.len());
    rest.get(path_at..)
}

#[cfg(test)]
mod tests {
    use super::{Status, Target};

    fn path(target: &str) -> String {
        Target::parse(target).expect("a target").display()
    }

    #[test]
    fn targets() {
        assert_eq!(path("/"), "/");
        assert_eq!(path("/a/b%20c?d=/e"), "/a/b c");
        assert_eq!(path("/a/"), "/a/");
        assert_eq!(path("//a///b"), "/a/b");
        assert_eq!(path("http://host:80/a?b"), "/a");
        assert_eq!(path("http://host"), "/");
        assert_eq!(path("/100%"), "/100%");
    }

    #[test]
    fn nothing_leads_out() {
        for target in ["/..", "/../../x", "/a/../../x", "/%2e%2e/x", "/a/%2E./../../x", "http://h/../x", "/./../x"] {
            let target = Target::parse(target).expect("a target");
            assert!(target.segments().iter().all(|segment| segment == "x"), "{target:?}");
        }
        assert!(Target::parse("/a/..").expect("a target").names_directory);
        for target in ["/..%2fx", "/%2fetc", "/a%00b", "/%ff", "*", "", "x", "ftp://h/x", "host:443"] {
            assert_eq!(Target::parse(target), Err(Status::BAD_REQUEST), "{target}");
        }
    }

    #[test]
    fn hidden_names() {
        assert!(Target::parse("/a/.git/config").expect("a target").is_hidden());
        assert!(!Target::parse("/.well-known/x").expect("a target").is_hidden());
        assert!(!Target::parse("/a.b").expect("a target").is_hidden());
    }

    #[test]
    fn an_address_stays_on_this_host() {
        let target = Target::parse("//evil.example/a%20b?x=y").expect("a target");
        assert_eq!(target.directory_address(), "/evil.example/a%20b/?x=y");
        assert_eq!(Target::parse("/?x").expect("a target").directory_address(), "/?x");
    }
}
