//! A connection against a handler in memory: `/N` answers N bytes, `PUT` takes a body, all else is 404.

use super::{Connection, Limits, Wants};
use crate::http::{Answer, Body, Handler, Moment, Piece, Pieces, Record, Reply, Request, Status, Upload};
use std::cell::RefCell;
use std::io::Cursor;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

const LIMITS: Limits = Limits {
    head_bytes: 1024,
    body_bytes: 100,
    head_time: Duration::from_secs(10),
    idle_time: Duration::from_secs(30),
    least_rate: 1000,
    linger_time: Duration::from_secs(2),
};

#[derive(Default)]
struct Memory {
    uploads: Rc<RefCell<Vec<String>>>,
    statuses: Vec<u16>,
    body_bytes: u64,
}

struct Taking {
    body: Vec<u8>,
    uploads: Rc<RefCell<Vec<String>>>,
}

impl Handler for Memory {
    fn handle(&mut self, request: &Request<'_>) -> Answer {
        if request.method == "PUT" {
            return Answer::Receive(Box::new(Taking { body: Vec::new(), uploads: Rc::clone(&self.uploads) }));
        }
        let length: Option<usize> = request.target.strip_prefix('/').and_then(|number| number.parse().ok());
        Answer::Reply(match length {
            Some(length) => {
                let file = Cursor::new(vec![b'x'; length]);
                let promised = if request.target == "/7" { 8 } else { length as u64 };
                Reply::with_content(Status::OK, "x", Body::stream(Pieces::new(file, [Piece::Span(0..promised)])))
            }
            None => Reply::page(Status::NOT_FOUND),
        })
    }

    fn finished(&mut self, record: &Record) {
        self.statuses.push(record.status.code);
        self.body_bytes += record.body_bytes;
    }
}

impl Upload for Taking {
    fn write(&mut self, part: &[u8]) -> Result<(), Reply> {
        self.body.extend(part);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Reply {
        self.uploads.borrow_mut().push(String::from_utf8(self.body).expect("text"));
        Reply::new(Status::NO_CONTENT)
    }
}

/// A client and its connection, on a clock that only the test moves.
struct Bench {
    connection: Connection,
    memory: Memory,
    moment: Moment,
    answers: Vec<u8>,
}

impl Bench {
    fn new() -> Bench {
        let moment = Moment { instant: Instant::now(), date: SystemTime::UNIX_EPOCH };
        let connection = Connection::new(None, LIMITS, moment);
        Bench { connection, memory: Memory::default(), moment, answers: Vec::new() }
    }

    /// Sends a request and takes all answers.
    fn send(&mut self, bytes: &[u8]) {
        self.connection.receive(bytes, self.moment, &mut self.memory);
        self.take_at_most(usize::MAX);
    }

    /// Takes answers in steps of `count` bytes.
    fn take_at_most(&mut self, count: usize) {
        while self.connection.wants() == Wants::Room {
            let output = self.connection.output();
            let count = count.min(output.len());
            self.answers.extend(&output[..count]);
            self.connection.sent(count, self.moment, &mut self.memory);
        }
    }

    /// Lets time pass and the connection notice it.
    fn pass(&mut self, seconds: u64) {
        self.moment.instant += Duration::from_secs(seconds);
        if self.connection.deadline() <= self.moment.instant {
            self.connection.expire(self.moment, &mut self.memory);
            self.take_at_most(usize::MAX);
        }
    }

