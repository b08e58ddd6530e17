//! What the network costs: httpd.wasm in Yolk, the same on the host's interpreter, and httpd as a program of the host.
//!
//! Yolk's side goes through the emulator's user network, as a user's does. The last rows say where the time of a request
//! goes: the interpreter's and the rest of the kernel's shares are CPU time as `/proc` counts it in the machine, the
//! emulator's is what its process takes beyond that.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use yolk::qemu;

use crate::programs::{app, beside, wasi_host, yolk_line};
use crate::table::{Amount, Row};

const TOKEN: &str = "bench";
const REQUESTS: u32 = 500;
const CLIENTS: u32 = 8;
const ROUND_TRIPS: u32 = 500;
const CONTENT_MIB: usize = 8;
/// How long a server may take to start, and an answer to come.
const LIMIT: Duration = Duration::from_secs(60);

/// A server that ends with this value.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; SIGTERM lets the host command end its machine.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// What is measured of a server, in nanoseconds.
struct Costs {
    request: f64,
    request_of_many: f64,
    fetched_mib: f64,
    put_mib: f64,
}

/// All rows.
pub(crate) fn costs() -> Result<Vec<Row>> {
    let site = tempfile::tempdir()?;
    fs::write(site.path().join("index.html"), "a page")?;
    fs::write(site.path().join("large"), vec![7; CONTENT_MIB << 20])?;
    let in_yolk = measure(&in_yolk(site.path())?)?;
    let references = [
        (measure(&on_interpreter(site.path())?)?, "wasi-shim on the host"),
        (measure(&as_program(site.path())?)?, "httpd as a program of the host"),
    ];
    let mut rows = Vec::new();
    for (there, name) in references {
        let row = |what: String, yolk, there| Row {
            what,
            yolk: Amount::Nanoseconds(yolk),
            reference: Some((Amount::Nanoseconds(there), name)),
        };
        rows.push(row("http: a request".to_owned(), in_yolk.request, there.request));
        rows.push(row(format!("http: a request of {CLIENTS} clients"), in_yolk.request_of_many, there.request_of_many));
        rows.push(row("http: fetch a MiB".to_owned(), in_yolk.fetched_mib, there.fetched_mib));
        rows.push(row("http: put a MiB".to_owned(), in_yolk.put_mib, there.put_mib));
    }
    rows.extend(round_trips()?);
    rows.extend(shares()?);
    Ok(rows)
}

fn measure(server: &Server) -> Result<Costs> {
    let each = |time: Duration, count: u32| time.as_nanos() as f64 / f64::from(count);
    requests(server.address, 10)?;
    let one = time(|| requests(server.address, REQUESTS))?;
    let many = time(|| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let address = server.address;
                thread::spawn(move || requests(address, REQUESTS / CLIENTS))
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| bail!("a client panicked")))
    })?;
    let fetched = time(|| ask(server.address, "GET /large", "", &[]).map(drop))?;
    let content = vec![9; CONTENT_MIB << 20];
    let field = format!("Authorization: Bearer {TOKEN}\r\n");
    let put = time(|| ask(server.address, "PUT /put", &field, &content).map(drop))?;
    Ok(Costs {
        request: each(one, REQUESTS),
        request_of_many: each(many, REQUESTS / CLIENTS * CLIENTS),
        fetched_mib: each(fetched, CONTENT_MIB as u32),
        put_mib: each(put, CONTENT_MIB as u32),
    })
}

fn time(action: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    action()?;
    Ok(start.elapsed())
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(stream)
}

/// Requests over one connection, each after the answer to the one before.
fn requests(address: SocketAddr, count: u32) -> Result<()> {
    let mut stream = connect(address)?;
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    for _ in 0..count {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")?;
        heard.clear();
        while !heard.ends_with(b"a page") {
            match stream.read(&mut buffer)? {
                0 => bail!("the server closed: {}", String::from_utf8_lossy(&heard)),
                taken => heard.extend_from_slice(&buffer[..taken]),
            }
        }
    }
    Ok(())
}

/// One request on a connection of its own; what comes back.
fn ask(address: SocketAddr, what: &str, field: &str, content: &[u8]) -> Result<Vec<u8>> {
    let mut stream = connect(address)?;
    let length = content.len();
    let head =
        format!("{what} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n{field}Content-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(content)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.1 20") {
        bail!("{what}: {}", String::from_utf8_lossy(&answer[..answer.len().min(100)]));
    }
    Ok(answer)
}

fn in_yolk(site: &Path) -> Result<Server> {
    let port = free_port()?;
    let mut command = Command::new(beside("yolk"));
    command.args(["run", "--smp", "1", "--isolate", "--publish", &format!("{port}:80"), "--dir"]);
    command.arg(format!("{}::/srv/www", site.display())).arg(app("httpd")).args(["--token", TOKEN]);
    start(command, port)
}

fn on_interpreter(site: &Path) -> Result<Server> {
    let port = free_port()?;
    let mut command = wasi_host()?;
    command.arg("--dir").arg(format!("{}::/srv/www", site.display())).arg(app("httpd"));
    command.args(["--token", TOKEN, "--listen", &format!("127.0.0.1:{port}")]);
    start(command, port)
}

