//! A network that is against the machine: it stays responsive, loses nothing for good, and says what happened.
//!
//! The other end of the cable is [`yolk_tests::network`]. Every loop is bounded; what is sent is the same in every run.

#![forbid(unsafe_code)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::State;
use smoltcp::wire::{ArpOperation, IpEndpoint, IpProtocol, Ipv4Packet, TcpControl};
use yolk::qemu::{Card, Extra, Network, Options, Slot, Wire};
use yolk_tests::LIMIT;
use yolk_tests::control::Control;
use yolk_tests::machine::{Booted, PROMPT, from_image, with_words};
use yolk_tests::network::addresses::{V4, V6};
use yolk_tests::network::dhcp::Dhcp;
use yolk_tests::network::dice::{Dice, pattern};
use yolk_tests::network::forge::{self, Target};
use yolk_tests::network::peer::Peer;
use yolk_tests::network::router;

const TOKEN: &str = "a-token-of-a-test";

const MALFORMED: usize = 100_000;
const SYNS: u32 = 20_000;
/// What the heap may hold more than before: pages of logs, of the allocator, of caches.
const MARGIN_KIB: i64 = 3 * 1024;

/// So that both its renewal and its end are soon, in seconds.
const SHORT_LEASE: u32 = 8;

const FIRST_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0x10];
const SECOND_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0x11];

/// A machine on a peer's cable, with the server of `/etc/rc` at port 80.
struct Bed {
    peer: Peer,
    machine: Booted,
    address: Ipv4Addr,
}

impl Bed {
    fn start(card: Card, cpus: u32) -> Self {
        let peer = Peer::start();
        peer.act(|core| core.dhcp.lease_seconds = Some(3600));
        let machine = Booted::start(&on_cable(&peer, vec![(card, Slot::Fixed, FIRST_MAC)], cpus));
        let address = Dhcp::address(0);
        let mut bed = Self { peer, machine, address };
        bed.await_server(80);
        bed.machine.console.expect(PROMPT);
        bed
    }

    fn web(&self) -> IpEndpoint {
        (self.address, 80).into()
    }

    /// Waits until the server at a port answers.
    fn await_server(&self, port: u16) {
        let start = Instant::now();
        let request = b"OPTIONS / HTTP/1.0\r\n\r\n".to_vec();
        while self.peer.talk((self.address, port).into(), request.clone(), Duration::from_secs(2)).is_empty() {
            assert!(start.elapsed() < LIMIT, "nobody answers at port {port}: {}", self.machine.console.text());
        }
    }

    /// Both a person at the console and a client are served.
    fn is_responsive(&mut self) {
        self.console_answers();
        assert_eq!(self.peer.get(self.web(), "/").status(), 200);
    }

    /// What the log says meanwhile stands around the answer.
    fn console_answers(&mut self) {
        let said = self.machine.command("echo here");
        assert!(said.lines().any(|line| line == "here"), "{said}");
    }

    fn log_count(&mut self, text: &str) -> usize {
        // What the log says meanwhile stands around the answer.
        let said = self.machine.command(&format!("dmesg | grep -c '{text}'"));
        let count = said.lines().rev().find_map(|line| line.trim().parse().ok());
        count.unwrap_or_else(|| panic!("{said}"))
    }

    /// Waits until the log has a text so often.
    fn await_log(&mut self, text: &str, count: usize) {
        let start = Instant::now();
        loop {
            let now = self.log_count(text);
            assert!(now <= count, "{text}: {now} times\n{}", self.machine.console.text());
            if now == count {
                return;
            }
            assert!(start.elapsed() < 2 * LIMIT, "{text} is not said\n{}", self.machine.console.text());
            self.machine.command("sleep 0.2");
        }
    }

    fn free_kib(&mut self) -> i64 {
        let said = self.machine.command("grep MemFree /proc/meminfo");
        let line = said.lines().find(|line| line.starts_with("MemFree:")).unwrap_or_else(|| panic!("{said}"));
        let number = line.split_whitespace().nth(1).and_then(|number| number.parse().ok());
        number.unwrap_or_else(|| panic!("{line}"))
    }

    /// Waits until as much memory is free as there was, but for the margin.
    fn await_memory(&mut self, before: i64, after: &str) {
        let start = Instant::now();
        loop {
            let now = self.free_kib();
            if now >= before - MARGIN_KIB {
                return;
            }
            assert!(start.elapsed() < 2 * LIMIT, "{after}: {} KiB are missing", before - now);
            self.machine.command("sleep 1");
        }
    }

