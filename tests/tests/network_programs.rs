//! Programs that use the network: the examples of `wasmedge_wasi_socket`, as they are, and a server of plain std.
//!
//! `apps-wasm/netcases` builds them. What needs the internet finds it at the peer: a name server, a time server.

#![forbid(unsafe_code)]

use std::fs;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use yolk::guest::{self, Folder, Job};
use yolk::qemu::{Boot, Card, Network, Options, Wire};
use yolk_tests::LIMIT;
use yolk_tests::command::app_path;
use yolk_tests::machine::{Booted, PROMPT, from_image, with_words};
use yolk_tests::network::dhcp::Dhcp;
use yolk_tests::network::dice::pattern;
use yolk_tests::network::peer::Peer;

const PROGRAMS: [&str; 12] = [
    "dns_server",
    "get_addrinfo",
    "nonblock_tcp_stream",
    "poll_tcp_listener",
    "socket_addr",
    "std_echo",
    "tcp_listener",
    "tcp_stream",
    "try_dns",
    "try_sock_opt",
    "udp_reverse",
    "udp_socket",
];
/// What the peer says that time it is: in May 2033.
const SECONDS: u64 = 2_000_000_000;
const INTERRUPT: &str = "\x03";

struct Bed {
    peer: Peer,
    machine: Booted,
}

impl Bed {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let programs = folder.path().join("programs");
        fs::create_dir(&programs).expect("made");
        for name in PROGRAMS {
            fs::copy(app_path(name), programs.join(format!("{name}.wasm"))).expect("`make apps` builds it");
        }
        let module = folder.path().join("module.tar");
        let copied: Folder = format!("{}::/cases", programs.display()).parse().expect("a folder");
        guest::write_module(&module, &Job::Prompt, &[copied], &[]).expect("a module");
        let peer = Peer::start();
        peer.act(|core| {
            core.dhcp.lease_seconds = Some(3600);
            core.ntp.seconds = Some(SECONDS);
            core.dns.names.insert(
                "google.com".into(),
                vec![IpAddr::from([192, 0, 2, 7]), "2001:db8::7".parse().expect("an address")],
            );
        });
        let Boot::Image { image, command_line, .. } = from_image().boot else {
            unreachable!("it boots from the image")
        };
        let boot = Boot::Image { image, command_line, module: Some(module) };
        let networks = vec![Network { wire: Wire::Stream(peer.path()), ..Network::default() }];
        let mut machine = Booted::start(&Options { boot, networks, ..from_image() });
        peer.until("the machine ask for the time", |core| (core.ntp.questions > 0).then_some(()));
        machine.console.expect(PROMPT);
        Self { peer, machine }
    }

    /// Runs a program of the cases' and returns what it prints.
    fn run(&mut self, words: &str) -> String {
        self.machine.command(&format!("run {words}"))
    }

    /// The same, aside: what it prints goes to a file.
    fn begin(&mut self, words: &str, file: &str) {
        self.machine.command(&format!("run {words} > {file} 2>&1 &"));
    }

    fn until(&mut self, command: &str, text: &str) {
        self.machine.command_until(command, text);
    }
}

#[test]
fn programs_use_the_network_and_do_not_know_where_they_run() {
    let mut bed = Bed::start();
    bed.until("date +%s", "20000000");
    tools(&mut bed);
    names(&mut bed);
    options(&mut bed);
    datagrams(&mut bed);
    streams(&mut bed);
    many_streams(&mut bed);
    plain_std(&mut bed);
}

/// What asks a server of one's choice.
fn tools(bed: &mut Bed) {
    let found = bed.machine.command("nslookup google.com 10.0.0.1");
    assert_eq!(found, "Source:\tname server 10.0.0.1\nName:\tgoogle.com\nA:\t192.0.2.7\nAAAA:\t2001:db8::7\n");
    let named = "Source:\tname server 10.0.0.1\nAddress:\t192.0.2.7\nName:\tgoogle.com\n";
    assert_eq!(bed.machine.command("nslookup 192.0.2.7"), named);
    assert_eq!(bed.machine.command("nslookup 192.0.2.7 10.0.0.1"), named);
    let none = bed.machine.command("nslookup 192.0.2.8; nslookup none.example 10.0.0.1; echo [$?]");
    assert_eq!(none, "nslookup: 192.0.2.8: it has no name\nnslookup: none.example: no such host\n[1]\n");
    let off = bed.machine.command("ntpdate -q 10.0.0.1");
    assert!(off.starts_with("10.0.0.1: the clock is off by ") && off.contains("stratum 1)"), "{off}");
    bed.peer.act(|core| core.ntp.seconds = Some(SECONDS + 10_000));
    let set = bed.machine.command("ntpdate 10.0.0.1");
    assert!(set.starts_with("10.0.0.1: the clock was off by +"), "{set}");
    let now: u64 = bed.machine.command("date +%s").trim().parse().expect("a number");
    assert!((SECONDS + 10_000..SECONDS + 11_000).contains(&now), "{now}");
    bed.peer.act(|core| core.ntp.seconds = None);
    assert_eq!(bed.machine.command("ntpdate 10.0.0.1"), "ntpdate: 10.0.0.1: no answer from 10.0.0.1\n");
}

