//! The program with real clients, over loopback.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// More than any step needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. It ends with the value, and so does its root.
struct Server {
    process: Child,
    root: PathBuf,
    address: SocketAddr,
}

impl Server {
    fn start(name: &str, options: &[&str]) -> Server {
        let root = std::env::temp_dir().join(format!("httpd-clients-{name}-{}", std::process::id()));
        fs::create_dir_all(&root).expect("directory");
        fs::write(root.join("small"), "small").expect("file");
        fs::write(root.join("large"), large()).expect("file");
        let mut process = Command::new(env!("CARGO_BIN_EXE_httpd"))
            .args(["--listen", "127.0.0.1:0", "--root"])
            .arg(&root)
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .expect("httpd starts");
        let mut line = String::new();
        let errors = process.stderr.take().expect("standard error");
        BufReader::new(errors).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit(' ').next().and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}"));
        Server { process, root, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("time-out");
        stream.set_write_timeout(Some(PATIENCE)).expect("time-out");
        stream
    }

    /// Everything that comes back for a request that closes.
    fn ask(&self, request: &str) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("write");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("read");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn large() -> Vec<u8> {
    (0..1_000_000_u32).map(|index| (index % 251) as u8).collect()
}

/// Reads one answer off a connection that stays open.
fn read_answer(reader: &mut BufReader<TcpStream>) -> (String, Vec<u8>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("a line"), 0, "the answer ends early: {head}");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    (head, body)
}

#[test]
fn a_thousand_requests_on_one_connection() {
    let server = Server::start("thousand", &[]);
    let mut stream = server.connect();
    let mut reader = BufReader::new(stream.try_clone().expect("clone"));
    for _ in 0..1000 {
        stream.write_all(b"GET /small HTTP/1.1\r\nHost: h\r\n\r\n").expect("write");
        let (head, body) = read_answer(&mut reader);
        assert!(head.starts_with("HTTP/1.1 200 ") && body == b"small", "{head}");
    }
}

#[test]
fn a_hundred_connections_at_once() {
    let server = Server::start("hundred", &[]);
    let mut streams: Vec<TcpStream> = (0..100).map(|_| server.connect()).collect();
    for stream in &mut streams {
        stream.write_all(b"GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("write");
    }
    // Nobody reads before all have asked: the server must hold a hundred answers without waiting for any.
    for mut stream in streams {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("read");
        assert!(answer.ends_with(&large()));
    }
}

#[test]
fn pipelined_requests_while_the_client_only_writes() {
    let server = Server::start("pipeline", &[]);
    let stream = server.connect();
    let mut writer = stream.try_clone().expect("clone");
    let writing = thread::spawn(move || {
        let request = b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n".repeat(20);
        writer.write_all(&request).expect("write");
        writer.shutdown(Shutdown::Write).expect("shutdown");
    });
    writing.join().expect("written");
    let mut reader = BufReader::new(stream);
    for _ in 0..20 {
        assert!(read_answer(&mut reader).1 == large());
    }
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
}

#[test]
fn a_client_that_says_nothing_makes_place_for_one_that_asks() {
    let server = Server::start("place", &["--connections", "10"]);
    let mut silent: Vec<TcpStream> = (0..30).map(|_| server.connect()).collect();
    for stream in &mut silent {
        // Some were put out already.
        let _ = stream.write_all(b"GET / HT");
    }
    let answer = server.ask("GET /small HTTP/1.0\r\n\r\n");
    assert!(answer.ends_with(b"small"));
}

#[test]
fn who_was_idle_longest_makes_place_and_nobody_else() {
    let server = Server::start("longest", &["--connections", "2"]);
    let ask = |client: &mut TcpStream| {
        client.write_all(b"GET /small HTTP/1.1\r\nHost: h\r\n\r\n").expect("write");
        read_answer(&mut BufReader::new(client.try_clone().expect("clone"))).1
    };
    let mut idle: Vec<TcpStream> = (0..2).map(|_| server.connect()).collect();
    idle.iter_mut().for_each(|client| assert_eq!(ask(client), b"small"));
    let mut new = Vec::new();
    for client in &mut idle {
        new.push(server.connect());
        assert_eq!(client.read(&mut [0]).expect("the end"), 0);
    }
    new.iter_mut().for_each(|client| assert_eq!(ask(client), b"small"));
}

#[test]
fn an_idle_connection_is_closed() {
    let server = Server::start("idle", &["--idle", "1"]);
    let mut stream = server.connect();
    let mut reader = BufReader::new(stream.try_clone().expect("clone"));
    stream.write_all(b"GET /small HTTP/1.1\r\nHost: h\r\n\r\n").expect("write");
    read_answer(&mut reader);
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
}

#[test]
fn an_answer_survives_a_body_that_nobody_reads() {
    let server = Server::start("unread", &[]);
    let mut stream = server.connect();
    stream.write_all(b"PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n").expect("write");
    let part = [0; 10_000];
    for _ in 0..100 {
        stream.write_all(&part).expect("write");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer, and no reset");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}

#[test]
fn clients_that_break_off_do_no_harm() {
    let server = Server::start("breaking", &["--token", "t"]);
    let upload = "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\nAuthorization: Bearer t\r\n\r\nhalf";
    for request in ["", "GET", "GET /large HTTP/1.1\r\nHost: h\r\n\r\n", upload] {
        for _ in 0..20 {
            server.connect().write_all(request.as_bytes()).expect("write");
        }
    }
    assert!(server.ask("GET /small HTTP/1.0\r\n\r\n").ends_with(b"small"));
    assert!(server.ask("GET /x HTTP/1.0\r\n\r\n").starts_with(b"HTTP/1.1 404 "));
}

#[test]
fn a_wrong_command_line_is_told() {
    let run = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_httpd")).args(args).output().expect("httpd runs");
    let output = run(&["--root", "/no such directory"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("httpd: /no such directory: "));
    assert_eq!(run(&["--frobnicate"]).status.code(), Some(2));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    // The address is taken.
    let server = Server::start("taken", &[]);
    let root = server.root.to_str().expect("text");
    let output = run(&["--root", root, "--listen", &server.address.to_string()]);
    assert_eq!(output.status.code(), Some(1));
}