    fn await_no_connections(&mut self) {
        let start = Instant::now();
        while self.machine.command("ss -tn").lines().count() > 1 {
            assert!(start.elapsed() < 2 * LIMIT, "connections are left:\n{}", self.machine.command("ss -tn"));
            self.machine.command("sleep 1");
        }
    }

    /// The sockets and the descriptors of all processes that run.
    fn holdings(&mut self) -> String {
        self.machine.command("ss -an; ls /proc/[0-9]*/fd")
    }

    /// Waits until they are what they were.
    fn await_holdings(&mut self, before: &str, after: &str) {
        let start = Instant::now();
        loop {
            let now = self.holdings();
            if now == before {
                return;
            }
            assert!(start.elapsed() < 2 * LIMIT, "after {after}:\n{now}\nbefore:\n{before}");
            self.machine.command("sleep 1");
        }
    }

    /// Where the machine is, also by IPv6.
    fn target(&self) -> Target {
        Target { mac: FIRST_MAC, v4: self.address, v6: link_local(FIRST_MAC) }
    }
}

fn on_cable(peer: &Peer, cards: Vec<(Card, Slot, [u8; 6])>, cpus: u32) -> Options {
    let network =
        |(card, slot, mac)| Network { card, slot, mac: Some(mac), wire: Wire::Stream(peer.path()), capture: None };
    let networks = cards.into_iter().map(network).collect();
    Options { cpus, networks, extras: vec![Extra::Control], ..with_words(from_image(), "ntp=off") }
}

/// The address that a card makes from its hardware's (RFC 4291, appendix A).
fn link_local([a, b, c, d, e, f]: [u8; 6]) -> Ipv6Addr {
    interface_address([0xfe80, 0, 0, 0], [a, b, c, d, e, f])
}

fn interface_address(prefix: [u16; 4], [a, b, c, d, e, f]: [u8; 6]) -> Ipv6Addr {
    let word = |high: u8, low: u8| u16::from_be_bytes([high, low]);
    let [p, q, r, s] = prefix;
    Ipv6Addr::new(p, q, r, s, word(a ^ 2, b), word(c, 0xff), word(0xfe, d), word(e, f))
}

#[test]
fn malformed_frames_and_floods_do_no_harm() {
    let mut bed = Bed::start(Card::Virtio, 2);
    bed.is_responsive();
    // What served until now is over, too.
    bed.await_no_connections();
    let (before, held) = (bed.free_kib(), bed.holdings());
    malformed_frames(&mut bed);
    bed.await_holdings(&held, "malformed frames");
    syn_flood(&mut bed);
    bed.await_holdings(&held, "the flood");
    bed.await_memory(before, "after the floods");
    bed.is_responsive();
}

fn malformed_frames(bed: &mut Bed) {
    let target = bed.target();
    let samples = forge::samples(&target, router::advertisement());
    bed.peer.act(move |core| {
        let mut dice = Dice::new(2026);
        for _ in 0..MALFORMED {
            core.inject(&forge::spoiled(&samples, &mut dice));
        }
        // ARP believes everybody: what was forged last is to be the truth.
        core.inject(&forge::arp(ArpOperation::Request, V4, &target));
    });
    bed.is_responsive();
    assert_eq!(bed.log_count("panic"), 0);
}

fn syn_flood(bed: &mut Bed) {
    let target = bed.target();
    let web = bed.web();
    bed.peer.act(move |core| {
        let mut dice = Dice::new(1);
        for n in 0..SYNS {
            let from = Ipv4Addr::from_bits(0x0b00_0000 | dice.roll() as u32 & 0x00ff_ffff);
            let port = 1024 + (n % 60_000) as u16;
            core.inject(&forge::tcp((from.into(), port), &target, 80, TcpControl::Syn, (dice.roll() as u32, None)));
        }
    });
    // A friend gets in although the half-open places are taken by strangers.
    assert_eq!(bed.peer.get(web, "/").status(), 200);
    bed.is_responsive();
}

