//! The site on a directory of its own, through whole connections.

use super::Site;
use crate::http::{Connection, Limits, Moment, Wants};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const LIMITS: Limits = Limits {
    head_bytes: 4096,
    body_bytes: 1000,
    head_time: Duration::from_secs(10),
    idle_time: Duration::from_secs(10),
    least_rate: 1000,
    linger_time: Duration::from_secs(1),
};

/// A site with a root that goes with it.
struct Bench {
    root: PathBuf,
    site: Site,
}

impl Bench {
    fn new(name: &str) -> Bench {
        let outer = std::env::temp_dir().join(format!("httpd-{name}-{}", std::process::id()));
        let root = outer.join("root");
        fs::create_dir_all(root.join("sub dir/deep")).expect("directory");
        fs::write(outer.join("secret"), "secret").expect("file");
        fs::write(root.join("digits.txt"), "0123456789").expect("file");
        fs::write(root.join(".hidden"), "hidden").expect("file");
        fs::write(root.join("sub dir/<a&b>"), "").expect("file");
        Bench { site: Site::new(root.clone(), Some("open sesame".to_string()), None), root }
    }

    /// Sends a request with these header lines and a body; gives head and body of the answer.
    fn ask(&mut self, request_line: &str, fields: &str, body: &str) -> (String, String) {
        let head = format!("{request_line} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n{fields}\r\n", body.len());
        let moment = Moment { instant: Instant::now(), date: SystemTime::now() };
        let mut connection = Connection::new(None, LIMITS, moment);
        connection.receive(format!("{head}{body}").as_bytes(), moment, &mut self.site);
        let mut answer = Vec::new();
        while connection.wants() == Wants::Room {
            answer.extend(connection.output());
            connection.sent(connection.output().len(), moment, &mut self.site);
        }
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_string(), body.to_string())
    }

    fn get(&mut self, target: &str, fields: &str) -> (String, String) {
        self.ask(&format!("GET {target}"), fields, "")
    }

    fn put(&mut self, target: &str, fields: &str, body: &str) -> String {
        let fields = format!("Authorization: Bearer open sesame\r\n{fields}");
        status(&self.ask(&format!("PUT {target}"), &fields, body).0).to_string()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.root.parent().expect("an outer directory"));
    }
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// The value of a header field.
fn field<'a>(head: &'a str, name: &str) -> &'a str {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(found, _)| *found == name)
        .map_or("", |(_, value)| value)
}

#[test]
fn files() {
    let mut bench = Bench::new("files");
    let (head, body) = bench.get("/digits.txt?query", "");
    assert_eq!((status(&head), body.as_str()), ("200", "0123456789"));
    assert_eq!(field(&head, "Content-Type"), "text/plain; charset=utf-8");
    let (head, body) = bench.ask("HEAD /digits.txt", "", "");
    assert_eq!((field(&head, "Content-Length"), body.as_str()), ("10", ""));
    for missing in ["/nothing", "/digits.txt/", "/digits.txt/x", "/.hidden", "/sub%20dir/../.hidden"] {
        assert_eq!(status(&bench.get(missing, "").0), "404", "{missing}");
    }
}

#[test]
fn nothing_outside_the_root() {
    let mut bench = Bench::new("outside");
    for target in ["/../secret", "/%2e%2e/secret", "/sub%20dir/../../secret", "//../secret", "http://h/../secret"] {
        assert_eq!(status(&bench.get(target, "").0), "404", "{target}");
    }
    assert_eq!(status(&bench.get("/..%2fsecret", "").0), "400");
    assert_eq!(status(&bench.get(&format!("/{}/secret", "../".repeat(300)), "").0), "404");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let mut bench = Bench::new("links");
    std::os::unix::fs::symlink("../secret", bench.root.join("file")).expect("link");
    std::os::unix::fs::symlink("..", bench.root.join("up")).expect("link");
    for target in ["/file", "/up", "/up/", "/up/secret"] {
        assert_eq!(status(&bench.get(target, "").0), "404", "{target}");
    }
    assert!(!bench.get("/", "").1.contains("./up"));
    assert_eq!(bench.put("/up/new", "", "x"), "409");
    assert_eq!(bench.put("/file", "", "x"), "409");
    assert_eq!(fs::read_to_string(bench.root.with_file_name("secret")).expect("file"), "secret");
}

#[test]
fn conditions() {
    let mut bench = Bench::new("conditions");
    let (head, _) = bench.get("/digits.txt", "");
    let (etag, modified) = (field(&head, "ETag"), field(&head, "Last-Modified"));
    for held in [format!("If-None-Match: {etag}\r\n"), format!("If-Modified-Since: {modified}\r\n")] {
        let (head, body) = bench.get("/digits.txt", &held);
        assert_eq!((status(&head), body.as_str()), ("304", ""), "{held}");
        assert_eq!(field(&head, "ETag"), etag);
    }
    assert_eq!(status(&bench.get("/digits.txt", "If-Match: \"other\"\r\n").0), "412");
}

#[test]
fn ranges() {
    let mut bench = Bench::new("ranges");
    let (head, body) = bench.get("/digits.txt", "Range: bytes=2-4\r\n");
    assert_eq!((status(&head), field(&head, "Content-Range"), body.as_str()), ("206", "bytes 2-4/10", "234"));
    let (head, body) = bench.get("/digits.txt", "Range: bytes=0-1,-1\r\n");
    assert!(field(&head, "Content-Type").starts_with("multipart/byteranges; boundary="), "{head}");
    assert!(body.contains("bytes 0-1/10\r\n\r\n01\r\n--") && body.contains("bytes 9-9/10\r\n\r\n9\r\n--"), "{body}");
    let (head, _) = bench.get("/digits.txt", "Range: bytes=10-\r\n");
    assert_eq!((status(&head), field(&head, "Content-Range")), ("416", "bytes */10"));
    assert_eq!(status(&bench.get("/digits.txt", "Range: bytes=2-4\r\nIf-Range: \"old\"\r\n").0), "200");
}