fn names(bed: &mut Bed) {
    let said = bed.run("/cases/get_addrinfo.wasm");
    assert!(said.contains("192.0.2.7:80"), "{said}");
    assert_eq!(bed.run("/cases/socket_addr.wasm"), "");
    assert_eq!(bed.machine.command("echo $?"), "0\n");
    // Its name server is at 127.0.0.1:8000.
    bed.begin("--no-dir --listen 127.0.0.1:8000 /cases/dns_server.wasm 2", "/tmp/names");
    bed.until("ss -tln", "127.0.0.1:8000");
    let said = bed.run("/cases/try_dns.wasm yolk.example other.example");
    assert_eq!(said.matches("192.0.2.53").count(), 2, "{said}");
    assert!(said.contains("resolve yolk.example\n") && said.contains("resolve other.example\n"), "{said}");
    bed.until("cat /tmp/names", "answered\nanswered\n");
}

/// It binds its socket to the interface `lo`, so that the internet is not reached.
fn options(bed: &mut Bed) {
    let said = bed.run("/cases/try_sock_opt.wasm; echo [$?]");
    for text in ["recv_timeout None", "send_timeout None", "recv_timeout Some(1s)", "start connect 8.8.8.8:53", "[0]\n"]
    {
        assert!(said.contains(text), "{text}: {said}");
    }
}

fn datagrams(bed: &mut Bed) {
    let start = Instant::now();
    loop {
        bed.begin("--env PORT=3001 /cases/udp_reverse.wasm", "/tmp/udp");
        bed.machine.console.send("run --env PORT=3001 /cases/udp_socket.wasm\r");
        // The crate passes on a zeroed copy of the sender's address where it is compiled with optimisation.
        let answered = bed.machine.console.hears("olleh ", Duration::from_secs(20));
        if !answered {
            // A datagram that came too early is lost, and both examples wait for ever.
            bed.machine.console.send(INTERRUPT);
        }
        bed.machine.console.expect(PROMPT);
        if answered {
            break;
        }
        assert!(start.elapsed() < 2 * LIMIT, "no answer:\n{}", bed.machine.console.text());
    }
    bed.until("cat /tmp/udp", ":3000");
}

fn streams(bed: &mut Bed) {
    bed.begin("--env PORT=3002 /cases/tcp_listener.wasm", "/tmp/tcp");
    bed.until("run --env PORT=3002 /cases/tcp_stream.wasm", "sending hello message...");
    bed.until("cat /tmp/tcp", "get message: hello");
}

fn many_streams(bed: &mut Bed) {
    bed.begin("/cases/poll_tcp_listener.wasm", "/tmp/poll");
    bed.until("run --env PORT=1234 /cases/nonblock_tcp_stream.wasm", "get response: Hello world!");
    for text in ["Received data: Hello", "is closed", "remove conn[1]"] {
        bed.until("cat /tmp/poll", text);
    }
}

/// A server that is no more than std, with a client inside and one outside.
fn plain_std(bed: &mut Bed) {
    bed.begin("--no-dir --listen 0.0.0.0:7 /cases/std_echo.wasm 2", "/tmp/echo");
    bed.until("run --env PORT=7 /cases/nonblock_tcp_stream.wasm", "get response: Hello");
    let content = pattern(200_000);
    let to = (Dhcp::address(0), 7).into();
    let echoed = bed.peer.talk_and_end(to, content.clone(), LIMIT);
    assert!(echoed == content, "{} bytes came back", echoed.len());
    bed.until("cat /tmp/echo", "echoed 200000 bytes");
}

/// Two machines and a peer that gives them addresses, on one cable.
#[test]
fn one_machine_fetches_from_another_and_sends_to_it() {
    let peer = Peer::start();
    peer.act(|core| core.dhcp.lease_seconds = Some(3600));
    let start = |card, number: u8| {
        let wire = Wire::Stream(peer.path());
        let mac = Some([2, 0, 0, 0, 0, 0x10 + number]);
        let options = Options { networks: vec![Network { card, wire, mac, ..Network::default() }], ..from_image() };
        Booted::to_prompt(&with_words(options, "ntp=off"))
    };
    let mut server = start(Card::E1000e, 0);
    let address = peer.until("a client", |core| (core.dhcp.granted > 0).then(|| Dhcp::address(0)));
    server.command("httpd --port 81 --token secret > /tmp/log 2>&1 &");
    let mut client = start(Card::Virtio, 1);
    client.command_until(&format!("http http://{address}/"), "This page comes from");
    client.command_until(&format!("http http://{address}:81/"), "This page comes from");
    client.command("seq 100000 > /tmp/numbers");
    let url = format!("http://{address}:81/numbers");
    client.command(&format!("U={url}; A='Authorization: Bearer secret'"));
    client.command("http PUT -s -H \"$A\" --data-file /tmp/numbers $U");
    let numbers = client.command("wc < /tmp/numbers");
    assert_eq!(client.command("http -s -o /tmp/back $U; wc < /tmp/back"), numbers);
    assert_eq!(server.command("wc < /srv/www/numbers"), numbers);
    assert_eq!(server.command("tail -n 2 /srv/www/numbers"), "99999\n100000\n");
    // And the other way.
    let said = server.command(&format!("ping -c 2 -i 0.2 {}", Dhcp::address(1)));
    assert!(said.contains("2 received, 0% packet loss"), "{said}");
}