#[test]
fn bad_clients_and_a_bad_cable_lose_nothing() {
    let mut bed = Bed::start(Card::E1000, 1);
    bed.machine.command(&format!("httpd --port 81 --token {TOKEN} --idle 8 > /tmp/log 2>&1 &"));
    bed.await_server(81);
    let content = pattern(300_000);
    assert_eq!(bed.upload("/first", &content), 201);
    bed.await_no_connections();
    let (before, held) = (bed.free_kib(), bed.holdings());
    half_open_and_idle_clients(&mut bed);
    bed.await_holdings(&held, "half-open and idle clients");
    resets_in_the_middle(&mut bed);
    bed.await_holdings(&held, "resets");
    pieces(&bed);
    bed.await_memory(before, "after the clients");
    let metrics = String::from_utf8_lossy(&bed.peer.get(bed.uploads(), "/metrics").body).into_owned();
    // The one that asks may not be counted yet.
    assert!(["0\n", "1\n"].iter().any(|count| metrics.contains(&format!("httpd_connections {count}"))), "{metrics}");
    loss(&mut bed, &content);
    bed.await_holdings(&held, "losses");
    bed.is_responsive();
}

impl Bed {
    /// Where the server is that takes uploads.
    fn uploads(&self) -> IpEndpoint {
        (self.address, 81).into()
    }

    fn upload(&self, path: &str, content: &[u8]) -> u16 {
        self.peer.put(self.uploads(), path, TOKEN, content, 5 * LIMIT).status()
    }

    /// A connection of the peer's.
    fn connect(&self, to: IpEndpoint) -> SocketHandle {
        let handle = self.peer.act(move |core| core.connect(to));
        self.peer.until("a connection", move |core| core.tcp(handle).may_send().then_some(()));
        handle
    }

    fn send(&self, handle: SocketHandle, bytes: &str) {
        let bytes = bytes.to_owned();
        self.peer.act(move |core| core.tcp(handle).send_slice(bytes.as_bytes()).expect("room"));
    }
}

/// Handshakes that stop, clients that say nothing, and such that say it as slowly as they may (slow-loris).
fn half_open_and_idle_clients(bed: &mut Bed) {
    let (target, web) = (bed.target(), bed.uploads());
    let stranger = IpAddr::from(Ipv4Addr::new(10, 0, 0, 9));
    let handles = bed.peer.act(move |core| {
        for port in 3000..3200 {
            core.inject(&forge::tcp((stranger, port), &target, 81, TcpControl::Syn, (7, None)));
        }
        (0..100).map(|_| core.connect(web)).collect::<Vec<_>>()
    });
    let all = handles.clone();
    bed.peer.until("a hundred connections", move |core| {
        all.iter().all(|handle| core.tcp(*handle).may_send()).then_some(())
    });
    handles[..50].iter().for_each(|handle| bed.send(*handle, "GET / HTTP/1.1\r\nX: "));
    bed.is_responsive();
    assert_eq!(bed.peer.get(web, "/").status(), 200);
    // They are let go when their time is up: with an answer that says so, or just an end.
    let mut next = Instant::now();
    let all = handles.clone();
    let gone = bed.peer.within(3 * LIMIT, move |core| {
        if next <= Instant::now() {
            next += Duration::from_secs(1);
            for handle in &all[..50] {
                // Another byte of the head; the server may be tired of it.
                let _ = core.tcp(*handle).send_slice(b"x");
            }
        }
        let over = [State::CloseWait, State::Closed];
        all.iter().all(|handle| over.contains(&core.tcp(*handle).state())).then_some(())
    });
    assert!(gone.is_some(), "slow clients are served for ever");
    bed.peer.act(move |core| handles.into_iter().for_each(|handle| core.reset(handle)));
    bed.is_responsive();
}

/// Connections that end with a reset: after the handshake, in the request, in the answer, in an upload.
fn resets_in_the_middle(bed: &mut Bed) {
    let to = bed.uploads();
    for request in ["", "GET /fir", "GET /first HTTP/1.1\r\nHost: yolk\r\n\r\n"] {
        for _ in 0..20 {
            let handle = bed.connect(to);
            bed.send(handle, request);
            if request.ends_with("\r\n\r\n") {
                bed.peer.until("an answer", move |core| core.tcp(handle).can_recv().then_some(()));
            }
            bed.peer.act(move |core| core.reset(handle));
        }
    }
    let handle = bed.connect(to);
    let fields = format!("Host: yolk\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 99");
    bed.send(handle, &format!("PUT /half HTTP/1.1\r\n{fields}\r\n\r\nhalf"));
    bed.peer.until("everything sent", move |core| (core.tcp(handle).send_queue() == 0).then_some(()));
    bed.peer.act(move |core| core.reset(handle));
    bed.is_responsive();
    // It leaves no file.
    assert_eq!(bed.peer.get(to, "/half").status(), 404);
}