    fn answers(&self) -> String {
        String::from_utf8(self.answers.clone()).expect("text")
    }
}

/// What comes back for `input` in one go.
fn answers(input: &str) -> (String, Bench) {
    let mut bench = Bench::new();
    bench.send(input.as_bytes());
    (bench.answers(), bench)
}

#[test]
fn requests_on_one_connection_are_answered_in_order() {
    let (text, bench) = answers(
        "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n\r\nHEAD /5 HTTP/1.1\r\nHost: h\r\n\r\nGET /no HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    let date = "Date: Thu, 01 Jan 1970 00:00:00 GMT";
    let ok = |length: u32| format!("HTTP/1.1 200 OK\r\n{date}\r\nContent-Type: x\r\nContent-Length: {length}\r\n\r\n");
    assert!(text.starts_with(&format!("{}xxx{}HTTP/1.1 404 ", ok(3), ok(5))), "{text}");
    assert_eq!(bench.connection.wants(), Wants::Input);
    assert_eq!(bench.memory.statuses, [200, 200, 404]);
}

#[test]
fn it_does_not_matter_how_bytes_arrive_and_go() {
    let input = "GET /100000 HTTP/1.1\r\nHost: h\r\n\r\n\
                 PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
                 PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nde\
                 GET / HTTP/1.0\n\nGET /1 HTTP/1.1\r\nHost: after the end\r\n\r\n";
    let (expected, bench) = answers(input);
    assert_eq!(*bench.memory.uploads.borrow(), ["abc", "de"]);
    assert_eq!(bench.memory.statuses, [200, 204, 204, 404]);
    assert_eq!(bench.connection.wants(), Wants::ShutDown);
    for (arriving, going) in [(1, usize::MAX), (1, 1), (7, 1000), (usize::MAX, 3)] {
        let mut bench = Bench::new();
        for part in input.as_bytes().chunks(arriving) {
            bench.connection.receive(part, bench.moment, &mut bench.memory);
            bench.take_at_most(going);
        }
        assert!(bench.answers() == expected, "{arriving} in, {going} out");
    }
}

#[test]
fn memory_is_bounded_while_a_client_does_not_read() {
    let mut bench = Bench::new();
    bench.connection.receive(b"GET /1000000 HTTP/1.1\r\nHost: h\r\n\r\n", bench.moment, &mut bench.memory);
    assert!(bench.connection.output().len() <= 64 * 1024);
    let many = "GET /1000 HTTP/1.1\r\nHost: h\r\n\r\n".repeat(100);
    let mut bench = Bench::new();
    bench.connection.receive(many.as_bytes(), bench.moment, &mut bench.memory);
    assert!(bench.connection.output().len() <= 8 * 1024);
    assert_eq!(bench.connection.wants(), Wants::Room);
    bench.take_at_most(usize::MAX);
    assert_eq!(bench.memory.statuses.len(), 100);
    assert_eq!(bench.memory.body_bytes, 100_000);
}

#[test]
fn a_connection_closes_when_one_side_wants_it() {
    for head in ["GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /1 HTTP/1.0\r\n\r\n", "x\r\n\r\n"] {
        let (text, mut bench) = answers(head);
        assert!(text.contains("\r\nConnection: close\r\n"), "{text}");
        assert_eq!(bench.connection.wants(), Wants::ShutDown);
        bench.connection.shut_down(bench.moment);
        bench.send(b"what is still on its way");
        assert_eq!(bench.connection.wants(), Wants::Input);
        bench.connection.input_ended();
        assert_eq!(bench.connection.wants(), Wants::Close);
    }
    let (text, bench) = answers("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert!(text.contains("\r\nConnection: keep-alive\r\n"), "{text}");
    assert_eq!(bench.connection.wants(), Wants::Input);
}

#[test]
fn heads_are_limited() {
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(2000));
    assert!(answers(&endless).0.starts_with("HTTP/1.1 431 "));
    let long = format!("{endless}\r\n\r\n");
    assert!(answers(&long).0.starts_with("HTTP/1.1 431 "));
}

#[test]
fn bodies_are_limited() {
    let (text, bench) = answers("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert_eq!(bench.connection.wants(), Wants::ShutDown);
    let chunk = format!("33\r\n{}\r\n", "z".repeat(0x33));
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (text, bench) = answers(&format!("{head}{chunk}{chunk}0\r\n\r\n"));
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert!(bench.memory.uploads.borrow().is_empty());
}

#[test]
fn a_client_may_ask_before_it_sends() {
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    let mut bench = Bench::new();
    bench.send(head.as_bytes());
    assert_eq!(bench.answers(), "HTTP/1.1 100 Continue\r\n\r\n");
    bench.send(b"ok");
    assert_eq!(*bench.memory.uploads.borrow(), ["ok"]);
    let (text, _) = answers(&format!("{head}ok"));
    assert!(text.starts_with("HTTP/1.1 204 "), "{text}");
}

#[test]
fn a_body_that_nobody_wants_ends_the_connection() {
    let (text, bench) = answers("GET /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 24\r\n\r\nGET /2 HTTP/1.1\r\n");
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("\r\nConnection: close\r\n"), "{text}");
    assert_eq!(bench.memory.statuses, [200]);
    assert_eq!(bench.connection.wants(), Wants::ShutDown);
}

#[test]
fn a_broken_promise_breaks_the_connection() {
    let (_, bench) = answers("GET /7 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(bench.connection.wants(), Wants::Close);
    assert_eq!(bench.memory.statuses, [200]);
}

#[test]
fn an_idle_client_is_let_go_in_silence() {
    let mut bench = Bench::new();
    bench.pass(9);
    assert_eq!(bench.connection.wants(), Wants::Input);
    bench.pass(1);
    assert_eq!((bench.connection.wants(), bench.answers().as_str()), (Wants::Close, ""));

    let (_, mut bench) = answers("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    bench.pass(29);
    assert_eq!(bench.connection.wants(), Wants::Input);
    bench.pass(1);
    assert_eq!(bench.connection.wants(), Wants::Close);
}

#[test]
fn a_head_that_trickles_is_not_waited_for() {
    let mut bench = Bench::new();
    for byte in b"GET / HTTP" {
        bench.send(&[*byte]);
        bench.pass(1);
    }
    assert!(bench.answers().starts_with("HTTP/1.1 408 "));
    assert_eq!(bench.connection.wants(), Wants::ShutDown);
}

#[test]
fn bodies_must_move() {
    let mut bench = Bench::new();
    bench.send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 90\r\n\r\n");
    for _ in 0..30 {
        bench.send(b"x");
        bench.pass(1);
    }
    assert!(bench.answers().starts_with("HTTP/1.1 408 "));
    assert!(bench.memory.uploads.borrow().is_empty());

    let mut bench = Bench::new();
    bench.connection.receive(b"GET /100000 HTTP/1.1\r\nHost: h\r\n\r\n", bench.moment, &mut bench.memory);
    bench.connection.sent(5000, bench.moment, &mut bench.memory);
    bench.pass(34);
    assert_eq!(bench.connection.wants(), Wants::Room);
    bench.pass(1);
    assert_eq!(bench.connection.wants(), Wants::Close);
    assert_eq!(bench.memory.statuses, [200]);
}

#[test]
fn what_moved_fast_buys_no_long_silence() {
    let mut bench = Bench::new();
    bench.connection.receive(b"GET /2000000 HTTP/1.1\r\nHost: h\r\n\r\n", bench.moment, &mut bench.memory);
    // As much as would be slow enough for a quarter of an hour.
    for _ in 0..15 {
        let count = bench.connection.output().len();
        bench.connection.sent(count, bench.moment, &mut bench.memory);
    }
    bench.pass(160);
    assert_eq!(bench.connection.wants(), Wants::Room);
    bench.pass(1);
    assert_eq!(bench.connection.wants(), Wants::Close);
}

#[test]
fn waiting_clients_may_be_put_out() {
    let mut bench = Bench::new();
    assert!(bench.connection.is_waiting());
    bench.connection.receive(b"GET /9", bench.moment, &mut bench.memory);
    assert!(bench.connection.is_waiting());
    bench.connection.receive(b" HTTP/1.1\r\nHost: h\r\n\r\n", bench.moment, &mut bench.memory);
    assert!(!bench.connection.is_waiting());
}

#[test]
fn noise_is_refused_and_never_panics() {
    // A linear congruential generator (Knuth): the same noise each time.
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let words = [
        "GET ",
        "PUT ",
        "/1 ",
        "HTTP/1.1",
        "\r\n",
        "\n",
        ":",
        "Host: h",
        "Content-Length: 3",
        "\0",
        "5\r\n",
        "Transfer-Encoding: chunked",
        "\u{fffd}",
        " ",
        "0\r\n\r\n",
    ];
    for _ in 0..2000 {
        let mut bench = Bench::new();
        for _ in 0..next() % 30 {
            bench.send(words[next() % words.len()].as_bytes());
        }
        bench.pass(100);
        assert_ne!(bench.connection.wants(), Wants::Room);
    }
}
