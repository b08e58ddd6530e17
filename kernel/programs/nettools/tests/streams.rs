//! The clients on `std::net`, against servers that the tests are: `http`, `wget`, `nc`.

mod support;

use process::ExitStatus;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::thread::{self, JoinHandle};
use support::{LIMIT, system};

/// A server that gives these answers, one to each connection; the requests that it got, head and body.
struct Server {
    authority: String,
    thread: JoinHandle<Vec<(String, Vec<u8>)>>,
}

fn serve(answers: &'static [&'static [u8]]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let authority = listener.local_addr().expect("an address").to_string();
    let thread = thread::spawn(move || answers.iter().map(|answer| serve_one(&listener, answer)).collect());
    Server { authority, thread }
}

fn serve_one(listener: &TcpListener, answer: &[u8]) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().expect("a client");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("a request"), 0, "it ends after {head:?}");
    }
    let lower = head.to_lowercase();
    let mut body = Vec::new();
    if let Some((_, rest)) = lower.split_once("content-length: ") {
        let length: usize = rest.lines().next().expect("a number").trim().parse().expect("a number");
        body.resize(length, 0);
        reader.read_exact(&mut body).expect("a body");
    } else if lower.contains("transfer-encoding: chunked") {
        body = read_chunks(&mut reader);
    }
    stream.write_all(answer).expect("an answer");
    stream.shutdown(Shutdown::Write).expect("the end");
    (head, body)
}

fn read_chunks(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a length");
        let length = usize::from_str_radix(line.trim(), 16).expect("a length");
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).expect("a chunk");
        body.extend_from_slice(&chunk[..length]);
        if length == 0 {
            return body;
        }
    }
}

impl Server {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }

    fn requests(self) -> Vec<(String, Vec<u8>)> {
        self.thread.join().expect("the server does not panic")
    }
}

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello";