/// A large echo request arrives in pieces, the last one first, and so does its answer.
fn pieces(bed: &Bed) {
    const PIECE: usize = 1400;
    let (told, heard) = mpsc::channel();
    let (from, target) = (bed.address, bed.target());
    let content = pattern(4000);
    let request = [&[8, 0, 0, 0, 0, 1, 0, 1], &content[..]].concat();
    let mut whole = forge::ipv4(V4, &target, IpProtocol::Icmp, &request);
    forge::repair(&mut whole);
    let message = whole[34..].to_vec();
    bed.peer.act(move |core| {
        core.taps.push(Box::new(move |frame: &[u8]| {
            let packet = frame.get(14..).and_then(|bytes| Ipv4Packet::new_checked(bytes).ok());
            let is_answer =
                |packet: &Ipv4Packet<_>| packet.src_addr() == from && packet.next_header() == IpProtocol::Icmp;
            if let Some(packet) = packet.filter(is_answer) {
                let _ = told.send((usize::from(packet.frag_offset()), packet.payload().to_vec()));
            }
        }));
        for (number, part) in message.chunks(PIECE).enumerate().rev() {
            let more = (number + 1) * PIECE < message.len();
            let offset = (number * PIECE / 8) as u16;
            core.inject(&forge::fragment(&target, IpProtocol::Icmp, (99, offset, u16::from(more)), part));
        }
    });
    let mut answer = vec![0; request.len()];
    let mut missing = answer.len();
    while missing > 0 {
        let (offset, part) = heard.recv_timeout(LIMIT).expect("an answer in pieces");
        answer[offset..][..part.len()].copy_from_slice(&part);
        missing -= part.len();
    }
    assert_eq!((answer[0], &answer[4..]), (0, &request[4..]));
}

/// One frame in ten is lost, in each direction; what is fetched and put arrives whole.
fn loss(bed: &mut Bed, content: &[u8]) {
    bed.peer.act(|core| core.loss_percent = 10);
    let request = b"GET /first HTTP/1.1\r\nHost: yolk\r\nConnection: close\r\n\r\n".to_vec();
    let answer = bed.peer.ask(bed.web(), request, 5 * LIMIT);
    assert!(answer.body == content, "{} bytes came", answer.body.len());
    assert_eq!(bed.upload("/second", content), 201);
    bed.peer.act(|core| core.loss_percent = 0);
    assert!(bed.peer.get(bed.web(), "/second").body == content);
}

#[test]
fn cards_cables_and_servers_come_and_go() {
    let peer = Peer::start();
    peer.act(|core| core.dhcp.lease_seconds = Some(SHORT_LEASE));
    let cards = vec![(Card::Virtio, Slot::Removable, FIRST_MAC), (Card::E1000e, Slot::Removable, SECOND_MAC)];
    let machine = Booted::start(&on_cable(&peer, cards, 2));
    let mut bed = Bed { peer, machine, address: Dhcp::address(0) };
    bed.await_server(80);
    bed.machine.console.expect(PROMPT);
    let mut control = Control::connect(&bed.machine.control_path()).expect("QEMU's control");

    both_cards_have_addresses(&mut bed);
    routers_are_heard(&mut bed);
    bed.await_no_connections();
    let held = bed.holdings();
    a_cable_goes_and_comes(&mut bed, &mut control);
    bed.await_holdings(&held, "the cable");
    the_dhcp_server_goes(&mut bed);
    bed.await_holdings(&held, "the DHCP server");
    cards_are_pulled_out(&mut bed, &mut control);
    bed.await_holdings(&held, "the cards");
}

fn both_cards_have_addresses(bed: &mut Bed) {
    bed.peer.until("two clients that renew their leases", |core| {
        (core.dhcp.clients.len() == 2 && core.dhcp.granted >= 4).then_some(())
    });
    for (number, mac) in [FIRST_MAC, SECOND_MAC].into_iter().enumerate() {
        let address = bed.lease(mac);
        if number == 0 {
            bed.address = address;
        }
        assert_eq!(bed.log_count(&format!("eth{number}: {address}/24 by DHCP, router {V4}")), 1);
        assert_eq!(bed.peer.get((address, 80), "/").status(), 200, "eth{number}");
    }
}

