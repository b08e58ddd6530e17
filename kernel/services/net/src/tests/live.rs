//! The real threads against a peer in a thread of its own: what blocks, and what ends.

use super::peer::Peer;
use super::wire::{Dice, TestNic};
use super::world::{OWN, at, pattern};
use crate::{Net, Settings, Source};
use interfaces::{Clock, Errno, Result};
use smoltcp::iface::SocketHandle;
use smoltcp::time::Instant as WireInstant;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use vfs::Interest;
use vfs::socket::{Family, Network, Socket, SocketKind, Take};

/// The process that all threads work for.
const OWNER: u32 = 7;
/// No test waits longer.
const LIMIT: Duration = Duration::from_secs(20);

/// The host's clock, with a wall clock that can be set.
struct HostClock {
    start: Instant,
    wall_ns: AtomicU64,
}

impl Clock for HostClock {
    fn monotonic_ns(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn realtime_ns(&self) -> u64 {
        self.wall_ns.load(Ordering::SeqCst) + self.monotonic_ns()
    }

    fn set_realtime_ns(&self, now: u64) {
        self.wall_ns.store(now - self.monotonic_ns(), Ordering::SeqCst);
    }

    fn resolution_ns(&self) -> u64 {
        1
    }
}

#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().expect("a bell") = true;
        self.changed.notify_all();
    }

    fn wait(&self, limit: Duration) {
        let mut rung = self.rung.lock().expect("a bell");
        if !*rung {
            rung = self.changed.wait_timeout(rung, limit).expect("a bell").0;
        }
        *rung = false;
    }
}

struct Live {
    net: Option<Arc<Net>>,
    clock: Arc<HostClock>,
    log: Arc<Mutex<Vec<String>>>,
    bell: Arc<Bell>,
    stop: Arc<AtomicBool>,
    peer: Option<JoinHandle<()>>,
}

impl Live {
    /// `serve` is what the peer does besides smoltcp, whenever something has happened.
    fn start(command_line: &str, hosts: &'static str, mut serve: impl FnMut(&mut Peer) + Send + 'static) -> Live {
        let clock = Arc::new(HostClock { start: Instant::now(), wall_ns: AtomicU64::new(0) });
        let (bell, stop) = (Arc::new(Bell::default()), Arc::new(AtomicBool::new(false)));
        let ring = Arc::clone(&bell);
        let nic = Arc::new(TestNic::new(move || ring.ring()));
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = Arc::clone(&log);
        let (peer_nic, peer_clock, peer_bell, peer_stop) = (nic.clone(), clock.clone(), bell.clone(), stop.clone());
        let run = move || {
            let now = || WireInstant::from_micros((peer_clock.monotonic_ns() / 1000) as i64);
            let mut peer = Peer::new(now());
            while !peer_stop.load(Ordering::SeqCst) {
                peer.device.received.extend(std::iter::from_fn(|| peer_nic.take()));
                peer.poll(now());
                serve(&mut peer);
                peer.poll(now());
                while let Some(frame) = peer.device.sent.pop_front() {
                    peer_nic.put(frame);
                }
                let pause = peer.poll_at(now()).map_or(LIMIT, |at| (at.max(now()) - now()).into());
                peer_bell.wait(pause);
            }
        };
        let peer = std::thread::spawn(run);
        let settings = Settings {
            devices: vec![nic],
            clock: clock.clone(),
            entropy: Arc::new(Dice::new(99)),
            command_line: command_line.into(),
            log: Arc::new(move |line| lines.lock().expect("a log").push(line.into())),
            hosts: Arc::new(move || Some(hosts.into())),
            owner: Arc::new(|| Some(OWNER)),
            buffer_limit: 1 << 30,
            free_memory: Arc::new(|| u64::MAX),
        };
        let net = Some(Net::start(settings).expect("threads"));
        Live { net, clock, log, bell, stop, peer: Some(peer) }
    }

    fn net(&self) -> &Arc<Net> {
        self.net.as_ref().expect("a stack until the end")
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.net = None;
        self.stop.store(true, Ordering::SeqCst);
        self.bell.ring();
        let outcome = self.peer.take().expect("a thread").join();
        if !std::thread::panicking() {
            outcome.expect("the peer does not panic");
        }
    }
}