#[test]
fn content_is_printed_as_it_is() {
    let system = system();
    let server = serve(&[HELLO, HELLO, HELLO]);
    assert_eq!(system.print(&["http", &server.authority]), "hello");
    let shown = system.print(&["http", "-i", "-H", "X-Mine: 1", &server.url("/a?b=c")]);
    assert_eq!(shown, "HTTP/1.1 200 OK\ncontent-length: 5\nx-y: z\n\nhello");
    let head = system.print(&["http", "-I", &server.url("/")]);
    assert_eq!(head, "HTTP/1.1 200 OK\ncontent-length: 5\nx-y: z\n\n");
    let requests = server.requests();
    assert!(requests[0].0.starts_with("GET / HTTP/1.1\r\n"), "{}", requests[0].0);
    assert!(requests[1].0.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{}", requests[1].0);
    assert!(requests[1].0.to_lowercase().contains("x-mine: 1\r\n"), "{}", requests[1].0);
    assert!(requests[2].0.starts_with("HEAD / HTTP/1.1\r\n"), "{}", requests[2].0);
}

#[test]
fn chunks_and_content_without_a_length_are_put_together() {
    let system = system();
    let server = serve(&[
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    ]);
    assert_eq!(system.print(&["http", &server.url("/")]), "hello world");
    assert_eq!(system.print(&["http", &server.url("/")]), "until the end");
}

#[test]
fn data_is_sent() {
    let system = system();
    let server = serve(&[HELLO, HELLO, HELLO]);
    system.write("/file", b"\x00\x01binary\xff");
    system.print(&["http", "-d", "a=1&b=2", &server.url("/form")]);
    system.print(&["http", "PUT", "--data-file", "/file", &server.url("/file")]);
    let piped = system.run_with(&["http", "-X", "POST", "--data-file", "-", &server.url("/pipe")], b"from a pipe");
    assert_eq!(piped.status, ExitStatus::SUCCESS, "{piped:?}");
    let requests = server.requests();
    assert!(requests[0].0.starts_with("POST /form "), "{}", requests[0].0);
    assert_eq!(requests[0].1, b"a=1&b=2");
    assert!(requests[1].0.starts_with("PUT /file "), "{}", requests[1].0);
    assert_eq!(requests[1].1, b"\x00\x01binary\xff");
    assert_eq!(requests[2].1, b"from a pipe");
}

#[test]
fn redirections_are_followed_or_not() {
    let system = system();
    const MOVED: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: /other?x\r\nContent-Length: 0\r\n\r\n";
    let server = serve(&[MOVED, HELLO, MOVED]);
    assert_eq!(system.print(&["http", "-d", "x", &server.url("/first")]), "hello");
    let not = system.run(&["http", "--no-redirect", &server.url("/")]);
    assert_eq!((not.status, not.output.as_str()), (ExitStatus::Exited(3), ""));
    let requests = server.requests();
    assert!(requests[1].0.starts_with("GET /other?x "), "{}", requests[1].0);
    let away = serve(&[b"HTTP/1.1 301 Moved\r\nLocation: https://localhost/\r\nContent-Length: 0\r\n\r\n"]);
    let error = system.fail(&["http", &away.url("/")]);
    assert!(error.contains("https needs TLS"), "{error}");
}

#[test]
fn a_loop_of_redirections_ends() {
    let system = system();
    const HERE: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
    let server = serve(&[HERE; 11]);
    let error = system.fail(&["http", &server.url("/")]);
    assert!(error.contains("more than 10 redirections"), "{error}");
}

#[test]
fn another_server_is_not_told_secrets() {
    let system = system();
    let second = serve(&[HELLO]);
    let moved = format!("HTTP/1.1 307 Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", second.url("/"));
    let moved: &'static [u8] = moved.leak().as_bytes();
    let first = serve(Box::leak(Box::new([moved])));
    let secret = "Authorization: Bearer secret";
    assert_eq!(system.print(&["http", "-H", secret, "-H", "X-Mine: 1", &first.url("/")]), "hello");
    assert!(first.requests()[0].0.to_lowercase().contains("bearer secret"));
    let told = second.requests().remove(0).0.to_lowercase();
    assert!(!told.contains("secret") && told.contains("x-mine: 1"), "{told}");
}

#[test]
fn content_is_saved() {
    let system = system();
    const MISSING: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope";
    let server = serve(&[HELLO, HELLO, MISSING, MISSING, HELLO]);
    let saved = system.run(&["http", "-o", "/saved", &server.url("/a")]);
    assert_eq!((saved.output.as_str(), saved.error.as_str()), ("", "/saved: 5 bytes\n"));
    assert_eq!(system.read("/saved"), b"hello");
    let got = system.run(&["wget", &server.url("/x/page.html?v=1")]);
    assert_eq!((got.status, got.error.as_str()), (ExitStatus::SUCCESS, "page.html: 5 bytes\n"));
    assert_eq!(system.read("/page.html"), b"hello");
    let missing = system.run(&["wget", &server.url("/gone")]);
    assert_eq!(missing.status, ExitStatus::Exited(4));
    assert_eq!(missing.error, format!("wget: {}: 404 Not Found\n", server.url("/gone")));
    assert!(!system.exists("/gone"));
    // Printed, it may help.
    let shown = system.run(&["http", &server.url("/gone")]);
    assert_eq!((shown.status, shown.output.as_str()), (ExitStatus::Exited(4), "nope"));
    let nowhere = system.fail(&["http", "-o", "/no/such/folder", &server.url("/")]);
    assert_eq!(nowhere, "http: /no/such/folder: no such file or directory\n");
}

#[test]
fn what_goes_wrong_is_said() {
    let system = system();
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let refused = system.fail(&["http", &closed.to_string()]);
    assert_eq!(refused, format!("http: http://{closed}/: connection refused\n"));
    let short = serve(&[b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", b"nonsense\r\n\r\n", b""]);
    let cut = system.run(&["http", &short.url("/")]);
    assert_eq!((cut.status, cut.output.as_str()), (ExitStatus::FAILURE, "hello"));
    assert!(cut.error.contains("closed the connection before all was said"), "{}", cut.error);
    let nonsense = system.fail(&["http", &short.url("/")]);
    assert!(nonsense.contains("not HTTP"), "{nonsense}");
    let nothing = system.fail(&["http", &short.url("/")]);
    assert!(nothing.contains("closed the connection"), "{nothing}");
    assert!(system.fail(&["http", "https://localhost/"]).contains("https needs TLS"));
    assert_eq!(system.fail(&["http", "nobody.invalid"]), "http: nobody.invalid: no name server is known; see ip dns\n");
}

#[test]
fn a_connection_ends_when_both_sides_have() {
    let system = system();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let nc = system.start(&["nc", "-v", "127.0.0.1", &port]);
    let (mut stream, _) = listener.accept().expect("a client");
    nc.type_in(b"question");
    nc.end_input();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).expect("the end of its half");
    assert_eq!(heard, "question");
    stream.write_all(b"answer").expect("the other half is open");
    drop(stream);
    let ended = nc.end();
    assert_eq!((ended.status, ended.output.as_str()), (ExitStatus::SUCCESS, "answer"));
    assert!(ended.error.starts_with("connected to 127.0.0.1:"), "{}", ended.error);
}

#[test]
fn a_peer_that_says_nothing_still_gets_all() {
    let system = system();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let nc = system.start(&["nc", "127.0.0.1", &port]);
    let (mut stream, _) = listener.accept().expect("a client");
    stream.shutdown(Shutdown::Write).expect("its half ends at once");
    let long = vec![7; 1 << 20];
    nc.type_in(&long);
    nc.end_input();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).expect("all");
    assert_eq!(heard.len(), long.len());
    assert_eq!(nc.end().status, ExitStatus::SUCCESS);
}

/// The port on which a program says that it listens.
fn listening_port(running: &support::Running) -> u16 {
    let mut said = String::new();
    while !said.ends_with('\n') {
        said += &running.hear_error();
    }
    said.trim_end().rsplit(':').next().expect("a port").parse().expect("a port")
}

/// A peer that has ended before its call is taken hears what there is to say.
#[test]
fn who_says_nothing_more_is_spoken_to() {
    let system = system();
    for _ in 0..20 {
        let port = free_port();
        let nc = system.start(&["nc", "-lv", "127.0.0.1", &port.to_string()]);
        nc.type_in(b"welcome\n");
        nc.end_input();
        assert_eq!(listening_port(&nc), port);
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.shutdown(Shutdown::Write).expect("open");
        let mut heard = String::new();
        stream.read_to_string(&mut heard).expect("an end");
        assert_eq!((heard.as_str(), nc.end().status), ("welcome\n", ExitStatus::SUCCESS));
    }
}

/// A port that is free for a moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

#[test]
fn whoever_calls_is_listened_to() {
    let system = system();
    let port = free_port();
    let nc = system.start(&["nc", "-lv", "127.0.0.1", &port.to_string()]);
    assert_eq!(listening_port(&nc), port);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    nc.type_in(b"welcome\n");
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).expect("a line");
    assert_eq!(line, "welcome\n");
    stream.write_all(b"thanks").expect("sent");
    nc.end_input();
    drop(stream);
    assert_eq!(nc.end().output, "thanks");
}