impl Bed {
    /// What the DHCP server gave to a card.
    fn lease(&self, mac: [u8; 6]) -> Ipv4Addr {
        let client = self.peer.act(move |core| core.dhcp.clients.iter().position(|known| *known == mac));
        Dhcp::address(client.expect("a lease"))
    }
}

/// An address out of a router's advertisement (SLAAC), on each card.
fn routers_are_heard(bed: &mut Bed) {
    bed.machine.command("httpd --listen '[::]:81' > /tmp/log 2>&1 &");
    bed.peer.act(|core| core.router.advertise());
    for mac in [FIRST_MAC, SECOND_MAC] {
        let to = (IpAddr::V6(interface_address([0xfd00, 0, 0, 0], mac)), 81);
        let start = Instant::now();
        while bed.peer.talk(to.into(), b"GET / HTTP/1.0\r\n\r\n".to_vec(), Duration::from_secs(2)).is_empty() {
            assert!(start.elapsed() < LIMIT, "nobody answers at {to:?}, asked by {V6}");
        }
    }
}

fn set_link(control: &mut Control, up: bool) {
    for card in ["card0", "card1"] {
        control.perform("set_link", &json!({ "name": card, "up": up })).expect("QEMU does it");
    }
}

/// A connection that is open when the cable goes works again when it is back.
fn a_cable_goes_and_comes(bed: &mut Bed, control: &mut Control) {
    let handle = bed.connect(bed.web());
    set_link(control, false);
    bed.await_log("eth0: link down", 1);
    bed.await_log("eth1: link down", 1);
    bed.console_answers();
    set_link(control, true);
    bed.await_log("eth1: link up", 1);
    bed.send(handle, "GET / HTTP/1.0\r\n\r\n");
    bed.peer.until("an answer", move |core| core.tcp(handle).can_recv().then_some(()));
    bed.peer.act(move |core| core.reset(handle));
}

/// The lease runs out; the address goes, which is said once, and comes back with the server.
fn the_dhcp_server_goes(bed: &mut Bed) {
    let leases = bed.log_count(" by DHCP");
    bed.peer.act(|core| core.dhcp.lease_seconds = None);
    bed.await_log("the DHCP lease is lost", 2);
    bed.console_answers();
    bed.peer.act(|core| core.dhcp.lease_seconds = Some(SHORT_LEASE));
    bed.await_log(" by DHCP", leases + 2);
    bed.await_server(80);
    bed.is_responsive();
}

/// A card that is pulled out is missed when it is used next, here for its lease; the other one goes on.
fn cards_are_pulled_out(bed: &mut Bed, control: &mut Control) {
    for (number, mac) in [(1, SECOND_MAC), (0, FIRST_MAC)] {
        let handle = bed.connect((bed.lease(mac), 80).into());
        pull_out(control, number);
        bed.await_log(&format!("eth{number}: the card is gone"), 1);
        bed.peer.act(move |core| core.reset(handle));
        if number == 1 {
            bed.is_responsive();
        }
    }
    assert_eq!(bed.log_count("the card is gone"), 2);
    assert_eq!(bed.machine.command("hello there"), "Hello, there!\n");
}

/// What a hand would do: QEMU unplugs a card when the machine says that its slot is off, which is said here in its place
/// (QEMU's docs/specs/acpi_pci_hotplug: a register selects the bus, one has the slots to be switched off, one does it).
fn pull_out(control: &mut Control, number: usize) {
    let mut monitor = |line: &str| {
        let said = control.perform("human-monitor-command", &json!({ "command-line": line })).expect("QEMU does it");
        said.as_str().unwrap_or_default().trim().to_owned()
    };
    let slots_of = |monitor: &mut dyn FnMut(&str) -> String, bus: usize| {
        monitor(&format!("o /w 0xcd0 {bus}"));
        monitor("i /w 0xcc4").ends_with("0x00000001")
    };
    monitor(&format!("device_del card{number}"));
    let bus = (0..2).find(|bus| slots_of(&mut monitor, *bus)).expect("a slot to be switched off");
    assert_eq!(monitor("o /w 0xcc8 1"), "", "the slot of bus {bus}");
}