/// Repeats a call while it answers EAGAIN.
fn block<T>(socket: &dyn Socket, mut call: impl FnMut() -> Result<T>) -> Result<T> {
    wait::wait_for(Some(Instant::now() + LIMIT), |waiter| {
        let _ = socket.poll(Interest { read: true, write: true }, Some(waiter));
        match call() {
            Err(Errno::EAGAIN | Errno::EINPROGRESS | Errno::EALREADY) => Poll::Pending,
            other => Poll::Ready(other),
        }
    })?
}

/// A name server: `answer` gets a question and gives the messages to send back.
struct NameServer {
    handle: Option<SocketHandle>,
    asked: Arc<AtomicUsize>,
    answer: fn(&[u8]) -> Vec<Vec<u8>>,
}

impl NameServer {
    fn new(answer: fn(&[u8]) -> Vec<Vec<u8>>) -> (NameServer, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        (NameServer { handle: None, asked: asked.clone(), answer }, asked)
    }

    fn serve(&mut self, peer: &mut Peer) {
        let handle = *self.handle.get_or_insert_with(|| peer.bind(53));
        while let Ok((question, meta)) = peer.udp(handle).recv().map(|(bytes, meta)| (bytes.to_vec(), meta)) {
            self.asked.fetch_add(1, Ordering::SeqCst);
            for message in (self.answer)(&question) {
                peer.udp(handle).send_slice(&message, meta.endpoint).expect("room");
            }
        }
    }
}

const A: u8 = 1;

/// An answer with one record of the type that was asked for.
fn address(question: &[u8]) -> Vec<u8> {
    let mut message = question.to_vec();
    message[2..4].copy_from_slice(&[0x81, 0x80]);
    message[7] = 1;
    let kind = question[question.len() - 3];
    message.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60]);
    match kind {
        A => message.extend([0, 4, 192, 0, 2, 7]),
        _ => {
            message.extend([0, 16, 0x20, 1, 0xd, 0xb8]);
            message.extend([0; 11]);
            message.push(7);
        }
    }
    message
}

fn status(question: &[u8], flags: [u8; 2]) -> Vec<u8> {
    let mut message = question.to_vec();
    message[2..4].copy_from_slice(&flags);
    message
}

fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

const DNS: &str = "ip=10.0.0.5/24,gw=10.0.0.1,dns=10.0.0.1 ip6=fd00::5/64,gw=fd00::1 ntp=off";

#[test]
fn names_are_found_and_remembered() {
    let (mut server, asked) = NameServer::new(|question| vec![address(question)]);
    let live = Live::start(DNS, "10.9.9.9 box\n", move |peer| server.serve(peer));
    let net = live.net();
    assert_eq!(
        net.lookup("WWW.Example.com.").map(|found| texts(&found)),
        Ok(vec!["2001:db8::7".into(), "192.0.2.7".into()])
    );
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    net.lookup("www.example.com").expect("it is in the cache");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(net.lookup("box").map(|found| texts(&found)), Ok(vec!["10.9.9.9".into()]));
    assert_eq!(net.lookup("[::1]").map(|found| texts(&found)), Ok(vec!["::1".into()]));
    assert_eq!(net.lookup("1.2.3.4").map(|found| texts(&found)), Ok(vec!["1.2.3.4".into()]));
    assert_eq!(net.lookup("localhost").map(|found| found.len()), Ok(2));
    assert_eq!(net.lookup("no spaces"), Err(Errno::EINVAL));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let source = |host: &str| net.find(host).map(|answer| answer.source);
    assert_eq!(source("www.example.com"), Ok(Source::Cache));
    assert_eq!(source("new.example.com"), Ok(Source::Server([10, 0, 0, 1].into())));
    assert_eq!(source("box"), Ok(Source::HostsFile));
    assert_eq!(source("localhost"), Ok(Source::Standard));
    assert_eq!(source("::1"), Ok(Source::Literal));
    // One server's word, whatever is known here.
    let other = net.ask_name_server([10, 0, 0, 1].into(), "box").expect("an answer");
    assert_eq!((texts(&other.addresses).len(), other.source), (2, Source::Server([10, 0, 0, 1].into())));
    assert_eq!(net.lookup("box").map(|found| texts(&found)), Ok(vec!["10.9.9.9".into()]));
}