fn as_program(site: &Path) -> Result<Server> {
    let port = free_port()?;
    let program = qemu::project_folder().join("apps-wasm/target/release/httpd");
    if !program.is_file() {
        bail!("there is no {}: run `make bench`, which builds it", program.display());
    }
    let mut command = Command::new(program);
    command.arg("--root").arg(site).args(["--token", TOKEN, "--listen", &format!("127.0.0.1:{port}")]);
    start(command, port)
}

fn start(mut command: Command, port: u16) -> Result<Server> {
    let process = command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null()).spawn();
    let process = process.with_context(|| format!("cannot run {command:?}"))?;
    let server = Server { process, address: (Ipv4Addr::LOCALHOST, port).into() };
    await_answer(|| ask(server.address, "GET /", "", &[]).is_ok(), &command)?;
    Ok(server)
}

fn await_answer(answers: impl Fn() -> bool, command: &Command) -> Result<()> {
    let start = Instant::now();
    while !answers() {
        if start.elapsed() > LIMIT {
            bail!("{command:?} does not serve");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A byte there and back over an open connection: an echo server of plain std here and there.
fn round_trips() -> Result<Vec<Row>> {
    let port = free_port()?;
    let mut command = Command::new(beside("yolk"));
    command.args(["run", "--smp", "1", "--isolate", "--listen", "0.0.0.0:7", "--publish", &format!("{port}:7")]);
    command.arg(app("std_echo")).arg("1000").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let yolk = Server { process: command.spawn()?, address: (Ipv4Addr::LOCALHOST, port).into() };
    await_answer(|| echo(yolk.address, 1).is_ok(), &command)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let here = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The client is gone when its measurement is.
            let _ = stream.set_nodelay(true).and_then(|()| std::io::copy(&mut &stream, &mut &stream));
        }
    });
    let each = |address| Ok(echo(address, ROUND_TRIPS)?.as_nanos() as f64 / f64::from(ROUND_TRIPS));
    let in_yolk: Result<f64> = each(yolk.address);
    let there: Result<f64> = each(here);
    Ok(vec![Row {
        what: "tcp: a byte there and back".to_owned(),
        yolk: Amount::Nanoseconds(in_yolk?),
        reference: Some((Amount::Nanoseconds(there?), "std on the host")),
    }])
}

fn echo(address: SocketAddr, count: u32) -> Result<Duration> {
    let mut stream = connect(address)?;
    let mut byte = [1];
    time(|| {
        for _ in 0..count {
            stream.write_all(&byte)?;
            stream.read_exact(&mut byte)?;
        }
        Ok(())
    })
}

/// Where the time of a request goes.
fn shares() -> Result<Vec<Row>> {
    let port = free_port()?;
    let mut command = yolk_line("httpd");
    command.args(["--smp", "1", "--isolate", "--publish", &format!("{port}:80")]);
    let server = start(command, port)?;
    let (before, host_before) = (machine_seconds(server.address)?, host_seconds(server.process.id())?);
    let begin = Instant::now();
    let head = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
    let mut stream = connect(server.address)?;
    let mut buffer = [0; 4096];
    for _ in 0..REQUESTS {
        stream.write_all(head.as_bytes())?;
        let mut heard = Vec::new();
        while !heard.ends_with(b"</html>\n") {
            let taken = stream.read(&mut buffer)?;
            heard.extend_from_slice(&buffer[..taken]);
            if taken == 0 {
                bail!("the server closed");
            }
        }
    }
    let whole = begin.elapsed().as_secs_f64();
    let (after, host_after) = (machine_seconds(server.address)?, host_seconds(server.process.id())?);
    let (guest, busy, host) = (after.0 - before.0, after.1 - before.1, host_after - host_before);
    let row = |what: &str, seconds: f64| Row {
        what: format!("  of it {what}"),
        yolk: Amount::Nanoseconds(seconds.max(0.0) * 1e9 / f64::from(REQUESTS)),
        reference: Some((Amount::Nanoseconds(whole * 1e9 / f64::from(REQUESTS)), "a request for a page")),
    };
    Ok(vec![
        row("the program and its calls", guest),
        row("the stack and the driver", busy - guest),
        row("the emulator beside", host - busy),
        row("waiting", whole - busy.max(host)),
    ])
}

/// CPU seconds of the server in its machine, and of all that runs there.
fn machine_seconds(address: SocketAddr) -> Result<(f64, f64)> {
    let metrics = ask(address, "GET /metrics", "", &[])?;
    let metrics = String::from_utf8_lossy(&metrics);
    let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
    let sum = |fits: fn(&str) -> bool| metrics.lines().filter(|line| fits(line)).filter_map(value).sum();
    let server = sum(|line| line.starts_with("process_cpu_seconds_total"));
    let busy = sum(|line| line.starts_with("node_cpu_seconds_total") && !line.contains("idle"));
    Ok((server, busy))
}

/// CPU seconds of a process of this host and its children.
fn host_seconds(process: u32) -> Result<f64> {
    let mut seconds = 0.0;
    for entry in fs::read_dir("/proc")?.flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let number = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        let parent = fields.get(1).and_then(|field| field.parse::<u32>().ok());
        if number == Some(process) || parent == Some(process) {
            let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
            seconds += (ticks(11) + ticks(12)) / 100.0;
        }
    }
    Ok(seconds)
}
