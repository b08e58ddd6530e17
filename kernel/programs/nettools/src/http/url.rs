//! URLs: what a user types, where a redirection leads (RFC 3986, section 5), the file that one names.

use crate::call::Failure;
use ureq::http::Uri;

/// A URL that this client can fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url(Uri);

impl Url {
    /// What a user typed; without a scheme it is http.
    pub(super) fn parse(text: &str) -> Result<Url, Failure> {
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let uri: Uri = whole.parse().map_err(|error| Failure::Error(format!("{text}: not a URL: {error}")))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(Failure::Error(format!(
                    "{text}: https needs TLS, which this client does not speak; perhaps the server has it as http://"
                )));
            }
            _ => return Err(Failure::Error(format!("{text}: only http:// can be fetched"))),
        }
        match uri.host() {
            None | Some("") => Err(Failure::Error(format!("{text}: no host in it"))),
            Some(_) => Ok(Url(uri)),
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    /// The host; an IPv6 address keeps its brackets.
    pub(super) fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// Host and port.
    pub(super) fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }

    /// Where `reference`, the value of a `Location`, leads from here.
    pub(super) fn join(&self, reference: &str) -> Result<Url, Failure> {
        // What is behind `#` is for the reader.
        let reference = reference.split('#').next().unwrap_or_default();
        if reference.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
            return Url::parse(reference);
        }
        if let Some(network_path) = reference.strip_prefix("//") {
            return Url::parse(&format!("http://{network_path}"));
        }
        let (path, query) = match reference.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (reference, None),
        };
        let base = self.0.path();
        let (path, query) = match path {
            "" => (base.to_owned(), query.or(self.0.query().filter(|_| reference.is_empty()))),
            absolute if absolute.starts_with('/') => (without_dots(absolute), query),
            relative => {
                let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
                (without_dots(&format!("{folder}/{relative}")), query)
            }
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Url::parse(&format!("http://{}{path}{query}", self.authority()))
    }

    /// The name for a file with its content: the last part of the path.
    pub(super) fn file_name(&self) -> String {
        let name = self.0.path().rsplit('/').next().unwrap_or_default();
        match name {
            "" | "." | ".." => "index.html".to_owned(),
            name => name.to_owned(),
        }
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// RFC 3986, section 5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in ["https://a/", "ftp://a/", "http://", "", "http:///x", "a b", "http://a b/", "http://[::1/"] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
        assert_eq!(url("host:8080/x?y").to_string(), "http://host:8080/x?y");
        assert_eq!(url("[::1]:8080").host(), "[::1]");
    }

    #[test]
    fn redirections_lead_where_the_standard_says() {
        let base = url("http://a:81/b/c/d?q");
        let joined = |reference: &str| base.join(reference).map(|url| url.to_string()).expect("a URL");
        assert_eq!(joined("g"), "http://a:81/b/c/g");
        assert_eq!(joined("./g/"), "http://a:81/b/c/g/");
        assert_eq!(joined("/g"), "http://a:81/g");
        assert_eq!(joined("//g"), "http://g/");
        assert_eq!(joined("?y"), "http://a:81/b/c/d?y");
        assert_eq!(joined(""), "http://a:81/b/c/d?q");
        assert_eq!(joined("../g#frag"), "http://a:81/b/g");
        assert_eq!(joined("../../../g"), "http://a:81/g");
        assert_eq!(joined(".."), "http://a:81/b/");
        assert_eq!(joined("http://h/x:y"), "http://h/x:y");
        assert_eq!(joined("g/x:y"), "http://a:81/b/c/g/x:y");
        assert!(base.join("https://a/").is_err());
    }

    #[test]
    fn file_names_stay_in_their_folder() {
        for (text, name) in
            [("a/b/c.txt?x=/y", "c.txt"), ("a", "index.html"), ("a/..", "index.html"), ("a/b/", "index.html")]
        {
            assert_eq!(url(text).file_name(), name);
        }
    }
}