#[test]
fn a_name_server_that_lies_is_not_believed() {
    let liar = |question: &[u8]| {
        let mut wrong_id = address(question);
        wrong_id[0] ^= 1;
        let mut wrong_name = address(question);
        wrong_name[13] ^= 1;
        let mut no_reply = address(question);
        no_reply[2] = 0;
        let garbage = vec![0xff; 40];
        vec![wrong_id, wrong_name, no_reply, garbage, address(question)]
    };
    let (mut server, _) = NameServer::new(liar);
    let live = Live::start(DNS, "", move |peer| server.serve(peer));
    assert_eq!(live.net().lookup("a.b").map(|found| found.len()), Ok(2));
}

#[test]
fn what_does_not_exist_is_remembered_too() {
    let (mut server, asked) = NameServer::new(|question| vec![status(question, [0x81, 0x83])]);
    let live = Live::start(DNS, "", move |peer| server.serve(peer));
    for _ in 0..3 {
        assert_eq!(live.net().lookup("gone.example"), Err(Errno::ENOENT));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn half_an_answer_is_enough() {
    let half = |question: &[u8]| {
        let asks_v4 = question[question.len() - 3] == A;
        if asks_v4 { vec![address(question)] } else { vec![status(question, [0x81, 0x82])] }
    };
    let (mut server, _) = NameServer::new(half);
    let live = Live::start(DNS, "", move |peer| server.serve(peer));
    assert_eq!(live.net().lookup("v4.only").map(|found| texts(&found)), Ok(vec!["192.0.2.7".into()]));
}

#[test]
fn the_next_server_is_asked_when_one_is_silent() {
    // The peer has both addresses, and answers only under one.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let mut handle = None;
    let serve = move |peer: &mut Peer| {
        let silent = IpAddr::from([10, 0, 0, 2]);
        let handle = *handle.get_or_insert_with(|| {
            let cidr = smoltcp::wire::IpCidr::new(silent.into(), 24);
            peer.interface.update_ip_addrs(|addresses| addresses.push(cidr).expect("room"));
            peer.bind(53)
        });
        while let Ok((question, meta)) = peer.udp(handle).recv().map(|(bytes, meta)| (bytes.to_vec(), meta)) {
            if meta.local_address != Some(silent.into()) {
                count.fetch_add(1, Ordering::SeqCst);
                peer.udp(handle).send_slice(&address(&question), meta).expect("room");
            }
        }
    };
    let live = Live::start("ip=10.0.0.5/24,dns=10.0.0.2,dns=10.0.0.1 ip6=off ntp=off", "", serve);
    assert!(live.net().lookup("a.example").is_ok());
    let start = Instant::now();
    assert!(live.net().lookup("b.example").is_ok());
    assert!(start.elapsed() < Duration::from_millis(900), "the silent server is asked first again");
    assert!(asked.load(Ordering::SeqCst) >= 4);
}

#[test]
fn nobody_answers() {
    let live = Live::start(DNS, "", |_| {});
    let start = Instant::now();
    // The peer has no server, and says so: there is no need to wait.
    assert_eq!(live.net().lookup("a.example"), Err(Errno::EAGAIN));
    assert!(start.elapsed() < Duration::from_secs(5));
    let none = Live::start("ip=off ip6=off ntp=off", "", |_| {});
    assert_eq!(none.net().lookup("a.example"), Err(Errno::EAGAIN));
}

#[test]
fn what_does_not_fit_is_asked_for_over_tcp() {
    let (mut server, _) = NameServer::new(|question| vec![status(question, [0x83, 0x80])]);
    let mut listeners = Vec::new();
    let serve = move |peer: &mut Peer| {
        server.serve(peer);
        if listeners.is_empty() {
            listeners = vec![peer.listen(53), peer.listen(53)];
        }
        for handle in &listeners {
            let socket = peer.tcp(*handle);
            if socket.recv_queue() > 2 {
                let question = socket.recv(|bytes| (bytes.len(), bytes[2..].to_vec())).expect("a question");
                let answer = address(&question);
                socket.send_slice(&(answer.len() as u16).to_be_bytes()).expect("room");
                socket.send_slice(&answer).expect("room");
                socket.close();
            }
        }
    };
    let live = Live::start(DNS, "", serve);
    assert_eq!(live.net().lookup("large.example").map(|found| found.len()), Ok(2));
}

#[test]
fn a_kill_ends_a_lookup() {
    // A server that takes questions and never answers.
    let (mut server, asked) = NameServer::new(|_| Vec::new());
    let live = Live::start(DNS, "", move |peer| server.serve(peer));
    let cancel = Arc::new(wait::Cancel::new());
    let (net, token) = (live.net().clone(), cancel.clone());
    let thread = std::thread::spawn(move || {
        wait::enter(Some(token));
        net.lookup("slow.example")
    });
    let limit = Instant::now() + LIMIT;
    while asked.load(Ordering::SeqCst) == 0 && Instant::now() < limit {
        std::thread::yield_now();
    }
    cancel.cancel();
    assert_eq!(thread.join().expect("no panic"), Err(Errno::ECANCELED));
}

#[test]
fn the_clock_is_set_at_boot() {
    const NEW_YEAR_2026: u64 = 1_767_225_600;
    let mut handle = None;
    let serve = move |peer: &mut Peer| {
        let handle = *handle.get_or_insert_with(|| peer.bind(123));
        while let Ok((question, meta)) = peer.udp(handle).recv().map(|(bytes, meta)| (bytes.to_vec(), meta)) {
            let mut answer = [0; 48];
            (answer[0], answer[1]) = (0x24, 1);
            answer[24..32].copy_from_slice(&question[40..48]);
            let stamp = ((NEW_YEAR_2026 + 2_208_988_800) << 32).to_be_bytes();
            answer[32..40].copy_from_slice(&stamp);
            answer[40..48].copy_from_slice(&stamp);
            peer.udp(handle).send_slice(&answer, meta.endpoint).expect("room");
        }
    };
    let live = Live::start("ip=10.0.0.5/24 ip6=off ntp=10.0.0.1", "", serve);
    let limit = Instant::now() + LIMIT;
    let said = || live.log.lock().expect("a log").iter().any(|line| line.starts_with("time: clock set by 10.0.0.1"));
    while !said() {
        assert!(Instant::now() < limit, "{:?}", live.log.lock());
        std::thread::yield_now();
    }
    let seconds = live.clock.realtime_ns() / 1_000_000_000;
    assert!((NEW_YEAR_2026..NEW_YEAR_2026 + 60).contains(&seconds), "{seconds}");
    let correction = live.net().synchronise([10, 0, 0, 1].into()).expect("an answer");
    assert_eq!(correction.stratum, 1);
    assert_eq!(live.net().ask_time([10, 0, 0, 1].into()).map(|correction| correction.stratum), Ok(1));
}

#[test]
fn a_clock_that_stays_unset_says_why() {
    let (mut server, _) = NameServer::new(|question| vec![status(question, [0x81, 0x83])]);
    let words = DNS.replace("ntp=off", "ntp=gone.example");
    let live = Live::start(&words, "", move |peer| server.serve(peer));
    let limit = Instant::now() + LIMIT;
    let wanted = "time: the clock is not set: gone.example: no such host";
    while !live.log.lock().expect("a log").iter().any(|line| line == wanted) {
        assert!(Instant::now() < limit, "{:?}", live.log.lock());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn threads_talk_over_loopback() {
    let live = Live::start("ip=off ip6=off ntp=off", "", |_| {});
    let net = live.net();
    let listener = net.socket(Family::V4, SocketKind::Stream).expect("a socket");
    listener.bind(at("127.0.0.1:80")).expect("a free port");
    listener.listen(4).expect("a free port");
    let data = pattern(8_000_000);
    let expected = data.clone();
    let server = std::thread::spawn(move || {
        let (socket, _) = block(&*listener, || listener.accept()).expect("a connection");
        let mut received = Vec::new();
        let mut buffer = vec![0; 65536];
        loop {
            let got = block(&*socket, || socket.receive(&mut buffer, Take::Remove)).expect("data");
            if got.count == 0 {
                break;
            }
            received.extend_from_slice(&buffer[..got.count]);
        }
        assert!(received == expected);
        block(&*socket, || socket.send(b"thanks", None)).expect("half open");
    });
    let client = net.socket(Family::V4, SocketKind::Stream).expect("a socket");
    assert!(net.sockets().iter().all(|socket| socket.owner == Some(OWNER)));
    block(&*client, || client.connect(at("127.0.0.1:80"))).expect("somebody listens");
    let mut rest: VecDeque<&[u8]> = data.chunks(50_000).collect();
    while let Some(chunk) = rest.pop_front() {
        let sent = block(&*client, || client.send(chunk, None)).expect("an open connection");
        if sent < chunk.len() {
            rest.push_front(&chunk[sent..]);
        }
    }
    client.shutdown(std::net::Shutdown::Write).expect("an open connection");
    let mut answer = [0; 10];
    assert_eq!(block(&*client, || client.receive(&mut answer, Take::Remove)).map(|got| got.count), Ok(6));
    server.join().expect("the server does not panic");
}

#[test]
fn listings_and_changes() {
    let live = Live::start(OWN, "", |_| {});
    let net = live.net();
    net.wait_until_configured(Some(Instant::now() + LIMIT)).expect("it is static");
    let names: Vec<_> = net.interfaces().iter().map(|interface| interface.name.clone()).collect();
    assert_eq!(names, ["lo", "eth0"]);
    for name in crate::PROC_FILES {
        assert!(net.proc_file(name).is_some_and(|text| text.ends_with('\n')), "{name}");
    }
    assert_eq!(net.proc_file("none"), None);
    let add = |text: &str| crate::Change::AddAddress(text.parse().expect("a network"));
    assert_eq!(net.change("eth0", add("10.1.0.5/16")), Ok(()));
    assert_eq!(net.change("eth0", add("224.0.0.1/4")), Err(Errno::EINVAL));
    assert_eq!(net.change("lo", add("10.1.0.5/16")), Err(Errno::EINVAL));
    assert_eq!(net.change("eth7", crate::Change::Up), Err(Errno::ENODEV));
    let has = |to: &str| net.routes().iter().any(|route| route.to.to_string() == to);
    assert!(has("10.1.0.0/16"));
    assert_eq!(net.change("eth0", add("10.1.0.5/16")), Err(Errno::EEXIST));
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let route = |text: &str| text.parse::<crate::IpNet>().expect("a network");
    let through = |via: &str| crate::Change::AddRoute(route("172.16.0.0/12"), address(via));
    assert_eq!(net.change("eth0", through("10.7.0.1")), Err(Errno::ENETUNREACH));
    assert_eq!(net.change("eth0", through("10.1.0.1")), Ok(()));
    assert!(has("172.16.0.0/12"));
    assert_eq!(net.change("eth0", crate::Change::RemoveRoute(route("172.16.0.0/12"))), Ok(()));
    assert_eq!(net.change("eth0", crate::Change::RemoveRoute(route("172.16.0.0/12"))), Err(Errno::ESRCH));
    assert_eq!(net.change("eth0", crate::Change::RemoveAddress(address("10.1.0.5"))), Ok(()));
    assert_eq!(net.change("eth0", crate::Change::RemoveAddress(address("10.1.0.5"))), Err(Errno::EADDRNOTAVAIL));
    for n in net.interfaces()[1].addresses.len()..8 {
        assert_eq!(net.change("eth0", add(&format!("10.{n}.0.1/16"))), Ok(()));
    }
    assert_eq!(net.change("eth0", add("10.99.0.1/16")), Err(Errno::ENOSPC));
    assert!(net.capture(Some("eth7"), 100).is_err());
}
