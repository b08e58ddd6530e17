//! Real clients, curl and nc, against httpd.wasm on every network card, with one CPU and with two.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use yolk::qemu::{Card, Forward, Network, Options, UserNetwork, Wire, project_folder};
use yolk_tests::LIMIT;
use yolk_tests::command::{app_path, yolk};
use yolk_tests::machine::{Booted, PROMPT, from_image, with_words};
use yolk_tests::network::dice::pattern;
use yolk_tests::network::host::{Fetched, Waiting, fetch, forward, free_port, nc, report};

const TOKEN: &str = "a-token-of-a-test";

/// A way out of the machine, which has no other.
const DOOR: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 2, 9), 7);

/// A machine with two servers: the one that is there out of the box, and one that takes uploads.
struct Site {
    machine: Booted,
    /// Port 80 of the machine.
    plain: u16,
    /// Port 81.
    open: u16,
    /// Where the machine's connections to [`DOOR`] come out.
    door: u16,
}

impl Site {
    fn start(card: Card, cpus: u32) -> Self {
        let (plain, open) = (forward(80), forward(81));
        let ports = (plain.host, open.host);
        let door = free_port();
        let mut machine = Booted::start(&on_user_network(card, cpus, vec![plain, open], door));
        // By then the network has said everything, and does not disturb the talk with the shell.
        await_server(ports.0);
        machine.console.expect(PROMPT);
        machine.command(&format!("httpd --port 81 --token {TOKEN} > /tmp/log 2>&1 &"));
        await_server(ports.1);
        assert_eq!(machine.command("dmesg | grep -c 'eth0: 10.0.2.15/24 by DHCP'"), "1\n");
        Self { machine, plain: ports.0, open: ports.1, door }
    }

    fn get(&self, path: &str) -> Fetched {
        fetch([self.url(path)])
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.open)
    }
}

fn on_user_network(card: Card, cpus: u32, forwards: Vec<Forward>, door: u16) -> Options {
    let wire = Wire::User(UserNetwork { forwards, isolated: true, doors: vec![(DOOR, door)] });
    let networks = vec![Network { card, wire, ..Network::default() }];
    // Nobody answers for the time, and to say so would disturb the talk with the console.
    Options { cpus, networks, ..with_words(from_image(), "ntp=off") }
}

/// Waits until a server behind QEMU's port answers; before it listens, QEMU accepts and ends the connection.
fn await_server(port: u16) {
    let start = Instant::now();
    while nc(port, b"OPTIONS / HTTP/1.0\r\n\r\n").is_empty() {
        assert!(start.elapsed() < LIMIT, "nobody answers at port {port}");
    }
}

fn index() -> Vec<u8> {
    fs::read(project_folder().join("boot/root/srv/www/index.html")).expect("the page that is there out of the box")
}

#[test]
fn real_clients_over_virtio() {
    real_clients(Card::Virtio, 1);
    let mut site = real_clients(Card::Virtio, 2);
    nothing_outside_is_reached(&site);
    // The server is none the worse for it.
    answers(&mut site);
}

#[test]
fn real_clients_over_e1000() {
    real_clients(Card::E1000, 1);
    real_clients(Card::E1000, 2);
}

#[test]
fn real_clients_over_e1000e() {
    real_clients(Card::E1000e, 1);
    real_clients(Card::E1000e, 2);
}

#[test]
fn an_rtl8139_serves_too() {
    let mut site = Site::start(Card::Rtl8139, 2);
    answers(&mut site);
    uploads(&mut site);
}

fn real_clients(card: Card, cpus: u32) -> Site {
    let mut site = Site::start(card, cpus);
    answers(&mut site);
    files(&site);
    conditions(&site);
    uploads(&mut site);
    keep_alive(&site);
    parallel(&site);
    metrics_are_real(&site.get("/metrics").text(), cpus);
    site
}