#[test]
fn directories() {
    let mut bench = Bench::new("directories");
    let (head, _) = bench.get("/sub%20dir?x", "");
    assert_eq!((status(&head), field(&head, "Location")), ("301", "/sub%20dir/?x"));
    let (_, page) = bench.get("/sub%20dir/", "");
    assert!(page.contains("<a href=\"../\">"), "{page}");
    assert!(page.contains("<a href=\"./%3Ca%26b%3E\">&lt;a&amp;b&gt;</a>"), "{page}");
    assert!(page.find("deep/") < page.find("%3Ca"), "{page}");
    assert!(!bench.get("/", "").1.contains("hidden"));
    assert_eq!(bench.put("/sub%20dir/index.html", "", "index"), "201");
    assert_eq!(bench.get("/sub%20dir/", "").1, "index");
}

#[test]
fn uploads() {
    let mut bench = Bench::new("uploads");
    assert_eq!(bench.put("/new/dir/app.wasm", "", "one"), "201");
    assert_eq!(bench.put("/new/dir/app.wasm", "", "two"), "204");
    let (head, body) = bench.get("/new/dir/app.wasm", "");
    assert_eq!((field(&head, "Content-Type"), body.as_str()), ("application/wasm", "two"));
    assert_eq!(bench.put("/new/dir/app.wasm", "If-None-Match: *\r\n", "three"), "412");
    for refused in ["/sub%20dir/", "/.hidden", "/metrics", "/"] {
        assert_eq!(bench.put(refused, "", "x"), "403", "{refused}");
    }
    assert_eq!(bench.put("/sub%20dir", "", "x"), "409");
    assert_eq!(bench.put("/digits.txt/x", "", "x"), "409");
    assert_eq!(bench.put("/part", "Content-Range: bytes 0-0/2\r\n", "x"), "400");
    assert_eq!(bench.put("/large", "", &"x".repeat(1001)), "413");
    let key = "Authorization: bearer open sesame\r\n";
    assert_eq!(status(&bench.ask("DELETE /new/dir/app.wasm", key, "").0), "204");
    assert_eq!(status(&bench.ask("DELETE /new/dir/app.wasm", key, "").0), "404");
    assert_eq!(status(&bench.ask("DELETE /new/dir", key, "").0), "409");
    assert!(is_empty(&bench.root.join("new/dir")));
}

#[test]
fn half_an_upload_is_none() {
    let mut bench = Bench::new("half");
    let moment = Moment { instant: Instant::now(), date: SystemTime::now() };
    let mut connection = Connection::new(None, LIMITS, moment);
    let head = "PUT /sub%20dir/deep/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\
                Authorization: Bearer open sesame\r\n\r\nhalf";
    connection.receive(head.as_bytes(), moment, &mut bench.site);
    assert!(!is_empty(&bench.root.join("sub dir/deep")));
    assert_eq!(status(&bench.get("/sub%20dir/deep/x", "").0), "404");
    connection.abandon(&mut bench.site);
    assert!(is_empty(&bench.root.join("sub dir/deep")));
}

#[test]
fn nobody_changes_anything_without_the_token() {
    let mut bench = Bench::new("token");
    for fields in [
        "",
        "Authorization: Bearer open\r\n",
        "Authorization: Basic open sesame\r\n",
        "Authorization: Bearer open sesame!\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer open sesame\r\nAuthorization: Bearer x\r\n",
    ] {
        let (head, _) = bench.ask("DELETE /digits.txt", fields, "");
        assert_eq!((status(&head), field(&head, "WWW-Authenticate")), ("401", "Bearer realm=\"uploads\""), "{fields}");
        assert_eq!(status(&bench.ask("PUT /x", fields, "x").0), "401");
    }
    bench.site = Site::new(bench.root.clone(), None, None);
    let (head, _) = bench.ask("PUT /x", "Authorization: Bearer \r\n", "x");
    assert_eq!((status(&head), field(&head, "Allow")), ("405", "GET, HEAD, OPTIONS"));
    assert!(bench.root.join("digits.txt").exists() && !bench.root.join("x").exists());
}

#[test]
fn methods() {
    let mut bench = Bench::new("methods");
    let (head, _) = bench.ask("OPTIONS *", "", "");
    assert_eq!((status(&head), field(&head, "Allow")), ("204", "GET, HEAD, OPTIONS, PUT, DELETE"));
    assert_eq!(status(&bench.ask("POST /", "", "").0), "405");
    assert_eq!(status(&bench.ask("BREW /", "", "").0), "501");
    assert_eq!(status(&bench.ask("GET *", "", "").0), "400");
}

#[test]
fn metrics_count_what_was_answered() {
    let mut bench = Bench::new("metrics");
    bench.get("/digits.txt", "");
    bench.get("/nothing", "");
    bench.site.set_connections(3);
    let (head, text) = bench.get("/metrics", "");
    assert!(field(&head, "Content-Type").starts_with("text/plain; version=0.0.4"), "{head}");
    assert!(text.contains("\nhttpd_requests_total{status=\"404\"} 1\n"), "{text}");
    assert!(text.contains("\nhttpd_connections 3\n"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap_or_default();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).expect("a directory").next().is_none()
}