#[test]
fn datagrams_go_both_ways() {
    let system = system();
    let peer = UdpSocket::bind("127.0.0.1:0").expect("a port");
    peer.set_read_timeout(Some(LIMIT)).expect("a limit");
    let port = peer.local_addr().expect("an address").port().to_string();
    let nc = system.start(&["nc", "-u", "-w", "0.2", "127.0.0.1", &port]);
    nc.type_in(b"ping");
    let mut buffer = [0; 16];
    let (count, from) = peer.recv_from(&mut buffer).expect("a datagram");
    assert_eq!(&buffer[..count], b"ping");
    peer.send_to(b"pong", from).expect("sent");
    nc.end_input();
    // It ends by its patience: datagrams have no end.
    let ended = nc.end();
    assert_eq!((ended.status, ended.output.as_str()), (ExitStatus::SUCCESS, "pong"));
}

#[test]
fn ports_are_told_apart() {
    let system = system();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let open = listener.local_addr().expect("an address").port().to_string();
    assert_eq!(system.run(&["nc", "-z", "127.0.0.1", &open]).status, ExitStatus::SUCCESS);
    drop(listener);
    let closed = system.run(&["nc", "-zv", "127.0.0.1", &open]);
    assert_eq!(closed.status, ExitStatus::FAILURE);
    assert_eq!(closed.error, format!("nc: 127.0.0.1 port {open}: connection refused\n"));
    assert_eq!(system.run(&["nc", "-zu", "127.0.0.1", &open]).status, ExitStatus::FAILURE);
    assert_eq!(system.fail(&["nc", "127.0.0.1", &open]), closed.error);
}