/// Both servers, `nc` in both directions, `ping`.
fn answers(site: &mut Site) {
    assert_eq!(fetch([format!("http://127.0.0.1:{}/", site.plain)]).body, index());
    assert_eq!(site.get("/").body, index());
    let answer = nc(site.plain, b"HEAD / HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    let outside = Waiting::at(site.door);
    site.machine.console.send(&format!("echo from within | nc {} {}; echo [$?]\r", DOOR.ip(), DOOR.port()));
    assert_eq!(outside.finish(b"from outside\n"), b"from within\n");
    site.machine.console.expect("\nfrom outside\n[0]\n");
    site.machine.console.expect(PROMPT);
    let said = site.machine.command("ping -c 2 -i 0.2 10.0.2.2");
    assert!(said.contains("2 packets transmitted, 2 received, 0% packet loss"), "{said}");
}

fn files(site: &Site) {
    let page = site.get("/");
    assert_eq!((page.status, page.field("Content-Type")), (200, Some("text/html; charset=utf-8")));
    let head = fetch(["--head", &site.url("/")]);
    assert_eq!(head.field("Content-Length"), Some(index().len().to_string().as_str()));
    assert_eq!(site.get("/no/such").status, 404);
    for (range, from, to) in [("0-9", 0, 10), ("100-", 100, index().len()), ("-5", index().len() - 5, index().len())] {
        let part = fetch(["--range", range, &site.url("/index.html")]);
        assert_eq!((part.status, part.body.as_slice()), (206, &index()[from..to]), "{range}");
        let expected = format!("bytes {from}-{}/{}", to - 1, index().len());
        assert_eq!(part.field("Content-Range"), Some(expected.as_str()));
    }
    assert_eq!(fetch(["--range", "999999-", &site.url("/")]).status, 416);
}

fn conditions(site: &Site) {
    let page = site.get("/");
    let tag = page.field("ETag").expect("a tag");
    let same = fetch(["--header", &format!("If-None-Match: {tag}"), &site.url("/")]);
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(fetch(["--header", "If-None-Match: \"other\"", &site.url("/")]).status, 200);
    let modified = page.field("Last-Modified").expect("a date");
    assert_eq!(fetch(["--header", &format!("If-Modified-Since: {modified}"), &site.url("/")]).status, 304);
}

fn nothing_outside_is_reached(site: &Site) {
    for path in [
        "/../etc/hostname",
        "/../../../../etc/hostname",
        "/a/../../../etc/hostname",
        "/%2e%2e/%2e%2e/etc/hostname",
        "/..%2f..%2fetc%2fhostname",
        "/..%5c..%5cetc%5chostname",
        "/%2e%2e%2f%2e%2e%2fetc/hostname",
        "//etc/hostname",
        "/etc/hostname%00.html",
        "/.//..//..//etc/hostname",
    ] {
        let answer = fetch(["--path-as-is", &site.url(path)]);
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.head);
        assert!(!answer.text().contains("yolk\n"), "{path}");
    }
}

fn uploads(site: &mut Site) {
    let path = app_path("hello");
    let upload = path.to_str().expect("a path");
    let url = site.url("/up/loaded.wasm");
    assert_eq!(fetch(["--upload-file", upload, &url]).status, 401);
    assert_eq!(fetch(["--header", "Authorization: Bearer wrong", "--upload-file", upload, &url]).status, 401);
    let plain = format!("http://127.0.0.1:{}/up.wasm", site.plain);
    assert_eq!(fetch(["--upload-file", upload, &plain]).status, 405);
    let token = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(fetch(["--header", &token, "--upload-file", upload, &url]).status, 201);
    assert_eq!(fetch(["--header", &token, "--upload-file", upload, &url]).status, 204);
    assert_eq!(site.get("/up/loaded.wasm").body, fs::read(&path).expect("the app"));
    assert_eq!(site.machine.command("run /srv/www/up/loaded.wasm there"), "Hello, there!\n");
    assert_eq!(fetch(["--header", &token, "--request", "DELETE", &url]).status, 204);
    assert_eq!(site.get("/up/loaded.wasm").status, 404);
}

/// A thousand requests over one connection.
fn keep_alive(site: &Site) {
    let lines = report("%{http_code} %{num_connects}", [site.url("/?[1-1000]")]);
    assert_eq!(lines.len(), 1000);
    assert_eq!(lines[0], "200 1");
    assert!(lines[1..].iter().all(|line| line == "200 0"), "{lines:?}");
}

/// A hundred clients at once: curl's, and such that certainly are there at the same time.
fn parallel(site: &Site) {
    let many = ["--parallel", "--parallel-immediate", "--parallel-max", "100"].map(str::to_owned);
    let lines = report("%{http_code} %{num_connects}", many.into_iter().chain([site.url("/?[1-100]")]));
    assert_eq!(lines.iter().filter(|line| line.starts_with("200 ")).count(), 100, "{lines:?}");

    let connect = |_| {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, site.open)).expect("a connection");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        stream
    };
    let start = Instant::now();
    let mut clients = loop {
        let clients: Vec<TcpStream> = (0..100).map(connect).collect();
        if are_there(site, 100) {
            break clients;
        }
        // On a slow machine the first ones may have been let go before the last ones came.
        assert!(start.elapsed() < LIMIT, "not all are there at once");
    };
    for client in &mut clients {
        client.write_all(b"GET / HTTP/1.1\r\nHost: yolk\r\nConnection: close\r\n\r\n").expect("written");
    }
    let answers = clients.iter_mut().map(|client| {
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        answer
    });
    assert!(answers.collect::<Vec<_>>().iter().all(|answer| answer.starts_with("HTTP/1.1 200 ")));
}

