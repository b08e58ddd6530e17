//! This host's side of QEMU's user network: free ports, and the clients curl and nc.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use yolk::qemu::{Forward, Transport};

use crate::LIMIT;

/// A port that nobody has. Somebody may take it before it is used: then the machine does not start, and says why.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// A free port of this host that leads to one of the machine.
pub fn forward(guest: u16) -> Forward {
    Forward { address: Ipv4Addr::LOCALHOST.into(), host: free_port(), guest, transport: Transport::Tcp }
}

/// What curl got.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status of the last answer.
    pub status: u16,
    /// The heads of all answers.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// A field of the last head.
    pub fn field(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().rev();
        let mut fields = lines.filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Runs curl for one address.
pub fn fetch<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Fetched {
    let body = tempfile::NamedTempFile::new().expect("a file");
    let mut command = curl();
    command.args(["--dump-header", "-", "--output"]).arg(body.path()).args(arguments);
    let output = run(&mut command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let head = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut statuses = head.lines().rev().filter(|line| line.starts_with("HTTP/"));
    let status = statuses.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    Fetched { status: status.unwrap_or(0), head, body: std::fs::read(body.path()).expect("what curl wrote") }
}

/// Runs curl and returns what it prints, a line for each address; bodies are left out.
pub fn report<I: IntoIterator<Item: AsRef<OsStr>>>(format: &str, arguments: I) -> Vec<String> {
    let mut command = curl();
    command.args(["--output", "/dev/null", "--write-out", &format!("{format}\n")]).args(arguments);
    let output = run(&mut command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// curl, without a user's settings.
fn curl() -> Command {
    let mut command = Command::new("curl");
    let limit = (3 * LIMIT.as_secs()).to_string();
    command.args(["--disable", "--silent", "--show-error", "--noproxy", "*", "--max-time", &limit]);
    command
}

/// Runs `nc` against a port of this host: sends the input and its end, and returns what comes until the other side ends.
pub fn nc(port: u16, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("nc");
    command.args(["-N", "-w", &LIMIT.as_secs().to_string(), "127.0.0.1", &port.to_string()]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("nc runs: `make test` installs it");
    let mut stdin = child.stdin.take().expect("a pipe");
    // Where nobody listens, nc has ended already.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("nc ends").stdout
}

/// An `nc` of this host that waits for one connection.
pub struct Waiting {
    process: Child,
    said: BufReader<ChildStderr>,
}

impl Waiting {
    /// Starts it, for a port of this host; when this returns, it listens.
    pub fn at(port: u16) -> Self {
        let mut command = Command::new("nc");
        command.args(["-lvnN", "-w", &LIMIT.as_secs().to_string(), "127.0.0.1", &port.to_string()]);
        let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = streams.spawn().expect("nc runs: `make test` installs it");
        let mut said = BufReader::new(process.stderr.take().expect("a pipe"));
        let mut line = String::new();
        said.read_line(&mut line).expect("text");
        assert!(line.starts_with("Listening on"), "{line}");
        Self { process, said }
    }

    /// Gives it its input, waits for its end and returns what it heard.
    pub fn finish(mut self, input: &[u8]) -> Vec<u8> {
        self.process.stdin.take().expect("a pipe").write_all(input).expect("it reads");
        let heard = self.process.wait_with_output().expect("nc ends").stdout;
        drop(self.said);
        heard
    }
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("curl runs: `make test` installs it")
}