/// Whether so many clients are there at once, within the time that the server waits for their requests.
fn are_there(site: &Site, count: u32) -> bool {
    const PATIENCE: Duration = Duration::from_secs(10);
    // curl's own is one more.
    let wanted = f64::from(count) + 1.0;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if number(&site.get("/metrics").text(), "httpd_connections") >= Some(wanted) {
            return true;
        }
    }
    false
}

/// A sample of the text that Prometheus reads.
fn number(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

fn metrics_are_real(metrics: &str, cpus: u32) {
    let value = |name: &str| number(metrics, name).unwrap_or_else(|| panic!("{name} is not in {metrics}"));
    let sample = |cpu, mode| value(&format!("node_cpu_seconds_total{{cpu=\"{cpu}\",mode=\"{mode}\"}}"));
    let busy: f64 = (0..cpus).map(|cpu| sample(cpu, "user") + sample(cpu, "system")).sum();
    assert!(busy > 0.0, "{metrics}");
    assert!(!metrics.contains(&format!("cpu=\"{cpus}\"")), "{metrics}");
    let mebibytes = value("node_memory_MemTotal_bytes") / f64::from(1 << 20);
    assert!((300.0..=512.0).contains(&mebibytes), "{mebibytes} MiB");
    assert!(value("node_memory_MemFree_bytes") < value("node_memory_MemTotal_bytes"));
    assert!(value("node_processes_pids") >= 3.0);
    assert!(value("httpd_requests_total{status=\"200\"}") > 1000.0);
    if metrics.contains("node_network") {
        for name in ["receive_bytes", "receive_packets", "transmit_bytes", "transmit_packets"] {
            assert!(value(&format!("node_network_{name}_total{{device=\"eth0\"}}")) > 1000.0, "{name}");
        }
    }
}

#[test]
fn a_published_app_serves_on_an_inherited_listener() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("www")).expect("made");
    let content = pattern(300_000);
    fs::write(folder.path().join("www/data"), &content).expect("written");
    let record = folder.path().join("frames.pcap");
    let port = free_port();
    let mut command = yolk("run", ["--listen", "0.0.0.0:80", "--isolate"]);
    command.arg("--publish").arg(format!("{port}:80")).arg("--pcap").arg(&record);
    command.arg("--dir").arg(format!("{}::/srv/www", folder.path().join("www").display()));
    let mut child = command.arg(app_path("httpd")).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut said).expect("httpd speaks");
    assert!(said.contains("serving /srv/www on 1 inherited"), "{said}");
    await_server(port);
    assert!(fetch([format!("http://127.0.0.1:{port}/data")]).body == content);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let frames = fs::read(&record).expect("a record");
    // The file's head (pcap, version 2.4) and more than what was fetched.
    assert_eq!(frames.get(..8), Some(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0][..]));
    assert!(frames.len() > content.len());
}

#[test]
fn options_that_cannot_be_are_explained() {
    let module = app_path("httpd");
    for (options, says) in [
        (&["--net", "none", "--listen", "0.0.0.0:80"][..], "--net none"),
        (&["--net", "none", "--publish", "1:2"], "--net none"),
        (&["--publish", "80"], "HOST:GUEST"),
        (&["--listen", "80"], "invalid socket address"),
        (&["--pcap", "/no/such/folder/x.pcap"], "/no/such/folder/x.pcap"),
    ] {
        let output = yolk("run", options).arg(&module).output().expect("the command runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(125), "{options:?}: {error}");
        assert!(error.contains(says), "{options:?}: {error}");
    }
}

#[test]
fn a_machine_without_network_says_so_once() {
    let mut machine = Booted::to_prompt(&from_image());
    // The prompt stands before anything that /etc/rc could say.
    machine.command("sleep 1");
    assert_eq!(machine.command("dmesg | grep -c 'net: no network card'"), "1\n");
    assert!(!machine.console.text().contains("httpd"), "{}", machine.console.text());
    assert!(!machine.console.hears("httpd", Duration::from_millis(100)));
}
